package graph

import (
	"github.com/seed-be841da4/prospect/relax"
)

var _ relax.Compactor = (*Session)(nil)

// SampleKeeper is an [Executable] that can leave samples out of its work.
type SampleKeeper interface {
	// Keep limits the jobs to the first n samples, until it is called with all of them.
	// It may compute more than those.
	Keep(n int)
	// Swap exchanges what the executable keeps of two samples from a Refresh to the next.
	// The caller exchanges inputs and outputs.
	Swap(i, j int)
}

// samples is what a session knows of the independence of its samples.
type samples struct {
	known    bool
	separate bool
	kept     int              // samples in force; 0 means all
	free     []relax.Activity // the free activities of the samples in force
}

// Separable reports whether the energy is a sum over samples, each a function of the
// sample's own activities and data. Samples act on one another where a layer computes
// with all of them, or where Gorgonia computes an operation that the engine does not
// know; the statistics of a batch are data during a relaxation and join no samples.
// Units that [Session.ClampUnits] clamps belong to places in the batch: with them the
// answer is no, and so it is on [XLA], which takes whole relaxations.
func (s *Session) Separable() bool {
	if _, ok := s.net.settings.Engine.(XLA); ok {
		return false
	}
	if !s.samples.known {
		s.samples.known = true
		s.samples.separate = separable(s.module(), jobRelax)
	}
	return s.samples.separate && len(s.partly) == 0
}

// separable reports whether a job of a module is separable, for every value of the
// coefficients.
func separable(m Module, job int) bool {
	if job >= len(m.Jobs) {
		return false
	}
	buildLock.Lock()
	defer buildLock.Unlock()
	m.Jobs = m.Jobs[job : job+1]
	x := uncompiledModule(m, Compiled{})
	for i := range x.pattern {
		x.pattern[i] = isNotZero
	}
	src, err := x.source()
	return err == nil && src.Interaction(0) == ""
}

// Keep limits Evaluate, Descend, Move and Apply to the first n samples, until it is
// called with the batch size: activities and gradients of the others stay as they are,
// or become meaningless, and energies leave them out, on an engine that is a
// [SampleKeeper].
func (s *Session) Keep(n int) {
	k := &s.samples
	if k.kept = n; n == s.plan.batch {
		k.kept = 0
	}
	k.free = k.free[:0]
	if k.kept > 0 {
		for _, a := range s.free {
			k.free = append(k.free, a.First(n))
		}
	}
	if e, ok := s.program.exec.(SampleKeeper); ok {
		e.Keep(n)
	}
}

// inForce returns the free activities of the samples in force.
func (s *Session) inForce() []relax.Activity {
	if s.samples.kept > 0 {
		return s.samples.free
	}
	return s.free
}

// Swap exchanges two samples: activities, gradients, data and noise.
func (s *Session) Swap(i, j int) {
	for k, x := range s.x {
		size := x.Len() / s.plan.batch
		x.SwapBlocks(i, j, size)
		if g := s.grads[k]; g != nil {
			vector(g).SwapBlocks(i, j, size)
		}
	}
	for _, u := range s.plan.noise {
		if u.ofSamples(s.plan) {
			v := vector(s.state.noise[u.local])
			v.SwapBlocks(i, j, v.Len()/s.plan.batch)
		}
	}
	if e, ok := s.program.exec.(SampleKeeper); ok {
		e.Swap(i, j)
	}
}

// ofSamples reports whether the noise has a part for each sample.
func (u noiseUse) ofSamples(p *plan) bool { return len(u.Shape) > 0 && u.Shape[0] == p.batch }

// Keep limits the jobs to the first n samples.
func (x *compiledModule) Keep(n int) {
	x.kept = n
	if u, ok := x.unit.(SampleKeeper); ok {
		u.Keep(n)
	}
}

// Swap exchanges what the last refresh computed of two samples.
func (x *compiledModule) Swap(i, j int) {
	if u, ok := x.unit.(SampleKeeper); ok {
		u.Swap(i, j)
	}
}
