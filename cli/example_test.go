package cli_test

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/cli"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/kinds"
)

// Cube predicts μ = Scale·x³.
type Cube struct {
	Scale float64 `json:"scale"`
}

func (c Cube) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	cube, err := gorgonia.Cube(in[0])
	if err != nil {
		return nil, err
	}
	return gorgonia.Mul(b.Constant(c.Scale), cube)
}

// A program with a layer of its own has the whole command line: its main function is
// own.Main(), or cli.Main(r).
func ExampleProgram() {
	r := kinds.Standard()
	r.Layers.Add(kinds.Kind[graph.Layer]{Name: "cube", Value: Cube{Scale: 1}, Help: "the third power"})
	own := cli.Program{Name: "own", Kinds: r}
	fmt.Println("problems:", own.Kinds.Check())

	spec, err := kinds.Parse[graph.Layer](own.Kinds, "cube:0.5") // as flags and files say it
	if err != nil {
		fmt.Println(err)
		return
	}
	layer, err := spec.New()
	fmt.Printf("%+v %v\n", layer, err)
	// Output:
	// problems: <nil>
	// {Scale:0.5} <nil>
}
