package relax

import (
	"math"

	"github.com/pkg/errors"
)

// Converger ends a run before its step limit. A convergence test needs the
// gradient, so steps at which it is due cannot be fused with the evaluation.
//
// There is deliberately no test for a small change of the energy. The error travels
// through a chain of nodes by one node per step and shrinks at each, so in a deep
// network the energy first falls very slowly, while most activities have not moved at
// all: such a test fires before the relaxation has begun. The gradient at the nodes
// that the signal has reached stays large meanwhile.
type Converger interface {
	// Due reports whether the state before the given step is to be tested.
	Due(step int) bool
	// Converged reports whether the run may stop at s. It is called when it is due, and
	// for the final state.
	Converged(s State) bool
}

// State is the view of a state given to a [Converger]. Its slices belong to the driver:
// they may be read during the call and must not be written or kept.
type State struct {
	// Step is the number of steps taken so far.
	Step int
	// Energy is the total energy.
	Energy float64
	// Energies holds the energy of every term, as [Problem.Terms] names them.
	Energies []float64
	// Norms holds, for every sample, the 2-norm of the gradient over all
	// activities.
	Norms []float64
	// Activities are the free activities with their gradients.
	Activities []Activity
	// Samples holds the energy of every sample, and Squares the squared norm of its
	// gradient in the coordinates of a [Certifier]: for a [Certified] converger, which
	// gets no Norms. Nil for every other one.
	Samples, Squares []float64
}

// GradientNorm stops as soon as the gradient of every single sample is small:
//
//	‖∂E/∂x(n)‖₂ ≤ Tolerance    for all samples n
//
// with the norm over all activities together. A norm over the batch would let
// many finished samples hide an unfinished one, and its meaning would depend on
// the batch size. Where the energy is at least μ-strongly convex the test is a
// certificate: the energy of a sample is at most Tolerance²/(2μ) above its
// minimum.
type GradientNorm struct {
	// Tolerance is in units of energy per unit of activity. Zero is an error:
	// there is no default that fits every network. A thousandth of
	// [Result.GradNorm] after a single step is a start.
	Tolerance float64 `json:"tolerance"`
	// MinSteps is the number of steps before the first test. Zero tests the initial
	// state.
	MinSteps int `json:"min_steps,omitempty"`
	// Every is the number of steps between tests, which can be fused. Zero means 1.
	Every int `json:"every,omitempty"`
}

// Due reports whether step is at least MinSteps and a multiple of Every.
func (c GradientNorm) Due(step int) bool {
	return step >= c.MinSteps && (c.Every <= 1 || step%c.Every == 0)
}

// Converged reports whether every norm is within the tolerance.
func (c GradientNorm) Converged(s State) bool {
	if s.Step < c.MinSteps {
		return false
	}
	for _, norm := range s.Norms {
		if !(norm <= c.Tolerance) {
			return false
		}
	}
	return true
}

// Validate returns an error unless the fields are in their ranges.
func (c GradientNorm) Validate() error {
	switch {
	case !(c.Tolerance > 0) || math.IsInf(c.Tolerance, 0):
		return errors.Errorf("relax: gradient norm: Tolerance: want a positive finite number, got %g; there is no default, a thousandth of the norm after the first step is a start", c.Tolerance)
	case c.MinSteps < 0:
		return errors.Errorf("relax: gradient norm: MinSteps: want at least 0, got %d", c.MinSteps)
	case c.Every < 0:
		return errors.Errorf("relax: gradient norm: Every: want at least 0, got %d", c.Every)
	}
	return nil
}
