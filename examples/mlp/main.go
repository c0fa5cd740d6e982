// Mlp trains a multilayer perceptron on digits by prospective configuration.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

func main() {
	digits, err := datasets.Load("glyphs", datasets.LoadSettings{Train: 6000, Test: 1000})
	check(err)
	net, err := models.MLP{Widths: []int{784, 64, 64, 10}, Activation: layers.Tanh{}}.New(graph.Settings{})
	check(err)
	evaluator, err := train.NewEvaluator(net, "y")
	check(err)

	var rule train.Rule = train.Paper(20, 0.1, 0.5) // or backprop: = &train.Backprop{}

	trainer := train.Trainer{Network: net, Rule: rule, Optimizer: &train.Adam{}, Rate: 0.001, Epochs: 5}
	trainer.OnEpoch(func(ctx context.Context, t *train.Trainer, _ train.Stats) error {
		test, err := evaluator.Evaluate(ctx, &train.Labelled{Data: digits.Test, Settings: datasets.BatchSettings{Size: 100}})
		fmt.Printf("epoch %d: energy %.4f, test accuracy %.1f %%\n", t.Progress.Epoch+1, t.Progress.MeanEnergy(), 100*test.Accuracy())
		return err
	})
	batches := datasets.BatchSettings{Size: 32, Shuffle: true}
	check(trainer.Fit(context.Background(), &train.Labelled{Data: digits.Train, Settings: batches}))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
