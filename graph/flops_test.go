package graph_test

import (
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// The operations of a prediction are those of its products, counted by hand, and a few
// for each unit: of the energy, the descent and the activation function.
func TestPredictionFLOPs(t *testing.T) {
	for name, tt := range map[string]struct {
		layer   graph.Layer
		in, out graph.Shape
		clamped []string
		// products are multiply-adds of x·W, and backward of e·Wᵀ.
		forward, backward float64
	}{
		"dense, both free":   {layers.Dense{Out: 200}, graph.Shape{300}, graph.Shape{200}, nil, 300 * 200, 300 * 200},
		"dense, out clamped": {layers.Dense{Out: 200}, graph.Shape{300}, graph.Shape{200}, []string{"y"}, 300 * 200, 300 * 200},
		"dense, in clamped":  {layers.Dense{Out: 200}, graph.Shape{300}, graph.Shape{200}, []string{"x"}, 0, 0},
		"dense, all clamped": {layers.Dense{Out: 200}, graph.Shape{300}, graph.Shape{200}, []string{"x", "y"}, 0, 0},
		"after tanh":         {layers.Sequential{layers.Tanh{}, layers.Dense{Out: 200}}, graph.Shape{300}, graph.Shape{200}, nil, 300 * 200, 300 * 200},
		"positions":          {layers.Dense{Out: 20}, graph.Shape{7, 30}, graph.Shape{7, 20}, nil, 7 * 30 * 20, 7 * 30 * 20},
		"convolution": {
			layers.Conv2D{Out: 16, Kernel: layers.Pair{3}, Pad: layers.Pair{1}},
			graph.Shape{8, 12, 12},
			graph.Shape{16, 12, 12},
			nil,
			16 * 12 * 12 * 8 * 9, 16 * 12 * 12 * 8 * 9,
		},
		"strided": {
			layers.Conv2D{Out: 16, Kernel: layers.Pair{3}, Stride: layers.Pair{2}, Pad: layers.Pair{1}},
			graph.Shape{8, 12, 12},
			graph.Shape{16, 6, 6},
			nil,
			16 * 6 * 6 * 8 * 9, 16 * 6 * 6 * 8 * 9,
		},
		"convolution of data": {
			layers.Conv2D{Out: 16, Kernel: layers.Pair{3}, Pad: layers.Pair{1}}, graph.Shape{8, 12, 12}, graph.Shape{16, 12, 12}, []string{"x"}, 0, 0,
		},
	} {
		net, err := graph.New(graph.Declaration{
			Nodes:       []graph.Node{{Name: "x", Shape: tt.in}, {Name: "y", Shape: tt.out}},
			Predictions: []graph.Prediction{{Of: "y", From: []string{"x"}, Layer: tt.layer}},
		}, graph.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := net.FLOPs(tt.clamped)
		if err != nil {
			t.Fatal(err)
		}
		products := 2 * (tt.forward + tt.backward)
		if units := float64(tt.in.Size() + tt.out.Size()); got[0] < products || got[0] > products+40*units {
			t.Errorf("%s: got %v, want %v and a few for each of %v units", name, got[0], products, units)
		}
		if len(tt.clamped) == 2 && got[0] != 0 {
			t.Errorf("%s: got %v, want 0", name, got[0])
		}
	}
}

// Predictions add up to the step of the network, but for what is done once for a node.
func TestFLOPsAddUp(t *testing.T) {
	net, err := graph.New(graph.Declaration{
		Nodes: []graph.Node{
			{Name: "x", Shape: graph.Shape{50}}, {Name: "h", Shape: graph.Shape{60}}, {Name: "g", Shape: graph.Shape{70}}, {Name: "y", Shape: graph.Shape{80}},
		},
		Predictions: []graph.Prediction{
			{Of: "h", From: []string{"x"}, Layer: layers.Dense{Out: 60}},
			{Of: "g", From: []string{"h"}, Layer: layers.Dense{Out: 70}},
			{Of: "y", From: []string{"g"}, Layer: layers.Dense{Out: 80}, Energy: energy.CrossEntropy{}},
			{Of: "g", From: []string{"x"}, Layer: layers.Dense{Out: 70}, Amortised: true},
		},
	}, graph.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	parts, err := net.FLOPs([]string{"x", "y"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := net.Session(1, graph.Roles{Clamped: []string{"x", "y"}})
	if err != nil {
		t.Fatal(err)
	}
	whole, err := s.FLOPs()
	if err != nil {
		t.Fatal(err)
	}
	sum := parts[0] + parts[1] + parts[2] + parts[3]
	if parts[3] != 0 || !(sum > 0.97*whole && sum < 1.03*whole) {
		t.Errorf("got %v, together %v, want %v", parts, sum, whole)
	}
	if _, err := net.FLOPs([]string{"z"}); err == nil {
		t.Error("an unknown node: got no error")
	}
}

// The expression graph has a box for every input and a line for every operand, and is
// the same each time.
func TestExpressionDOT(t *testing.T) {
	write := func(gradients bool) string {
		t.Helper()
		var b strings.Builder
		if err := summarised(t, graph.Compiled{}).ExpressionDOT(&b, gradients); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	text, whole := write(false), write(true)
	for _, want := range []string{
		"digraph expression {", `label="activity x\n(1, 3)", shape=box`, `label="parameter h/weight\n(3, 4)", shape=box`,
		`label="energy of y\n`, "peripheries=2", "[label=1];",
	} {
		if !strings.Contains(text, want) || !strings.Contains(whole, want) {
			t.Errorf("got no %q in\n%s", want, text)
		}
	}
	if strings.Count(text, "peripheries") != 2 || len(whole) < len(text)*3/2 || text != write(false) || whole != write(true) {
		t.Errorf("got %d bytes, and %d with gradients", len(text), len(whole))
	}
	if err := summarised(t, graph.Tape{}).ExpressionDOT(full{}, false); err == nil || !strings.Contains(err.Error(), "graph: DOT: no room") {
		t.Errorf("got %v", err)
	}
}
