package sweep

import (
	"context"
	"math"
	"sync/atomic"
	"time"
)

// Progress is how much of a trial is done. The trial sets it and a [Runner] reads
// it, without a lock. On nil nothing happens, so that a function need not know
// whether it runs in a trial.
type Progress struct {
	bits  atomic.Uint64
	begin atomic.Int64 // nanoseconds of Unix time
}

type progressKey struct{}

// WithProgress returns a context with a progress of its own, for a function that is
// called outside a [Runner].
func WithProgress(ctx context.Context) (context.Context, *Progress) {
	p := &Progress{}
	p.Set(0, 1)
	return context.WithValue(ctx, progressKey{}, p), p
}

// ProgressOf returns the progress of the trial that a context was given to, nil if
// there is none.
func ProgressOf(ctx context.Context) *Progress {
	p, _ := ctx.Value(progressKey{}).(*Progress)
	return p
}

// Set says that done of all parts of the trial are done. None says that they begin
// now: what was before, such as a wait for something that trials share, says
// nothing about how long they take.
func (p *Progress) Set(done, all int) {
	if p == nil || all <= 0 {
		return
	}
	if done == 0 {
		p.begin.Store(time.Now().UnixNano())
	}
	p.bits.Store(math.Float64bits(float64(done) / float64(all)))
}

// Fraction is what is done of the trial, from 0 to 1.
func (p *Progress) Fraction() float64 {
	if p == nil {
		return 0
	}
	return min(1, max(0, math.Float64frombits(p.bits.Load())))
}

// busy is the time since the parts began.
func (p *Progress) busy() time.Duration { return time.Since(time.Unix(0, p.begin.Load())) }

// Status is how far the trials are.
type Status struct {
	// Trials is how many there are, Done how many ended well, and Failed how many did
	// not.
	Trials, Done, Failed int
	// Fraction is what is done of the work, that within the running trials included.
	Fraction float64
	// Elapsed is the time since the start, and Left about how long the rest takes;
	// below 0 while there is no telling.
	Elapsed, Left time.Duration
}

// running is a trial that runs.
type running struct {
	progress *Progress
	cost     float64
}

// account is what a run knows of its work, in the unit of the cost.
type account struct {
	trials, done, failed int
	workers              int
	begin                time.Time
	running              map[*Progress]running
	total, left, spent   float64
	busy                 time.Duration // of the trials that ended
}

// status estimates what a unit of cost takes from the trials of this run, those
// that run included.
func (a *account) status() Status {
	busy, work, remaining, longest := a.busy, a.spent, a.left, 0.0
	for _, r := range a.running {
		done := r.cost * r.progress.Fraction()
		busy += r.progress.busy()
		work += done
		remaining -= done
		longest = max(longest, r.cost-done)
	}
	s := Status{Trials: a.trials, Done: a.done, Failed: a.failed, Elapsed: time.Since(a.begin), Left: -1, Fraction: 1}
	if a.total > 0 {
		s.Fraction = min(1, max(0, 1-remaining/a.total))
	}
	if work > 0 {
		unit := float64(busy) / work
		s.Left = time.Duration(unit * max(remaining/float64(a.workers), longest))
	}
	return s
}
