package train_test

import (
	"context"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/baselines"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

// The error of a hook ends the run, after the update that it was told of.
func TestHookErrorsEndFit(t *testing.T) {
	stop := errors.New("stop")
	failing := func(context.Context, *train.Trainer, train.Stats) error { return stop }
	for name, c := range map[string]struct {
		register func(tr *train.Trainer)
		updates  int
	}{
		"step":  {func(tr *train.Trainer) { tr.OnStep(2, failing) }, 2},
		"epoch": {func(tr *train.Trainer) { tr.OnEpoch(failing) }, 3},
	} {
		tr, src, _ := countedTrainer(t)
		c.register(tr)
		if err := tr.Fit(context.Background(), src); !errors.Is(err, stop) || tr.Progress.Updates != c.updates {
			t.Errorf("%s: got %v after %d updates, want the hook's error after %d", name, err, tr.Progress.Updates, c.updates)
		}
	}
}

// An evaluation whose context has ended says so and measures nothing.
func TestEvaluationStops(t *testing.T) {
	tr, src, _ := countedTrainer(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := tr.Evaluate(ctx, src, "y"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

// A checkpoint fits a network only if neither has a parameter that the other
// lacks.
func TestCheckpointOfAnotherNetwork(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "checkpoint")
	two := func(noBias bool) *train.Trainer {
		net, err := models.MLP{Widths: []int{2, 3}, NoBias: noBias}.New(graph.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		return &train.Trainer{Network: net, Optimizer: &train.SGD{}}
	}
	for _, c := range []struct {
		saved, loaded bool
		want          string
	}{
		{false, true, "got parameter y/bias, which the network lacks"},
		{true, false, "parameter y/bias is missing"},
	} {
		if err := two(c.saved).SaveCheckpoint(dir); err != nil {
			t.Fatal(err)
		}
		if err := train.LoadWeights(two(c.loaded).Network, dir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want an error with %q", err, c.want)
		}
		if err := two(c.loaded).LoadCheckpoint(dir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want an error with %q", err, c.want)
		}
		if err := train.LoadWeights(two(c.saved).Network, dir); err != nil {
			t.Error(err)
		}
	}
}

// Rules leave the parameters as they are.
func TestRulesLeaveParameters(t *testing.T) {
	settling := baselines.Settling{Steps: 5, Size: 0.1}
	for _, rule := range []train.Rule{
		train.Paper(4, 0.1, 0.5), &train.Backprop{}, train.Incremental(4, 0.1, 0.5), &train.Repeated{Rule: &train.Backprop{}, Times: 2}, &train.ZIL{},
		&baselines.FixedPrediction{Steps: 2, Size: 1}, &baselines.GeneRec{Settling: settling}, &baselines.Hopfield{Settling: settling}, &baselines.AlmeidaPineda{Settling: settling},
	} {
		net := biasedTanh(t, graph.Float64)
		b := randomBatch(net, 3, rand.New(rand.NewPCG(5, 6)))
		before := allWeights(net)
		gradients(t, net, rule, b)
		for i, w := range allWeights(net) {
			if w != before[i] {
				t.Fatalf("%T: weight %d changed from %v to %v", rule, i, before[i], w)
			}
		}
		if g := gradients(t, net, rule, b); math.IsNaN(g[len(g)-1][0]) || g[len(g)-1][0] == 0 {
			t.Errorf("%T: gradient %v: the test looks in the wrong place", rule, g[len(g)-1])
		}
	}
}

// A rule that has run before computes with weights that were loaded since.
func TestRulesUseLoadedWeights(t *testing.T) {
	for _, precision := range []graph.Precision{graph.Float32, graph.Float64} {
		dir := filepath.Join(t.TempDir(), "checkpoint")
		trained, src := checkpointTrainer(t, &train.Adam{}, precision, 64)
		if err := trained.Fit(t.Context(), src); err != nil {
			t.Fatal(err)
		}
		if err := trained.SaveCheckpoint(dir); err != nil {
			t.Fatal(err)
		}
		for name, rule := range map[string]func() train.Rule{
			"prospective": func() train.Rule { return trained.Rule },
			"backprop":    func() train.Rule { return &train.Backprop{} },
		} {
			fresh, _ := checkpointTrainer(t, &train.Adam{}, precision, 64)
			used := rule()
			if name == "prospective" {
				used = fresh.Rule
			}
			b := randomBatch(fresh.Network, 32, rand.New(rand.NewPCG(1, 2)))
			gradients(t, fresh.Network, used, b)
			if err := train.LoadWeights(fresh.Network, dir); err != nil {
				t.Fatal(err)
			}
			got := gradients(t, fresh.Network, used, b)
			if want := gradients(t, trained.Network, rule(), b); furthest(got, want) != 0 {
				t.Errorf("%s, %v: gradients differ by %g from those of the network that was saved", name, precision, furthest(got, want))
			}
		}
	}
}

// A rate of zero is refused by the trainer itself, which knows the remedy.
func TestTrainerNamesTheRate(t *testing.T) {
	for _, rate := range []float64{0, -1, math.NaN()} {
		tr, src, _ := countedTrainer(t)
		tr.Rate = rate
		if err := tr.Fit(context.Background(), src); err == nil || !strings.Contains(err.Error(), "train: trainer: Rate, got") {
			t.Errorf("rate %v: got %v, want an error of the trainer", rate, err)
		}
	}
}
