package graph_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// counting counts how often it draws; it fails or panics if it is told to.
type counting struct {
	calls *int
	err   error
	panic bool
}

func (c counting) Fill([]float64, graph.ParamSpec, *rand.Rand) error {
	*c.calls++
	if c.panic {
		panic("no")
	}
	return c.err
}

// An error of a declaration is found before anything of the size of its
// parameters is made: a small file must not take gigabytes before its error.
func TestNothingIsDrawnBeforeAMistake(t *testing.T) {
	calls := 0
	declare := func(out int, second graph.Initializer) (*graph.Network, error) {
		return graph.New(graph.Declaration{
			Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{3}}, {Name: "h", Shape: graph.Shape{4}}, {Name: "y", Shape: graph.Shape{out}}},
			Predictions: []graph.Prediction{
				{Of: "h", From: []string{"x"}, Layer: layers.Sequential{layers.Dense{Out: 4, Weight: counting{calls: &calls}}, layers.BatchNorm{}}},
				{Of: "y", From: []string{"h"}, Layer: layers.Dense{Out: 2, Weight: second}},
			},
		}, graph.Settings{})
	}
	if _, err := declare(5, counting{calls: &calls}); err == nil || calls != 0 {
		t.Errorf("a shape that does not fit, got %d draws (%v), want none", calls, err)
	}
	if net, err := declare(2, counting{calls: &calls}); err != nil || calls != 2 || net.Buffers()[1].Value.Float32s()[0] != 1 {
		t.Errorf("got %d draws (%v), want 2 and a variance of 1", calls, err)
	}
	for want, init := range map[string]graph.Initializer{
		"bad luck": counting{calls: &calls, err: errors.New("bad luck")},
		"panicked": counting{calls: &calls, panic: true},
	} {
		_, err := declare(2, init)
		var at *graph.DeclarationError
		if !errors.As(err, &at) || at.Prediction != 1 || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), `prediction "y" of node "y": parameter "y/weight"`) {
			t.Errorf("got %v, want an error of the second prediction with %q", err, want)
		}
	}
}
