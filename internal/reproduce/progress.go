package reproduce

import (
	"math"
	"sync/atomic"
	"time"
)

// progress is how much of a trial is done. The trial sets it and others read it,
// without a lock.
type progress struct {
	bits  atomic.Uint64
	begin atomic.Int64 // nanoseconds of Unix time
}

// set says that done of all parts of the trial are done. None says that they begin
// now: what was before, such as a wait for weights that trials share, says nothing
// about how long they take. On nil it does nothing.
func (p *progress) set(done, all int) {
	if p == nil || all <= 0 {
		return
	}
	if done == 0 {
		p.begin.Store(time.Now().UnixNano())
	}
	p.bits.Store(math.Float64bits(float64(done) / float64(all)))
}

// busy is the time since the parts began.
func (p *progress) busy() time.Duration { return time.Since(time.Unix(0, p.begin.Load())) }

// fraction is what is done of the trial, from 0 to 1.
func (p *progress) fraction() float64 { return min(1, math.Float64frombits(p.bits.Load())) }

// Status is how far the trials of a panel are.
type Status struct {
	// Trials is how many there are, and Done how many are done.
	Trials, Done int
	// Fraction is what is done of the work, that within the running trials included.
	Fraction float64
	// Elapsed is the time since the start, and Left about how long the rest takes;
	// below 0 while there is no telling.
	Elapsed, Left time.Duration
}

// running is a trial that runs.
type running struct {
	progress *progress
	cost     float64
}

// status returns how far the trials are. What a unit of cost takes is estimated
// from the trials of this run, those that run included. The lock is held.
func (c *crew) status() Status {
	busy, work, remaining, longest := c.busy, c.spent, c.left, 0.0
	for _, r := range c.running {
		done := r.cost * r.progress.fraction()
		busy += r.progress.busy()
		work += done
		remaining -= done
		longest = max(longest, r.cost-done)
	}
	s := Status{Trials: c.trials, Done: c.done, Elapsed: time.Since(c.begin), Left: -1, Fraction: 1}
	if c.total > 0 {
		s.Fraction = min(1, max(0, 1-remaining/c.total))
	}
	if work > 0 {
		unit := float64(busy) / work
		s.Left = time.Duration(unit * max(remaining/float64(c.workers), longest))
	}
	return s
}
