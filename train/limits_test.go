package train_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// furthest is the largest difference of two rules' gradients.
func furthest(a, b [][]float64) float64 {
	d := 0.0
	for i := range a {
		for j := range a[i] {
			d = max(d, math.Abs(a[i][j]-b[i][j]))
		}
	}
	return d
}

// biasedTanh is deepTanh with biases, in a precision.
func biasedTanh(t *testing.T, p graph.Precision) *graph.Network {
	t.Helper()
	net, err := models.MLP{Widths: []int{4, 6, 5, 7, 3, 2}, Activation: layers.Tanh{}}.New(graph.Settings{Precision: p, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// Z-IL is backprop, on a chain and on a net of two inputs and two outputs.
func TestZIL(t *testing.T) {
	n := func(name string, width int) graph.Node { return graph.Node{Name: name, Shape: graph.Shape{width}} }
	tanhDense := func(out int) graph.Layer { return layers.Sequential{layers.Tanh{}, layers.Dense{Out: out}} }
	forked, err := graph.New(graph.Declaration{
		Nodes: []graph.Node{n("x", 3), n("x2", 2), n("h", 5), n("y", 2), n("z", 4)},
		Predictions: []graph.Prediction{
			{Of: "h", From: []string{"x", "x2"}, Layer: layers.Sum{layers.Dense{Out: 5}, layers.Dense{Out: 5}}},
			{Of: "y", From: []string{"h"}, Layer: tanhDense(2)},
			{Of: "z", From: []string{"h"}, Layer: tanhDense(4)},
		},
	}, graph.Settings{Precision: graph.Float64})
	if err != nil {
		t.Fatal(err)
	}
	for name, net := range map[string]*graph.Network{"chain": biasedTanh(t, graph.Float64), "forked": forked} {
		rng := rand.New(rand.NewPCG(1, 2))
		rule := &train.ZIL{Average: true}
		for _, size := range []int{3, 1} {
			b := &train.Batch{Size: size, Values: map[string][]float32{}}
			for _, d := range net.Declaration().Nodes {
				if d.Name[0] == 'h' {
					continue
				}
				for range size * d.Shape.Size() {
					b.Values[d.Name] = append(b.Values[d.Name], float32(rng.NormFloat64()))
				}
			}
			bp := gradients(t, net, &train.Backprop{Average: true}, b)
			if d := furthest(gradients(t, net, rule, b), bp); d > 1e-14 {
				t.Errorf("%s, batch %d: gradients differ from backprop's by %g", name, size, d)
			}
		}
	}
}

// Networks in which error would arrive at several times are refused.
func TestZILRefuses(t *testing.T) {
	n := func(name string) graph.Node { return graph.Node{Name: name, Shape: graph.Shape{2}} }
	dense := layers.Dense{Out: 2}
	for name, predictions := range map[string][]graph.Prediction{
		"skip": {
			{Of: "h", From: []string{"x"}, Layer: dense},
			{Of: "g", From: []string{"h"}, Layer: dense},
			{Of: "y", From: []string{"g", "h"}, Layer: layers.Sum{dense, dense}},
		},
		"cycle": {
			{Of: "h", From: []string{"x", "g"}, Layer: layers.Sum{dense, dense}},
			{Of: "g", From: []string{"h"}, Layer: dense},
			{Of: "y", From: []string{"g"}, Layer: dense},
		},
		"twice": {
			{Of: "h", From: []string{"x"}, Layer: dense},
			{Of: "h", From: []string{"x"}, Layer: dense},
			{Of: "g", From: []string{"h"}, Layer: dense},
			{Of: "y", From: []string{"g"}, Layer: dense},
		},
		"shared": {
			{Of: "h", From: []string{"x"}, Layer: layers.Shared{Name: "w", Layer: dense}},
			{Of: "g", From: []string{"h"}, Layer: layers.Shared{Name: "w", Layer: dense}},
			{Of: "y", From: []string{"g"}, Layer: dense},
		},
	} {
		net, err := graph.New(graph.Declaration{Nodes: []graph.Node{n("x"), n("h"), n("g"), n("y")}, Predictions: predictions}, graph.Settings{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := (&train.ZIL{}).Gradients(context.Background(), net, randomBatch(net, 2, rand.New(rand.NewPCG(1, 2)))); err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
}

// As the output's precision goes to 0 the gradients go to backprop's, with an
// error that falls in proportion. A smaller target error does not do that.
func TestNudgeGoesToBackprop(t *testing.T) {
	net := deepTanh(t)
	b := randomBatch(net, 3, rand.New(rand.NewPCG(1, 2)))
	bp := gradients(t, net, &train.Backprop{}, b)
	var far []float64
	for _, beta := range []float64{0, 1e-3, 1e-4} { // 0 is 1
		far = append(far, furthest(gradients(t, net, &train.Prospective{
			Relax: relax.Settings{Steps: 5000, Control: relax.Constant{Size: .1}, Stop: relax.GradientNorm{Tolerance: 1e-13}},
			Nudge: beta,
		}, b), bp))
	}
	if ratio := far[1] / far[2]; far[0] < .1 || math.Abs(ratio-10) > .1 {
		t.Errorf("distances from backprop at β = 1, 1e-3, 1e-4: %.3g, with the ratio %.3f of the last two, want 10", far, ratio)
	}
}
