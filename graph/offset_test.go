package graph_test

import (
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/gradcheck"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// An offset is the layer plus its last input, with the layer's parameters.
func TestOffset(t *testing.T) {
	d := graph.Declaration{
		Nodes: []graph.Node{node("a", 3), node("b", 2), node("o", 4), node("y", 4)},
		Predictions: []graph.Prediction{{
			Of: "y", From: []string{"a", "b", "o"}, Layer: graph.Offset{Layer: layers.Sum{layers.Dense{Out: 4}, layers.Dense{Out: 4}}},
		}},
	}
	gradcheck.Run(t, d, graph.Roles{}, gradcheck.Options{})
	net := newNetwork(t, d, f64)
	if _, err := net.Param("y/1/weight"); err != nil {
		t.Error(err)
	}
	s := newSession(t, net, 1, graph.Roles{Clamped: []string{"a", "b", "o"}})
	clamp(t, s, "a", []float64{1, 2, 3})
	clamp(t, s, "b", []float64{1, 2})
	clamp(t, s, "o", []float64{0, 0, 0, 0})
	initialize(t, s)
	before := activity(t, s, "y")
	clamp(t, s, "o", []float64{1, 2, 3, 4})
	initialize(t, s)
	for i, y := range activity(t, s, "y") {
		if want := before[i] + float64(i+1); y != want {
			t.Errorf("unit %d: got %v, want %v", i, y, want)
		}
	}
	for _, layer := range []graph.Layer{graph.Offset{}, graph.Offset{Layer: layers.Dense{Out: 4}}} {
		d := graph.Declaration{Nodes: []graph.Node{node("a", 3), node("y", 4)}, Predictions: []graph.Prediction{{Of: "y", From: []string{"a"}, Layer: layer}}}
		if _, err := graph.New(d, graph.Settings{}); err == nil || !strings.Contains(err.Error(), "graph: offset: got a Layer of type") {
			t.Errorf("got %v", err)
		}
	}
	d.Nodes[2] = node("o", 1)
	if _, err := graph.New(d, graph.Settings{}); err == nil || !strings.Contains(err.Error(), "the offset, got shape [1] for each sample, want [4]") {
		t.Errorf("an offset of another shape: got %v", err)
	}
}
