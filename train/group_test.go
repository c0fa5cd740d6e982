package train_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/baselines"
	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// groupPairs are 46 samples in batches of 20, 20 and 6, of which no number of blocks
// divides the first evenly, and the last is smaller than 8 blocks.
func groupPairs() *train.Pairs {
	p := &train.Pairs{Settings: datasets.BatchSettings{Size: 20, Shuffle: true}, Seed: 3}
	for i := range 46 {
		a, b := math.Sin(float64(i)), math.Cos(float64(3*i))
		p.X = append(p.X, []float32{float32(a), float32(b), float32(a * b), 1})
		p.Y = append(p.Y, []float32{float32(a - b), float32(a * a)})
	}
	return p
}

// ladder is x – h1 – h2 – y with something in the hidden layer.
func ladder(t *testing.T, s graph.Settings, middle ...graph.Layer) *graph.Network {
	t.Helper()
	hidden := append(append(layers.Sequential{layers.Tanh{}}, middle...), layers.Dense{Out: 5})
	net, err := graph.New(graph.Declaration{
		Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{4}}, {Name: "h1", Shape: graph.Shape{6}}, {Name: "h2", Shape: graph.Shape{5}}, {Name: "y", Shape: graph.Shape{2}}},
		Predictions: []graph.Prediction{
			{Of: "h1", From: []string{"x"}, Layer: layers.Dense{Out: 6}},
			{Of: "h2", From: []string{"h1"}, Layer: hidden},
			{Of: "y", From: []string{"h2"}, Layer: layers.Sequential{layers.Tanh{}, layers.Dense{Out: 2}}},
		},
	}, s)
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// plain is a chain of dense layers, as the baselines want it.
func plain(t *testing.T, s graph.Settings) *graph.Network {
	t.Helper()
	net, err := models.MLP{Widths: []int{4, 6, 5, 2}, Activation: layers.Tanh{}}.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// member is what a process of a group ends with.
type member struct {
	Params   [][]float64
	Buffers  [][]float64
	Progress train.Progress
	Observed train.Observed
}

func memberOf(tr *train.Trainer) member {
	m := member{Progress: tr.Progress, Observed: tr.Observed}
	for _, p := range tr.Network.Params() {
		m.Params = append(m.Params, p.Values().AppendTo(nil))
	}
	for _, b := range tr.Network.Buffers() {
		m.Buffers = append(m.Buffers, b.Values().AppendTo(nil))
	}
	return m
}

// trainGroup trains in a group of goroutines and returns what they end with, and their
// errors.
func trainGroup(t *testing.T, size int, trainer func(rank int) (*train.Trainer, train.Source)) ([]member, []error) {
	t.Helper()
	members, errs := make([]member, size), make([]error, size)
	var wait sync.WaitGroup
	for rank, g := range train.NewLocalGroup(size) {
		tr, src := trainer(rank)
		tr.Group = g
		wait.Go(func() {
			errs[rank] = tr.Fit(context.Background(), src)
			members[rank] = memberOf(tr)
		})
	}
	wait.Wait()
	return members, errs
}

// divided are the cases of TestGroupBits.
var divided = []struct {
	name   string
	rule   func() train.Rule
	net    func(t *testing.T, s graph.Settings) *graph.Network
	random bool // blocks draw otherwise than whole batches
}{
	{name: "discount", rule: func() train.Rule { return train.Paper(6, 0.4, 0.5) }},
	{name: "constant and average", rule: func() train.Rule {
		return &train.Prospective{Relax: relax.Settings{Steps: 5, Control: relax.Constant{Size: 0.1}}, Average: true}
	}},
	{name: "armijo", rule: func() train.Rule {
		return &train.Prospective{Relax: relax.Settings{Steps: 6, Control: relax.Armijo{Initial: 4}}}
	}},
	{name: "lbfgs of errors with a stop", rule: func() train.Rule {
		return &train.Prospective{
			Coordinates: train.Errors,
			Relax:       relax.Settings{Steps: 30, Solver: &relax.LBFGS{}, Control: relax.Armijo{Initial: 1}, Stop: relax.EnergyGap{Tolerance: 1e-3}},
		}
	}},
	{name: "gradient norm", rule: func() train.Rule {
		return &train.Prospective{Relax: relax.Settings{Steps: 60, Control: relax.Constant{Size: 0.3}, Stop: relax.GradientNorm{Tolerance: 0.02}}}
	}},
	{name: "heun and pid", rule: func() train.Rule {
		return &train.Prospective{Relax: relax.Settings{Steps: 5, Solver: &relax.Heun{}, Control: &relax.PID{Initial: 0.5, Relative: 1e-3}}}
	}},
	{name: "stages", rule: func() train.Rule {
		r := relax.Settings{Steps: 3, Solver: &relax.Momentum{}, Control: relax.Constant{Size: 0.05}}
		return &train.Prospective{Relax: r, Coordinates: train.Errors, Stages: []train.Stage{{Relax: relax.Settings{
			Steps: 4, Solver: &relax.Momentum{Beta: 0.5}, Control: relax.Constant{Size: 0.05}, Precision: relax.Decaying{Start: 2, Decay: 0.5},
		}}}}
	}},
	{name: "conjugate gradients", rule: func() train.Rule {
		return &train.Prospective{Relax: relax.Settings{Steps: 6, Solver: &relax.ConjugateGradient{}, Control: relax.Constant{Size: 0.05}}}
	}},
	{name: "anderson", rule: func() train.Rule {
		return &train.Prospective{Relax: relax.Settings{Steps: 6, Solver: &relax.Anderson{}, Control: relax.Constant{Size: 0.2}}}
	}},
	{name: "relative gap", rule: func() train.Rule {
		return &train.Prospective{Relax: relax.Settings{Steps: 40, Control: relax.Constant{Size: 0.3}, Stop: relax.RelativeGap{Tolerance: 0.05}}}
	}},
	{name: "rk4", rule: func() train.Rule {
		return &train.Prospective{Relax: relax.Settings{Steps: 3, Solver: &relax.RK4{}, Control: relax.Constant{Size: 0.2}}}
	}},
	{name: "momentum", rule: func() train.Rule {
		return &train.Prospective{Relax: relax.Settings{Steps: 6, Solver: &relax.Momentum{Restart: true}, Control: relax.Discount{Size: 0.3, Factor: 0.5}}}
	}},
	{name: "adam solver and nudge", rule: func() train.Rule {
		return &train.Prospective{Nudge: 0.5, Relax: relax.Settings{Steps: 6, Solver: &relax.Adam{}, Control: relax.Constant{Size: 0.05}}}
	}},
	{name: "langevin", rule: func() train.Rule {
		return &train.Prospective{Relax: relax.Settings{Steps: 4, Solver: &relax.Langevin{Temperature: 0.01, Seed: 5}, Control: relax.Constant{Size: 0.1}}}
	}},
	{name: "incremental", rule: func() train.Rule { return train.Incremental(4, 0.1, 0.5) }},
	{name: "z-il", rule: func() train.Rule { return &train.ZIL{} }},
	{name: "backprop", rule: func() train.Rule { return &train.Backprop{Average: true} }},
	{name: "repeated backprop", rule: func() train.Rule { return &train.Repeated{Rule: &train.Backprop{}, Times: 2} }},
	{name: "repeated", rule: func() train.Rule { return &train.Repeated{Rule: train.Paper(3, 0.1, 0.5), Times: 2} }},
	{name: "generec", net: plain, rule: func() train.Rule {
		return &baselines.GeneRec{Settling: baselines.Settling{Steps: 4, Size: 0.1, Average: true}}
	}},
	{name: "almeida-pineda", net: plain, rule: func() train.Rule {
		return &baselines.AlmeidaPineda{Settling: baselines.Settling{Steps: 4, Size: 0.1}}
	}},
	{name: "fixed prediction", net: plain, rule: func() train.Rule { return &baselines.FixedPrediction{Steps: 3, Size: 0.5} }},
	{name: "batch normalisation", rule: func() train.Rule { return train.Paper(6, 0.1, 0.5) }, net: func(t *testing.T, s graph.Settings) *graph.Network {
		return ladder(t, s, layers.BatchNorm{}, layers.Dense{Out: 7}, layers.BatchNorm{NoAffine: true})
	}},
	{name: "dropout", random: true, rule: func() train.Rule { return train.Paper(6, 0.1, 0.5) }, net: func(t *testing.T, s graph.Settings) *graph.Network {
		return ladder(t, s, layers.Dropout{Rate: 0.3}, layers.BatchNorm{})
	}},
	{name: "dropout in backprop", random: true, rule: func() train.Rule { return &train.Backprop{} }, net: func(t *testing.T, s graph.Settings) *graph.Network {
		return ladder(t, s, layers.Dropout{Rate: 0.3})
	}},
	{name: "random start", rule: func() train.Rule {
		return &train.Prospective{Start: graph.Start{Std: 0.5}, Seed: 8, Relax: relax.Settings{Steps: 4, Control: relax.Constant{Size: 0.1}}}
	}, net: free},
}

// free is a network in which z predicts x and y, and nothing z.
func free(t *testing.T, s graph.Settings) *graph.Network {
	t.Helper()
	net, err := graph.New(graph.Declaration{
		Nodes: []graph.Node{{Name: "z", Shape: graph.Shape{3}}, {Name: "x", Shape: graph.Shape{4}}, {Name: "y", Shape: graph.Shape{2}}},
		Predictions: []graph.Prediction{
			{Of: "x", From: []string{"z"}, Layer: layers.Dense{Out: 4}},
			{Of: "y", From: []string{"z"}, Layer: layers.Dense{Out: 2}},
		},
	}, s)
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// The weights after three epochs have the same bits on 1, 2, 4 and 8 processes and with
// blocks alone, in either precision, and they are those of whole batches but for
// rounding; so are energies, steps and norms.
func TestGroupBits(t *testing.T) {
	for _, c := range divided {
		for _, precision := range []graph.Precision{graph.Float64, graph.Float32} {
			t.Run(fmt.Sprintf("%s %v", c.name, precision), func(t *testing.T) {
				trainer := func(int) (*train.Trainer, train.Source) {
					s := graph.Settings{Seed: 2, Precision: precision}
					net := c.net
					if net == nil {
						net = func(t *testing.T, s graph.Settings) *graph.Network { return ladder(t, s) }
					}
					return &train.Trainer{Network: net(t, s), Rule: c.rule(), Optimizer: &train.Adam{}, Rate: 0.01, Epochs: 3}, groupPairs()
				}
				alone, src := trainer(0)
				alone.Blocks = 8
				if err := alone.Fit(context.Background(), src); err != nil {
					t.Fatal(err)
				}
				want := memberOf(alone)
				for _, size := range map[graph.Precision][]int{graph.Float64: {1, 2, 8}, graph.Float32: {4}}[precision] {
					members, errs := trainGroup(t, size, trainer)
					for rank, got := range members {
						if errs[rank] != nil {
							t.Fatalf("rank %d of %d: %v", rank, size, errs[rank])
						}
						if d := cmp.Diff(want, got); d != "" {
							t.Fatalf("rank %d of %d differs from blocks in one process (-want +got):\n%s", rank, size, d)
						}
					}
				}
				if c.random || precision != graph.Float64 {
					return
				}
				whole, src := trainer(0)
				if err := whole.Fit(context.Background(), src); err != nil {
					t.Fatal(err)
				}
				near := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) <= 1e-7*(1+math.Abs(a)) })
				if d := cmp.Diff(memberOf(whole), want, near); d != "" {
					t.Errorf("whole batches and blocks (-whole +blocks):\n%s", d)
				}
			})
		}
	}
}

