package train_test

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// recorder is a schedule and an optimizer that note what they are asked.
type recorder struct {
	train.SGD
	steps, totals []int
	rates         []float64
}

func (r *recorder) Factor(step, total int) float64 {
	r.steps, r.totals = append(r.steps, step), append(r.totals, total)
	return 1 / float64(step+1)
}

func (r *recorder) Step(params []*graph.Param, lr float64) error {
	r.rates = append(r.rates, lr)
	return r.SGD.Step(params, lr)
}

// countedTrainer learns 13 samples of two values in batches of 5, 5 and 3, for
// three epochs.
func countedTrainer(t *testing.T) (*train.Trainer, *train.Labelled, *recorder) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	x, labels := make([]float32, 26), make([]int, 13)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
		labels[i/2] = i / 2 % 3
	}
	data, err := datasets.NewFloats([]int{2}, 3, x, labels)
	if err != nil {
		t.Fatal(err)
	}
	net, err := models.MLP{Widths: []int{2, 4, 3}}.New(graph.Settings{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{}
	rule := &train.Prospective{Relax: relax.Settings{Steps: 4, Control: relax.Constant{Size: 0.1}}}
	return &train.Trainer{Network: net, Rule: rule, Optimizer: r, Schedule: r, Rate: 0.01, Epochs: 3},
		&train.Labelled{Data: data, Settings: datasets.BatchSettings{Size: 5, Shuffle: true}}, r
}

// What a run counts, when it calls, and at which rates it steps.
func TestTrainerCounts(t *testing.T) {
	tr, src, r := countedTrainer(t)
	var every, second, fourth, ends []int
	energy, samples := 0.0, 0
	tr.OnStep(0, func(_ context.Context, tr *train.Trainer, last train.Stats) error { // at least every step
		every = append(every, tr.Progress.Updates)
		energy += last.Energy
		p := tr.Progress
		if p.Updates != 3*p.Epoch+p.Batch || p.RelaxSteps != 4*p.Updates {
			t.Errorf("progress, got %+v, want 3 updates an epoch of 4 relaxation steps each", p)
		}
		samples += []int{5, 5, 3}[p.Batch-1]
		if p.Samples != samples || math.Abs(p.Energy-energy) > 1e-12 || math.Abs(p.MeanEnergy()-energy/float64(samples)) > 1e-12 {
			t.Errorf("progress, got %+v with a mean of %v, want %d samples with %v", p, p.MeanEnergy(), samples, energy)
		}
		return nil
	})
	tr.OnStep(2, func(_ context.Context, tr *train.Trainer, _ train.Stats) error {
		second = append(second, tr.Progress.Updates)
		return nil
	})
	tr.OnStep(4, func(_ context.Context, tr *train.Trainer, _ train.Stats) error {
		fourth = append(fourth, tr.Progress.Updates)
		return nil
	})
	tr.OnEpoch(func(_ context.Context, tr *train.Trainer, _ train.Stats) error {
		ends = append(ends, tr.Progress.Updates)
		if p := tr.Progress; p.Batch != 3 || p.Samples != 13 || p.Energy == 0 || p.Epoch != len(ends)-1 {
			t.Errorf("at the end of epoch %d: got %+v, want the sums of that epoch", len(ends)-1, p)
		}
		energy, samples = 0, 0
		return nil
	})
	if mean := tr.Progress.MeanEnergy(); mean != 0 {
		t.Errorf("mean energy of nothing, got %v, want 0", mean)
	}
	if err := tr.Fit(context.Background(), src); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ got, want []int }{
		"every step":         {every, []int{1, 2, 3, 4, 5, 6, 7, 8, 9}},
		"every second":       {second, []int{2, 4, 6, 8}},
		"every fourth":       {fourth, []int{4, 8}},
		"epochs":             {ends, []int{3, 6, 9}},
		"steps of schedule":  {r.steps, []int{0, 1, 2, 3, 4, 5, 6, 7, 8}},
		"totals of schedule": {r.totals, []int{9, 9, 9, 9, 9, 9, 9, 9, 9}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: got %v, want %v", name, c.got, c.want)
		}
	}
	for i, rate := range r.rates {
		if want := 0.01 * (1 / float64(i+1)); rate != want {
			t.Errorf("rate of update %d, got %v, want Rate times the factor, %v", i, rate, want)
		}
	}
	if p := tr.Progress; p != (train.Progress{Epoch: 3, Updates: 9, RelaxSteps: 36}) {
		t.Errorf("after the run: got %+v, want three epochs and the sums cleared", p)
	}
}

