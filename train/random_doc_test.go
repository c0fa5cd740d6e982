package train_test

import (
	"context"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// updates are the gradients of batches of the given sizes, one after the other.
// The weights stay as they are, so only random values tell equal batches apart.
func updates(t *testing.T, net *graph.Network, rule train.Rule, sizes ...int) (out [][][]float64) {
	t.Helper()
	for _, size := range sizes {
		b := &train.Batch{Size: size, Values: map[string][]float32{}}
		rng := rand.New(rand.NewPCG(9, 9))
		for _, n := range net.Declaration().Nodes {
			if n.Name != "x" && n.Name != "y" {
				continue
			}
			for range size * n.Shape.Size() {
				b.Values[n.Name] = append(b.Values[n.Name], float32(rng.NormFloat64()))
			}
		}
		out = append(out, gradients(t, net, rule, b))
	}
	return out
}

// checkAnew expects that no two updates of one batch draw the same values, also
// with a batch of another size between them, and that they are a function of the
// number of the update.
func checkAnew(t *testing.T, net *graph.Network, rule func() train.Rule) {
	t.Helper()
	first := updates(t, net, rule(), 2, 2, 3, 2, 3)
	for i := range first {
		for j := range i {
			if reflect.DeepEqual(first[i], first[j]) {
				t.Errorf("updates %d and %d drew the same numbers", j, i)
			}
		}
	}
	again := rule()
	if !reflect.DeepEqual(updates(t, net, again, 2, 2, 3, 2, 3), first) {
		t.Error("another rule with the same seed drew other numbers")
	}
	again.(interface{ SetUpdates(uint64) }).SetUpdates(3)
	if !reflect.DeepEqual(updates(t, net, again, 2, 3), first[3:]) {
		t.Error("after SetUpdates(3) the updates from 3 on drew other numbers")
	}
}

// Where free nodes start is drawn anew for every batch, from Seed.
func TestStartIsDrawnAnew(t *testing.T) {
	net, err := models.Generative{Size: 5, Classes: 3, Latent: 4, Hidden: []int{6}, Activation: layers.Tanh{}}.New(graph.Settings{Precision: graph.Float64})
	if err != nil {
		t.Fatal(err)
	}
	settings := relax.Settings{Steps: 3, Control: relax.Constant{Size: 0.1}}
	for name, rule := range map[string]func(seed uint64) train.Rule{
		"prospective": func(seed uint64) train.Rule {
			return &train.Prospective{Relax: settings, Start: graph.Start{Std: 1}, Seed: seed}
		},
		"interleaved": func(seed uint64) train.Rule {
			return &train.Interleaved{Relax: settings, Start: graph.Start{Std: 1}, Seed: seed, Weights: train.When{{From: 2, Until: 3}}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			checkAnew(t, net, func() train.Rule { return rule(7) })
			if reflect.DeepEqual(updates(t, net, rule(7), 2), updates(t, net, rule(8), 2)) {
				t.Error("two seeds drew the same numbers")
			}
		})
	}
}

// The noise of layers is drawn anew for every batch, whatever the rule.
func TestNoiseIsDrawnAnew(t *testing.T) {
	d := graph.Declaration{
		Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{30}}, {Name: "h", Shape: graph.Shape{20}}, {Name: "y", Shape: graph.Shape{3}}},
		Predictions: []graph.Prediction{
			{Of: "h", From: []string{"x"}, Layer: layers.Sequential{layers.Dropout{Rate: 0.5}, layers.Dense{Out: 20}}},
			{Of: "y", From: []string{"h"}, Layer: layers.Sequential{layers.Dropout{Rate: 0.5}, layers.Dense{Out: 3}}},
		},
	}
	net, err := graph.New(d, graph.Settings{Precision: graph.Float64})
	if err != nil {
		t.Fatal(err)
	}
	settings := relax.Settings{Steps: 3, Control: relax.Constant{Size: 0.1}}
	for name, rule := range map[string]func() train.Rule{
		"prospective": func() train.Rule { return &train.Prospective{Relax: settings} },
		"errors":      func() train.Rule { return &train.Prospective{Relax: settings, Coordinates: train.Errors} },
		"interleaved": func() train.Rule { return &train.Interleaved{Relax: settings} },
		"backprop":    func() train.Rule { return &train.Backprop{} },
		"repeated":    func() train.Rule { return &train.Repeated{Rule: &train.Backprop{}, Times: 1} },
	} {
		t.Run(name, func(t *testing.T) { checkAnew(t, net, rule) })
	}
}

// A rule that is repeated draws for every pass, and SetUpdates counts them all.
func TestRepeatedDrawsEveryPass(t *testing.T) {
	net, err := graph.New(stateful(), graph.Settings{Precision: graph.Float64})
	if err != nil {
		t.Fatal(err)
	}
	b := randomBatch(net, 4, rand.New(rand.NewPCG(1, 2)))
	passes := func(rule train.Learner) (out [][][]float64) {
		step := func() error {
			var g [][]float64
			for _, p := range net.Params() {
				g = append(g, paramGrad(p))
			}
			out = append(out, g)
			return nil
		}
		if _, err := rule.Learn(context.Background(), net, b, step); err != nil {
			t.Fatal(err)
		}
		return out
	}
	rule := &train.Repeated{Rule: &train.Backprop{}, Times: 3}
	all := append(passes(rule), passes(rule)...)
	for i := range all {
		for j := range i {
			if reflect.DeepEqual(all[i], all[j]) {
				t.Errorf("passes %d and %d drew the same numbers", j, i)
			}
		}
	}
	rule.SetUpdates(1)
	if !reflect.DeepEqual(passes(rule), all[3:]) {
		t.Error("after SetUpdates(1) the second batch drew other numbers")
	}
}
