package main

import (
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
)

// Student is the energy of a prediction with Student's t distribution, whose heavy
// tails do not mind a few observations that are far off:
//
//	E = ½(ν+1) Σ log(1 + (x−μ)²/ν)      ν: Freedom
type Student struct {
	Freedom float64 `json:"freedom"`
}

// Build returns the energy, summed over units and samples.
func (s Student) Build(b *graph.Builder, x, mu *gorgonia.Node) (*gorgonia.Node, error) {
	e, err := gorgonia.Sub(x, mu)
	if err != nil {
		return nil, err
	}
	if e, err = gorgonia.Square(e); err != nil {
		return nil, err
	}
	if e, err = gorgonia.Mul(b.Constant(1/s.Freedom), e); err != nil {
		return nil, err
	}
	if e, err = gorgonia.Log1p(e); err != nil {
		return nil, err
	}
	if e, err = gorgonia.Sum(e); err != nil {
		return nil, err
	}
	return gorgonia.Mul(b.Constant(0.5*(s.Freedom+1)), e)
}
