package graph_test

import (
	"context"
	"fmt"

	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
)

// A network is declared as plain data: value nodes, and what predicts them.
// Roles are assigned when it runs.
func ExampleNew() {
	net, err := graph.New(graph.Declaration{
		Nodes: []graph.Node{
			{Name: "image", Shape: graph.Shape{28, 28}},
			{Name: "hidden", Shape: graph.Shape{32}},
			{Name: "label", Shape: graph.Shape{10}},
		},
		Predictions: []graph.Prediction{
			{Of: "hidden", From: []string{"image"}, Layer: layers.Sequential{layers.Flatten{}, layers.Dense{Out: 32}}},
			{Of: "label", From: []string{"hidden"}, Layer: layers.Sequential{layers.Tanh{}, layers.Dense{Out: 10}}},
		},
	}, graph.Settings{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range net.Params() {
		fmt.Println(p.Name, p.Value.Shape())
	}

	// A mistake in a declaration is an error here, not at the first run.
	d := net.Declaration()
	d.Nodes[2].Shape = graph.Shape{12}
	_, err = graph.New(d, graph.Settings{})
	fmt.Println(err)
	// Output:
	// hidden/1/weight (784, 32)
	// hidden/1/bias (32)
	// label/1/weight (32, 10)
	// label/1/bias (10)
	// graph: prediction "label" of node "label": shape of the prediction, got [10] for each sample, want [12], the shape of the node; change the layer's output or the node's Shape
}

// Relaxing a network moves its free activities to a minimum of the energy. The
// result says how that ended: ask it whether the relaxation converged.
func ExampleSession() {
	net, err := graph.New(graph.Declaration{
		Nodes: []graph.Node{
			{Name: "x", Shape: graph.Shape{1}}, {Name: "h", Shape: graph.Shape{1}}, {Name: "y", Shape: graph.Shape{1}},
		},
		Predictions: []graph.Prediction{
			{Of: "h", From: []string{"x"}, Layer: layers.Dense{Out: 1, Weight: layers.Constant{Value: 1}, NoBias: true}},
			{Of: "y", From: []string{"h"}, Layer: layers.Dense{Out: 1, Weight: layers.Constant{Value: 2}, NoBias: true}},
		},
	}, graph.Settings{})
	if err != nil {
		fmt.Println(err)
		return
	}

	// One sample with x = 1 and y = 7: what should h be?
	s, err := net.Session(1, graph.Roles{Clamped: []string{"x", "y"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for node, value := range map[string]float32{"x": 1, "y": 7} {
		if err := s.Clamp(node, []float32{value}); err != nil {
			fmt.Println(err)
			return
		}
	}
	if err := s.Initialize(graph.Start{}, nil); err != nil {
		fmt.Println(err)
		return
	}
	for _, steps := range []int{3, 100} {
		result, err := relax.Run(context.Background(), s, relax.Settings{
			Steps: steps, Control: relax.Constant{Size: 0.1}, Stop: relax.GradientNorm{Tolerance: 1e-3},
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		h, err := s.Activity("h")
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%v: energy %.2f to %.2f, h = %.2f\n", result.Status, result.EnergyStart, result.Energy, h.At(0))
	}
	// Output:
	// StepLimit: energy 12.50 to 2.66, h = 2.75
	// Converged: energy 2.66 to 2.50, h = 3.00
}

// Cubic predicts μ = scale·x³, with an operation that only Gorgonia knows.
type Cubic struct{}

// Build is ordinary Gorgonia code; parameters are asked for by name.
func (Cubic) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	scale, err := b.Param(graph.ParamSpec{
		Name: "scale", Shape: graph.Shape{in[0].Shape()[1]}, Init: layers.Constant{Value: 0.5},
	})
	if err != nil {
		return nil, err
	}
	cube, err := gorgonia.Cube(in[0])
	if err != nil {
		return nil, err
	}
	return gorgonia.BroadcastHadamardProd(cube, scale, nil, []byte{0})
}

// A layer of your own implements one method. The network differentiates it with
// everything else.
func ExampleLayer() {
	net, err := graph.New(graph.Declaration{
		Nodes:       []graph.Node{{Name: "x", Shape: graph.Shape{2}}, {Name: "y", Shape: graph.Shape{2}}},
		Predictions: []graph.Prediction{{Of: "y", From: []string{"x"}, Layer: Cubic{}}},
	}, graph.Settings{})
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := net.Session(1, graph.Roles{Clamped: []string{"x", "y"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for node, data := range map[string][]float32{"x": {2, -1}, "y": {5, 0}} {
		if err := s.Clamp(node, data); err != nil {
			fmt.Println(err)
			return
		}
	}
	energy, err := s.Learn(make([]float64, len(s.Terms()))) // fills ∂E/∂scale = −(y − μ)·x³
	if err != nil {
		fmt.Println(err)
		return
	}
	gradient := net.Params()[0].Grads().Float32()
	fmt.Printf("%s: E = %.3f, ∂E/∂θ = %.1f\n", net.Params()[0].Name, energy, gradient)
	// Output: y/scale: E = 0.625, ∂E/∂θ = [-8.0 0.5]
}

// Gate predicts μ = σ(2x) ⊙ x and lets its gate be looked at.
type Gate struct{}

// Build gives the inner node a name.
func (Gate) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	twice, err := gorgonia.Mul(b.Constant(2), in[0])
	if err != nil {
		return nil, err
	}
	gate, err := gorgonia.Sigmoid(twice)
	if err != nil {
		return nil, err
	}
	if err := b.Probe("gate", gate); err != nil {
		return nil, err
	}
	return gorgonia.HadamardProd(gate, in[0])
}

// What a layer computes on the way can be read by name, at any time.
func ExampleBuilder_Probe() {
	net, err := graph.New(graph.Declaration{
		Nodes:       []graph.Node{{Name: "x", Shape: graph.Shape{3}}, {Name: "y", Shape: graph.Shape{3}}},
		Predictions: []graph.Prediction{{Of: "y", From: []string{"x"}, Layer: Gate{}}},
	}, graph.Settings{})
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := net.Session(1, graph.Roles{Clamped: []string{"x"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := s.Clamp("x", []float32{-1, 0, 1}); err != nil {
		fmt.Println(err)
		return
	}
	gate, err := s.Probe("y/gate")
	fmt.Printf("%v %.3f %v\n", gate.Shape, gate.Value.Float32(), err)
	_, err = s.Probe("gate")
	fmt.Println(err)
	// Output:
	// [1 3] [0.119 0.500 0.881] <nil>
	// graph: probe "gate": not found; the probes are "y/gate"
}
