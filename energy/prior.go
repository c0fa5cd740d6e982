package energy

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// L2 is a prior that pulls activities to 0, a Gaussian around 0:
//
//	E = ½ λ Σ x²
type L2 struct {
	// Weight is λ. Zero is an error: there is no default.
	Weight float64 `json:"weight"`
}

// Build returns the energy.
func (p L2) Build(b *graph.Builder, x *gorgonia.Node) (*gorgonia.Node, error) {
	if err := required("L2 prior", p.Weight); err != nil {
		return nil, err
	}
	c := ops.Chain{}
	e := c.Mul(b.Constant(p.Weight/2), c.Sum(c.Do1(gorgonia.Square, x)))
	return e, errors.Wrap(c.Err, "energy: L2 prior")
}

// L1 is a prior that makes activities sparse, smoothed at 0 so that it has a
// gradient everywhere:
//
//	E = λ Σ √(x² + δ²) − δ
type L1 struct {
	// Weight is λ. Zero is an error: there is no default.
	Weight float64 `json:"weight"`
	// Delta is δ, in units of the activity. Zero means 0.01.
	Delta float64 `json:"delta,omitempty"`
}

// Build returns the energy.
func (p L1) Build(b *graph.Builder, x *gorgonia.Node) (*gorgonia.Node, error) {
	if err := required("L1 prior", p.Weight); err != nil {
		return nil, err
	}
	delta, err := positive("L1 prior: Delta", p.Delta, 0.01)
	if err != nil {
		return nil, err
	}
	c := ops.Chain{}
	e := c.Mul(b.Constant(p.Weight), c.Sum(c.Elementwise(ops.SmoothAbs, delta, x)))
	return e, errors.Wrap(c.Err, "energy: L1 prior")
}

// required rejects a weight of zero, which would have no effect, and one that is not
// positive and finite.
func required(what string, weight float64) error {
	switch {
	case weight == 0:
		return errors.Errorf("energy: %s: Weight is 0; there is no default, try 0.01", what)
	case !(weight > 0) || math.IsInf(weight, 0):
		return errors.Errorf("energy: %s: Weight, got %v, want a positive finite number", what, weight)
	}
	return nil
}
