package train_test

import (
	"context"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// stateful is a network with running statistics and dropout.
func stateful() graph.Declaration {
	h := layers.Sequential{layers.Dense{Out: 6, NoBias: true}, layers.BatchNorm{}, layers.Tanh{}, layers.Dropout{Rate: 0.3}}
	return graph.Declaration{
		Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{784}}, {Name: "h", Shape: graph.Shape{6}}, {Name: "y", Shape: graph.Shape{10}}},
		Predictions: []graph.Prediction{
			{Of: "h", From: []string{"x"}, Layer: h},
			{Of: "y", From: []string{"h"}, Layer: layers.Sequential{layers.Dropout{Rate: 0.2}, layers.Dense{Out: 10}}},
		},
	}
}

func statefulRules() map[string]func() train.Rule {
	settings := relax.Settings{Steps: 3, Control: relax.Constant{Size: 0.1}}
	return map[string]func() train.Rule{
		"prospective": func() train.Rule { return &train.Prospective{Relax: settings} },
		"errors":      func() train.Rule { return &train.Prospective{Relax: settings, Coordinates: train.Errors} },
		"incremental": func() train.Rule { return &train.Interleaved{Relax: settings} },
		"backprop":    func() train.Rule { return &train.Backprop{} },
		"repeated":    func() train.Rule { return &train.Repeated{Rule: &train.Backprop{}, Times: 2} },
	}
}

func statefulTrainer(t *testing.T, rule train.Rule) (*train.Trainer, train.Source) {
	t.Helper()
	net, err := graph.New(stateful(), graph.Settings{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	data, err := datasets.Glyphs(datasets.GlyphSettings{N: 50}) // the last batch is smaller
	if err != nil {
		t.Fatal(err)
	}
	source := &train.Labelled{Data: data, Settings: datasets.BatchSettings{Size: 8, Shuffle: true}, Seed: 5}
	return &train.Trainer{Network: net, Rule: rule, Optimizer: &train.Adam{}, Rate: 0.01, Epochs: 3}, source
}

// A run that is resumed draws the masks and continues the running statistics of
// one that was left alone, bit for bit, whatever the rule.
func TestResumeWithState(t *testing.T) {
	for name, rule := range statefulRules() {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "checkpoint")
			whole, source := statefulTrainer(t, rule())
			whole.OnStep(9, func(_ context.Context, tr *train.Trainer, _ train.Stats) error { return tr.SaveCheckpoint(dir) })
			if err := whole.Fit(t.Context(), source); err != nil {
				t.Fatal(err)
			}
			rest, source := statefulTrainer(t, rule())
			fresh := bufferValues(rest.Network)
			if err := rest.LoadCheckpoint(dir); err != nil {
				t.Fatal(err)
			}
			if reflect.DeepEqual(bufferValues(rest.Network), fresh) {
				t.Error("the checkpoint holds no running statistics, or training did not move them")
			}
			if err := rest.Fit(t.Context(), source); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(weightBits(rest.Network), weightBits(whole.Network)) {
				t.Error("the weights differ from those of the undisturbed run")
			}
			if !reflect.DeepEqual(bufferValues(rest.Network), bufferValues(whole.Network)) {
				t.Error("the running statistics differ from those of the undisturbed run")
			}
			a, err := whole.Evaluate(t.Context(), source, "y")
			if err != nil {
				t.Fatal(err)
			}
			b, err := rest.Evaluate(t.Context(), source, "y")
			if err != nil || a != b {
				t.Errorf("evaluation, got %+v (%v), want %+v", b, err, a)
			}
		})
	}
}

func bufferValues(net *graph.Network) (out []float32) {
	for _, b := range net.Buffers() {
		out = append(out, b.Value.Data().([]float32)...)
	}
	return out
}

// Such a network learns: training error falls well below chance, by evaluation,
// which goes by the running statistics.
func TestStatefulLearns(t *testing.T) {
	for name, rule := range statefulRules() {
		trainer, source := statefulTrainer(t, rule())
		trainer.Epochs = 40
		if err := trainer.Fit(t.Context(), source); err != nil {
			t.Fatal(err)
		}
		e, err := trainer.Evaluate(t.Context(), source, "y")
		if err != nil {
			t.Fatal(err)
		}
		if e.Error > 0.6 {
			t.Errorf("%s: error after training, got %.2f, want at most 0.6 of 0.9", name, e.Error)
		}
	}
}

func TestCheckpointWithoutBuffers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "checkpoint")
	trainer, source := statefulTrainer(t, &train.Backprop{})
	d := stateful()
	d.Predictions[0].Layer = layers.Sequential{layers.Dense{Out: 6}}
	d.Predictions[1].Layer = layers.Dense{Out: 10}
	var err error
	if trainer.Network, err = graph.New(d, graph.Settings{}); err != nil {
		t.Fatal(err)
	}
	if err := trainer.Fit(t.Context(), source); err != nil {
		t.Fatal(err)
	}
	if err := trainer.SaveCheckpoint(dir); err != nil {
		t.Fatal(err)
	}
	d.Predictions[0].Layer = layers.Sequential{layers.Dense{Out: 6}, layers.BatchNorm{NoAffine: true}}
	net, err := graph.New(d, graph.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	if err := train.LoadWeights(net, dir); err == nil || !strings.Contains(err.Error(), "buffer h/1/mean is missing") {
		t.Errorf("got %v, want an error that names the buffer", err)
	}
}
