package train_test

import (
	"context"
	"slices"
	"testing"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

// digits is a small training problem of glyphs.
func digits(t *testing.T, n int) *train.Labelled {
	t.Helper()
	split, err := datasets.Load("glyphs", datasets.LoadSettings{Train: n, Test: 10})
	if err != nil {
		t.Fatal(err)
	}
	return &train.Labelled{Data: split.Train, Settings: datasets.BatchSettings{Size: 32, Shuffle: true}, Seed: 4}
}

func digitTrainer(t *testing.T, rule train.Rule) *train.Trainer {
	t.Helper()
	net, err := models.MLP{Widths: []int{784, 24, 10}, Activation: layers.Tanh{}}.New(graph.Settings{Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	return &train.Trainer{Network: net, Rule: rule, Optimizer: &train.Adam{}, Rate: 0.002, Epochs: 3}
}

func weights(net *graph.Network) [][]float32 {
	var out [][]float32
	for _, p := range net.Params() {
		v := p.Values().Float32()
		out = append(out, slices.Clone(v))
	}
	return out
}

// Both rules learn, from the same code, with a last batch that is smaller.
func TestTrainerLearns(t *testing.T) {
	for name, rule := range map[string]train.Rule{"pc": train.Paper(10, 0.1, 0.5), "bp": &train.Backprop{}} {
		src := digits(t, 1000)
		tr := digitTrainer(t, rule)
		before, err := tr.Evaluate(context.Background(), src, "y")
		if err != nil {
			t.Fatal(err)
		}
		if err := tr.Fit(context.Background(), src); err != nil {
			t.Fatal(err)
		}
		after, err := tr.Evaluate(context.Background(), src, "y")
		if err != nil {
			t.Fatal(err)
		}
		if after.Samples != 1000 || !(after.Error < before.Error/2) || !(after.SquaredError < before.SquaredError) {
			t.Errorf("%s: from %+v to %+v, want at most half the errors", name, before, after)
		}
	}
}

// The same seed gives the same bits; hooks see every step; a run that is stopped
// and goes on from its progress ends where an uninterrupted one does.
func TestTrainerIsDeterministicAndResumes(t *testing.T) {
	src := digits(t, 300)
	whole := digitTrainer(t, train.Paper(8, 0.1, 0.5))
	steps, epochs := 0, 0
	whole.OnStep(1, func(context.Context, *train.Trainer, train.Stats) error { steps++; return nil })
	whole.OnEpoch(func(context.Context, *train.Trainer, train.Stats) error { epochs++; return nil })
	if err := whole.Fit(context.Background(), src); err != nil {
		t.Fatal(err)
	}
	if steps != 30 || epochs != 3 || whole.Progress.Updates != 30 || whole.Progress.RelaxSteps != 30*7 {
		t.Errorf("got %d steps, %d epochs, %+v, want 30, 3 and 210 relaxation steps", steps, epochs, whole.Progress)
	}
	stop := errors.New("stop")
	parts := digitTrainer(t, train.Paper(8, 0.1, 0.5))
	parts.OnStep(7, func(_ context.Context, tr *train.Trainer, _ train.Stats) error {
		if tr.Progress.Updates == 14 {
			return stop
		}
		return nil
	})
	if err := parts.Fit(context.Background(), src); !errors.Is(err, stop) {
		t.Fatalf("got %v, want the hook's error", err)
	}
	if err := parts.Fit(context.Background(), src); err != nil {
		t.Fatal(err)
	}
	a, b := weights(whole.Network), weights(parts.Network)
	for i := range a {
		if !slices.Equal(a[i], b[i]) {
			t.Fatalf("parameter %d differs after a stop", i)
		}
	}
}

func TestTrainerRefuses(t *testing.T) {
	src := digits(t, 100)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	tests := []struct {
		name   string
		change func(*train.Trainer)
	}{
		{"no rate", func(tr *train.Trainer) { tr.Rate = 0 }},
		{"no epochs", func(tr *train.Trainer) { tr.Epochs = 0 }},
		{"no rule", func(tr *train.Trainer) { tr.Rule = nil }},
		{"no relaxation steps", func(tr *train.Trainer) { tr.Rule = &train.Prospective{} }},
	}
	for _, tt := range tests {
		tr := digitTrainer(t, train.Paper(8, 0.1, 0.5))
		tt.change(tr)
		if err := tr.Fit(context.Background(), src); err == nil {
			t.Errorf("%s: got no error", tt.name)
		}
	}
	tr := digitTrainer(t, train.Paper(8, 0.1, 0.5))
	before := weights(tr.Network)
	if err := tr.Fit(ctx, src); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v, want context.Canceled", err)
	}
	// A diverging relaxation leaves the weights untouched.
	tr = digitTrainer(t, train.Paper(200, 50, 1))
	if err := tr.Fit(context.Background(), src); err == nil {
		t.Error("a step size of 50: got no error")
	}
	for i, w := range weights(tr.Network) {
		if !slices.Equal(w, before[i]) {
			t.Errorf("parameter %d changed by a relaxation that diverged", i)
		}
	}
}
