package train_test

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

func deviceBatches(sizes ...int) (list batches) {
	for i, n := range sizes {
		list = append(list, deviceBatch(n, uint64(i)))
	}
	return list
}

// What is written while the device is ahead is what the device has: a checkpoint and a
// file of weights, from a hook before which nothing is copied back; and what is read then
// is not overwritten by what the device had.
func TestDeviceCheckpointBetweenUpdates(t *testing.T) {
	e := onXLA(t)
	dir := t.TempDir()
	checkpoint, file := filepath.Join(dir, "checkpoint"), filepath.Join(dir, "weights.safetensors")
	fit := func(engine graph.Engine, epochs, until int, hook func(*train.Trainer) error) *train.Trainer {
		tr := &train.Trainer{
			Network: statefulNet(t, engine, graph.Float64), Rule: train.Paper(4, 0.1, 0.5), Optimizer: &train.Adam{},
			Rate: 0.01, Epochs: epochs,
		}
		if hook != nil {
			tr.OnProgress(func(_ context.Context, tr *train.Trainer, _ train.Stats) error {
				if tr.Progress.Updates != until {
					return nil
				}
				return hook(tr)
			})
		}
		if err := tr.Fit(context.Background(), deviceBatches(4, 4, 4, 4)); err != nil {
			t.Fatal(err)
		}
		return tr
	}
	whole := fit(e, 1, 3, func(tr *train.Trainer) error {
		if err := train.SaveWeights(tr.Network, file); err != nil {
			return err
		}
		return tr.SaveCheckpoint(checkpoint)
	})
	half := fit(e, 1, 3, func(*train.Trainer) error { return train.ErrStop })

	loaded := statefulNet(t, e, graph.Float64)
	if err := train.LoadWeights(loaded, file); err != nil {
		t.Fatal(err)
	}
	sameNetworks(t, loaded, half.Network, 0)

	resumed := &train.Trainer{Network: statefulNet(t, e, graph.Float64), Rule: train.Paper(4, 0.1, 0.5), Optimizer: &train.Adam{}, Rate: 0.01, Epochs: 1}
	if err := resumed.LoadCheckpoint(checkpoint); err != nil {
		t.Fatal(err)
	}
	if err := resumed.Fit(context.Background(), deviceBatches(4, 4, 4, 4)); err != nil {
		t.Fatal(err)
	}
	sameNetworks(t, resumed.Network, whole.Network, 0)

	back := fit(e, 1, 4, func(tr *train.Trainer) error { return train.LoadWeights(tr.Network, file) })
	sameNetworks(t, back.Network, half.Network, 0)
}

// A warm start is not left out on a device.
func TestDeviceWarmStart(t *testing.T) {
	e := onXLA(t)
	var nets []*graph.Network
	for _, engine := range []graph.Engine{graph.Compiled{}, e} {
		net := statefulNet(t, engine, graph.Float64)
		rule := &train.Prospective{Relax: relax.Settings{Steps: 3, Control: relax.Constant{Size: 0.1}}, WarmStart: true}
		b := deviceBatch(4, 1)
		b.Indices = []int{0, 1, 2, 3}
		for range 3 {
			if _, err := train.Learn(context.Background(), net, rule, &train.SGD{}, 0.01, b); err != nil {
				t.Fatal(err)
			}
		}
		if reason, err := train.StepByStep(net, rule, &train.SGD{}, b); err != nil || (reason != "") != (engine == e) {
			t.Errorf("why updates on %s are step by step: got %q, %v", engine.Name(), reason, err)
		}
		nets = append(nets, net)
	}
	sameNetworks(t, nets[1], nets[0], 1e-4) // displacements are bfloat16
}

// A trainer says why its updates are not one launch each, or why many are not one.
func TestDeviceTellsStepByStep(t *testing.T) {
	e := onXLA(t)
	for _, c := range []struct {
		want   string
		warm   bool
		blocks int
	}{{"because of the source train_test.batches", false, 0}, {"for lack of a form for a warm start", true, 0}, {"for lack of a form for a batch in blocks", false, 2}} {
		var text bytes.Buffer
		rule := train.Paper(4, 0.1, 0.5)
		rule.WarmStart = c.warm
		b := deviceBatch(4, 1)
		b.Indices = []int{0, 1, 2, 3}
		tr := &train.Trainer{
			Network: plainNet(t, e), Rule: rule, Optimizer: &train.SGD{}, Rate: 0.01, Epochs: 1, Blocks: c.blocks,
			Log: slog.New(slog.NewTextHandler(&text, nil)),
		}
		if err := tr.Fit(context.Background(), batches{b}); err != nil {
			t.Fatal(err)
		}
		if got := text.String(); !strings.Contains(got, c.want) || strings.Count(got, "level=INFO") != 1 {
			t.Errorf("%+v: logged %q", c, got)
		}
	}
}

