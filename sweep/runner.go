package sweep

import (
	"context"
	"runtime"
	"time"

	"github.com/pkg/errors"
)

// Observer is told how a run gets on. Its methods are called one at a time and hold
// the run up while they take.
type Observer[P, R any] interface {
	// Start is called before the first trial, with how many there are and how many
	// were found done.
	Start(trials, done int)
	// Trial is called after every trial that ended well.
	Trial(r Record[P, R], s Status)
	// Tick is called about every second.
	Tick(s Status)
}

// Tick is the time between two ticks of an [Observer].
const Tick = time.Second

// Runner runs trials. The zero value runs as many at a time as there are processors
// and keeps what they find in memory.
type Runner[P, R any] struct {
	// Store keeps the results; trials that it has do not run again. Nil keeps them in
	// memory alone.
	Store *Store[P, R]
	// Workers is the number of trials that run at a time. Zero means one for each
	// processor. Results do not depend on it.
	Workers int
	// Observer is told how the run gets on. Nil means no one.
	Observer Observer[P, R]
	// Cost estimates the time of a trial, in any unit and at least 0, for the time
	// that is left. Nil means that all take the same.
	Cost func(p P) float64
	// KeepGoing runs the other trials when one has failed. Otherwise the context of
	// those that run is cancelled, and the rest do not begin.
	KeepGoing bool
	// Pruner stops trials that report scores not worth going on with; see [Report]. Then
	// the trials run in rounds, and one is compared with those of the rounds before it. Nil
	// stops none.
	Pruner Pruner
	// Round is the number of trials of a round of Run with a Pruner. Zero means 8.
	Round int
	// Group returns the name of the trials that a Pruner compares a trial with, so that
	// only like is compared with like, and of those that RunTogether may run as one. Nil
	// means all.
	Group func(p P) string
}

// Run runs the trials that the store does not have, and returns the records of all
// in the order of params. The same parameters twice are one trial with two
// places. A result should depend on nothing but the parameters.
//
// A trial runs on a thread of its own. It fails if it returns an error or panics;
// see [Failures]. With any error, also that of a context that ended, the records are
// those of the trials that ended well, which are stored.
func (r Runner[P, R]) Run(ctx context.Context, params []P, trial func(ctx context.Context, p P) (R, error)) ([]Record[P, R], error) {
	if r.Pruner != nil {
		return r.inRounds(ctx, params, trial)
	}
	c, err := r.prepare(params, nil, trial)
	if err != nil {
		return nil, err
	}
	if r.Observer != nil {
		r.Observer.Start(len(params), c.done)
	}
	err = c.run(ctx)
	return c.records(), err
}

// RunTogether is Run for trials that are faster when many run as one, such as the
// members of an ensemble of networks. It calls trials, which returns a result for each,
// with at most the given number of one Group. Results should not depend on which trials
// run together. All of them fail with the error that trials returns; each is said to take
// an equal share of the time. A Pruner is an error.
//
// One trial of a group goes first, alone. The others run in parts of about [PartTime], so
// that no more is lost when the run stops, and one by one if it turns out that they are
// faster so.
func (r Runner[P, R]) RunTogether(ctx context.Context, params []P, most int, trials func(ctx context.Context, p []P) ([]R, error)) ([]Record[P, R], error) {
	switch {
	case r.Pruner != nil:
		return nil, errors.New("sweep: trials together: Pruner, got one, want none: they all end at once")
	case most < 1:
		return nil, errors.Errorf("sweep: trials together, got %d, want at least 1", most)
	}
	c, err := r.prepare(params, nil, nil)
	if err != nil {
		return nil, err
	}
	c.all, c.most, c.paces = trials, most, map[string]*pace{}
	if r.Observer != nil {
		r.Observer.Start(len(params), c.done)
	}
	err = c.run(ctx)
	return c.records(), err
}

// prepare finds out what is done: what is known, or in the store.
func (r Runner[P, R]) prepare(params []P, known map[string]Record[P, R], trial func(ctx context.Context, p P) (R, error)) (*crew[P, R], error) {
	if r.Workers < 0 {
		return nil, errors.Errorf("sweep: workers, got %d, want at least 1, or 0 for one a processor", r.Workers)
	}
	c := &crew[P, R]{Runner: r, trial: trial, found: map[string]Record[P, R]{}, copies: map[string]int{}, failures: map[string]*TrialError[P]{}}
	c.account = account{trials: len(params), begin: time.Now(), running: map[*Progress]running{}}
	for _, p := range params {
		k, err := key(p)
		if err != nil {
			return nil, err
		}
		c.keys = append(c.keys, k)
		c.copies[k]++
		if c.copies[k] > 1 {
			continue
		}
		c.total += c.cost(p)
		if record, ok := known[k]; ok {
			c.found[k] = record
			continue
		}
		if r.Store != nil {
			if record, ok := r.Store.Get(p); ok {
				c.found[k] = record
				continue
			}
		}
		c.queue = append(c.queue, job[P]{p, k, r.group(p)})
		c.left += c.cost(p)
	}
	for k := range c.found {
		c.done += c.copies[k]
	}
	if c.workers = r.Workers; c.workers == 0 {
		c.workers = runtime.GOMAXPROCS(0)
	}
	c.workers = min(c.workers, len(c.queue))
	return c, nil
}

// group is that of a trial.
func (r Runner[P, R]) group(p P) string {
	if r.Group == nil {
		return ""
	}
	return r.Group(p)
}

// cost is that of a trial, 1 unless the runner says otherwise.
func (r Runner[P, R]) cost(p P) float64 {
	if r.Cost == nil {
		return 1
	}
	return max(0, r.Cost(p))
}
