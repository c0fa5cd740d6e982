package relax

import (
	"math"

	"github.com/pkg/errors"
)

// Armijo shortens every step until the energy falls enough, so that accepted
// steps never raise it:
//
//	E(x - γ·g) ≤ E(x) - Sufficient·γ·‖g‖²    g = ∂E/∂x
//
// with energy and ‖g‖² summed over the batch; for a step γ·d of [Newton] −g·d takes the
// place of ‖g‖². A rejected step is undone bit for bit and tried again with γ·Shrink; a
// NaN or infinite energy rejects too. If the first size tried was accepted, the next step
// begins with γ·Grow, at most MaxSize, otherwise with γ.
//
// An accepted step leaves energy and gradient of the next state behind, so a step costs
// one evaluation plus one per rejection. Near a minimum the decrease is lost in the
// rounding of the energy and the run ends as [Stalled]: combine it with [GradientNorm]
// to stop earlier.
//
// Source: Armijo 1966; Nocedal and Wright, Numerical Optimization, 2nd ed.,
// algorithm 3.1.
type Armijo struct {
	// Initial is the first size tried in a run. Zero is an error: there is no default;
	// 1 is a good start for unit precisions.
	Initial float64 `json:"initial"`
	// Shrink multiplies a rejected size, in (0, 1). Zero means 0.5.
	Shrink float64 `json:"shrink,omitempty"`
	// Sufficient is the required fraction of the decrease of a linear energy, in (0,
	// 1). Zero means 1e-4.
	Sufficient float64 `json:"sufficient,omitempty"`
	// Grow multiplies the size after a step without rejections, at least 1.
	// Zero means 2.
	Grow float64 `json:"grow,omitempty"`
	// MaxSize bounds the growth, at least Initial. Zero means Initial.
	MaxSize float64 `json:"max_size,omitempty"`
	// MinSize is the smallest size worth trying, in (0, Initial]. Zero means
	// 1e-8·Initial.
	MinSize float64 `json:"min_size,omitempty"`
}

// Start returns Initial.
func (c Armijo) Start() float64 { return c.Initial }

// Next returns the first size to try at the next step.
func (c Armijo) Next(taken Taken) float64 {
	if taken.Trials > 1 {
		return taken.Size
	}
	c = c.withDefaults()
	return min(taken.Size*c.Grow, c.MaxSize)
}

// Accept reports whether the energy fell enough.
func (c Armijo) Accept(size, before, gradSquared, after float64) bool {
	if math.IsInf(after, 0) {
		return false // minus infinity is not a minimum
	}
	return after <= before-c.withDefaults().Sufficient*size*gradSquared
}

// Shorten returns size·Shrink, or false once that is below MinSize.
func (c Armijo) Shorten(size float64) (smaller float64, ok bool) {
	c = c.withDefaults()
	smaller = size * c.Shrink
	return smaller, smaller >= c.MinSize
}

// Validate returns an error unless the fields are in their ranges.
func (c Armijo) Validate() error {
	if err := checkSize("armijo: Initial", c.Initial); err != nil {
		return err
	}
	c = c.withDefaults()
	switch {
	case !(c.Shrink > 0 && c.Shrink < 1):
		return errors.Errorf("relax: armijo: Shrink: want 0 (meaning 0.5) or a number in (0, 1), got %g", c.Shrink)
	case !(c.Sufficient > 0 && c.Sufficient < 1):
		return errors.Errorf("relax: armijo: Sufficient: want 0 (meaning 1e-4) or a number in (0, 1), got %g", c.Sufficient)
	case !(c.Grow >= 1) || math.IsInf(c.Grow, 0):
		return errors.Errorf("relax: armijo: Grow: want 0 (meaning 2) or a finite number of at least 1, got %g", c.Grow)
	case !(c.MaxSize >= c.Initial) || math.IsInf(c.MaxSize, 0):
		return errors.Errorf("relax: armijo: MaxSize: want 0 (meaning Initial) or a finite number of at least Initial = %g, got %g", c.Initial, c.MaxSize)
	case !(c.MinSize > 0 && c.MinSize <= c.Initial):
		return errors.Errorf("relax: armijo: MinSize: want 0 (meaning 1e-8·Initial) or a number in (0, Initial = %g], got %g", c.Initial, c.MinSize)
	}
	return nil
}

// withDefaults returns c with every zero replaced by its default.
func (c Armijo) withDefaults() Armijo {
	if c.Shrink == 0 {
		c.Shrink = 0.5
	}
	if c.Sufficient == 0 {
		c.Sufficient = 1e-4
	}
	if c.Grow == 0 {
		c.Grow = 2
	}
	if c.MaxSize == 0 {
		c.MaxSize = c.Initial
	}
	if c.MinSize == 0 {
		c.MinSize = 1e-8 * c.Initial
	}
	return c
}
