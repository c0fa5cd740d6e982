package train_test

import (
	"context"
	"fmt"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

// exclusiveOr is a data set that no linear classifier learns.
func exclusiveOr() *train.Labelled {
	data, err := datasets.NewFloats([]int{2}, 2, []float32{0, 0, 0, 1, 1, 0, 1, 1}, []int{0, 1, 1, 0})
	if err != nil {
		panic(err)
	}
	return &train.Labelled{Data: data, Settings: datasets.BatchSettings{Size: 4}}
}

// Training is a rule, which fills gradients, and an optimizer, which applies
// them, over the batches of a source.
func ExampleTrainer() {
	ctx := context.Background()
	net, err := models.MLP{Widths: []int{2, 8, 2}, Activation: layers.Tanh{}}.New(graph.Settings{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	trainer := train.Trainer{
		Network:   net,
		Rule:      train.Paper(20, 0.1, 0.5), // prospective configuration
		Optimizer: &train.Adam{},
		Rate:      0.05,
		Epochs:    200,
	}
	if err := trainer.Fit(ctx, exclusiveOr()); err != nil {
		fmt.Println(err)
		return
	}
	evaluator, err := train.NewEvaluator(net, "y")
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := evaluator.Evaluate(ctx, exclusiveOr())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d updates, accuracy %.0f %%\n", trainer.Progress.Updates, 100*result.Accuracy())
	// Output: 200 updates, accuracy 100 %
}

// Backprop is another rule on the very same network: swapping is one line.
func ExampleBackprop() {
	ctx := context.Background()
	for _, rule := range []train.Rule{train.Paper(20, 0.1, 0.5), &train.Backprop{}} {
		net, err := models.MLP{Widths: []int{2, 8, 2}, Activation: layers.Tanh{}}.New(graph.Settings{Seed: 1})
		if err != nil {
			fmt.Println(err)
			return
		}
		trainer := train.Trainer{Network: net, Rule: rule, Optimizer: &train.Adam{}, Rate: 0.05, Epochs: 200}
		if err := trainer.Fit(ctx, exclusiveOr()); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%T: %d updates, %d relaxation steps\n", rule, trainer.Progress.Updates, trainer.Progress.RelaxSteps)
	}
	// Output:
	// *train.Prospective: 200 updates, 3800 relaxation steps
	// *train.Backprop: 200 updates, 0 relaxation steps
}
