package relax

import (
	"math"

	"github.com/pkg/errors"
)

// EnergyGap stops as soon as the energy of every single sample is certified to be near
// its minimum. Where the curvature of the energy is at least Convexity in every
// direction, the gradient bounds the remaining decrease:
//
//	E(n) − E*(n) ≤ ‖∂E/∂x(n)‖² / (2·Convexity) ≤ Tolerance    for all samples n
//
// In error coordinates with squared errors of unit precision the curvature is at least
// 1 as long as the network is linear along the path, so no constant is needed; where it
// is not linear, the bound holds for the energy of the network linearised at the
// current state.
//
// Source: Boyd and Vandenberghe, Convex Optimization, eq. 9.9.
type EnergyGap struct {
	// Tolerance is in units of energy, per sample. Zero is an error: there is no
	// default that fits every network; a thousandth of the energy of a sample after a
	// feedforward pass is a start.
	Tolerance float64 `json:"tolerance"`
	// Convexity is a lower bound of the curvature of the energy. Zero means 1, the
	// precision of a squared error.
	Convexity float64 `json:"convexity,omitempty"`
	// MinSteps is the number of steps before the first test. Zero tests the initial
	// state.
	MinSteps int `json:"min_steps,omitempty"`
	// Every is the number of steps between tests. Zero means 1.
	Every int `json:"every,omitempty"`
}

// Due reports whether step is at least MinSteps and a multiple of Every.
func (c EnergyGap) Due(step int) bool { return c.norm().Due(step) }

// Converged reports whether the bound is within the tolerance for every sample.
func (c EnergyGap) Converged(s State) bool { return c.norm().Converged(s) }

// norm returns the equivalent test of the gradient norm.
func (c EnergyGap) norm() GradientNorm {
	convexity := c.Convexity
	if convexity == 0 {
		convexity = 1
	}
	return GradientNorm{Tolerance: math.Sqrt(2 * convexity * c.Tolerance), MinSteps: c.MinSteps, Every: c.Every}
}

// Validate returns an error unless the fields are in their ranges.
func (c EnergyGap) Validate() error {
	switch {
	case !(c.Tolerance > 0) || math.IsInf(c.Tolerance, 0):
		return errors.Errorf("relax: energy gap: Tolerance: want a positive finite number, got %g; there is no default, a thousandth of the energy of a sample is a start", c.Tolerance)
	case !(c.Convexity >= 0) || math.IsInf(c.Convexity, 0):
		return errors.Errorf("relax: energy gap: Convexity: want 0 (meaning 1) or a positive finite number, got %g", c.Convexity)
	}
	return c.norm().Validate()
}
