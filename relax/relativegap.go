package relax

import (
	"math"
	"math/bits"

	"github.com/pkg/errors"
)

// RelativeGap stops as soon as the energy of every single sample is certified to be
// within a fraction of its minimum, so that how far a relaxation goes is said without
// units and holds for every network, batch size and solver:
//
//	E(n) − E*(n) ≤ ‖∂E/∂ε(n)‖² / (2·Convexity) ≤ Tolerance·E(n)    for all samples n
//
// The gradient is the one in the prediction errors ε, whatever moves: with squared
// errors of unit precision the curvature there is at least 1 where the network is linear
// (see [EnergyGap]), while in the activities it falls with the square of the depth. So
// descent in activities and in errors stop by the same certificate. E(n) is the energy
// of the sample now, at least the minimum, so the bound is also within
// Tolerance/(1−Tolerance) of the minimum.
//
// It is tested per sample because every sample is a problem of its own: in a sum over
// the batch the large energies of a few would decide, and a result would depend on what
// else is in the batch. Batch tests the sum nevertheless.
//
// Where the network is not linear the bound is that of the network linearised at the
// state, no proof: the docs of the project have what was measured. Energies have to be
// positive; one with a negative part, such as a Gaussian of learned precision, never
// meets the test: use [EnergyGap] there.
type RelativeGap struct {
	// Tolerance is the fraction of the energy, in (0, 1). Zero is an error; 1e-3 is a
	// start.
	Tolerance float64 `json:"tolerance"`
	// Convexity is a lower bound of the curvature in the errors: the smallest precision.
	// Zero means 1.
	Convexity float64 `json:"convexity,omitempty"`
	// Batch tests the sum over the batch in place of every sample.
	Batch bool `json:"batch,omitempty"`
	// MinSteps is the number of steps before the first test. Zero tests the initial
	// state.
	MinSteps int `json:"min_steps,omitempty"`
	// Every is the number of steps between tests. Zero means 1 where the test comes with
	// the evaluation, as in error coordinates. In activities it costs as much as a step;
	// there zero means every 4th step up to 64, every 8th up to 128, every 16th up to
	// 256 and so on: at most a quarter more work, and less the longer it takes.
	Every int `json:"every,omitempty"`
}

// Due reports whether the state before the step is tested if that costs nothing.
func (c RelativeGap) Due(step int) bool { return c.DueCertificate(step, true) }

// DueCertificate reports whether the state before the step is tested.
func (c RelativeGap) DueCertificate(step int, evaluated bool) bool {
	every := c.Every
	if every == 0 {
		every = 1
		if !evaluated {
			every = max(4, 1<<bits.Len(uint(max(0, step-1)))>>4)
		}
	}
	return step >= c.MinSteps && step%every == 0
}

// Converged reports whether the bound is within the tolerance.
func (c RelativeGap) Converged(s State) bool {
	if s.Step < c.MinSteps || len(s.Samples) == 0 {
		return false
	}
	scale := c.scale()
	var squares, energies float64
	for n, e := range s.Samples {
		if !c.Batch && !(s.Squares[n] <= scale*e) {
			return false
		}
		squares, energies = squares+s.Squares[n], energies+e
	}
	return squares <= scale*energies
}

// scale is the largest ratio of the squared gradient to the energy that passes.
func (c RelativeGap) scale() float64 { return 2 * defaulted(c.Convexity, 1) * c.Tolerance }

// Validate returns an error unless the fields are in their ranges.
func (c RelativeGap) Validate() error {
	switch {
	case !(c.Tolerance > 0 && c.Tolerance < 1):
		return errors.Errorf("relax: relative gap: Tolerance: want a number in (0, 1), got %g; there is no default, 1e-3 is a start", c.Tolerance)
	case !(c.Convexity >= 0) || math.IsInf(c.Convexity, 0):
		return errors.Errorf("relax: relative gap: Convexity: want 0 (meaning 1) or a positive finite number, got %g", c.Convexity)
	case c.MinSteps < 0:
		return errors.Errorf("relax: relative gap: MinSteps: want at least 0, got %d", c.MinSteps)
	case c.Every < 0:
		return errors.Errorf("relax: relative gap: Every: want at least 0, got %d", c.Every)
	}
	return nil
}
