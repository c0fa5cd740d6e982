package layers_test

import (
	"math"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// predict returns what a layer makes of one batch.
func predict(t *testing.T, l graph.Layer, in, out graph.Shape, batch int, x []float64) []float64 {
	t.Helper()
	d := graph.Declaration{
		Nodes:       []graph.Node{{Name: "in", Shape: in}, {Name: "out", Shape: out}},
		Predictions: []graph.Prediction{{Of: "out", From: []string{"in"}, Layer: l}},
	}
	net, err := graph.New(d, graph.Settings{Precision: graph.Float64})
	if err != nil {
		t.Fatal(err)
	}
	s, err := net.Session(batch, graph.Roles{Clamped: []string{"in"}, Outputs: []string{"out"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ClampFloat64("in", x); err != nil {
		t.Fatal(err)
	}
	if err := s.Initialize(graph.Start{}, nil); err != nil {
		t.Fatal(err)
	}
	y, err := s.View("out")
	if err != nil {
		t.Fatal(err)
	}
	return y.Float64()
}

func equal(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %d numbers, want %d", what, len(got), len(want))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= 1e-15*math.Max(1, math.Abs(want[i]))) {
			t.Errorf("%s: number %d: got %.17g, want %.17g", what, i, got[i], want[i])
		}
	}
}

func TestDense(t *testing.T) {
	w, b := layers.Values{1, 2, 3, 4, 5, 6}, layers.Values{10, 20, 30}
	x := []float64{1, 1, 2, -1}
	got := predict(t, layers.Dense{Out: 3, Weight: w, Bias: b}, graph.Shape{2}, graph.Shape{3}, 2, x)
	equal(t, "x·W + b", got, []float64{15, 27, 39, 8, 19, 30})
	got = predict(t, layers.Dense{Out: 3, Weight: w, NoBias: true}, graph.Shape{2}, graph.Shape{3}, 2, x)
	equal(t, "x·W", got, []float64{5, 7, 9, -2, -1, 0})
}

// Reshapes keep the elements of every sample in order.
func TestReshapes(t *testing.T) {
	x := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	for _, tt := range []struct {
		name    string
		layer   graph.Layer
		in, out graph.Shape
	}{
		{"flatten", layers.Flatten{}, graph.Shape{2, 3}, graph.Shape{6}},
		{"flatten one axis", layers.Flatten{}, graph.Shape{6}, graph.Shape{6}},
		{"reshape", layers.Reshape{Shape: graph.Shape{3, 1, 2}}, graph.Shape{2, 3}, graph.Shape{3, 1, 2}},
		{"reshape to itself", layers.Reshape{Shape: graph.Shape{2, 3}}, graph.Shape{2, 3}, graph.Shape{2, 3}},
		{"there and back", layers.Sequential{layers.Flatten{}, layers.Reshape{Shape: graph.Shape{3, 2}}}, graph.Shape{2, 3}, graph.Shape{3, 2}},
	} {
		equal(t, tt.name, predict(t, tt.layer, tt.in, tt.out, 2, x), x)
	}
}

func TestErrors(t *testing.T) {
	one, two := []string{"a"}, []string{"a", "b"}
	tests := []struct {
		name  string
		layer graph.Layer
		from  []string
		want  string
	}{
		{"no units", layers.Dense{}, one, "dense: Out, got 0, want at least 1"},
		{"negative units", layers.Dense{Out: -3}, one, "dense: Out, got -3"},
		{"dense of two", layers.Dense{Out: 4}, two, "dense: got 2 inputs, want 1; combine them first, for example with layers.Sum"},
		{"dense of an image", layers.Sequential{layers.Reshape{Shape: graph.Shape{1, 2, 2}}, layers.Dense{Out: 4}}, one, "dense: input, got shape [1 2 2] for each sample, want one axis, or two: length, units; put layers.Flatten{} before it"},
		{"activation of two", layers.GELU{}, two, "gelu: got 2 inputs, want 1"},
		{"tanh of two", layers.Tanh{}, two, "tanh: got 2 inputs, want 1"},
		{"identity of two", layers.Identity{}, two, "identity: got 2 inputs, want 1"},
		{"slope", layers.LeakyReLU{Slope: math.NaN()}, one, "leaky ReLU: Slope, got NaN, want a finite number"},
		{"reshape to another size", layers.Reshape{Shape: graph.Shape{5}}, one, "reshape: from [4] to [5] for each sample, want shapes of equal size"},
		{"reshape to nothing", layers.Reshape{}, one, "reshape: from [4] to []"},
		{"reshape to negative axes", layers.Reshape{Shape: graph.Shape{-2, -2}}, one, "reshape: from [4] to [-2 -2]"},
		{"reshape of two", layers.Reshape{Shape: graph.Shape{4}}, two, "reshape: got 2 inputs, want 1"},
		{"flatten of two", layers.Flatten{}, two, "flatten: got 2 inputs, want 1"},
		{"empty sequential of two", layers.Sequential{}, two, "sequential: got 2 inputs, want 1"},
		{"nil in a sequential", layers.Sequential{layers.Tanh{}, nil}, one, "sequential: layer 1 is nil"},
		{"error in a sequential", layers.Sequential{layers.Tanh{}, layers.Dense{}}, one, "layer 1 (layers.Dense): layers: dense: Out"},
		{"empty sum", layers.Sum{}, one, "sum: got 1 inputs for 0 layers, want one layer for each input"},
		{"sum of too few", layers.Sum{layers.Identity{}, layers.Identity{}}, one, "sum: got 1 inputs for 2 layers"},
		{"nil in a sum", layers.Sum{layers.Identity{}, nil}, two, "sum: layer 1 is nil"},
		{"error in a sum", layers.Sum{layers.Dense{Out: 4}, layers.Dense{}}, two, "summand 1 (layers.Dense): layers: dense: Out"},
		{"summands that differ", layers.Sum{layers.Identity{}, layers.Identity{}}, two, "sum: summand 1, got shape [2 2] for each sample, want [4] like the ones before"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := graph.Declaration{
				Nodes: []graph.Node{
					{Name: "a", Shape: graph.Shape{4}},
					{Name: "b", Shape: graph.Shape{2, 2}, Data: true},
					{Name: "out", Shape: graph.Shape{4}},
				},
				Predictions: []graph.Prediction{
					{Of: "a", From: []string{"a"}, Layer: layers.Tanh{}},
					{Of: "out", From: tt.from, Layer: tt.layer},
				},
			}
			_, err := graph.New(d, graph.Settings{})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want an error with %q", err, tt.want)
			}
			if !strings.HasPrefix(err.Error(), `graph: prediction "out" of node "out": `) {
				t.Errorf("%v does not begin with what was being built", err)
			}
		})
	}
}
