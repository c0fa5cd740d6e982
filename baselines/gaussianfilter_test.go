package baselines_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/baselines"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

// filterByHand is the rule sample by sample, for a chain with tanh between the layers
// and biases: gradients in the order of the parameters, and v after the batch.
func filterByHand(net *graph.Network, widths []int, b *train.Batch, v [][]float64, speed, floor, damping float64) [][]float64 {
	depth, size := len(widths)-1, float64(b.Size)
	var w, bias, gw, gb [][]float64
	for i := range depth {
		w, bias = append(w, net.Params()[2*i].Values().AppendTo(nil)), append(bias, net.Params()[2*i+1].Values().AppendTo(nil))
		gw, gb = append(gw, make([]float64, len(w[i]))), append(gb, make([]float64, len(bias[i])))
	}
	squares, moments := make([][]float64, depth+1), make([][]float64, depth+1)
	for i, n := range widths {
		squares[i], moments[i] = make([]float64, n), make([]float64, n)
	}
	type sample struct{ a, e [][]float64 }
	var all []sample
	for n := range b.Size {
		s := sample{make([][]float64, depth+1), make([][]float64, depth+1)}
		mu := make([][]float64, depth+1)
		slope := make([][]float64, depth+1)
		for i := range widths {
			mu[i], s.a[i], slope[i], s.e[i] = make([]float64, widths[i]), make([]float64, widths[i]), make([]float64, widths[i]), make([]float64, widths[i])
			for j := range widths[i] {
				if i == 0 {
					mu[i][j] = float64(b.Values["x"][n*widths[0]+j])
					s.a[i][j], slope[i][j] = mu[i][j], 1
				} else {
					mu[i][j] = bias[i-1][j]
					for k := range widths[i-1] {
						mu[i][j] += s.a[i-1][k] * w[i-1][k*widths[i]+j]
					}
					s.a[i][j] = math.Tanh(mu[i][j])
					slope[i][j] = 1 - s.a[i][j]*s.a[i][j]
				}
				squares[i][j] += s.a[i][j] * s.a[i][j] / size
			}
		}
		for i := depth; i >= 1; i-- {
			for j := range widths[i] {
				if i == depth {
					s.e[i][j] = float64(b.Values["y"][n*widths[i]+j]) - mu[i][j]
					moments[i][j] += s.e[i][j] * s.e[i][j] / size
					continue
				}
				message, curvature := 0.0, 0.0
				for k := range widths[i+1] {
					x := w[i][j*widths[i+1]+k]
					message += s.e[i+1][k] / v[i+1][k] * x
					curvature += x * x / v[i+1][k]
				}
				precision := 1/v[i][j] + curvature*slope[i][j]*slope[i][j]
				s.e[i][j] = message * slope[i][j] / precision
				moments[i][j] += (s.e[i][j]*s.e[i][j] + 1/precision) / size
			}
		}
		all = append(all, s)
	}
	for _, s := range all {
		for i := range depth {
			for j := range widths[i+1] {
				for k := range widths[i] {
					gw[i][k*widths[i+1]+j] -= s.a[i][k] * s.e[i+1][j] / size / (squares[i][k] + damping)
				}
				gb[i][j] -= s.e[i+1][j] / size / (1 + damping)
			}
		}
	}
	for i := 1; i <= depth; i++ {
		for j := range v[i] {
			v[i][j] = max(floor, v[i][j]+speed*(moments[i][j]-v[i][j]))
		}
	}
	var out [][]float64
	for i := range depth {
		out = append(out, gw[i], gb[i])
	}
	return out
}

// The rule is its formulas, also from the second batch on, when precisions have moved.
func TestGaussianFilterByHand(t *testing.T) {
	widths := []int{4, 6, 5, 7, 3, 2}
	for _, c := range []struct {
		rule                            *baselines.GaussianFilter
		variance, speed, floor, damping float64
	}{
		{&baselines.GaussianFilter{}, 1, .01, 1e-3, .1},
		{&baselines.GaussianFilter{Variance: .5, Speed: .9, Floor: .4, Damping: .01}, .5, .9, .4, .01},
		{&baselines.GaussianFilter{Variance: 2, Fixed: true}, 2, 0, 0, .1},
	} {
		net := biasedTanh(t, graph.Float64)
		v := make([][]float64, len(widths))
		for i, n := range widths {
			for range n {
				v[i] = append(v[i], c.variance)
			}
		}
		rng := rand.New(rand.NewPCG(1, 2))
		floored := false
		for batch := range 3 {
			b := randomBatch(net, 3, rng)
			got := gradients(t, net, c.rule, b)
			want := filterByHand(net, widths, b, v, c.speed, c.floor, c.damping)
			if d := furthest(got, want); d > 1e-12 {
				t.Errorf("%+v, batch %d: gradients differ by %g", c.rule, batch, d)
			}
			for i, name := range []string{"x", "h1", "h2", "h3", "h4", "y"} {
				pi := c.rule.Precisions(name)
				if i == 0 {
					if pi != nil {
						t.Errorf("input: got precisions %v, want none", pi)
					}
					continue
				}
				for j, p := range pi {
					floored = floored || v[i][j] == .4
					if math.Abs(p-1/v[i][j]) > 1e-9 {
						t.Errorf("%+v, batch %d: precision of %s, got %v, want %v", c.rule, batch, name, p, 1/v[i][j])
					}
				}
				if len(pi) != widths[i] {
					t.Errorf("precisions of %s: got %d, want %d", name, len(pi), widths[i])
				}
			}
		}
		if c.floor == .4 && !floored {
			t.Error("no variance came to the floor")
		}
	}
}

