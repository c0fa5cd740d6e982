package relax

import (
	"math"

	"github.com/pkg/errors"
)

// Control chooses the size of every step. One size serves the whole batch and all
// activities. The driver keeps the current size, so a control is plain settings and may
// be shared; a control with state must reset it in Start.
type Control interface {
	// Start returns the size of the first step of a run.
	Start() float64
	// Next returns the size of the step after the given one, at least 0.
	Next(taken Taken) float64
}

// Taken describes a step that was taken.
type Taken struct {
	// Step is its index t, counted from 0.
	Step int
	// Size is its size γ_t.
	Size float64
	// Energy is E_t, of the state before the step.
	Energy float64
	// Previous is E_{t-1}, NaN at the first step.
	Previous float64
	// Trials counts the sizes a [Backtracker] tried, the accepted one included;
	// 1 for every other control.
	Trials int
	// Error is the error of the step in units of the tolerances, and Order the order of
	// the estimate, for an [ErrorControl]; 0 for every other control.
	Error float64
	Order int
}

// Backtracker is a Control that judges a step by the energy it leads to and may
// reject it. The driver then restores the activities and their gradients bit
// for bit and tries a smaller size. It needs a solver that is a [Rewinder].
type Backtracker interface {
	Control
	// Accept reports whether a step is kept that led from energy before, where
	// the gradient, all samples together, had the squared 2-norm gradSquared, to
	// energy after, which may be NaN or infinite. For [Newton] gradSquared is −g·d.
	Accept(size, before, gradSquared, after float64) bool
	// Shorten returns the size to try after a rejected one; ok is false if the
	// search should be given up, which ends the run as [Stalled].
	Shorten(size float64) (smaller float64, ok bool)
}

// ErrorControl is a Control that judges a step by its error and may reject it. The
// driver then restores the activities and their gradients bit for bit and tries a
// smaller size. It needs a solver that is an [Estimator].
type ErrorControl interface {
	Control
	// Tolerances returns the unit in which the error of an element x is measured:
	// absolute + relative·|x|.
	Tolerances() (relative, absolute float64)
	// AcceptError reports whether a step with an error, in units of the tolerances,
	// is kept. It may be NaN or infinite.
	AcceptError(err float64) bool
	// ShortenError returns the size to try after a rejected one; ok is false if
	// the search should be given up, which ends the run as [Stalled].
	ShortenError(size, err float64, order int) (smaller float64, ok bool)
}

// Validator is implemented by solvers, controls and convergence tests whose settings
// can be invalid; [NewDriver] calls it.
type Validator interface {
	Validate() error
}

func checkSize(what string, size float64) error {
	if !(size > 0) || math.IsInf(size, 0) {
		return errors.Errorf("relax: %s: want a positive finite number, got %g; there is no default, 0.1 is the paper's", what, size)
	}
	return nil
}
