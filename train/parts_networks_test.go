package train_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// Weights step in parts with the bits of stored gradients in networks that are no chains,
// too: with weights that several predictions share, that a cycle or a prior uses, that
// are logarithms, that learn nothing, and with statistics of the batch; also in a batch
// of one, and beside samples that leave the batch.
func TestStepsInPartsOfNetworks(t *testing.T) {
	node := func(name string, size int) graph.Node { return graph.Node{Name: name, Shape: graph.Shape{size}} }
	dense := func(out int) graph.Layer { return layers.Sequential{layers.Tanh{}, layers.Dense{Out: out}} }
	shared := graph.Declaration{
		Nodes: []graph.Node{node("x", 40), node("h1", 40), node("h2", 40), node("y", 40)},
		Predictions: []graph.Prediction{
			{Name: "first", Of: "h1", From: []string{"x"}, Layer: dense(40)},
			{Of: "h2", From: []string{"h1"}, Layer: dense(40), Share: "first"},
			{Of: "y", From: []string{"h2"}, Layer: dense(40), Share: "first"},
		},
	}
	precise := graph.Declaration{
		Nodes: []graph.Node{node("x", 40), node("h", 50), node("y", 30)},
		Predictions: []graph.Prediction{
			{Of: "h", From: []string{"x"}, Layer: layers.Sequential{layers.Dense{Out: 50}, layers.BatchNorm{}, layers.Tanh{}}},
			{Of: "y", From: []string{"h"}, Layer: dense(30), Energy: energy.Gaussian{Learned: energy.LearnedScalar}},
		},
	}
	spare := graph.Declaration{
		Nodes: []graph.Node{node("x", 40), node("h", 50), node("y", 30), node("z", 20)},
		Predictions: []graph.Prediction{
			{Of: "h", From: []string{"x"}, Layer: dense(50)},
			{Of: "y", From: []string{"h"}, Layer: dense(30)},
			{Of: "z", From: []string{"h"}, Layer: dense(20)},
		},
	}
	declared := map[string]graph.Declaration{"shared": shared, "precise": precise, "spare": spare}
	recurrent, err := models.Recurrent{Widths: []int{30, 40, 20}, Tied: true}.Declaration()
	if err != nil {
		t.Fatal(err)
	}
	declared["recurrent"] = recurrent
	norm := relax.Settings{Steps: 12, Control: relax.Constant{Size: 0.1}, Stop: relax.GradientNorm{Tolerance: 2, Every: 3}}
	for name, d := range declared {
		for ruleName, rule := range map[string]func() train.Rule{
			"bp":  func() train.Rule { return &train.Backprop{Average: true} },
			"pc":  func() train.Rule { return &train.Prospective{Relax: norm, Average: true, Nudge: 0.5} },
			"sum": func() train.Rule { return train.Paper(4, 0.1, 0.5) },
			"errors": func() train.Rule {
				return &train.Prospective{Relax: relax.Settings{Steps: 3, Control: relax.Constant{Size: 0.1}}, Coordinates: train.Errors}
			},
		} {
			if name == "recurrent" && (ruleName == "bp" || ruleName == "errors") {
				continue
			}
			for _, batch := range []int{1, 5} {
				if name == "precise" && batch == 1 {
					continue
				}
				var all [2][]*graph.Param
				for i := range all {
					net, err := graph.New(d, graph.Settings{Seed: 3, Engine: graph.Compiled{Threads: 1}})
					if err != nil {
						t.Fatal(err)
					}
					rng := rand.New(rand.NewPCG(1, 1))
					var src batches
					for range 5 {
						src = append(src, randomBatch(net, batch, rng))
					}
					tr := &train.Trainer{Network: net, Rule: rule(), Optimizer: &train.Adam{WeightDecay: 0.01}, Rate: 0.01, Epochs: 2}
					if i == 0 {
						tr.OnStep(1, func(context.Context, *train.Trainer, train.Stats) error { return nil })
					}
					if err := tr.Fit(t.Context(), src); err != nil {
						t.Fatal(name, ruleName, err)
					}
					all[i] = net.Params()
				}
				for k, want := range all[0] {
					if !slices.Equal(all[1][k].Values().AppendTo(nil), want.Values().AppendTo(nil)) {
						t.Errorf("%s, %s, batch of %d: %s differs", name, ruleName, batch, want.Name)
					}
				}
			}
		}
	}
}