// The gradients that a hook of steps may read are those of the update.
func TestDeviceHookReadsGradients(t *testing.T) {
	e := onXLA(t)
	var seen [2][]float64
	for k, engine := range []graph.Engine{graph.Compiled{}, e} {
		tr := &train.Trainer{
			Network: statefulNet(t, engine, graph.Float64), Rule: train.Paper(4, 0.1, 0.5), Optimizer: &train.SGD{}, Rate: 0.01, Epochs: 1,
		}
		tr.OnStep(2, func(_ context.Context, tr *train.Trainer, _ train.Stats) error {
			seen[k] = append(seen[k], tr.Network.Params()[0].Grads().MaxAbs())
			return nil
		})
		if err := tr.Fit(context.Background(), deviceBatches(4, 4, 4, 4)); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range seen[0] {
		if !nearly(seen[1][i], want) {
			t.Errorf("gradient after update %d: got %v, want %v", 2*(i+1), seen[1][i], want)
		}
	}
}

// Blocks that follow a small batch, which is one launch, go on from its weights.
func TestDeviceBlocksAfterSmallBatch(t *testing.T) {
	e := onXLA(t)
	var nets []*graph.Network
	for _, engine := range []graph.Engine{graph.Compiled{}, e} {
		tr := &train.Trainer{
			Network: plainNet(t, engine), Rule: train.Paper(4, 0.1, 0.5), Optimizer: &train.SGD{}, Rate: 0.01, Epochs: 1, Blocks: 4,
		}
		if err := tr.Fit(context.Background(), deviceBatches(8, 3, 8)); err != nil {
			t.Fatal(err)
		}
		nets = append(nets, tr.Network)
	}
	sameNetworks(t, nets[1], nets[0], 1e-9)
}

// plainNet has neither noise nor statistics of the batch.
func plainNet(t *testing.T, e graph.Engine) *graph.Network {
	t.Helper()
	net, err := graph.New(graph.Declaration{
		Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{5}}, {Name: "h", Shape: graph.Shape{6}}, {Name: "y", Shape: graph.Shape{3}}},
		Predictions: []graph.Prediction{
			{Of: "h", From: []string{"x"}, Layer: layers.Sequential{layers.Dense{Out: 6}, layers.Tanh{}}},
			{Of: "y", From: []string{"h"}, Layer: layers.Dense{Out: 3}},
		},
	}, graph.Settings{Seed: 3, Engine: e, Precision: graph.Float64})
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// Another optimizer of the same kind, and a state that is set, have memories of their own
// on the device.
func TestDeviceFollowsOptimizers(t *testing.T) {
	e := onXLA(t)
	var nets []*graph.Network
	for _, engine := range []graph.Engine{graph.Compiled{}, e} {
		net, rule := plainNet(t, engine), train.Paper(4, 0.1, 0.5)
		learn := func(o train.Optimizer, seed uint64) {
			t.Helper()
			if _, err := train.Learn(context.Background(), net, rule, o, 0.01, deviceBatch(4, seed)); err != nil {
				t.Fatal(err)
			}
		}
		first, second := &train.Adam{}, &train.Adam{}
		learn(first, 1)
		state := first.State()
		learn(first, 2)
		learn(second, 3)
		learn(first, 4)
		if err := first.SetState(net.Params(), state); err != nil {
			t.Fatal(err)
		}
		learn(first, 5)
		learn(second, 6)
		nets = append(nets, net)
	}
	sameNetworks(t, nets[1], nets[0], 1e-9)
}

// Error coordinates, and relaxations that end by a certificate, run on a device, job by
// job.
func TestDeviceCertificates(t *testing.T) {
	e := onXLA(t)
	control := relax.Discount{Size: 0.1, Factor: 0.5}
	for _, rule := range []train.Prospective{
		{Relax: relax.Settings{Steps: 5, Control: control}, Coordinates: train.Errors},
		{Relax: relax.Settings{Steps: 30, Control: control, Stop: relax.RelativeGap{Tolerance: 0.1}}},
		{Relax: relax.Settings{Steps: 30, Control: relax.Armijo{Initial: 1}, Solver: &relax.Anderson{}, Stop: relax.RelativeGap{Tolerance: 0.01}}, Coordinates: train.Errors},
	} {
		var nets []*graph.Network
		var all [2]train.Stats
		for k, engine := range []graph.Engine{graph.Compiled{}, e} {
			net, rule := plainNet(t, engine), rule
			for i := range 3 {
				var err error
				if all[k], err = train.Learn(context.Background(), net, &rule, &train.SGD{}, 0.01, deviceBatch(4, uint64(i))); err != nil {
					t.Fatal(err)
				}
			}
			nets = append(nets, net)
		}
		sameStats(t, 2, all[1], all[0])
		sameNetworks(t, nets[1], nets[0], 1e-9)
	}
}
