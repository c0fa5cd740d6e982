package train_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/baselines"
	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// skipping is a graph with skip connections, precisions, priors, dropout, and three
// outputs of which one is a class.
func skipping() graph.Declaration {
	h := func(out int) graph.Layer { return layers.Sequential{layers.Tanh{}, layers.Dense{Out: out}} }
	return graph.Declaration{
		Nodes: []graph.Node{
			{Name: "x", Shape: graph.Shape{4}},
			{Name: "h1", Shape: graph.Shape{5}},
			{Name: "h2", Shape: graph.Shape{5}, Prior: energy.L2{Weight: 0.3}},
			{Name: "h3", Shape: graph.Shape{4}},
			{Name: "y", Shape: graph.Shape{3}},
			{Name: "z", Shape: graph.Shape{2}},
			{Name: "leaf", Shape: graph.Shape{3}, Prior: energy.L2{Weight: 0.5}},
		},
		Predictions: []graph.Prediction{
			{Of: "h1", From: []string{"x"}, Layer: layers.Dense{Out: 5}, Energy: energy.Gaussian{Precision: 2}},
			{Of: "h2", From: []string{"h1"}, Layer: layers.Sequential{h(5), layers.Dropout{Rate: 0.4}}},
			{Of: "h3", From: []string{"h2", "h1"}, Layer: layers.Sum{h(4), h(4)}},
			{Of: "y", From: []string{"h3", "h1"}, Layer: layers.Sum{h(3), layers.Dense{Out: 3}}, Energy: energy.CrossEntropy{}},
			{Of: "z", From: []string{"h2"}, Layer: h(2)},
			{Of: "leaf", From: []string{"h1"}, Layer: layers.Dense{Out: 3}},
		},
	}
}

// converged relaxes to the end.
var converged = relax.Settings{Steps: 2000, Control: relax.Constant{Size: 0.3}, Stop: relax.GradientNorm{Tolerance: 1e-12}}

func backpropEqual(t *testing.T, name string, rule train.Rule, net *graph.Network, b *train.Batch, tolerance float64) {
	t.Helper()
	want, _ := gradientsOf(t, &train.Backprop{Average: true}, net, b)
	got, stats := gradientsOf(t, rule, net, b)
	var dot, a, c, worst float64
	for i, w := range want {
		dot, a, c = dot+w*got[i], a+w*w, c+got[i]*got[i]
		worst = max(worst, math.Abs(w-got[i]))
	}
	if cosine := dot / math.Sqrt(a*c); !(cosine > 1-1e-6) || !(worst < tolerance) || a == 0 {
		t.Errorf("%s: cosine with backprop %v, largest difference %v, of a norm of %v; %+v", name, cosine, worst, math.Sqrt(a), stats.Relaxation)
	}
}

// At the equilibrium the gradients are backprop's, on graphs and on images, with layers
// of every sort.
func TestFixedPredictionsAreBackprop(t *testing.T) {
	image := models.ConvNet{Input: graph.Shape{1, 12, 12}, Classes: 4, Activation: layers.GELU{}}
	blocks := models.ResNet{Input: graph.Shape{2, 6, 6}, Classes: 3, Width: 3, Blocks: []int{1, 1}, Norm: layers.GroupNorm{Groups: 1}, Activation: layers.Tanh{}}
	for name, declare := range map[string]func() (graph.Declaration, error){
		"skips":     func() (graph.Declaration, error) { return skipping(), nil },
		"chain":     models.MLP{Widths: []int{4, 5, 5, 5, 2}, Activation: layers.Tanh{}}.Declaration,
		"convnet":   image.Declaration,
		"resnet":    blocks.Declaration,
		"no hidden": models.MLP{Widths: []int{4, 2}}.Declaration,
	} {
		d, err := declare()
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range []graph.Engine{graph.Compiled{}, graph.Tape{}} {
			if e.Name() == "tape" && (name == "convnet" || name == "resnet") {
				continue // slow
			}
			net, err := graph.New(d, graph.Settings{Precision: graph.Float64, Seed: 2, Engine: e})
			if err != nil {
				t.Fatal(err)
			}
			b := randomBatch(net, 3, rand.New(rand.NewPCG(1, 1)))
			if name == "skips" {
				softmax(b.Values["y"], 3)
			}
			backpropEqual(t, name+" on "+e.Name(), &train.FixedPredictions{Relax: converged, Average: true}, net, b, 1e-9)
		}
	}
}

// softmax makes rows of positive numbers that add up to 1.
func softmax(x []float32, width int) {
	for start := 0; start < len(x); start += width {
		sum := float32(0)
		for i := start; i < start+width; i++ {
			x[i] = float32(math.Exp(float64(x[i])))
			sum += x[i]
		}
		for i := start; i < start+width; i++ {
			x[i] /= sum
		}
	}
}

