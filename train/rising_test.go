package train_test

import (
	"context"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// A relaxation whose steps are too large raises the energy, and the trainer counts it.
func TestRising(t *testing.T) {
	for _, c := range []struct {
		size float64
		want int
	}{{0.1, 0}, {3, 1}} {
		net, err := models.MLP{Widths: []int{2, 8, 2}, Activation: layers.Tanh{}}.New(graph.Settings{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		rule := &train.Prospective{Relax: relax.Settings{Steps: 20, Control: relax.Constant{Size: c.size}}}
		rising := -1
		trainer := train.Trainer{Network: net, Rule: rule, Optimizer: &train.SGD{}, Rate: 1e-9, Epochs: 1}
		trainer.OnEpoch(func(_ context.Context, tr *train.Trainer, _ train.Stats) error {
			rising = tr.Observed.Rising
			return nil
		})
		if err := trainer.Fit(context.Background(), exclusiveOr()); err != nil {
			t.Fatal(err)
		}
		if rising != c.want {
			t.Errorf("steps of %v: got %d batches whose energy rose, want %d", c.size, rising, c.want)
		}
	}
}

func TestFirst(t *testing.T) {
	src := exclusiveOr()
	b, err := train.First(src)
	if err != nil || b.Size != 4 || len(b.Values["x"]) != 8 {
		t.Errorf("got %+v, %v, want the batch of four", b, err)
	}
	if _, err := train.First(&train.Pairs{}); err == nil {
		t.Error("of nothing, got no error")
	}
}
