package train_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
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

// Fixed predictions give backprop: exactly after one step a hidden layer with
// γ = 1, in the limit of many steps otherwise.
func TestFixedPredictionIsBackprop(t *testing.T) {
	net := biasedTanh(t, graph.Float64)
	b := randomBatch(net, 3, rand.New(rand.NewPCG(1, 2)))
	bp := gradients(t, net, &train.Backprop{}, b)
	for _, rule := range []*train.FixedPrediction{{Steps: 4, Size: 1}, {Steps: 200, Size: .3}} {
		if d := furthest(gradients(t, net, rule, b), bp); d > 1e-12 {
			t.Errorf("%d steps of %g: gradients differ from backprop's by %g", rule.Steps, rule.Size, d)
		}
	}
	if d := furthest(gradients(t, net, &train.FixedPrediction{Steps: 3, Size: 1}, b), bp); d < 1e-3 {
		t.Errorf("3 steps through 4 hidden layers: the gradients are backprop's already, within %g", d)
	}
	single := biasedTanh(t, graph.Float32)
	if d := furthest(gradients(t, single, &train.FixedPrediction{Steps: 4, Size: 1}, b), gradients(t, single, &train.Backprop{}, b)); d > 1e-5 {
		t.Errorf("float32: gradients differ from backprop's by %g", d)
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

// With orthogonal weights the pseudo-inverse is the transpose, and target
// propagation is backprop.
func TestTargetPropagationOrthogonal(t *testing.T) {
	net := mlp(t, models.MLP{Widths: []int{5, 5, 5, 5}, Init: layers.Orthogonal{}}, 2)
	b := randomBatch(net, 3, rand.New(rand.NewPCG(1, 2)))
	if d := furthest(gradients(t, net, &train.TargetPropagation{}, b), gradients(t, net, &train.Backprop{}, b)); d > 1e-12 {
		t.Errorf("gradients differ from backprop's by %g", d)
	}
}

// Closed form: through square invertible matrices the output moves straight to
// its target, to first order, by Σ_l ‖x_{l−1}‖² times the error.
func TestTargetPropagationGoesStraight(t *testing.T) {
	const rate = 1e-6
	net := mlp(t, models.MLP{Widths: []int{4, 4, 4, 4}, Init: layers.XavierNormal{}}, 2)
	x := []float32{1, -.5, 2, .25}
	b := &train.Batch{Size: 1, Values: map[string][]float32{"x": x, "y": {1, 2, 3, 4}}}
	predict := output(t, net, x)
	before := predict()
	s := clampedSession(t, net, b)
	squares := 0.0
	for _, v := range x {
		squares += float64(v * v)
	}
	for _, a := range s.Activities() {
		squares += a.X.Dot(a.X)
	}
	if _, err := train.Learn(context.Background(), net, &train.TargetPropagation{}, &train.SGD{}, rate, b); err != nil {
		t.Fatal(err)
	}
	for i, after := range predict() {
		want := rate * squares * (float64(b.Values["y"][i]) - before[i])
		if got := after - before[i]; math.Abs(got-want) > 1e-3*math.Abs(want) {
			t.Errorf("output %d moved by %g, want %g", i, got, want)
		}
	}
}

// The rules that are written out say what network they want.
func TestChainRulesRefuse(t *testing.T) {
	rules := map[string]train.Rule{
		"target propagation": &train.TargetPropagation{},
		"fixed prediction":   &train.FixedPrediction{Steps: 1, Size: 1},
		"generec":            &train.GeneRec{Settling: train.Settling{Steps: 1, Size: .1}},
		"hopfield":           &train.Hopfield{Settling: train.Settling{Steps: 1, Size: .1}},
		"almeida-pineda":     &train.AlmeidaPineda{Settling: train.Settling{Steps: 1, Size: .1}},
	}
	after, err := models.MLP{Widths: []int{2, 2, 2}, Activation: layers.Tanh{}, Placement: models.After}.New(graph.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	n := func(name string) graph.Node { return graph.Node{Name: name, Shape: graph.Shape{2}} }
	dense := layers.Dense{Out: 2}
	skip, err := graph.New(graph.Declaration{Nodes: []graph.Node{n("x"), n("h"), n("y")}, Predictions: []graph.Prediction{
		{Of: "h", From: []string{"x"}, Layer: dense},
		{Of: "y", From: []string{"h", "x"}, Layer: layers.Sum{dense, dense}},
	}}, graph.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	for name, rule := range rules {
		for what, net := range map[string]*graph.Network{"value node after f": after, "skip connection": skip} {
			if _, err := rule.Gradients(context.Background(), net, randomBatch(net, 2, rand.New(rand.NewPCG(1, 2)))); err == nil {
				t.Errorf("%s, %s: want an error", name, what)
			}
		}
	}
	if _, err := rules["target propagation"].Gradients(context.Background(), deepTanh(t), randomBatch(deepTanh(t), 2, rand.New(rand.NewPCG(1, 2)))); err == nil {
		t.Error("target propagation through tanh: want an error")
	}
}

// A chain may be declared in any order.
func TestChainInAnyOrder(t *testing.T) {
	net := biasedTanh(t, graph.Float64)
	d := net.Declaration()
	d.Nodes, d.Predictions = slices.Clone(d.Nodes), slices.Clone(d.Predictions) // the network's own
	slices.Reverse(d.Nodes)
	slices.Reverse(d.Predictions)
	turned, err := graph.New(d, net.Settings())
	if err != nil {
		t.Fatal(err)
	}
	b := randomBatch(net, 3, rand.New(rand.NewPCG(1, 2)))
	rule := func() train.Rule { return &train.FixedPrediction{Steps: 9, Size: .5} }
	gradients(t, net, rule(), b)
	gradients(t, turned, rule(), b)
	for _, p := range net.Params() {
		q, err := turned.Param(p.Name)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(paramGrad(p), paramGrad(q)) {
			t.Errorf("parameter %q: the gradients differ", p.Name)
		}
	}
}
