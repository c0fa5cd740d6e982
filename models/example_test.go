package models_test

import (
	"fmt"
	"os"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
)

// A multilayer perceptron is four settings and a call.
func ExampleMLP() {
	net, err := models.MLP{Widths: []int{784, 64, 64, 10}, Activation: layers.Tanh{}}.New(graph.Settings{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := net.Summary(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// node  shape  from  layer        parameters  FLOPs a step
	// x     [784]
	// h1    [64]   x     Dense        50240       193
	// h2    [64]   h1    Tanh, Dense  4160        16897
	// y     [10]   h2    Tanh, Dense  650         2911
	// 4 nodes, 3 predictions, 55050 parameters, 20001 FLOPs a step
}

// A generative network predicts the sample x from the label y and a latent code z.
func ExampleGenerative() {
	net, err := models.Generative{Size: 784, Classes: 10, Latent: 8, Hidden: []int{64}, Activation: layers.Tanh{}}.New(graph.Settings{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := net.Summary(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// node  shape  from  layer               parameters  FLOPs a step
	// y     [10]
	// z     [8]
	// h1    [64]   y, z  Dense, Tanh, Dense  1216        193
	// x     [784]  h1    Tanh, Dense         50960       203377
	// 4 nodes, 2 predictions, 52176 parameters, 203570 FLOPs a step
}

// A declaration is data: what a model lacks is added before it is built, here a
// connection that skips the hidden node.
func ExampleMLP_Declaration() {
	d, err := models.MLP{Widths: []int{4, 8, 2}, Activation: layers.Tanh{}}.Declaration()
	if err != nil {
		fmt.Println(err)
		return
	}
	y := &d.Predictions[len(d.Predictions)-1]
	y.From, y.Layer = append(y.From, "x"), layers.Sum{y.Layer, layers.Dense{Out: 2, NoBias: true}}
	net, err := graph.New(d, graph.Settings{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := net.Summary(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// node  shape  from   layer               parameters  FLOPs a step
	// x     [4]
	// h1    [8]    x      Dense               40          25
	// y     [2]    h1, x  Tanh, Dense, Dense  26          113
	// 3 nodes, 2 predictions, 66 parameters, 138 FLOPs a step
}

// Fit completes the sizes that were not given for a data set; those that were given and
// do not fit are an error with the nearest that do.
func ExampleMLP_Fit() {
	digits := models.Data{Shape: graph.Shape{28, 28}, Classes: 10, Hidden: 64}
	m, err := models.MLP{}.Fit(digits, func(string) bool { return false })
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(models.FormatWidths(m.(models.MLP).Widths))
	_, err = models.MLP{Widths: []int{100, 32, 10}}.Fit(digits, func(field string) bool { return field == "widths" })
	fmt.Println(err)
	// Output:
	// 784-64-64-10
	// models: the data has 784 inputs and 10 classes
}
