package train_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// allWeights returns all parameters.
func allWeights(net *graph.Network) (out []float64) {
	for _, p := range net.Params() {
		w := p.Values().Float64()
		out = append(out, w...)
	}
	return out
}

// learned returns the weights of deepTanh after some batches.
func learned(t *testing.T, rule train.Rule, optimizer train.Optimizer, batches int) []float64 {
	t.Helper()
	net := deepTanh(t)
	rng := rand.New(rand.NewPCG(3, 4))
	for range batches {
		if _, err := train.Learn(context.Background(), net, rule, optimizer, 0.05, randomBatch(net, 2, rng)); err != nil {
			t.Fatal(err)
		}
	}
	return allWeights(net)
}

// With a weight step at the last of T steps it is the paper's rule, whose weights
// see the state after T−1 steps, bit for bit.
func TestInterleavedAtLastIsPaper(t *testing.T) {
	const T = 12
	paper := train.Paper(T, .1, .5)
	last := &train.Interleaved{Relax: paper.Relax, Weights: train.When{{From: T - 1, Until: T}}}
	if !slices.Equal(learned(t, last, &train.SGD{}, 3), learned(t, paper, &train.SGD{}, 3)) {
		t.Error("the weights differ")
	}
}

// Incremental predictive coding against a longhand loop over the session: at
// every t gradients of activities and weights are of the same state, the
// activities move, then the control acts, then the weights move.
func TestIncrementalLonghand(t *testing.T) {
	const T, gamma, discount = 9, .7, .5
	net := deepTanh(t)
	rng := rand.New(rand.NewPCG(3, 4))
	adam := &train.Adam{}
	for range 3 {
		s := clampedSession(t, net, randomBatch(net, 2, rng))
		energies := make([]float64, len(s.Terms()))
		size, previous := gamma, 0.0
		for step := range T {
			if _, err := s.Learn(energies); err != nil {
				t.Fatal(err)
			}
			e, err := s.Evaluate(energies)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range s.Activities() {
				a.X.AddScaled(-size, a.Grad)
			}
			if step >= 1 && !(e < previous) {
				size *= discount
			}
			previous = e
			if err := adam.Step(net.Params(), .05); err != nil {
				t.Fatal(err)
			}
			net.ParamsChanged()
		}
	}
	if !slices.Equal(learned(t, train.Incremental(T, gamma, discount), &train.Adam{}, 3), allWeights(net)) {
		t.Error("the weights differ from those of the loop")
	}
}

// Weights that step while the activities are held do not move the activities'
// relaxation: steps 0 … 9 of activities and one weight step at 10 are ten steps
// and the state after them.
func TestInterleavedHoldsActivities(t *testing.T) {
	settings := relax.Settings{Steps: 11, Control: relax.Constant{Size: .1}}
	held := &train.Interleaved{Relax: settings, Activities: train.When{{From: 0, Until: 10}}, Weights: train.When{{From: 10, Until: 11}}}
	settings.Steps = 10
	if !slices.Equal(learned(t, held, &train.SGD{}, 2), learned(t, &train.Prospective{Relax: settings}, &train.SGD{}, 2)) {
		t.Error("the weights differ")
	}
}

// Without hidden nodes incremental predictive coding is T steps of backprop.
func TestIncrementalWithoutHiddenIsRepeatedBackprop(t *testing.T) {
	result := map[string][]float64{}
	for name, rule := range map[string]train.Rule{
		"incremental": train.Incremental(5, .1, .5),
		"repeated":    &train.Repeated{Rule: &train.Backprop{}, Times: 5},
	} {
		net := mlp(t, models.MLP{Widths: []int{5, 3}}, 3)
		if _, err := train.Learn(context.Background(), net, rule, &train.Adam{}, .01, randomBatch(net, 4, rand.New(rand.NewPCG(1, 2)))); err != nil {
			t.Fatal(err)
		}
		result[name] = allWeights(net)
	}
	if !slices.Equal(result["incremental"], result["repeated"]) {
		t.Error("the weights differ")
	}
}

// Repeating a batch T times is learning it T times.
func TestRepeated(t *testing.T) {
	net := deepTanh(t)
	b := randomBatch(net, 2, rand.New(rand.NewPCG(3, 4)))
	bp, adam := &train.Backprop{}, &train.Adam{}
	for range 4 {
		if _, err := train.Learn(context.Background(), net, bp, adam, .05, b); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(learned(t, &train.Repeated{Rule: &train.Backprop{}, Times: 4}, &train.Adam{}, 1), allWeights(net)) {
		t.Error("the weights differ")
	}
}

// A schedule that never learns, or asks to stop early, is an error.
func TestInterleavedErrors(t *testing.T) {
	net := deepTanh(t)
	b := randomBatch(net, 2, rand.New(rand.NewPCG(3, 4)))
	stops := train.Incremental(4, .1, .5)
	stops.Relax.Stop = relax.GradientNorm{Tolerance: 1}
	for name, rule := range map[string]train.Rule{
		"never":    &train.Interleaved{Relax: train.Paper(4, .1, .5).Relax, Weights: train.When{{From: 4, Until: 9}}},
		"stops":    stops,
		"no steps": &train.Interleaved{},
		"repeated": &train.Repeated{Rule: &train.Backprop{}},
		"no rule":  &train.Repeated{Times: 3},
	} {
		if _, err := train.Learn(context.Background(), net, rule, &train.SGD{}, .1, b); err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
}
