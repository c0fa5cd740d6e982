package gradcheck_test

import (
	"fmt"
	"testing"

	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/gradcheck"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// Cube predicts μ = x³.
type Cube struct{}

func (Cube) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	return gorgonia.Cube(in[0])
}

// The check of a layer of one's own. The input of the layer is free, so that the gradient
// that it sends back is checked too.
func ExampleRun() {
	t := &testing.T{} // in a test: func TestCube(t *testing.T)
	gradcheck.Run(t, graph.Declaration{
		Nodes: []graph.Node{
			{Name: "cause", Shape: graph.Shape{2}}, {Name: "x", Shape: graph.Shape{3}}, {Name: "y", Shape: graph.Shape{3}},
		},
		Predictions: []graph.Prediction{
			{Of: "x", From: []string{"cause"}, Layer: layers.Dense{Out: 3}},
			{Of: "y", From: []string{"x"}, Layer: Cube{}},
		},
	}, graph.Roles{Clamped: []string{"cause"}}, gradcheck.Options{})
	fmt.Println("a gradient is wrong:", t.Failed())
	// Output: a gradient is wrong: false
}
