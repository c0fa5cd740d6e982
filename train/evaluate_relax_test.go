package train_test

import (
	"context"
	"math"
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// shrunk is a network whose output has a prior: its equilibrium is half of its
// feedforward prediction, 2x − 1.
func shrunk(t *testing.T) *graph.Network {
	t.Helper()
	net, err := graph.New(graph.Declaration{
		Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{1}}, {Name: "y", Shape: graph.Shape{2}, Prior: energy.L2{Weight: 1}}},
		Predictions: []graph.Prediction{
			{Of: "y", From: []string{"x"}, Layer: layers.Dense{Out: 2, Weight: layers.Values{2, 0}, Bias: layers.Values{-1, 1}}},
		},
	}, graph.Settings{Precision: graph.Float64})
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// With Relax an evaluator reads the equilibrium, without it the feedforward pass. Batches
// of several sizes and other settings have what is theirs.
func TestEvaluatorRelaxes(t *testing.T) {
	e, err := train.NewEvaluator(shrunk(t), "y")
	if err != nil {
		t.Fatal(err)
	}
	// Predictions (2x − 1, 1): the second unit is the larger one up to x = 1, relaxed or
	// not; the squared errors differ.
	src := batches{
		{Size: 2, Values: map[string][]float32{"x": {0, 3}, "y": {0, 1, 1, 0}}, Labels: []int{1, 0}},
		{Size: 1, Values: map[string][]float32{"x": {.5}, "y": {1, 0}}, Labels: []int{0}},
	}
	want := func(scale float64) float64 {
		sum := 0.0
		for _, c := range []struct{ x, a, b float64 }{{0, 0, 1}, {3, 1, 0}, {.5, 1, 0}} {
			sum += (math.Pow(scale*(2*c.x-1)-c.a, 2) + math.Pow(scale-c.b, 2)) / 2 / 3
		}
		return sum
	}
	for _, c := range []struct {
		relax relax.Settings
		scale float64
	}{
		{relax.Settings{}, 1},
		{relax.Settings{Steps: 1, Control: relax.Constant{Size: .25}}, .75},
		{relax.Settings{Steps: 200, Control: relax.Constant{Size: .25}}, .5},
		{relax.Settings{}, 1},
	} {
		e.Relax = c.relax
		got, err := e.Evaluate(context.Background(), src)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got.SquaredError-want(c.scale)) > 1e-9 || math.Abs(got.Error-1./3) > 1e-12 || got.Samples != 3 {
			t.Errorf("%d steps: got %+v, want the squared error %v and one label of three wrong", c.relax.Steps, got, want(c.scale))
		}
	}
	e.Relax = relax.Settings{Steps: 3}
	if _, err := e.Evaluate(context.Background(), src); err == nil {
		t.Error("no step control: got no error")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	e.Relax.Control = relax.Constant{Size: .1}
	if _, err := e.Evaluate(ctx, src); err == nil {
		t.Error("cancelled: got no error")
	}
}
