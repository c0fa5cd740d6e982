package baselines_test

import (
	"context"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/baselines"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// What each rule's settings may be, at the limits.
func TestRuleLimits(t *testing.T) {
	net := deepTanh(t)
	b := randomBatch(net, 2, rand.New(rand.NewPCG(1, 2)))
	settling := func(steps int, size float64) baselines.Settling { return baselines.Settling{Steps: steps, Size: size} }
	for name, c := range map[string]struct {
		rule train.Rule
		ok   bool
	}{
		"γ of 2":           {&baselines.FixedPrediction{Steps: 1, Size: 2}, false},
		"γ below 2":        {&baselines.FixedPrediction{Steps: 1, Size: 1.999}, true},
		"no γ":             {&baselines.FixedPrediction{Steps: 1}, false},
		"no steps":         {&baselines.FixedPrediction{Size: 1}, false},
		"NaN":              {&baselines.FixedPrediction{Steps: 1, Size: math.NaN()}, false},
		"GeneRec size":     {&baselines.GeneRec{Settling: settling(1, 0)}, false},
		"Hopfield steps":   {&baselines.Hopfield{Settling: settling(0, 0.1)}, false},
		"Almeida-Pineda":   {&baselines.AlmeidaPineda{Settling: settling(1, -1)}, false},
		"one step settles": {&baselines.AlmeidaPineda{Settling: settling(1, 0.1)}, true},
		"repeated never":   {&train.Repeated{Rule: &train.Backprop{}}, false},
		"no relaxation":    {&train.Prospective{Relax: relax.Settings{Control: relax.Constant{Size: 1}}}, false},
		"no step size":     {&train.Prospective{Relax: relax.Settings{Steps: 3}}, false},
	} {
		if _, err := stats(c.rule, net, b); (err == nil) != c.ok {
			t.Errorf("%s: got error %v, want none: %v", name, err, c.ok)
		} else if err != nil && !strings.Contains(err.Error(), ": ") {
			t.Errorf("%s: error %q names no object", name, err)
		}
	}
}

func stats(r train.Rule, net *graph.Network, b *train.Batch) (train.Stats, error) {
	return r.Gradients(context.Background(), net, b)
}

// Target propagation drops singular values below Tolerance times the largest, by
// default only those that are zero in rounding. Through diag(s, s·1e-3) an output
// error comes back divided by each, or by the first alone.
func TestTargetPropagationTolerance(t *testing.T) {
	for _, s := range []float64{1, 100, 1e-3} {
		net := mlp(t, models.MLP{Widths: []int{2, 2, 2}, Init: layers.Values{1, 0, 0, 1}}, 0)
		w := net.Params()[1].Values().Float64()
		copy(w, []float64{s, 0, 0, s * 1e-3})
		net.ParamsChanged()
		b := &train.Batch{Size: 1, Values: map[string][]float32{"x": {1, 1}, "y": {0, 0}}}
		for _, c := range []struct{ tolerance, second float64 }{{0, 1}, {1e-4, 1}, {1e-2, 0}} {
			g := gradients(t, net, &baselines.TargetPropagation{Tolerance: c.tolerance}, b)[0]
			// e_2 = x·W − 0 = (s, s·1e-3), so e_1 = (1, 1): x is what it should cancel.
			if want := []float64{1, c.second, 1, c.second}; furthest([][]float64{g}, [][]float64{want}) > 1e-9 {
				t.Errorf("scale %g, tolerance %g: gradient, got %v, want %v", s, c.tolerance, g, want)
			}
		}
	}
}

// Published makes the output's error f′(x_L) ∘ J from the first step on, so that
// the last weights' gradient is −f(x_{L−1})ᵀ·(f′(x_L) ∘ J), however few steps the
// errors get. A Feedback of zero is one of 1.
func TestAlmeidaPinedaPublished(t *testing.T) {
	net, b := settlingNet(t)
	settling := baselines.Settling{Steps: 1, Size: .05, Output: layers.Tanh{}}
	n := newLoops(t, net, b, layers.Tanh{}.At)
	n.settle(1, .05, 3, func(l, j int) float64 { return -n.x[l][j] + n.below(l, j) + n.above(l, j) })
	gradients(t, net, &baselines.AlmeidaPineda{Settling: settling, Published: true}, b)
	last := net.Params()[4]
	g := last.Grads().Float64()
	for i := range n.x[2] {
		for j, x := range n.x[3] {
			a, _ := n.f(2, n.x[2][i])
			_, slope := n.f(3, x)
			// One Euler step of size 0.05 from 0 towards f′∘J.
			want := -a * .05 * slope * (float64(b.Values["y"][j]) - x)
			if got := g[i*len(n.x[3])+j]; math.Abs(got-want) > 1e-12 {
				t.Errorf("weight %d,%d: got %v, want %v", i, j, got, want)
			}
		}
	}
	one, none := settling, settling
	one.Feedback = 1
	for name, pair := range map[string][2]train.Rule{
		"GeneRec":        {&baselines.GeneRec{Settling: none}, &baselines.GeneRec{Settling: one}},
		"Hopfield":       {&baselines.Hopfield{Settling: none}, &baselines.Hopfield{Settling: one}},
		"Almeida-Pineda": {&baselines.AlmeidaPineda{Settling: none}, &baselines.AlmeidaPineda{Settling: one}},
	} {
		if !reflect.DeepEqual(gradients(t, net, pair[0], b), gradients(t, net, pair[1], b)) {
			t.Errorf("%s: no Feedback is not one of 1", name)
		}
	}
}

// The precision of the clamped predictions multiplies their energies alone: with
// β the total is β times the output's term plus the others.
func TestNudgeWeighsTheOutput(t *testing.T) {
	net := deepTanh(t)
	b := randomBatch(net, 3, rand.New(rand.NewPCG(1, 2)))
	const beta = 0.25
	settings := relax.Settings{Steps: 1, Control: relax.Constant{Size: 0.1}}
	// Before any step only the output has an error.
	first := func(nudge float64) float64 {
		got, err := stats(&train.Prospective{Relax: settings, State: train.BeforeLast, Nudge: nudge}, net, b)
		if err != nil {
			t.Fatal(err)
		}
		return got.Energy
	}
	if got, want := first(beta), beta*first(0); math.Abs(got-want) > 1e-12*want {
		t.Errorf("energy with β = %g: got %v, want %v", beta, got, want)
	}
	// After one step activities have moved β times as far, so hidden errors are
	// (β·0.1·δ)² / 2 in the first layer below the output and none further down.
	nudged := &train.Prospective{Relax: settings, Nudge: beta}
	got, err := stats(nudged, net, b)
	if err != nil {
		t.Fatal(err)
	}
	s := clampedSession(t, net, b)
	energies := make([]float64, len(s.Terms()))
	if _, err := s.Evaluate(energies); err != nil {
		t.Fatal(err)
	}
	for _, a := range s.Activities() {
		a.X.AddScaled(-beta*0.1, a.Grad)
	}
	if _, err := s.Evaluate(energies); err != nil {
		t.Fatal(err)
	}
	want := 0.0
	for i, e := range energies {
		if s.Terms()[i] == "y" {
			e *= beta
		}
		want += e
	}
	if math.Abs(got.Energy-want) > 1e-12*want {
		t.Errorf("energy after a step with β = %g: got %v, want %v", beta, got.Energy, want)
	}
}
