package graph_test

import (
	"context"
	"testing"

	"github.com/seed-be841da4/prospect/gradcheck"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
)

// recurrent declares h(3), predicted from x(2) and from itself, and y(1).
func recurrent() graph.Declaration {
	return graph.Declaration{
		Nodes: []graph.Node{node("x", 2), node("h", 3), node("y", 1)},
		Predictions: []graph.Prediction{
			{Of: "h", From: []string{"x", "h"}, Layer: layers.Sum{
				layers.Dense{Out: 3}, layers.Sequential{layers.Tanh{}, layers.Dense{Out: 3, NoBias: true}},
			}},
			dense("y", 1, "h"),
		},
	}
}

// loop declares two nodes that predict each other, and what they predict.
func loop() graph.Declaration {
	return graph.Declaration{
		Nodes: []graph.Node{node("p", 2), node("q", 3), node("y", 2)},
		Predictions: []graph.Prediction{
			dense("p", 2, "q"), dense("q", 3, "p"),
			{Of: "y", From: []string{"p", "q"}, Layer: layers.Sum{layers.Identity{}, layers.Dense{Out: 2}}},
		},
	}
}

func TestGradientsOfCycles(t *testing.T) {
	for _, clamped := range [][]string{nil, {"x"}, {"x", "y"}, {"h"}} {
		gradcheck.Run(t, recurrent(), graph.Roles{Clamped: clamped}, gradcheck.Options{})
	}
	for _, clamped := range [][]string{nil, {"y"}, {"p"}} {
		gradcheck.Run(t, loop(), graph.Roles{Clamped: clamped}, gradcheck.Options{})
	}
	self := graph.Declaration{Nodes: []graph.Node{node("h", 1)}, Predictions: []graph.Prediction{dense("h", 1, "h")}}
	gradcheck.Run(t, self, graph.Roles{}, gradcheck.Options{Batch: []int{1, 4}})
}

// A network with a cycle relaxes until its gradient vanishes, and learns until
// its energy with the data clamped is a small part of what it was.
func TestCyclesRelaxAndLearn(t *testing.T) {
	x, y := []float64{1, 0, 0, 1, 1, 1}, []float64{0.8, -0.5, 0.3}
	tests := []struct {
		name string
		d    graph.Declaration
		data map[string][]float64
	}{
		{"self-prediction", recurrent(), map[string][]float64{"x": x, "y": y}},
		{"two nodes", loop(), map[string][]float64{"y": x}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			net := newNetwork(t, tt.d, f64)
			var clamped []string
			for name := range tt.data {
				clamped = append(clamped, name)
			}
			s := newSession(t, net, 3, graph.Roles{Clamped: clamped})
			for name, data := range tt.data {
				clamp(t, s, name, data)
			}
			var first, last float64
			for range 60 {
				initialize(t, s)
				r, err := relax.Run(context.Background(), s, relax.Settings{
					Steps: 2000, Control: relax.Constant{Size: 0.2}, Stop: relax.GradientNorm{Tolerance: 1e-6},
				})
				if err != nil || r.Status != relax.Converged {
					t.Fatalf("got %v after %d steps, %v, want convergence", r.Status, r.Steps, err)
				}
				last, _ = learn(t, s)
				if first == 0 {
					first = last
				}
				for _, p := range net.Params() {
					v, g := p.Values().Float64(), p.Grads().Float64()
					for i := range v {
						v[i] -= 0.1 * g[i]
					}
				}
				net.ParamsChanged()
			}
			if !(last < first/10) {
				t.Errorf("energy with the data clamped: got %.4g, want below a tenth of the %.4g at first", last, first)
			}
		})
	}
}

// add declares a prediction that adds c to a node.
func add(name, of, from string, c float64) graph.Prediction {
	return graph.Prediction{Name: name, Of: of, From: []string{from}, Layer: layers.Dense{
		Out: 1, Weight: layers.Constant{Value: 1}, Bias: layers.Constant{Value: c},
	}}
}

func TestFeedforwardOrder(t *testing.T) {
	one := []graph.Node{node("c", 1), node("b", 1), node("a", 1), node("x", 1)}
	tests := []struct {
		name    string
		p       []graph.Prediction
		clamped string
		want    map[string]float64 // by Feedforward, where every node held 7
		zero    map[string]float64 // by Initialize, if that is something else
	}{
		{
			"declared backwards",
			[]graph.Prediction{add("1", "c", "b", 1), add("2", "b", "a", 10), add("3", "a", "x", 100)},
			"x",
			map[string]float64{"a": 100, "b": 110, "c": 111},
			nil,
		},
		{
			"first declared of two",
			[]graph.Prediction{add("1", "a", "x", 1), add("2", "a", "x", 2), add("3", "b", "a", 10), add("4", "c", "b", 100)},
			"x",
			map[string]float64{"a": 1, "b": 11, "c": 111},
			nil,
		},
		{
			"first that is ready",
			[]graph.Prediction{add("1", "a", "b", 1), add("2", "a", "x", 2), add("3", "b", "a", 10), add("4", "c", "b", 100)},
			"x",
			map[string]float64{"a": 2, "b": 12, "c": 112},
			nil,
		},
		{
			"clamped in the middle",
			[]graph.Prediction{add("1", "c", "b", 1), add("2", "b", "a", 10), add("3", "a", "x", 100)},
			"b",
			map[string]float64{"x": 7, "a": 107, "c": 1},
			map[string]float64{"x": 0, "a": 100, "c": 1},
		},
		{
			"cycle: the first declared node reads what the others hold",
			[]graph.Prediction{add("1", "c", "a", 1), add("2", "b", "c", 10), add("3", "a", "b", 100), add("4", "x", "a", 0)},
			"x",
			map[string]float64{"c": 8, "b": 18, "a": 118},
			map[string]float64{"c": 1, "b": 11, "a": 111},
		},
		{
			"cycle of one",
			[]graph.Prediction{add("1", "a", "a", 1), add("2", "b", "a", 10), add("3", "c", "x", 100)},
			"x",
			map[string]float64{"a": 8, "b": 18, "c": 100},
			map[string]float64{"a": 1, "b": 11, "c": 100},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			net := newNetwork(t, graph.Declaration{Nodes: one, Predictions: tt.p}, f64)
			s := newSession(t, net, 2, graph.Roles{Clamped: []string{tt.clamped}})
			for _, n := range one {
				if v, err := s.View(n.Name); err == nil && n.Name != tt.clamped {
					v.Fill(7)
				}
			}
			if err := s.Feedforward(); err != nil {
				t.Fatal(err)
			}
			for name, want := range tt.want {
				near(t, name, activity(t, s, name), []float64{want, want}, 0)
			}
			initialize(t, s)
			for name, want := range tt.zero {
				near(t, name+" from 0", activity(t, s, name), []float64{want, want}, 0)
			}
		})
	}
}