// Fit goes on from Progress: the rest of the epoch, then the others.
func TestFitGoesOn(t *testing.T) {
	tr, src, r := countedTrainer(t)
	tr.Progress = train.Progress{Epoch: 1, Batch: 2, Updates: 5}
	if err := tr.Fit(context.Background(), src); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(r.steps, []int{5, 6, 7, 8}) || tr.Progress.Updates != 9 {
		t.Errorf("updates, got %v, want 5 to 8", r.steps)
	}
}

// A checkpoint that was tampered with is refused and changes nothing, and the
// files have the format that a reader of another version knows.
func TestCheckpointHeader(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "checkpoint")
	tr, _ := checkpointTrainer(t, &train.Adam{}, graph.Float64, 3)
	tr.Progress = train.Progress{Epoch: 1, Batch: 2, Updates: 3, RelaxSteps: 4, Samples: 5, Energy: 6.5}
	if err := tr.SaveCheckpoint(dir); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "trainer.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var head struct {
		Format   int            `json:"format"`
		Progress train.Progress `json:"progress"`
	}
	if err := json.Unmarshal(text, &head); err != nil || head.Format != 1 || head.Progress != tr.Progress {
		t.Errorf("header, got %+v (%v), want format 1 and %+v", head, err, tr.Progress)
	}
	for _, c := range []struct{ old, replacement, want string }{
		{`"format": 1`, `"format": 2`, "format, got 2, want 1"},
		{`"epoch": 1`, `"epoch": -1`, "negative"},
		{`"batch": 2`, `"batch": -2`, "negative"},
		{`"updates": 3`, `"updates": -3`, "negative"},
		{`"relax_steps": 4`, `"relax_steps": -4`, "negative"},
		{`"samples": 5`, `"samples": -5`, "negative"},
		{`"epoch": 1`, `"epochs": 1`, "unknown field"},
	} {
		if !strings.Contains(string(text), c.old) {
			t.Fatalf("%s holds no %s", text, c.old)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(text), c.old, c.replacement, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		other, _ := checkpointTrainer(t, &train.Adam{}, graph.Float64, 3)
		other.Network.Params()[0].Value.Float64s()[0] = 77
		before := weightBits(other.Network)
		if err := other.LoadCheckpoint(dir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", c.replacement, err, c.want)
		}
		if !reflect.DeepEqual(weightBits(other.Network), before) || other.Progress != (train.Progress{}) {
			t.Errorf("%s: the trainer has changed", c.replacement)
		}
	}
}

// Loaded weights are those that the next evaluation uses, though the network has
// been evaluated before; an infinite one is not saved in either precision.
func TestLoadedWeightsAreUsed(t *testing.T) {
	for _, precision := range []graph.Precision{graph.Float32, graph.Float64} {
		dir := filepath.Join(t.TempDir(), "checkpoint")
		trained, src := checkpointTrainer(t, &train.Adam{}, precision, 16)
		if err := trained.Fit(t.Context(), src); err != nil {
			t.Fatal(err)
		}
		if err := trained.SaveCheckpoint(dir); err != nil {
			t.Fatal(err)
		}
		want, err := trained.Evaluate(t.Context(), src, "y")
		if err != nil {
			t.Fatal(err)
		}
		for name, load := range map[string]func(tr *train.Trainer) error{
			"LoadWeights":    func(tr *train.Trainer) error { return train.LoadWeights(tr.Network, dir) },
			"LoadCheckpoint": func(tr *train.Trainer) error { return tr.LoadCheckpoint(dir) },
		} {
			fresh, src := checkpointTrainer(t, &train.Adam{}, precision, 16)
			before, err := fresh.Evaluate(t.Context(), src, "y")
			if err != nil {
				t.Fatal(err)
			}
			if err := load(fresh); err != nil {
				t.Fatal(err)
			}
			got, err := fresh.Evaluate(t.Context(), src, "y")
			if err != nil || got != want || before == want {
				t.Errorf("%s, %v: got %+v (%v), want %+v; before it was %+v", name, precision, got, err, want, before)
			}
		}
		fill := trained.Network.Params()[0]
		if w := fill.Values().Float64(); w != nil {
			w[3] = math.Inf(1)
		} else {
			w := fill.Values().Float32()
			w[3] = float32(math.Inf(1))
		}
		if err := trained.SaveCheckpoint(dir); err == nil || !strings.Contains(err.Error(), "element 3 is infinite") {
			t.Errorf("%v: an infinite weight, got %v, want an error that names it", precision, err)
		}
	}
}
