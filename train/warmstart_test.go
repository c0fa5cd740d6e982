package train_test

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// warmRun is a run of three epochs over shuffled batches, the last of which is smaller.
func warmRun(t *testing.T, rule *train.Prospective) (*train.Trainer, *train.Labelled) {
	t.Helper()
	rng := rand.New(rand.NewPCG(7, 7))
	x, labels := make([]float32, 30*5), make([]int, 30)
	for i := range labels {
		labels[i] = rng.IntN(3)
		for k := range 5 {
			x[i*5+k] = float32(rng.NormFloat64()) + float32(labels[i])
		}
	}
	data, err := datasets.NewFloats([]int{5}, 3, x, labels)
	if err != nil {
		t.Fatal(err)
	}
	net := mlp(t, models.MLP{Widths: []int{5, 6, 4, 3}, Activation: layers.Tanh{}}, 1)
	tr := &train.Trainer{Network: net, Rule: rule, Optimizer: &train.Adam{}, Rate: 0.003, Epochs: 3}
	return tr, &train.Labelled{Data: data, Settings: datasets.BatchSettings{Size: 8, Shuffle: true}, Seed: 2}
}

func settling(c train.Coordinates) *train.Prospective {
	return &train.Prospective{
		WarmStart: true, Coordinates: c,
		Relax: relax.Settings{Steps: 500, Control: relax.Constant{Size: 0.1}, Stop: relax.GradientNorm{Tolerance: 0.01}},
	}
}

// In the first epoch a warm start changes nothing; later it saves steps, in activities
// and in errors.
func TestWarmStart(t *testing.T) {
	for _, c := range []train.Coordinates{train.Activities, train.Errors} {
		steps := map[bool][]float64{}
		for _, warm := range []bool{false, true} {
			rule := settling(c)
			rule.WarmStart = warm
			tr, src := warmRun(t, rule)
			sum := 0.0
			tr.OnStep(1, func(_ context.Context, _ *train.Trainer, s train.Stats) error {
				sum += s.Relaxation.MeanSteps
				return nil
			})
			tr.OnEpoch(func(context.Context, *train.Trainer, train.Stats) error {
				steps[warm] = append(steps[warm], sum)
				sum = 0
				return nil
			})
			if err := tr.Fit(t.Context(), src); err != nil {
				t.Fatal(err)
			}
		}
		if steps[true][0] != steps[false][0] {
			t.Errorf("%v: first epoch, got %v steps, want the %v of a cold start", c, steps[true][0], steps[false][0])
		}
		for e := 1; e < 3; e++ {
			if !(steps[true][e] < 0.9*steps[false][e]) {
				t.Errorf("%v: epoch %d, got %v steps, want fewer than nine tenths of the %v of a cold start", c, e, steps[true][e], steps[false][e])
			}
		}
	}
}

// A run that is saved and resumed within an epoch, or that repeats a failed batch, has
// the bits of an uninterrupted one.
func TestWarmStartResumes(t *testing.T) {
	for _, c := range []train.Coordinates{train.Activities, train.Errors} {
		whole, src := warmRun(t, settling(c))
		if err := whole.Fit(t.Context(), src); err != nil {
			t.Fatal(err)
		}
		want := memberOf(whole)
		dir := filepath.Join(t.TempDir(), "checkpoint")
		first, src := warmRun(t, settling(c))
		first.OnStep(1, func(_ context.Context, tr *train.Trainer, _ train.Stats) error {
			if tr.Progress.Updates == 6 {
				return train.ErrStop
			}
			return nil
		})
		if err := first.Fit(t.Context(), src); err != nil {
			t.Fatal(err)
		}
		if err := first.SaveCheckpoint(dir); err != nil {
			t.Fatal(err)
		}
		second, src := warmRun(t, settling(c))
		if err := second.LoadCheckpoint(dir); err != nil {
			t.Fatal(err)
		}
		if err := second.Fit(t.Context(), src); err != nil {
			t.Fatal(err)
		}
		if !sameParams(want, memberOf(second)) {
			t.Errorf("%v: weights of the resumed run differ from those of an uninterrupted one", c)
		}
		failing, src := warmRun(t, settling(c))
		failing.Optimizer = &tired{left: 7}
		if err := failing.Fit(t.Context(), src); err == nil {
			t.Fatal("got no error, want the optimizer to fail")
		}
		if err := failing.Fit(t.Context(), src); err != nil {
			t.Fatal(err)
		}
		if !sameParams(want, memberOf(failing)) {
			t.Errorf("%v: weights after a failed batch differ from those of a run without one", c)
		}
	}
}

func sameParams(a, b member) bool {
	return slices.EqualFunc(a.Params, b.Params, func(x, y []float64) bool { return slices.Equal(x, y) })
}

// What a warm start needs, and does not have, is said before the first update.
func TestWarmStartRefuses(t *testing.T) {
	rule := settling(train.Activities)
	rule.WarmStartMemory = 300
	tr, src := warmRun(t, rule)
	check := func(err error, want string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	check(tr.Fit(t.Context(), src), "WarmStart: memory, got 630 bytes for 30 samples of 10 activities, want at most 300 bytes; raise WarmStartMemory")
	tr, src = warmRun(t, settling(train.Activities))
	tr.Blocks = 2
	check(tr.Fit(t.Context(), src), "WarmStart, got true, want false")
	tr, _ = warmRun(t, settling(train.Activities))
	b := randomBatch(tr.Network, 4, rand.New(rand.NewPCG(1, 1)))
	_, err := tr.Rule.Gradients(t.Context(), tr.Network, b)
	check(err, "batch, got 0 places of samples in their data set, want 4")
	// A source that does not say how many samples there are is refused when they are too
	// many.
	b.Indices = []int{0, 1, 2, 3}
	tr.Rule.(*train.Prospective).WarmStartMemory = 100
	if _, err := tr.Rule.Gradients(t.Context(), tr.Network, b); err != nil {
		t.Error(err)
	}
	b.Indices[2] = 5
	_, err = tr.Rule.Gradients(t.Context(), tr.Network, b)
	check(err, "memory, got 126 bytes for 6 samples of 10 activities, want at most 100 bytes")
	check(train.CheckEnsemble(&train.Prospective{WarmStart: true, Relax: relax.Settings{Steps: 2, Control: relax.Constant{Size: 1}}}, &train.SGD{}), "WarmStart, got true, want false")
}