// What cannot be divided is refused, with a remedy.
func TestGroupRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(tr *train.Trainer)
		want   string
	}{
		{"blocks", func(tr *train.Trainer) { tr.Blocks = 6 }, "train: trainer: Blocks, got 6, want a power of two"},
		{"rule", func(tr *train.Trainer) { tr.Rule = foreign{tr.Rule} }, "train: trainer: Rule, got train_test.foreign, which does not say that it can learn a batch in parts; let it be a train.Divisible, or train in one process with Blocks 0"},
		{"solver", func(tr *train.Trainer) { tr.Rule.(*train.Prospective).Relax.Solver = jump{} }, "train: trainer: Rule *train.Prospective: Solver, got train_test.jump, which does not say that it treats every sample for itself; let it be a relax.Divisible, or use another"},
		{"batch normalisation and backprop", func(tr *train.Trainer) {
			tr.Rule, tr.Network = &train.Backprop{}, ladder(t, graph.Settings{}, layers.BatchNorm{})
		}, "train: epoch 0, batch 0: graph: backprop: differentiates through the statistics of the batch, which a part of it does not have; use prospective configuration, a normalisation without statistics of the batch such as layers.GroupNorm, or whole batches"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := &train.Trainer{Network: ladder(t, graph.Settings{}), Rule: train.Paper(3, 0.1, 0.5), Optimizer: &train.SGD{}, Rate: 0.01, Epochs: 1, Blocks: 8}
			c.change(tr)
			if err := tr.Fit(context.Background(), groupPairs()); err == nil || err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
	_, errs := trainGroup(t, 3, func(int) (*train.Trainer, train.Source) {
		return &train.Trainer{Network: ladder(t, graph.Settings{}), Rule: train.Paper(3, 0.1, 0.5), Optimizer: &train.SGD{}, Rate: 0.01, Epochs: 1}, groupPairs()
	})
	const want = "train: trainer: Group of 3, want a power of two, so that every process has as many blocks; start 2 or 4"
	if errs[0] == nil || errs[0].Error() != want {
		t.Errorf("got %v, want %s", errs[0], want)
	}
}

type foreign struct{ train.Rule }

type jump struct{ relax.Euler }

func (jump) Divisible() bool { return false }

// When one process fails, all end with an error in the same batch: the one with its own,
// the others with ErrPeer. A group whose settings differ does not begin.
func TestGroupFailure(t *testing.T) {
	broken := errors.New("full disk")
	trainer := func(rank int) (*train.Trainer, train.Source) {
		tr := &train.Trainer{Network: ladder(t, graph.Settings{Seed: 2}), Rule: train.Paper(3, 0.1, 0.5), Optimizer: &train.Adam{}, Rate: 0.01, Epochs: 2}
		tr.OnStep(1, func(_ context.Context, tr *train.Trainer, _ train.Stats) error {
			if rank == 2 && tr.Progress.Updates == 4 {
				return broken
			}
			return nil
		})
		return tr, groupPairs()
	}
	members, errs := trainGroup(t, 4, trainer)
	for rank, err := range errs {
		if want := map[bool]error{true: broken, false: train.ErrPeer}[rank == 2]; !errors.Is(err, want) || !errors.Is(err, train.ErrGroup) {
			t.Errorf("rank %d: got %v, want %v, as an ErrGroup", rank, err, want)
		}
		if rank != 2 && !strings.HasSuffix(err.Error(), "rank 2: train: epoch 1, batch 1: full disk") {
			t.Errorf("rank %d: got %v, want the message of rank 2", rank, err)
		}
		if members[rank].Progress.Updates != 4 {
			t.Errorf("rank %d: got %d updates, want 4", rank, members[rank].Progress.Updates)
		}
		if d := cmp.Diff(members[0].Params, members[rank].Params); d != "" {
			t.Errorf("rank %d has other weights than rank 0:\n%s", rank, d)
		}
	}
	_, errs = trainGroup(t, 2, func(rank int) (*train.Trainer, train.Source) {
		tr, src := trainer(rank)
		tr.Rate += float64(rank)
		return tr, src
	})
	if errs[1] == nil || !errors.Is(errs[0], train.ErrPeer) {
		t.Errorf("with other rates: got %v", errs)
	}
}

// A process that is asked to stop stops all of them after the same batch; the state of
// rank 0 then goes on in a group of any size, to the bits of an undisturbed training.
func TestGroupStopsAndResumes(t *testing.T) {
	trainer := func(int) (*train.Trainer, train.Source) {
		return &train.Trainer{Network: ladder(t, graph.Settings{Seed: 2}, layers.Dropout{Rate: 0.2}), Rule: train.Paper(3, 0.1, 0.5), Optimizer: &train.Adam{}, Rate: 0.01, Epochs: 3}, groupPairs()
	}
	undisturbed, errs := trainGroup(t, 2, trainer)
	if errs[0] != nil {
		t.Fatal(errs[0])
	}
	dir := t.TempDir() + "/checkpoint"
	trainers := make([]*train.Trainer, 4)
	var wait sync.WaitGroup
	for rank, g := range train.NewLocalGroup(4) {
		tr, src := trainer(rank)
		tr.Group, trainers[rank] = g, tr
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		tr.OnStep(1, func(_ context.Context, tr *train.Trainer, _ train.Stats) error {
			if rank == 3 && tr.Progress.Updates == 4 {
				cancel()
			}
			return nil
		})
		wait.Go(func() {
			if err := tr.Fit(ctx, src); !errors.Is(err, context.Canceled) {
				t.Errorf("rank %d: got %v, want a cancelled training", rank, err)
			}
		})
	}
	wait.Wait()
	for rank, tr := range trainers {
		if tr.Progress.Updates != 5 {
			t.Errorf("rank %d stopped after %d updates, want 5", rank, tr.Progress.Updates)
		}
	}
	if err := trainers[0].SaveCheckpoint(dir); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{1, 2, 8} {
		got, errs := trainGroup(t, size, func(rank int) (*train.Trainer, train.Source) {
			tr, src := trainer(rank)
			if rank == 0 { // the others get it from there
				if err := tr.LoadCheckpoint(dir); err != nil {
					t.Fatal(err)
				}
			}
			return tr, src
		})
		if err := errors.Wrap(slices.Concat(errs, []error{nil})[0], "group"); err != nil {
			t.Fatal(err)
		}
		for rank := range got {
			if d := cmp.Diff(undisturbed[0], got[rank]); d != "" {
				t.Errorf("%d processes, rank %d (-undisturbed +resumed):\n%s", size, rank, d)
			}
		}
	}
}
