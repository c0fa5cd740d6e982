package baselines_test

import (
	"context"
	"fmt"

	"github.com/seed-be841da4/prospect/analysis"
	"github.com/seed-be841da4/prospect/baselines"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

// Rules of the literature train the same network as those of package train. How straight
// do they go to the target?
func Example() {
	net, err := models.MLP{Widths: []int{2, 4, 2}, Activation: layers.Tanh{}}.New(graph.Settings{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	batch := &train.Batch{Size: 1, Values: map[string][]float32{"x": {1, -1}, "y": {0.5, 1}}}
	settling := baselines.Settling{Steps: 200, Size: 0.1}
	for _, rule := range []train.Rule{
		&train.Backprop{},
		&baselines.FixedPrediction{Steps: 200, Size: 0.1}, // approaches backprop
		train.Paper(200, 0.1, 0.5),
		&baselines.GeneRec{Settling: settling},
		&baselines.AlmeidaPineda{Settling: settling},
	} {
		step := analysis.Step{Rule: rule, Optimizer: &train.SGD{}, Rate: 0.1}
		cosines, err := analysis.TargetAlignment(context.Background(), net, step, batch, "y")
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%-27T %.3f\n", rule, cosines[0])
	}
	// Output:
	// *train.Backprop             0.997
	// *baselines.FixedPrediction  0.997
	// *train.Prospective          1.000
	// *baselines.GeneRec          0.997
	// *baselines.AlmeidaPineda    0.984
}

// A network that a rule cannot train is an error that names the obstacle.
func ExampleTargetPropagation() {
	net, err := models.MLP{Widths: []int{2, 4, 2}, Activation: layers.Tanh{}}.New(graph.Settings{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	batch := &train.Batch{Size: 1, Values: map[string][]float32{"x": {1, -1}, "y": {0.5, 1}}}
	_, err = (&baselines.TargetPropagation{}).Gradients(context.Background(), net, batch)
	fmt.Println(err)
	// Output: baselines: target propagation: node "h1": activation layers.Tanh, want a linear network
}