// With γ = 1 it takes as many steps as there are free nodes in a row, and one fewer is
// too few; so whole trainings agree, weights that change included.
func TestFixedPredictionsInAsManySteps(t *testing.T) {
	m := models.MLP{Widths: []int{4, 5, 5, 5, 2}, Activation: layers.Tanh{}}
	weights := func(rule train.Rule) (out []float64) {
		net, err := m.New(graph.Settings{Precision: graph.Float64, Seed: 2})
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(3, 3))
		for _, size := range []int{3, 2, 3, 3} {
			if _, err := train.Learn(t.Context(), net, rule, &train.SGD{}, 0.1, randomBatch(net, size, r)); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range net.Params() {
			out = append(out, p.Value.Data().([]float64)...)
		}
		return out
	}
	fixed := func(steps int) train.Rule {
		return &train.FixedPredictions{Relax: relax.Settings{Steps: steps, Control: relax.Constant{Size: 1}, SkipFinal: true}}
	}
	want, few := weights(&train.Backprop{}), 0.0
	for i, w := range weights(fixed(3)) {
		if math.Abs(w-want[i]) > 1e-13 {
			t.Fatalf("weight %d: got %v, want %v", i, w, want[i])
		}
	}
	for i, w := range weights(fixed(2)) {
		few = max(few, math.Abs(w-want[i]))
	}
	if few < 1e-4 {
		t.Errorf("2 steps of 3: weights differ by %v from backprop's", few)
	}
}

// On a chain it is the rule that is written by hand, on the way too.
func TestFixedPredictionsByHand(t *testing.T) {
	net, err := models.MLP{Widths: []int{4, 5, 5, 5, 2}, Activation: layers.Tanh{}}.New(graph.Settings{Precision: graph.Float64, Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	b := randomBatch(net, 3, rand.New(rand.NewPCG(1, 1)))
	for _, steps := range []int{1, 2, 5} {
		want, _ := gradientsOf(t, &baselines.FixedPrediction{Steps: steps, Size: 0.3}, net, b)
		got, stats := gradientsOf(t, &train.FixedPredictions{Relax: relax.Settings{Steps: steps, Control: relax.Constant{Size: 0.3}}}, net, b)
		for i, w := range want {
			if math.Abs(got[i]-w) > 1e-13 {
				t.Fatalf("%d steps: gradient %d: got %v, want %v", steps, i, got[i], w)
			}
		}
		if stats.Relaxation.Steps != steps || len(stats.Energies) != 4 {
			t.Errorf("%d steps: got %+v", steps, stats)
		}
	}
}

func TestFixedPredictionsRefuse(t *testing.T) {
	one := relax.Settings{Steps: 1, Control: relax.Constant{Size: 1}}
	dense := func(of, from string) graph.Prediction {
		return graph.Prediction{Of: of, From: []string{from}, Layer: layers.Dense{Out: 2}}
	}
	amortised := dense("h", "x")
	amortised.Amortised = true
	normed := graph.Prediction{Of: "h", From: []string{"x"}, Layer: layers.BatchNorm{}}
	for want, predictions := range map[string][]graph.Prediction{
		`node "h": is free and has 2 predictions, want one`:            {dense("h", "x"), dense("h", "y"), dense("y", "h")},
		`node "h": is free and has 0 predictions, want one`:            {dense("y", "h"), dense("x", "h")},
		`prediction "h": is amortised`:                                 {amortised, dense("y", "h"), dense("h", "y")},
		`node "h": is on a cycle of predictions`:                       {dense("h", "h"), dense("y", "h"), dense("y", "x")},
		"network, got one with running statistics (h/mean), want none": {normed, dense("y", "h")},
	} {
		net, err := graph.New(graph.Declaration{
			Nodes:       []graph.Node{{Name: "x", Shape: graph.Shape{2}}, {Name: "h", Shape: graph.Shape{2}}, {Name: "y", Shape: graph.Shape{2}}},
			Predictions: predictions,
		}, graph.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		b := &train.Batch{Size: 2, Values: map[string][]float32{"x": {1, 2, 3, 4}, "y": {1, 2, 3, 4}}}
		rule := &train.FixedPredictions{Relax: one}
		if _, err := rule.Gradients(t.Context(), net, b); err == nil || !strings.Contains(err.Error(), "train: fixed predictions: "+want) {
			t.Errorf("got %v, want %q", err, want)
		}
		if err := rule.Divisible(); err == nil {
			t.Error("divisible: got no error")
		}
	}
}
