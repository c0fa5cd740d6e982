package train_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// Log-precisions descend in the second phase of a rule. The variance of a free node,
// whose error the relaxation can take away, falls to its floor and no further; that of
// the data settles where ½ Σ π ε² is half the number of its values. Energy and gradients
// are those of the state to which the activities relaxed, in either coordinates.
func TestPrecisionLearnsInSecondPhase(t *testing.T) {
	const floor, batch, width = 0.05, 6, 3
	e := energy.Gaussian{Learned: energy.LearnedScalar, Floor: floor}
	for _, coordinates := range []train.Coordinates{train.Activities, train.Errors} {
		net, err := graph.New(graph.Declaration{
			Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{2}}, {Name: "h", Shape: graph.Shape{4}}, {Name: "y", Shape: graph.Shape{width}}},
			Predictions: []graph.Prediction{
				{Of: "h", From: []string{"x"}, Layer: layers.Dense{Out: 4}, Energy: e},
				{Of: "y", From: []string{"h"}, Layer: layers.Dense{Out: width}, Energy: e},
			},
		}, graph.Settings{Precision: graph.Float64, Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(8, 9))
		data := map[string][]float32{"x": make([]float32, batch*2), "y": make([]float32, batch*width)}
		for _, name := range []string{"x", "y"} {
			for i := range data[name] {
				data[name][i] = float32(r.NormFloat64())
			}
		}
		b := &train.Batch{Size: batch, Values: data}
		rule := &train.Prospective{Coordinates: coordinates, Relax: relax.Settings{Steps: 300, Control: relax.Constant{Size: 0.02}}}
		var s [2]*graph.Param
		for i, name := range []string{"h/energy/logprecision", "y/energy/logprecision"} {
			if s[i], err = net.Param(name); err != nil {
				t.Fatal(err)
			}
		}
		var stats train.Stats
		for i := range 600 {
			if i > 0 {
				for _, p := range s {
					p.Values().Set(0, p.Values().At(0)-0.05*p.Grads().At(0))
					p.Changed()
				}
			}
			if stats, err = rule.Gradients(context.Background(), net, b); err != nil {
				t.Fatal(err)
			}
		}
		h, y := floor+math.Exp(-s[0].Values().At(0)), floor+math.Exp(-s[1].Values().At(0))
		gh, gy := s[0].Grads().At(0), s[1].Grads().At(0)
		if !(h > floor && h < 1.01*floor && gh < 0) {
			t.Errorf("%v: variance of the free node, got %v with gradient %v, want it just above %v and still falling", coordinates, h, gh, floor)
		}
		if !(y > 2*floor && math.Abs(gy) < 1e-4) {
			t.Errorf("%v: variance of the data, got %v with gradient %v, want it at rest above the floor", coordinates, y, gy)
		}
		const nh, ny = batch * 4, batch * width
		want := ny*(1+math.Log(y))/2 + nh*(1+math.Log(h))/2 + gh/(1-floor/h) + gy/(1-floor/y)
		if math.Abs(stats.Energy-want) > 1e-9 {
			t.Errorf("%v: energy, got %v, want %v", coordinates, stats.Energy, want)
		}
	}
}
