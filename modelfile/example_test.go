package modelfile_test

import (
	"fmt"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/kinds"
	"github.com/seed-be841da4/prospect/modelfile"
)

// A network is text; what is wrong with it has a line.
func ExampleParse() {
	const text = `
[[node]]
name = "x"
shape = [28, 28]

[[node]]
name = "y"
shape = 10

[[prediction]]
of = "y"
from = "x"
layer = ["flatten", {kind = "dense", out = 12}]
`
	f, err := modelfile.Parse("net.toml", []byte(text), kinds.Standard())
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = f.New(graph.Settings{})
	fmt.Println(err)
	// Output:
	// net.toml:10: graph: prediction "y" of node "y": shape of the prediction, got [12] for each sample, want [10], the shape of the node; change the layer's output or the node's Shape
}
