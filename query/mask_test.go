package query_test

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/query"
	"github.com/seed-be841da4/prospect/relax"
)

// TestMasksThatHideNothingOrTooMuch: one that hides nothing is none, and one whose
// hidden part nothing predicts is an error.
func TestMasksThatHideNothingOrTooMuch(t *testing.T) {
	ctx := context.Background()
	settings := query.Settings{Relax: relax.Settings{Steps: 30, Control: relax.Constant{Size: 0.1}}}
	net, err := models.MLP{Widths: []int{4, 3, 2}, Activation: layers.Tanh{}, Output: energy.CrossEntropy{}}.New(graph.Settings{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	a, err := query.New(net, settings)
	if err != nil {
		t.Fatal(err)
	}
	x, y := []float32{1, 2, 3, 4}, []float32{1, 0}
	all, half := slices.Repeat([]bool{true}, 4), []bool{true, true, false, false}
	clamp := func(y []float32) map[string][]float32 {
		c := map[string][]float32{"x": x}
		if y != nil {
			c["y"] = y
		}
		return c
	}
	want, err := a.Ask(ctx, query.Question{Samples: 1, Clamp: clamp(y)})
	if err != nil {
		t.Fatal(err)
	}
	got, err := a.Ask(ctx, query.Question{Samples: 1, Clamp: clamp(y), Known: map[string][]bool{"x": all, "y": {true, true}}})
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("masks of all true: got %v, %v, want what is without them", got, err)
	}
	hidden := query.Question{Samples: 1, Clamp: clamp(nil), Known: map[string][]bool{"x": half}}
	if _, err := a.Ask(ctx, hidden); err == nil || !strings.Contains(err.Error(), "nothing predicts the hidden units") {
		t.Errorf("hidden inputs: got %v, want an error that nothing predicts them", err)
	}
	hidden.Clamp = clamp(y) // from which they are inferred
	if _, err := a.Ask(ctx, hidden); err != nil {
		t.Errorf("hidden inputs of a known class: %v", err)
	}
}
