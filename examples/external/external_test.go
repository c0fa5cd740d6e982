package main

import (
	"context"
	"math"
	"testing"

	"github.com/seed-be841da4/prospect/gradcheck"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/kinds"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/modelfile"
	"github.com/seed-be841da4/prospect/relax"
)

// The derivatives of the operation and of the energy are right: in the input of
// the layer, which is free, in the centres, and in both arguments of the energy.
func TestGradients(t *testing.T) {
	for _, width := range []int{1, 3} {
		for _, units := range []int{1, 4} {
			gradcheck.Run(t, graph.Declaration{
				Nodes: []graph.Node{
					{Name: "cause", Shape: graph.Shape{2}}, {Name: "x", Shape: graph.Shape{width}}, {Name: "y", Shape: graph.Shape{units}},
				},
				Predictions: []graph.Prediction{
					{Of: "x", From: []string{"cause"}, Layer: layers.Dense{Out: width}},
					{Of: "y", From: []string{"x"}, Layer: Radial{Units: units, Width: 0.8}, Energy: Student{Freedom: 0.5}},
				},
			}, graph.Roles{Clamped: []string{"cause"}}, gradcheck.Options{})
		}
	}
}

// Prospect's engine runs the operation as Gorgonia's tape machine does.
func TestEngines(t *testing.T) {
	var energies [2]float64
	for i, engine := range []graph.Engine{graph.Compiled{}, graph.Tape{}} {
		net, err := graph.New(declare(Student{Freedom: 0.01}), graph.Settings{Seed: 1, Engine: engine, Precision: graph.Float64})
		if err != nil {
			t.Fatal(err)
		}
		if energies[i], err = fit(net, 3); err != nil {
			t.Fatal(err)
		}
	}
	if !(math.Abs(energies[0]-energies[1]) < 1e-9) {
		t.Errorf("got %v and %v, want the same", energies[0], energies[1])
	}
}

// The solver gets a chain of nodes to rest in fewer steps than Euler does.
func TestBarzilai(t *testing.T) {
	d := graph.Declaration{Nodes: []graph.Node{{Name: "x0", Shape: graph.Shape{1}}}}
	names := []string{"x0", "x1", "x2", "x3", "x4", "x5"}
	for i, name := range names[1:] {
		d.Nodes = append(d.Nodes, graph.Node{Name: name, Shape: graph.Shape{1}})
		d.Predictions = append(d.Predictions, graph.Prediction{
			Of: name, From: names[i : i+1], Layer: layers.Dense{Out: 1, NoBias: true, Weight: layers.Constant{Value: 1}},
		})
	}
	net, err := graph.New(d, graph.Settings{Precision: graph.Float64})
	if err != nil {
		t.Fatal(err)
	}
	steps := func(solver relax.Solver) int {
		s, err := net.Session(1, graph.Roles{Clamped: []string{"x0", "x5"}})
		if err != nil {
			t.Fatal(err)
		}
		for node, v := range map[string]float32{"x0": 0, "x5": 5} {
			if err := s.Clamp(node, []float32{v}); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Initialize(graph.Start{}, nil); err != nil {
			t.Fatal(err)
		}
		for range 2 { // a solver starts anew with every run
			if err := s.Initialize(graph.Start{}, nil); err != nil {
				t.Fatal(err)
			}
			r, err := relax.Run(context.Background(), s, relax.Settings{
				Steps: 1000, Solver: solver, Control: relax.Constant{Size: 0.1}, Stop: relax.GradientNorm{Tolerance: 1e-6},
			})
			if err != nil || r.Status != relax.Converged {
				t.Fatalf("%T: got %v, %v, want it to converge", solver, r.Status, err)
			}
			x, err := s.Activity("x2")
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(x.At(0)-2) > 1e-4 { // the errors of all five predictions are 1
				t.Errorf("%T: x2, got %v, want 2", solver, x.At(0))
			}
			if solver == nil {
				return r.Steps
			}
			if r.Steps > 200 {
				t.Errorf("%T: got %d steps", solver, r.Steps)
			}
		}
		return 0
	}
	euler := steps(nil)
	if euler < 250 {
		t.Errorf("Euler, got %d steps, so there is nothing to gain", euler)
	}
	steps(&Barzilai{})
}

// Everything together, trained: the heavy tails make the difference.
func TestFit(t *testing.T) {
	for _, c := range []struct {
		energy      graph.Energy
		least, most float64
	}{{nil, 0.2, 1}, {Student{Freedom: 0.01}, 0, 0.1}} {
		net, err := graph.New(declare(c.energy), graph.Settings{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		got, err := fit(net, 1500)
		if err != nil || !(got > c.least && got < c.most) {
			t.Errorf("%T: got %v, %v, want %v to %v", c.energy, got, err, c.least, c.most)
		}
	}
}

// Files may use the layer by a name.
func TestFile(t *testing.T) {
	r := kinds.Standard()
	r.Layers.Add(kinds.Kind[graph.Layer]{Name: "radial", Value: Radial{Width: 0.5}})
	r.Energies.Add(kinds.Kind[graph.Energy]{Name: "student", Value: Student{Freedom: 0.01}})
	f, err := modelfile.Parse("radial.toml", []byte(`
		node = [{name = "x", shape = 2}, {name = "y", shape = 8}]
		prediction = [{of = "y", from = "x", layer = {kind = "radial", units = 8, centres = "orthogonal"}, energy = "student"}]
	`), r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.New(graph.Settings{}); err != nil {
		t.Fatal(err)
	}
}