// It learns, and another network starts with other precisions.
func TestGaussianFilterLearns(t *testing.T) {
	rule := &baselines.GaussianFilter{}
	net := biasedTanh(t, graph.Float64)
	b := randomBatch(net, 4, rand.New(rand.NewPCG(3, 4)))
	sum := func() float64 {
		s := 0.0
		for n := range 4 {
			x := b.Values["x"][4*n : 4*n+4]
			for j, y := range output(t, net, x)() {
				s += math.Pow(y-float64(b.Values["y"][2*n+j]), 2)
			}
		}
		return s
	}
	before := sum()
	for range 300 {
		if _, err := train.Learn(context.Background(), net, rule, &train.SGD{}, .05, b); err != nil {
			t.Fatal(err)
		}
	}
	if after := sum(); after > before/2 {
		t.Errorf("error, got %v after learning, want half of %v", after, before)
	}
	moved := rule.Precisions("y")
	other := biasedTanh(t, graph.Float64)
	gradients(t, other, rule, b)
	if slices.Equal(rule.Precisions("y"), moved) {
		t.Error("another network: got the precisions of the first one")
	}
}

// On one sample the error of a linear unit falls by the learning rate times its inputs,
// where Damping is small.
func TestGaussianFilterStep(t *testing.T) {
	const inputs, rate = 4, .05
	net := mlp(t, models.MLP{Widths: []int{inputs, 1}, Init: layers.Values{.1, -.2, .3, .4}}, 1)
	x := []float32{1, -.5, 2, .25}
	b := &train.Batch{Size: 1, Values: map[string][]float32{"x": x, "y": {3}}}
	predict := output(t, net, x)
	before := 3 - predict()[0]
	if _, err := train.Learn(context.Background(), net, &baselines.GaussianFilter{Damping: 1e-9}, &train.SGD{}, rate, b); err != nil {
		t.Fatal(err)
	}
	if got, want := (3-predict()[0])/before, 1-inputs*rate; math.Abs(got-want) > 1e-6 {
		t.Errorf("the error is %v of what it was, want %v", got, want)
	}
}

func TestGaussianFilterErrors(t *testing.T) {
	net := biasedTanh(t, graph.Float64)
	b := randomBatch(net, 2, rand.New(rand.NewPCG(1, 2)))
	for name, rule := range map[string]*baselines.GaussianFilter{
		"variance": {Variance: -1}, "speed": {Speed: 1.5}, "floor": {Floor: math.NaN()}, "damping": {Damping: math.Inf(1)},
	} {
		if _, err := rule.Gradients(context.Background(), net, b); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
	if got := (&baselines.GaussianFilter{}).Precisions("y"); got != nil {
		t.Errorf("before the first batch: got %v, want nil", got)
	}
	rule := &baselines.GaussianFilter{}
	gradients(t, net, rule, b)
	before := rule.Precisions("y")
	for _, p := range net.Params() {
		p.Values().Fill(1e200)
	}
	net.ParamsChanged()
	if _, err := train.Learn(context.Background(), net, rule, &train.SGD{}, .1, b); err == nil {
		t.Error("huge weights: got no error")
	}
	if !slices.Equal(rule.Precisions("y"), before) {
		t.Error("huge weights: the precisions have moved")
	}
}

// A hidden unit takes up a part of the output's error, by precision.
func ExampleGaussianFilter() {
	net, err := models.MLP{Widths: []int{1, 1, 1}, NoBias: true, Init: layers.Values{2}}.New(graph.Settings{Precision: graph.Float64})
	if err != nil {
		panic(err)
	}
	rule := &baselines.GaussianFilter{Damping: 1e-9}
	batch := &train.Batch{Size: 1, Values: map[string][]float32{"x": {1}, "y": {9}}}
	if _, err := rule.Gradients(context.Background(), net, batch); err != nil {
		panic(err)
	}
	// μ is 2, then 4: ε of the output is 5, that of the hidden unit 5·2/(1 + 2²) = 2.
	for _, p := range net.Params() {
		fmt.Printf("%s %.2f\n", p.Name, p.Grads().At(0))
	}
	fmt.Printf("%.3f\n", rule.Precisions("y"))
	// Output:
	// h1/weight -2.00
	// y/weight -2.50
	// [0.806]
}
