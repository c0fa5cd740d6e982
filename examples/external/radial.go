package main

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// Radial is a layer of radial basis functions: unit k answers to inputs near its
// centre,
//
//	μ_k = exp(−‖x − c_k‖² / 2w²)      x: (batch, d)   c: (Units, d)   μ: (batch, Units)
//
// The tags are its settings in files and on the command line; see package kinds.
type Radial struct {
	Units int     `json:"units"`
	Width float64 `json:"width"`
	// Centres draws c. Nil means uniform in [−2, 2].
	Centres graph.Initializer `json:"centres"`
}

// Build adds the layer: ordinary Gorgonia code, with an operation of our own.
func (r Radial) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	if len(in) != 1 || in[0].Dims() != 2 {
		return nil, fmt.Errorf("radial: want one input of one axis; put layers.Flatten{} before it")
	}
	if r.Units < 1 || !(r.Width > 0) {
		return nil, fmt.Errorf("radial: got Units %d and Width %g, want both positive", r.Units, r.Width)
	}
	if r.Centres == nil {
		r.Centres = layers.Uniform{Bound: 2}
	}
	centres, err := b.Param(graph.ParamSpec{Name: "centres", Shape: graph.Shape{r.Units, in[0].Shape()[1]}, Init: r.Centres})
	if err != nil {
		return nil, err
	}
	squared, err := gorgonia.ApplyOp(distance{}, in[0], centres)
	if err != nil {
		return nil, err
	}
	scaled, err := gorgonia.Mul(b.Constant(-0.5/(r.Width*r.Width)), squared)
	if err != nil {
		return nil, err
	}
	return gorgonia.Exp(scaled)
}
