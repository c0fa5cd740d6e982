package train_test

import (
	"context"
	"iter"
	"math"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// batches is a source of fixed batches.
type batches []*train.Batch

func (b batches) Steps() int { return len(b) }

func (b batches) Batches(_, skip int) iter.Seq2[*train.Batch, error] {
	return func(yield func(*train.Batch, error) bool) {
		for _, x := range b[skip:] {
			if !yield(x, nil) {
				return
			}
		}
	}
}

// pairs is a batch of two samples for a net of three inputs and two outputs.
func pairs(y float32) *train.Batch {
	return &train.Batch{
		Size:   2,
		Values: map[string][]float32{"x": {1, 2, 3, -1, 0, 1}, "y": {y, 0, 0, 1}},
		Labels: []int{0, 1},
	}
}

func smallTrainer(t *testing.T, rule train.Rule) *train.Trainer {
	t.Helper()
	net, err := models.MLP{Widths: []int{3, 4, 2}, Activation: layers.Tanh{}}.New(graph.Settings{Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	return &train.Trainer{Network: net, Rule: rule, Optimizer: &train.SGD{}, Rate: 0.1, Epochs: 1}
}

// An energy beyond the largest finite value is an error that names the term, and the
// weights stay as they were, although every gradient is finite.
func TestEnergyThatOverflowsChangesNoWeight(t *testing.T) {
	for name, rule := range map[string]train.Rule{
		"pc": train.Paper(8, 0.1, 0.5), "pc without a step": train.Paper(1, 0.1, 0.5), "bp": &train.Backprop{},
	} {
		tr := smallTrainer(t, rule)
		before := weights(tr.Network)
		err := tr.Fit(context.Background(), batches{pairs(1e30)})
		var e *relax.NonFiniteError
		if !errors.As(err, &e) || e.Node != "y" || e.Kind != relax.KindEnergy || e.Step != 0 || !errors.Is(err, relax.ErrDiverged) {
			t.Errorf("%s: got %v, want a NonFiniteError of the energy of y after 0 steps", name, err)
		}
		for i, w := range weights(tr.Network) {
			for j := range w {
				if w[j] != before[i][j] {
					t.Fatalf("%s: parameter %d changed", name, i)
				}
			}
		}
	}
}

// The step is that of the relaxation whose last state overflowed.
func TestEnergyThatOverflowsNamesTheStep(t *testing.T) {
	tr := smallTrainer(t, &train.Prospective{Relax: relax.Settings{Steps: 2, Control: relax.Constant{Size: 1e20}, SkipFinal: true}, State: train.BeforeLast})
	err := tr.Fit(context.Background(), batches{pairs(1)})
	var e *relax.NonFiniteError
	if !errors.As(err, &e) || e.Step != 1 {
		t.Errorf("got %v, want a NonFiniteError after 1 step", err)
	}
}

// A learning rate that rounds to infinity is refused before a weight changes.
func TestLearningRateBeyondFloat32(t *testing.T) {
	for _, o := range []train.Optimizer{&train.SGD{}, &train.Momentum{}, &train.Adam{}, &train.AdamW{}} {
		tr := smallTrainer(t, &train.Backprop{})
		tr.Optimizer, tr.Rate = o, 1e300
		before := weights(tr.Network)
		err := tr.Fit(context.Background(), batches{pairs(1)})
		if err == nil || !strings.Contains(err.Error(), "learning rate, got 1e+300") {
			t.Errorf("%T: got %v, want an error about the learning rate", o, err)
		}
		if w := weights(tr.Network); w[0][0] != before[0][0] {
			t.Errorf("%T: a weight changed", o)
		}
	}
}

// Bad sources are errors, not panics.
func TestEvaluateRefuses(t *testing.T) {
	tr := smallTrainer(t, &train.Backprop{})
	for _, label := range []int{-1, 2, math.MaxInt} {
		b := pairs(1)
		b.Labels[1] = label
		_, err := tr.Evaluate(context.Background(), batches{b}, "y")
		if err == nil || !strings.Contains(err.Error(), "label of sample 1") {
			t.Errorf("label %d: got %v, want an error that names the sample", label, err)
		}
	}
	if err := tr.Fit(context.Background(), &train.Labelled{}); err == nil {
		t.Error("no data: got no error")
	}
	for _, err := range (&train.Labelled{}).Batches(0, 0) {
		if err == nil || !strings.Contains(err.Error(), "Data is nil") {
			t.Errorf("no data: got %v, want an error", err)
		}
	}
}
