package layers

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
)

// Scale multiplies by a constant, for parametrisations that make activities and
// learning rates independent of width and depth.
//
//	x: (batch, ...)   μ = Factor·x: (batch, ...)
type Scale struct {
	// Factor multiplies every element. Zero is an error: there is no default.
	Factor float64 `json:"factor"`
}

// Build returns Factor·x.
func (s Scale) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	x, err := single("scale", in)
	if err != nil {
		return nil, err
	}
	switch {
	case s.Factor == 0 || math.IsNaN(s.Factor) || math.IsInf(s.Factor, 0):
		return nil, errors.Errorf("layers: scale: Factor, got %v, want a finite number other than 0", s.Factor)
	case s.Factor == 1:
		return x, nil
	}
	y, err := gorgonia.Mul(b.Constant(s.Factor), x)
	return y, errors.Wrap(err, "layers: scale")
}
