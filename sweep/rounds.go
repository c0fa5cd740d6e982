package sweep

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/pkg/errors"
)

// Rounds runs trials whose parameters follow from what others found. It asks next for the
// parameters of a round, given the records of all rounds before, in order, and runs them
// as [Runner.Run] does; none end the run. Total is how many trials there will be, for the
// [Observer].
//
// A round begins when the one before has ended, and a [Pruner] compares with trials of
// rounds before. So what is tried, and what is stopped, follows from the records alone: it
// does not depend on the number of workers, and with a [Store] a run that was killed goes
// on to the same end, if next depends on the records alone. With any error, also of one
// trial of a Runner that keeps going, the round is the last.
func (r Runner[P, R]) Rounds(ctx context.Context, total int, next func(done []Record[P, R]) ([]P, error), trial func(ctx context.Context, p P) (R, error)) ([]Record[P, R], error) {
	told := &roundObserver[P, R]{observer: r.Observer, total: total, begin: time.Now()}
	known, others := map[string]Record[P, R]{}, map[string][]Numbers{}
	var all []Record[P, R]
	for {
		params, err := next(slices.Clip(all))
		if err != nil {
			return all, err
		}
		if len(params) == 0 {
			told.start(len(all))
			return all, nil
		}
		c, err := r.prepare(params, known, trial)
		if err != nil {
			return all, err
		}
		c.others = others
		if len(c.queue) > 0 {
			told.start(len(all) + c.done)
			told.before, told.round = len(all), len(params)
			if r.Observer != nil {
				c.Observer = told
			}
			err = c.run(ctx)
		}
		all = append(all, c.records()...)
		if err != nil {
			return all, err
		}
		for _, k := range c.keys {
			if _, twice := known[k]; twice {
				continue
			}
			record := c.found[k]
			known[k] = record
			group := r.group(record.Params)
			others[group] = append(others[group], record.Reports)
		}
	}
}

// inRounds runs the trials of a list in rounds.
func (r Runner[P, R]) inRounds(ctx context.Context, params []P, trial func(ctx context.Context, p P) (R, error)) ([]Record[P, R], error) {
	if r.Round < 0 {
		return nil, errors.Errorf("sweep: round, got %d, want at least 1 trial, or 0 for %d", r.Round, usualRound)
	}
	size := cmp.Or(r.Round, usualRound)
	return r.Rounds(ctx, len(params), func(done []Record[P, R]) ([]P, error) {
		rest := params[len(done):]
		return rest[:min(size, len(rest))], nil
	}, trial)
}

// usualRound is the number of trials of a round.
const usualRound = 8

// roundObserver tells an observer of a round how the whole run gets on.
type roundObserver[P, R any] struct {
	observer             Observer[P, R]
	total, before, round int
	found                int // done before the run
	started              bool
	begin                time.Time
}

func (o *roundObserver[P, R]) start(done int) {
	if !o.started && o.observer != nil {
		o.observer.Start(o.total, done)
	}
	if !o.started {
		o.started, o.found = true, done
	}
}

// Start implements Observer; the run has told already.
func (*roundObserver[P, R]) Start(int, int) {}

// Trial implements Observer.
func (o *roundObserver[P, R]) Trial(r Record[P, R], s Status) { o.observer.Trial(r, o.status(s)) }

// Tick implements Observer.
func (o *roundObserver[P, R]) Tick(s Status) { o.observer.Tick(o.status(s)) }

// status is that of the run, in which all trials are taken to cost the same.
func (o *roundObserver[P, R]) status(s Status) Status {
	done := float64(o.before) + s.Fraction*float64(o.round)
	out := Status{Trials: o.total, Done: o.before + s.Done, Failed: s.Failed, Elapsed: time.Since(o.begin), Left: -1, Fraction: 1}
	if o.total > 0 {
		out.Fraction = min(1, done/float64(o.total))
	}
	if here := done - float64(o.found); here > 0 {
		out.Left = time.Duration(float64(out.Elapsed) * max(0, float64(o.total)-done) / here)
	}
	return out
}
