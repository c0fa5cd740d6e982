package train_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/train"
)

// Every place of a window is clamped to the symbol that follows it, and a test
// counts places: a network that repeats its input is right where a letter follows
// itself.
func TestSequences(t *testing.T) {
	text, err := datasets.NewText("aabbaabbaabba", 4, nil)
	if err != nil {
		t.Fatal(err)
	}
	src := &train.Sequences{Data: text, Settings: datasets.BatchSettings{Size: 2}}
	if src.Steps() != 2 {
		t.Errorf("steps, got %d, want 2", src.Steps())
	}
	for b, err := range src.Batches(0, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(b.Values["x"][:4], []float32{0, 0, 1, 1}) || !slices.Equal(b.Values["y"][:8], []float32{1, 0, 0, 1, 0, 1, 1, 0}) ||
			!slices.Equal(b.Labels[:4], []int{0, 1, 1, 0}) || len(b.Labels) != 4*b.Size {
			t.Errorf("batch, got %+v", b)
		}
	}
	net, err := graph.New(graph.Declaration{
		Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{4}, Data: true}, {Name: "y", Shape: graph.Shape{4, 2}}},
		Predictions: []graph.Prediction{{
			Of: "y", From: []string{"x"}, Layer: layers.Embedding{Symbols: 2, Width: 2, Weight: layers.Values{1, 0, 0, 1}},
		}},
	}, graph.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	e, err := train.NewEvaluator(net, "y")
	if err != nil {
		t.Fatal(err)
	}
	got, err := e.Evaluate(context.Background(), src)
	if err != nil || got.Samples != 3 || got.Error != 0.5 || got.SquaredError != 2 {
		t.Errorf("got %+v, %v, want 3 windows, half of the places wrong, each with a squared error of 1", got, err)
	}
	src.Target = "x"
	for _, err := range src.Batches(0, 0) {
		if err == nil || !strings.Contains(err.Error(), "two nodes") {
			t.Errorf("input and target alike, got %v, want an error", err)
		}
	}
}
