package graph_test

import (
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
)

// Samples may be flattened and given axes of 1, but not read in another order.
func TestCheckData(t *testing.T) {
	for _, tt := range []struct {
		samples, node graph.Shape
		want          string
	}{
		{graph.Shape{3, 32, 32}, graph.Shape{3, 32, 32}, ""},
		{graph.Shape{3, 32, 32}, graph.Shape{3072}, ""},
		{graph.Shape{3072}, graph.Shape{3, 32, 32}, ""},
		{graph.Shape{28, 28}, graph.Shape{1, 28, 28}, ""},
		{graph.Shape{1, 28, 28}, graph.Shape{28, 28}, ""},
		{graph.Shape{28, 28, 1}, graph.Shape{28, 28}, ""},
		{graph.Shape{3, 32, 32}, graph.Shape{3, 1024}, ""},
		{graph.Shape{1}, graph.Shape{1, 1}, ""},
		{graph.Shape{32, 32, 3}, graph.Shape{3, 32, 32}, "got [32 32 3], want the axes of the node, [3 32 32], in its order"},
		{graph.Shape{20, 28}, graph.Shape{28, 20}, "got [20 28], want the axes of the node, [28 20]"},
		{graph.Shape{28, 28, 1}, graph.Shape{1, 28, 28}, "got [28 28 1], want the axes of the node, [1 28 28]"},
		{graph.Shape{20, 28}, graph.Shape{1, 28, 20}, "got [20 28], want the axes of the node, [1 28 20]"},
		{graph.Shape{1, 20, 28}, graph.Shape{28, 20}, "got [1 20 28]"},
		{graph.Shape{28, 27}, graph.Shape{784}, "got [28 27] with 756 numbers, want 784 for a node of shape [784]"},
		{graph.Shape{}, graph.Shape{784}, "samples: shape is empty"},
		{graph.Shape{-28, -28}, graph.Shape{784}, "samples: shape, got [-28 -28]"},
		{graph.Shape{1 << 40, 1 << 40}, graph.Shape{784}, "samples: shape, got"},
	} {
		err := tt.node.CheckData(tt.samples)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%v into %v: got %v, want %q", tt.samples, tt.node, err, tt.want)
		}
	}
}
