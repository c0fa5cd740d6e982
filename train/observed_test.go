package train_test

import (
	"context"
	"math"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// unmeasured hides that a rule can measure.
type unmeasured struct{ train.Rule }

// unmeasuredLearner is that for a rule that steps the weights itself.
type unmeasuredLearner struct{ train.Learner }

// TestMeasuringChangesNothing trains with and without measured batches, and
// expects the same bits, whatever the rule.
func TestMeasuringChangesNothing(t *testing.T) {
	rules := statefulRules()
	rules["lbfgs"] = func() train.Rule {
		return &train.Prospective{Relax: relax.Settings{Steps: 4, Solver: &relax.LBFGS{}, Control: relax.Armijo{Initial: 1}, SkipFinal: true}}
	}
	rules["stop"] = func() train.Rule {
		return &train.Prospective{Relax: relax.Settings{Steps: 9, Control: relax.Constant{Size: 0.1}, Stop: relax.GradientNorm{Tolerance: 0.3}}}
	}
	for name, rule := range rules {
		with, source := statefulTrainer(t, rule())
		if err := with.Fit(t.Context(), source); err != nil {
			t.Fatal(err)
		}
		hidden := rule()
		if l, ok := hidden.(train.Learner); ok {
			hidden = unmeasuredLearner{l}
		} else {
			hidden = unmeasured{hidden}
		}
		without, source := statefulTrainer(t, hidden)
		if err := without.Fit(t.Context(), source); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(weightBits(with.Network), weightBits(without.Network)) || !reflect.DeepEqual(bufferValues(with.Network), bufferValues(without.Network)) {
			t.Errorf("%s: measuring changed the weights", name)
		}
		if !slices.Equal(with.Observed.Energies, without.Observed.Energies) {
			t.Errorf("%s: measuring changed the energies, got %v, want %v", name, with.Observed.Energies, without.Observed.Energies)
		}
		if _, ok := without.Observed.GradientNorms(); ok {
			t.Errorf("%s: norms of a rule that measures none", name)
		}
		if _, ok := with.Observed.GradientNorms(); ok != (name != "backprop" && name != "repeated") {
			t.Errorf("%s: norms, got %v", name, with.Observed.Norms)
		}
	}
}

// TestObserved compares the report of an epoch with what the stats of its batches
// say, and the norms with those of a session of its own.
func TestObserved(t *testing.T) {
	net, err := models.MLP{Widths: []int{784, 8, 6, 10}, Activation: layers.Tanh{}}.New(graph.Settings{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	data, err := datasets.Glyphs(datasets.GlyphSettings{N: 70})
	if err != nil {
		t.Fatal(err)
	}
	source := &train.Labelled{Data: data, Settings: datasets.BatchSettings{Size: 4}}
	settings := relax.Settings{Steps: 18, Control: relax.Constant{Size: 0.2}, Stop: relax.GradientNorm{Tolerance: 0.02}}
	tr := &train.Trainer{Network: net, Rule: &train.Prospective{Relax: settings}, Optimizer: &train.SGD{}, Rate: 0.01, Epochs: 2}
	var converged, steps, batches int
	var norms []train.Norms
	var energy float64
	var epochs []train.Observed
	tr.OnStep(1, func(_ context.Context, tr *train.Trainer, last train.Stats) error {
		batches++
		steps += last.Relaxation.Steps
		energy += last.Energies[0] + last.Energies[1] + last.Energies[2]
		if last.Relaxation.Status == relax.Converged {
			converged++
		}
		if b := tr.Progress.Batch - 1; (last.Norms != nil) != (b == 0 || b == 16) {
			t.Errorf("batch %d: measured %v, want the first and every 16th after it", b, last.Norms != nil)
		}
		if last.Norms == nil {
			return nil
		}
		if len(last.Norms) != 4 {
			t.Errorf("norms, got %d, want one for each of 4 samples", len(last.Norms))
		}
		if last.Relaxation.Status == relax.Converged && slices.Max(last.Norms) > 0.02 {
			t.Errorf("norms, got %v of a converged batch, want at most 0.02", last.Norms)
		}
		if got, want := slices.Max(last.Norms), last.Relaxation.GradNorm; math.Abs(got-want) > 1e-6 {
			t.Errorf("largest norm, got %v, want %v, which the convergence test saw", got, want)
		}
		sorted := slices.Sorted(slices.Values(last.Norms))
		norms = append(norms, train.Norms{Median: sorted[2], Largest: sorted[3]})
		return nil
	})
	tr.OnEpoch(func(_ context.Context, tr *train.Trainer, _ train.Stats) error {
		o := tr.Observed
		epochs = append(epochs, o)
		sum := 0.0
		for _, e := range o.MeanEnergies() {
			sum += e
		}
		share, ok := o.ConvergedShare()
		switch n, measured := o.GradientNorms(); {
		case o.Batches != 18 || batches != 18 || o.Samples != 70 || o.Steps != steps || o.MeanSteps() != float64(steps)/18:
			t.Errorf("got %+v, want 18 batches and %d steps", o, steps)
		case !ok || o.Tested != 18 || o.Converged != converged || share != float64(converged)/18:
			t.Errorf("converged, got %d of %d, want %d of 18", o.Converged, o.Tested, converged)
		case !slices.Equal(o.Terms, []string{"h1", "h2", "y"}) || math.Abs(sum-energy/70) > 1e-9 || math.Abs(sum-tr.Progress.MeanEnergy()) > 1e-9:
			t.Errorf("energies, got %v of %v, which add up to %v, want %v", o.MeanEnergies(), o.Terms, sum, energy/70)
		case !measured || !slices.Equal(o.Norms, norms) || n.Median != max(norms[0].Median, norms[1].Median) || n.Largest != max(norms[0].Largest, norms[1].Largest):
			t.Errorf("norms, got %+v and %v, want %v", n, o.Norms, norms)
		case o.Rate != 0.01:
			t.Errorf("rate, got %v, want 0.01", o.Rate)
		}
		converged, steps, batches, norms, energy = 0, 0, 0, nil, 0
		return nil
	})
	if err := tr.Fit(t.Context(), source); err != nil {
		t.Fatal(err)
	}
	if len(epochs) != 2 || epochs[0].Converged == 0 || epochs[0].Converged == 18 || reflect.DeepEqual(epochs[0], epochs[1]) {
		t.Errorf("got %+v, want two epochs, in which some batches converge", epochs)
	}
}

// TestObservedWithoutCriterion: a fixed number of steps says nothing about
// convergence.
func TestObservedWithoutCriterion(t *testing.T) {
	tr, source := statefulTrainer(t, train.Paper(4, 0.1, 0.5))
	tr.Schedule = train.Cosine{}
	if err := tr.Fit(t.Context(), source); err != nil {
		t.Fatal(err)
	}
	o := tr.Observed
	if _, ok := o.ConvergedShare(); ok || o.Tested != 0 || o.MeanSteps() != 3 {
		t.Errorf("got %+v, want no test, and 3 steps", o)
	}
	if want := 0.01 * tr.Schedule.Factor(20, 21); o.Rate != want {
		t.Errorf("rate, got %v, want %v, that of the last update", o.Rate, want)
	}
}

// TestObservedResumes stops within an epoch and expects the report of a run that
// was left alone.
func TestObservedResumes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "checkpoint")
	whole, source := statefulTrainer(t, train.Paper(4, 0.1, 0.5))
	whole.OnStep(9, func(_ context.Context, tr *train.Trainer, _ train.Stats) error { return tr.SaveCheckpoint(dir) })
	whole.Epochs = 2
	if err := whole.Fit(t.Context(), source); err != nil {
		t.Fatal(err)
	}
	rest, source := statefulTrainer(t, train.Paper(4, 0.1, 0.5))
	rest.Epochs = 2
	if err := rest.LoadCheckpoint(dir); err != nil {
		t.Fatal(err)
	}
	if rest.Observed.Batches != 2 || len(rest.Observed.Norms) != 1 {
		t.Errorf("loaded %+v, want two batches, the first of which was measured", rest.Observed)
	}
	if err := rest.Fit(t.Context(), source); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(rest.Observed, whole.Observed) || whole.Observed.Batches != 7 {
		t.Errorf("resumed %+v, want %+v", rest.Observed, whole.Observed)
	}
}

// TestMeasuringAllocatesNothing: the second measured batch uses the memory of the
// first.
func TestMeasuringAllocatesNothing(t *testing.T) {
	net := mlp(t, models.MLP{Widths: []int{5, 4, 3}, Activation: layers.Tanh{}}, 1)
	b := randomBatch(net, 6, rand.New(rand.NewPCG(1, 1)))
	rule := train.Paper(5, 0.1, 0.5)
	allocations := func(on bool) float64 {
		rule.Measure(on)
		return testing.AllocsPerRun(20, func() {
			if _, err := rule.Gradients(context.Background(), net, b); err != nil {
				t.Fatal(err)
			}
		})
	}
	if off, on := allocations(false), allocations(true); on > off {
		t.Errorf("allocations of a measured batch, got %v, want %v as of one that is not", on, off)
	}
}
