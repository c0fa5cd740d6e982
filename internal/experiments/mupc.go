package experiments

import (
	"context"
	"log/slog"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/sweep"
	"github.com/seed-be841da4/prospect/train"
)

// MuPC lets a residual network of ReLU units without biases learn to classify by
// predictive coding with Adam, one pass over the images at most.
//
// Source: Innocenti, Achour and Buckley 2025, "μPC: scaling predictive coding to 100+
// layer networks" (arXiv:2505.13124), and the public programs (examples/mupc and
// experiments/mupc_paper of thebuckleylab/jpc).
type MuPC struct {
	// Width is the number of units of each hidden node, and Depth that of hidden nodes.
	Width int `json:"width"`
	Depth int `json:"depth"`
	// Parametrization of the weights. Zero means muPC.
	Parametrization models.Parametrization `json:"parametrization"`
	// Steps of gradient descent on the activities in each update, at ActivityRate on the
	// mean over the batch of the energies of its images: at ActivityRate/Batch on each.
	Steps        int     `json:"steps"`
	ActivityRate float64 `json:"activity_rate"`
	// Rate is Adam's.
	Rate float64 `json:"rate"`
	// Batch is the number of images of an update, and Updates how many there are, at most
	// as many as there are whole batches.
	Batch   int `json:"batch"`
	Updates int `json:"updates"`
	// Tests are the numbers of updates after which it is tested, rising.
	Tests []int `json:"tests"`
}

// PublishedMuPC returns the published settings of a network: as many steps as hidden
// nodes. The example of the public program has width 128, depth 29 and 30 steps.
func PublishedMuPC(width, depth int) MuPC {
	return MuPC{Width: width, Depth: depth, Steps: depth, ActivityRate: .5, Rate: .1, Batch: 64, Updates: 900, Tests: []int{100, 300, 900}}
}

// MuPCResult is what was found.
type MuPCResult struct {
	// TestErrors is the fraction of the test images that are classified wrongly after
	// each of the Tests that the updates reach, 1 once a number has left the finite ones.
	TestErrors []float64 `json:"test_errors"`
	// Diverged says that one has.
	Diverged bool `json:"diverged,omitempty"`
	// Reached is the number of weight matrices whose gradient in the first update is not
	// exactly 0; 0 if a number left the finite ones in it.
	Reached int `json:"reached"`
}

// rule relaxes by plain gradient descent.
func (s MuPC) rule() *train.Prospective {
	return &train.Prospective{Average: true, Relax: relax.Settings{
		Steps: s.Steps, Control: relax.Constant{Size: s.ActivityRate / float64(s.Batch)}, SkipFinal: true,
	}}
}

// new draws a network.
func (s MuPC) new(data datasets.Dataset, seed uint64) (*graph.Network, error) {
	return models.MLPResidual{
		Inputs: datasets.SampleSize(data), Width: s.Width, Depth: s.Depth, Outputs: data.Classes(), Activation: layers.ReLU{}, Parametrization: s.Parametrization,
	}.New(settings(graph.Float32, seed))
}

// Run learns.
func (s MuPC) Run(ctx context.Context, data *datasets.Split, seed uint64) (MuPCResult, error) {
	var r MuPCResult
	if most := data.Train.Len() / max(1, s.Batch); s.Batch < 1 || s.Updates < 1 || s.Updates > most {
		return r, errors.Errorf("experiments: muPC: Updates, got %d of %d images, want 1 to %d: one pass over %d images", s.Updates, s.Batch, most, data.Train.Len())
	}
	net, err := s.new(data.Train, seed)
	if err != nil {
		return r, err
	}
	if r.Reached, err = s.reached(ctx, net, data.Train, seed); err != nil && !IsDivergence(err) {
		return r, err
	}
	test, err := newTester(net, data.Test, data.Test.Len())
	if err != nil {
		return r, err
	}
	c := &classifier{net: net, trainer: &train.Trainer{
		Network: net, Rule: s.rule(), Optimizer: &train.Adam{}, Rate: s.Rate, Log: slog.New(slog.DiscardHandler), // of nodes that nothing reaches: Reached says so
	}}
	progress := sweep.ProgressOf(ctx)
	progress.Set(0, s.Updates)
	c.trainer.OnProgress(func(_ context.Context, t *train.Trainer, _ train.Stats) error {
		progress.Set(t.Progress.Updates, s.Updates)
		if !slices.Contains(s.Tests, t.Progress.Updates) {
			return nil
		}
		e, err := test.error(nil)
		r.TestErrors = append(r.TestErrors, e)
		return err
	})
	source := &train.Labelled{Data: data.Train, Seed: seed, Settings: datasets.BatchSettings{Size: s.Batch, Shuffle: true, DropLast: true, Limit: s.Updates}}
	if err := c.epoch(ctx, source); err != nil {
		return r, err
	}
	r.Diverged = c.diverged
	for _, n := range s.Tests[len(r.TestErrors):] {
		if n <= s.Updates {
			r.TestErrors = append(r.TestErrors, 1)
		}
	}
	progress.Set(s.Updates, s.Updates)
	return r, nil
}

// reached counts the matrices with a gradient, in the first update.
func (s MuPC) reached(ctx context.Context, net *graph.Network, data datasets.Dataset, seed uint64) (int, error) {
	batch, err := firstBatch(data, s.Batch, seed)
	if err != nil {
		return 0, err
	}
	if _, err := s.rule().Gradients(ctx, net, batch); err != nil {
		return 0, err
	}
	n := 0
	for _, p := range net.Params() {
		if p.Grads().MaxAbs() > 0 {
			n++
		}
	}
	return n, nil
}
