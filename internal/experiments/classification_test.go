package experiments_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/internal/experiments"
	"github.com/seed-be841da4/prospect/sweep"
)

// The published settings, as a run's manifest has them.
func TestPublishedSettings(t *testing.T) {
	for _, tt := range []struct {
		settings any
		want     string
	}{
		{
			experiments.PublishedOnline(experiments.PC, 8, .01),
			`{"rule":"pc","rate":0.01,"gamma":0.1,"discount":0.5,"steps":64,"drop_one":true,"per_class":-1,"test_per_class":-1,"batch":8,"limit":200,"epochs":64}`,
		},
		{
			experiments.PublishedSmallData(experiments.BP, 300, .005),
			`{"rule":"bp","rate":0.005,"gamma":1,"discount":0.5,"steps":64,"drop_one":true,"per_class":300,"test_per_class":300,"batch":60,"epochs":64}`,
		},
		{
			experiments.PublishedDepth(experiments.PC, 15, .5),
			`{"rule":"pc","rate":0.5,"gamma":0.1,"discount":0.5,"steps":128,"drop_one":true,"per_class":60,"test_per_class":-1,"batch":60,"epochs":64}`,
		},
		{
			experiments.PublishedContinual(experiments.PC, .001),
			`{"rule":"pc","rate":0.001,"gamma":0.1,"discount":0.9,"steps":64,"drop_one":true,"per_class":600,"batch":500,"switch":4,"epochs":84,"dead_output":true,"colliding_labels":true}`,
		},
		{
			experiments.PublishedDrift(experiments.BP, .01),
			`{"rule":"bp","rate":0.01,"gamma":0.1,"discount":0.5,"steps":128,"drop_one":true,"per_class":120,"test_per_class":100,"batch":32,"every":64,"epochs":3000,` +
				`"pretrain_epochs":64,"late_reshuffle":true,"mixed_targets":true}`,
		},
		{
			experiments.PublishedConvolution(experiments.PC, 1e-4),
			`{"rule":"pc","rate":0.0001,"gamma":0.5,"discount":0.5,"steps":16,"drop_one":true,"per_class":5000,"test_per_class":-1,"batch":200,"epochs":80,"repeated":true}`,
		},
	} {
		if got, err := json.Marshal(tt.settings); err != nil || string(got) != tt.want {
			t.Errorf("got %s, %v, want %s", got, err, tt.want)
		}
	}
	for depth, want := range map[int][]int{1: {784, 10}, 3: {784, 64, 64, 10}} {
		if got := experiments.PublishedDepth(experiments.PC, depth, 1).Model.Widths; !slices.Equal(got, want) {
			t.Errorf("depth %d: got widths %v, want %v", depth, got, want)
		}
	}
	if got := experiments.PublishedOnline(experiments.PC, 1, 1).Model.Widths; !slices.Equal(got, []int{784, 32, 32, 10}) {
		t.Errorf("online: got widths %v", got)
	}
}

func glyphs(t *testing.T) *datasets.Split {
	t.Helper()
	s, err := datasets.Load("glyphs", datasets.LoadSettings{Seed: 1, Train: 300, Test: 100})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Both rules learn; the same seed gives the same curve, another one another, and the
// run tells how far it is.
func TestClassification(t *testing.T) {
	data := glyphs(t)
	for _, rule := range []experiments.Rule{experiments.PC, experiments.BP} {
		s := experiments.PublishedDepth(rule, 2, .002)
		s.Epochs, s.PerClass, s.Batch = 8, 20, 10
		ctx, progress := sweep.WithProgress(context.Background())
		run := func(seed uint64) experiments.LearningCurve {
			return must[experiments.LearningCurve](t)(s.Run(ctx, data, seed))
		}
		a := run(1)
		if n := len(a.TestErrors); n != 8 || a.Diverged || a.TestErrors[n-1] > a.TestErrors[0]-.05 {
			t.Errorf("%s: got %+v, want errors that fall", rule, a)
		}
		if progress.Fraction() != 1 {
			t.Errorf("%s: ends with %g done", rule, progress.Fraction())
		}
		if b := run(1); !cmp.Equal(a, b) {
			t.Errorf("%s: got %v, then %v", rule, a, b)
		}
		if b := run(2); cmp.Equal(a, b) {
			t.Errorf("%s: another seed gives the same %v", rule, b)
		}
	}
}

// A network whose numbers leave the finite ones is wrong about everything from then
// on, and that is no error.
func TestClassificationThatDiverges(t *testing.T) {
	s := experiments.PublishedDepth(experiments.BP, 6, 1e20)
	s.Epochs, s.PerClass, s.Batch = 3, 20, 10
	r := must[experiments.LearningCurve](t)(s.Run(context.Background(), glyphs(t), 1))
	if !r.Diverged || !slices.Equal(r.TestErrors, []float64{1, 1, 1}) {
		t.Errorf("got %+v, want errors of 1", r)
	}
}

func TestDriftStartsFromWeights(t *testing.T) {
	s := experiments.PublishedDrift(experiments.BP, .01)
	s.Epochs, s.PretrainEpochs, s.PerClass, s.TestPerClass = 2, 1, 5, 5
	data := glyphs(t)
	start := must[experiments.Weights](t)(s.Pretrain(context.Background(), data))
	a := must[experiments.LearningCurve](t)(s.Run(context.Background(), data, start, 1))
	other := s
	other.Rule = experiments.PC
	if again := must[experiments.Weights](t)(other.Pretrain(context.Background(), data)); !cmp.Equal(start, again) {
		t.Error("the weights depend on the rule that comes after")
	}
	for i := range start {
		for j := range start[i] {
			start[i][j] *= 20
		}
	}
	if b := must[experiments.LearningCurve](t)(s.Run(context.Background(), data, start, 1)); cmp.Equal(a, b) {
		t.Errorf("got %v from any weights", b)
	}
	if _, err := s.Run(context.Background(), data, start[:1], 1); err == nil || !strings.Contains(err.Error(), "got 1 parameters, want 3; take those of Pretrain") {
		t.Errorf("got %v", err)
	}
}
