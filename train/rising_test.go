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

// A relaxation whose steps are too large raises the energy, and the trainer counts it;
// not one that follows another energy, or none.
func TestRising(t *testing.T) {
	with := func(size float64, change func(r *relax.Settings)) relax.Settings {
		r := relax.Settings{Steps: 20, Control: relax.Constant{Size: size}}
		change(&r)
		return r
	}
	plain := func(*relax.Settings) {}
	weak := func(r *relax.Settings) { r.Precision = relax.Decaying{Start: 0.01, Decay: 0.9} }
	noisy := func(r *relax.Settings) { r.Solver = &relax.Langevin{Temperature: 5, Seed: 1} }
	sparse := func(r *relax.Settings) { r.Solver = &relax.Proximal{L1: 5} }
	for name, c := range map[string]struct {
		rule train.Rule
		want int
	}{
		"small steps":             {&train.Prospective{Relax: with(0.1, plain)}, 0},
		"large steps":             {&train.Prospective{Relax: with(3, plain)}, 1},
		"large steps, repeated":   {&train.Repeated{Rule: &train.Prospective{Relax: with(3, plain)}, Times: 1}, 1},
		"large steps in a stage":  {&train.Prospective{Relax: with(0.1, plain), Stages: []train.Stage{{Relax: with(3, plain)}}}, 1},
		"large steps, pc-alm":     {&train.AugmentedLagrangian{Relax: with(3, plain), Rounds: 1}, 1},
		"large steps, interwoven": {&train.Interleaved{Relax: with(3, plain)}, 1},
		"fixed predictions":       {&train.FixedPredictions{Relax: with(0.1, plain)}, 0},
		"precisions that rise":    {&train.Prospective{Relax: with(0.1, weak)}, 0},
		"of a stage":              {&train.Prospective{Relax: with(0.1, plain), Stages: []train.Stage{{Relax: with(0.1, weak)}}}, 0},
		"of pc-alm":               {&train.AugmentedLagrangian{Relax: with(0.1, weak)}, 0},
		"noise":                   {&train.Interleaved{Relax: with(0.1, noisy)}, 0},
		"noise, repeated":         {&train.Repeated{Rule: &train.Prospective{Relax: with(0.1, noisy)}, Times: 1}, 0},
		"sparse codes":            {&train.Prospective{Relax: with(0.1, sparse)}, 0},
	} {
		net, err := models.MLP{Widths: []int{2, 8, 2}, Activation: layers.Tanh{}}.New(graph.Settings{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		rising := -1
		trainer := train.Trainer{Network: net, Rule: c.rule, Optimizer: &train.SGD{}, Rate: 1e-9, Epochs: 1}
		trainer.OnEpoch(func(_ context.Context, tr *train.Trainer, _ train.Stats) error {
			rising = tr.Observed.Rising
			return nil
		})
		if err := trainer.Fit(context.Background(), exclusiveOr()); err != nil {
			t.Fatal(err)
		}
		if rising != c.want {
			t.Errorf("%s: got %d batches whose energy rose, want %d", name, rising, c.want)
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
