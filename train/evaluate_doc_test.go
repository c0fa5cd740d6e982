package train_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// A label is right only if its unit is the single largest one.
func TestIsLargest(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		y     []float64
		label int
		want  bool
	}{
		{[]float64{1, 3, 2}, 1, true},
		{[]float64{1, 3, 2}, 2, false},
		{[]float64{3, 3, 2}, 0, false},
		{[]float64{3, 3, 2}, 1, false},
		{[]float64{0, 0, 0}, 0, false},
		{[]float64{-2, -1}, 1, true},
		{[]float64{nan, 1}, 1, false},
		{[]float64{nan, 1}, 0, false},
		{[]float64{1, nan}, 0, false},
		{[]float64{5}, 0, true},
		{[]float64{nan}, 0, false},
		{[]float64{math.Inf(1), 1}, 0, true},
	} {
		if got := train.IsLargest(relax.Float64(c.y), c.label); got != c.want {
			t.Errorf("%v, label %d: got %v, want %v", c.y, c.label, got, c.want)
		}
	}
}

// fixed is a network of two inputs and three outputs with given weights.
func fixed(t *testing.T, w ...float64) *train.Evaluator {
	t.Helper()
	net, err := models.MLP{Widths: []int{2, 3}, NoBias: true, Init: layers.Values(w)}.New(graph.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	e, err := train.NewEvaluator(net, "y")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Evaluation by hand: errors are shares of labels, ties are wrong, and the squared
// error is half the distance, averaged over the samples of all batches.
func TestEvaluateByHand(t *testing.T) {
	data, err := datasets.NewFloats([]int{2}, 3, []float32{1, 0, 0, 1, 1, 1, 2, 0, 0, 2}, []int{0, 1, 0, 2, 1})
	if err != nil {
		t.Fatal(err)
	}
	src := &train.Labelled{Data: data, Settings: datasets.BatchSettings{Size: 2}}
	// y = (x₁, x₂, 0): predictions (1,0,0) (0,1,0) (1,1,0) (2,0,0) (0,2,0).
	got, err := fixed(t, 1, 0, 0, 0, 1, 0).Evaluate(context.Background(), src)
	if err != nil {
		t.Fatal(err)
	}
	if got.Samples != 5 || math.Abs(got.Error-0.4) > 1e-15 || math.Abs(got.Accuracy()-0.6) > 1e-15 {
		t.Errorf("got %+v, want 2 of 5 wrong: a tie and a wrong class", got)
	}
	if want := (0 + 0 + 0.5 + 2.5 + 0.5) / 5; math.Abs(got.SquaredError-want) > 1e-6 {
		t.Errorf("squared error, got %v, want %v", got.SquaredError, want)
	}
	// A network that says nothing is wrong everywhere.
	if got, err = fixed(t, 0, 0, 0, 0, 0, 0).Evaluate(context.Background(), src); err != nil || got.Error != 1 || got.Accuracy() != 0 {
		t.Errorf("all zeros: got %+v, %v, want everything wrong", got, err)
	}
	src.Settings.Limit, src.Settings.Size = 1, 5
	if got, err = fixed(t, 1, 0, 0, 0, 1, 0).Evaluate(context.Background(), src); err != nil || math.Abs(got.Error-0.4) > 1e-15 {
		t.Errorf("in one batch: got %+v, %v, want the same", got, err)
	}
}

// A source without batches is an error, not a share of nothing.
func TestEvaluateNothing(t *testing.T) {
	for name, evaluate := range map[string]func(e *train.Evaluator, src train.Source) error{
		"evaluate": func(e *train.Evaluator, src train.Source) error {
			_, err := e.Evaluate(context.Background(), src)
			return err
		},
		"compare": func(e *train.Evaluator, src train.Source) error {
			_, err := e.Compare(context.Background(), src)
			return err
		},
	} {
		if err := evaluate(fixed(t, 0, 0, 0, 0, 0, 0), &listed{}); err == nil || !strings.Contains(err.Error(), "the source has no batches") {
			t.Errorf("%s: got %v, want an error", name, err)
		}
	}
}
