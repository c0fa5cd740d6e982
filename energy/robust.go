package energy

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// Laplace is a smooth absolute error, the energy of a Laplace-like prediction:
//
//	E = Σ √((x−μ)² + δ²) − δ
//
// It is |x−μ| − δ far from 0 and (x−μ)²/2δ near it.
type Laplace struct {
	// Delta is δ, the error around which the square turns into the absolute
	// value, in units of the activity. Zero means 0.1.
	Delta float64 `json:"delta,omitempty"`
}

// Build returns the energy.
func (l Laplace) Build(b *graph.Builder, x, mu *gorgonia.Node) (*gorgonia.Node, error) {
	return ofError(b, l, x, mu)
}

// BuildError returns the energy of an error.
func (l Laplace) BuildError(_ *graph.Builder, e *gorgonia.Node) (*gorgonia.Node, error) {
	delta, err := positive("laplace: Delta", l.Delta, 0.1)
	if err != nil {
		return nil, err
	}
	c := ops.Chain{}
	sum := c.Sum(c.Elementwise(ops.SmoothAbs, delta, e))
	return sum, errors.Wrap(c.Err, "energy: laplace")
}

// Huber is quadratic near 0 and linear far from it:
//
//	E = Σ h(x−μ),   h(e) = ½e² where |e| ≤ δ, else δ(|e| − ½δ)
//
// Source: Huber, Ann. Math. Statist. 35 (1964).
type Huber struct {
	// Delta is δ, in units of the activity. Zero means 1.
	Delta float64 `json:"delta,omitempty"`
}

// Build returns the energy.
func (h Huber) Build(b *graph.Builder, x, mu *gorgonia.Node) (*gorgonia.Node, error) {
	return ofError(b, h, x, mu)
}

// BuildError returns the energy of an error.
func (h Huber) BuildError(_ *graph.Builder, e *gorgonia.Node) (*gorgonia.Node, error) {
	delta, err := positive("huber: Delta", h.Delta, 1)
	if err != nil {
		return nil, err
	}
	c := ops.Chain{}
	sum := c.Sum(c.Elementwise(ops.Huber, delta, e))
	return sum, errors.Wrap(c.Err, "energy: huber")
}

// ofError is the energy of the error x − μ.
func ofError(b *graph.Builder, energy graph.ErrorEnergy, x, mu *gorgonia.Node) (*gorgonia.Node, error) {
	e, err := gorgonia.Sub(x, mu)
	if err != nil {
		return nil, errors.Wrap(err, "energy: prediction error x−μ")
	}
	return energy.BuildError(b, e)
}

// positive returns v, or def if v is 0, or an error.
func positive(what string, v, def float64) (float64, error) {
	if v == 0 {
		return def, nil
	}
	if !(v > 0) || math.IsInf(v, 0) {
		return 0, errors.Errorf("energy: %s, got %v, want a positive finite number (0 means %v)", what, v, def)
	}
	return v, nil
}
