package graph_test

import (
	"os"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

func summarised(t *testing.T, engine graph.Engine) *graph.Network {
	t.Helper()
	net, err := graph.New(graph.Declaration{
		Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{3}}, {Name: "h", Shape: graph.Shape{4}}, {Name: "y", Shape: graph.Shape{2}}},
		Predictions: []graph.Prediction{
			{Of: "h", From: []string{"x"}, Layer: layers.Dense{Out: 4}},
			{Of: "y", From: []string{"h"}, Layer: layers.Sequential{layers.Tanh{}, layers.Dense{Out: 2, NoBias: true}}},
		},
	}, graph.Settings{Engine: engine})
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// A summary lists nodes, predictions and parameters.
func ExampleNetwork_Summary() {
	net, err := graph.New(graph.Declaration{
		Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{784}}, {Name: "h1", Shape: graph.Shape{64}}, {Name: "y", Shape: graph.Shape{10}}},
		Predictions: []graph.Prediction{
			{Of: "h1", From: []string{"x"}, Layer: layers.Dense{Out: 64}},
			{Of: "y", From: []string{"h1"}, Layer: layers.Sequential{layers.Tanh{}, layers.Dense{Out: 10}}},
		},
	}, graph.Settings{})
	if err == nil {
		err = net.Summary(os.Stdout)
	}
	if err != nil {
		panic(err)
	}
	// Output:
	// node  shape  from  layer        parameters  FLOPs a step
	// x     [784]
	// h1    [64]   x     Dense        50240       193
	// y     [10]   h1    Tanh, Dense  650         2911
	// 3 nodes, 2 predictions, 50890 parameters, 3104 FLOPs a step
}

// The operations of a step are at least those of its products, and grow with the batch.
func TestFLOPs(t *testing.T) {
	net := summarised(t, graph.Compiled{})
	count := func(batch int) float64 {
		t.Helper()
		s, err := net.Session(batch, graph.Roles{Clamped: []string{"x", "y"}})
		if err != nil {
			t.Fatal(err)
		}
		n, err := s.FLOPs()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	one, four := count(1), count(4)
	// h·W and e·Wᵀ of the output, 2·4·2 each; x·W is hoisted.
	if products := 2.0 * 2 * 4 * 2; one < products || one > 10*products {
		t.Errorf("got %v operations, want a little more than %v", one, products)
	}
	if four < 3.8*one || four > 4*one { // a little of it is done once
		t.Errorf("batch 4: got %v, want about four times %v", four, one)
	}
	s, err := summarised(t, graph.Tape{}).Session(1, graph.Roles{Clamped: []string{"x", "y"}})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := s.FLOPs(); n != 0 || err != nil {
		t.Errorf("tape: got %v, %v, want 0", n, err)
	}
	if err := net.Summary(full{}); err == nil || !strings.Contains(err.Error(), "graph: summary: no room") {
		t.Errorf("got %v", err)
	}
}
