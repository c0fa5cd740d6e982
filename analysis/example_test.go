package analysis_test

import (
	"context"
	"fmt"

	"github.com/seed-be841da4/prospect/analysis"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

// Two linear layers of which one output is right already: how straight does a step
// of either rule go for the target?
func ExampleTargetAlignment() {
	net, err := models.MLP{Widths: []int{1, 1, 2}, NoBias: true, Init: layers.Constant{Value: 1}}.New(graph.Settings{})
	if err != nil {
		fmt.Println(err)
		return
	}
	batch := &train.Batch{Size: 1, Values: map[string][]float32{"x": {1}, "y": {0, 1}}}
	for _, rule := range []train.Rule{train.Paper(128, 0.1, 0.5), &train.Backprop{}} {
		step := analysis.Step{Rule: rule, Optimizer: &train.SGD{}, Rate: 0.2}
		cosines, err := analysis.TargetAlignment(context.Background(), net, step, batch, "y")
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%T: %.3f\n", rule, cosines[0])
	}
	// Output:
	// *train.Prospective: 0.986
	// *train.Backprop: 0.874
}
