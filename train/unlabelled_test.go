package train_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

// An unlabelled source clamps every node to the same samples, resumes within an
// epoch, and serves an evaluation that compares and does not classify.
func TestUnlabelled(t *testing.T) {
	data, err := datasets.NewFloats([]int{2}, 2, []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, []int{0, 1, 1, 0, 0})
	if err != nil {
		t.Fatal(err)
	}
	src := &train.Unlabelled{Data: data, Nodes: []string{"x", "y"}, Settings: datasets.BatchSettings{Size: 2, Shuffle: true, Limit: 2}, Seed: 3}
	read := func(skip int) (all []float32) {
		for b, err := range src.Batches(4, skip) {
			if err != nil {
				t.Fatal(err)
			}
			if b.Size != 2 || b.Labels != nil || !slices.Equal(b.Values["x"], b.Values["y"]) {
				t.Errorf("batch, got %+v, want two samples twice and no labels", b)
			}
			all = append(all, b.Values["x"]...)
		}
		return all
	}
	if all := read(0); len(all) != 8 || src.Steps() != 2 || !slices.Equal(read(1), all[4:]) {
		t.Errorf("got %v, and %v after one batch, of %d steps", read(0), read(1), src.Steps())
	}
	src.Nodes = []string{"x", "x"}
	for _, err := range src.Batches(0, 0) {
		if err == nil || !strings.Contains(err.Error(), "different names") {
			t.Errorf("a node named twice, got %v, want an error", err)
		}
	}

	net, err := models.MLP{Widths: []int{2, 2}, NoBias: true, Init: layers.Values{0, 1, 1, 0}}.New(graph.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	evaluator, err := train.NewEvaluator(net, "y")
	if err != nil {
		t.Fatal(err)
	}
	src = &train.Unlabelled{Data: data, Nodes: []string{"x", "y"}, Settings: datasets.BatchSettings{Size: 3}}
	// The network swaps the two values, which differ by 1.
	got, err := evaluator.Compare(context.Background(), src)
	if err != nil || got.Samples != 5 || got.SquaredError != 1 {
		t.Errorf("got %+v, %v, want a squared error of 1 for 5 samples", got, err)
	}
	if _, err := evaluator.Evaluate(context.Background(), src); err == nil || !strings.Contains(err.Error(), "Compare needs none") {
		t.Errorf("classifying without labels, got %v, want an error", err)
	}
}
