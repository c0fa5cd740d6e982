package relax

import (
	"math"

	"github.com/pkg/errors"
)

// Discount is the paper's step control: the size is discounted whenever the
// energy did not fall, for the whole batch at once.
//
//	γ_0     = Size
//	γ_{t+1} = γ_t·Factor    if t ≥ 1 and not E_t < E_{t-1}
//	γ_{t+1} = γ_t·Amplify   if t ≥ 1 and E_t < E_{t-1}
//
// The decision at step t uses the energy before that step and takes effect at the next
// one: there is no backtracking, an overshooting step is kept. Sizes are reset in every
// run, that is, for every batch. Energies are compared as the problem returns them, in
// float64.
//
// Source: Song et al. 2024, Methods and published configurations, where Factor is 0.5,
// 0.8 or 0.9 and Amplify is 1. Differs in one point: a NaN energy, which there counts
// as not having fallen, ends the run with a [NonFiniteError].
type Discount struct {
	// Size is γ_0. Zero is an error: there is no default, 0.1 is the paper's.
	Size float64 `json:"size"`
	// Factor multiplies the size, in (0, 1]. Zero is an error: there is no
	// default, 0.5 is the paper's most frequent choice; 1 never discounts.
	Factor float64 `json:"factor"`
	// Amplify multiplies the size whenever the energy fell, at least 1. Zero
	// means 1, as in every experiment of the paper.
	Amplify float64 `json:"amplify,omitempty"`
}

// Start returns Size.
func (c Discount) Start() float64 { return c.Size }

// Next applies the formula above.
func (c Discount) Next(taken Taken) float64 {
	switch {
	case taken.Step < 1:
		return taken.Size
	case !(taken.Energy < taken.Previous):
		return taken.Size * c.Factor
	case c.Amplify != 0:
		return taken.Size * c.Amplify
	}
	return taken.Size
}

// Validate returns an error unless the fields are in their ranges.
func (c Discount) Validate() error {
	if err := checkSize("discount: Size", c.Size); err != nil {
		return err
	}
	if !(c.Factor > 0 && c.Factor <= 1) {
		return errors.Errorf("relax: discount: Factor: want a number in (0, 1], got %g; there is no default, 0.5 is the paper's and 1 never discounts", c.Factor)
	}
	if c.Amplify != 0 && (!(c.Amplify >= 1) || math.IsInf(c.Amplify, 0)) {
		return errors.Errorf("relax: discount: Amplify: want 0 (meaning 1) or a finite number of at least 1, got %g", c.Amplify)
	}
	return nil
}
