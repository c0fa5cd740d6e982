package train_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

// echo is an evaluator of a network of n inputs whose n outputs are the inputs.
func echo(t *testing.T, n int) *train.Evaluator {
	t.Helper()
	w := make([]float64, n*n)
	for i := range n {
		w[i*n+i] = 1
	}
	net, err := models.MLP{Widths: []int{n, n}, NoBias: true, Init: layers.Values(w)}.New(graph.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	e, err := train.NewEvaluator(net, "y")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

var near = cmpopts.EquateApprox(0, 1e-6)

// Three samples of two outputs, by hand: errors 0, 1, −2 and targets that do not vary.
func TestRegressionByHand(t *testing.T) {
	src := &train.Pairs{
		X:        [][]float32{{1, 5}, {2, 6}, {6, 3}},
		Y:        [][]float32{{1, 5}, {3, 5}, {4, 5}},
		Settings: datasets.BatchSettings{Size: 2},
	}
	got, err := echo(t, 2).Regression(context.Background(), src)
	if err != nil {
		t.Fatal(err)
	}
	first := train.OutputFit{MSE: 5. / 3, MAE: 1, R2: 1 - 5/(14./3)} // mean 8/3: 25/9 + 1/9 + 16/9
	second := train.OutputFit{MSE: 5. / 3, MAE: 1}
	want := train.RegressionScore{
		Samples: 3, Outputs: []train.OutputFit{first, second},
		OutputFit: train.OutputFit{MSE: 5. / 3, MAE: 1, R2: first.R2 / 2},
	}
	if diff := cmp.Diff(want, got, near); diff != "" {
		t.Error(diff)
	}
}

// The spread of targets far from 0 is not lost.
func TestRegressionFarFromZero(t *testing.T) {
	src := &train.Pairs{Settings: datasets.BatchSettings{Size: 7}}
	for i := range 100 {
		v := float32(1<<22 + i%2)
		src.X, src.Y = append(src.X, []float32{v}), append(src.Y, []float32{v + 1})
	}
	got, err := echo(t, 1).Regression(context.Background(), src)
	if err != nil || math.Abs(got.R2-(1-100./25)) > 1e-9 || got.MSE != 1 {
		t.Errorf("got %+v, %v, want R² of −3 and MSE 1", got, err)
	}
}

// Six samples of three classes, by hand: one undecided, by a tie.
func TestClassificationByHand(t *testing.T) {
	src := &train.Pairs{
		X: [][]float32{{9, 1, 0}, {1, 9, 0}, {0, 9, 1}, {1, 2, 9}, {5, 5, 0}, {9, 0, 1}},
		Y: [][]float32{{1, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {0, 1, 0}, {0, 0, 1}}, Labels: []int{0, 0, 1, 2, 1, 2},
		Settings: datasets.BatchSettings{Size: 4},
	}
	got, err := echo(t, 3).Classification(context.Background(), src, train.ClassificationSettings{K: 2})
	if err != nil {
		t.Fatal(err)
	}
	want := train.ClassificationScore{
		Samples: 6, Accuracy: 3. / 6, TopK: 1, K: 2,
		Confusion: [][]int{{1, 1, 0}, {0, 1, 0}, {1, 0, 1}}, Undecided: []int{0, 1, 0},
		Classes: []train.ClassScore{
			{Samples: 2, Accuracy: 4. / 6, Precision: 0.5, Recall: 0.5, F1: 0.5},
			{Samples: 2, Accuracy: 4. / 6, Precision: 0.5, Recall: 0.5, F1: 0.5},
			{Samples: 2, Accuracy: 5. / 6, Precision: 1, Recall: 0.5, F1: 2. / 3},
		},
	}
	if diff := cmp.Diff(want, got, near); diff != "" {
		t.Error(diff)
	}
	whole, err := echo(t, 3).Evaluate(context.Background(), src)
	if err != nil || whole.Accuracy() != got.Accuracy {
		t.Errorf("Evaluate: got accuracy %v, %v, want the same %v", whole.Accuracy(), err, got.Accuracy)
	}
	for k, want := range map[int]float64{1: 3. / 6, 0: 1, 3: 1} { // a tie is not among the first 1; 0 means 5, here 3
		got, err := echo(t, 3).Classification(context.Background(), src, train.ClassificationSettings{K: k})
		if err != nil || math.Abs(got.TopK-want) > 1e-15 {
			t.Errorf("top %d, got %v, %v, want %v", k, got.TopK, err, want)
		}
	}
	for _, k := range []int{-1, 4} {
		_, err := echo(t, 3).Classification(context.Background(), src, train.ClassificationSettings{K: k})
		if err == nil || !strings.Contains(err.Error(), "want 1 to the 3 units") {
			t.Errorf("K %d: got %v, want an error", k, err)
		}
	}
	src.Labels[0] = 3
	if _, err := echo(t, 3).Classification(context.Background(), src, train.ClassificationSettings{}); err == nil || !strings.Contains(err.Error(), "label of sample 0 of a batch, got 3") {
		t.Errorf("a label of no unit: got %v", err)
	}
	src.Labels = nil
	if _, err := echo(t, 3).Classification(context.Background(), src, train.ClassificationSettings{}); err == nil || !strings.Contains(err.Error(), "labels, got 0") {
		t.Errorf("no labels: got %v", err)
	}
}

// With six units, K is 5 by default.
func TestTopFive(t *testing.T) {
	src := &train.Pairs{
		X: [][]float32{{1, 2, 3, 4, 5, 6}, {6, 5, 4, 3, 2, 1}}, Y: [][]float32{make([]float32, 6), make([]float32, 6)},
		Labels: []int{0, 4}, Settings: datasets.BatchSettings{Size: 2},
	}
	got, err := echo(t, 6).Classification(context.Background(), src, train.ClassificationSettings{})
	if err != nil || got.K != 5 || got.TopK != 0.5 || got.Accuracy != 0 {
		t.Errorf("got %+v, %v, want half among the first 5", got, err)
	}
}

// One unit tells two classes apart, halfway between their targets unless a threshold is
// set.
func TestOneUnitByHand(t *testing.T) {
	data, err := datasets.NewFloats([]int{1}, 2, []float32{-0.4, 0.2, 0.7, 0.5, 2}, []int{0, 1, 1, 0, 1})
	if err != nil {
		t.Fatal(err)
	}
	tenth := 0.1
	for _, c := range []struct {
		name      string
		encoding  datasets.Encoding
		threshold *float64
		want      float64
		at        float64
		confusion [][]int
		undecided []int
	}{
		{"0/1", datasets.ZeroOne(), nil, 3. / 5, 0.5, [][]int{{1, 0}, {1, 2}}, []int{1, 0}},
		{"±1", datasets.MinusPlusOne(), nil, 4. / 5, 0, [][]int{{1, 1}, {0, 3}}, []int{0, 0}},
		{"set", datasets.ZeroOne(), &tenth, 4. / 5, 0.1, [][]int{{1, 1}, {0, 3}}, []int{0, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := &train.Labelled{Data: data, OneUnit: true, Encoding: c.encoding, Settings: datasets.BatchSettings{Size: 2}}
			got, err := echo(t, 1).Classification(context.Background(), src, train.ClassificationSettings{Threshold: c.threshold})
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(got.Accuracy-c.want) > 1e-15 || got.TopK != got.Accuracy || got.K != 1 || got.Threshold != c.at || got.Samples != 5 {
				t.Errorf("got %+v, want accuracy %v at %v", got, c.want, c.at)
			}
			if diff := cmp.Diff(c.confusion, got.Confusion) + cmp.Diff(c.undecided, got.Undecided); diff != "" {
				t.Error(diff)
			}
			if c.threshold == nil {
				whole, err := echo(t, 1).Evaluate(context.Background(), src)
				if err != nil || math.Abs(whole.Accuracy()-c.want) > 1e-15 || whole.Samples != 5 {
					t.Errorf("Evaluate: got %+v, %v, want accuracy %v", whole, err, c.want)
				}
			}
		})
	}
	one := func(label int, y float32) *train.Pairs {
		return &train.Pairs{X: [][]float32{{1}, {1}}, Y: [][]float32{{y}, {1}}, Labels: []int{label, 1}, Settings: datasets.BatchSettings{Size: 2}}
	}
	for _, c := range []struct {
		src  train.Source
		s    train.ClassificationSettings
		want string
	}{
		{one(1, 1), train.ClassificationSettings{}, "Threshold, got nil"},
		{one(1, 0.5), train.ClassificationSettings{}, "Threshold, got nil"},
		{one(0, 2), train.ClassificationSettings{}, "Threshold, got nil"},
		{one(2, 0), train.ClassificationSettings{}, "label of sample 0 of a batch, got 2, want 0 or 1"},
		{one(0, 0), train.ClassificationSettings{K: 1}, "K, got 1 for a target of one unit"},
	} {
		if _, err := echo(t, 1).Classification(context.Background(), c.src, c.s); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want an error that says %q", err, c.want)
		}
	}
	// Where every label is 0, the one unit is right whatever it is.
	zeros := &train.Pairs{X: [][]float32{{1}, {-9}}, Y: [][]float32{{1}, {1}}, Labels: []int{0, 0}, Settings: datasets.BatchSettings{Size: 1}}
	if got, err := echo(t, 1).Evaluate(context.Background(), zeros); err != nil || got.Error != 0 {
		t.Errorf("one class: got %+v, %v, want no error", got, err)
	}
}
