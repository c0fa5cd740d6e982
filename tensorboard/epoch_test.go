package tensorboard

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// The hook writes what the trainer observed and its weights, at the number of the epoch.
func TestEpoch(t *testing.T) {
	data, err := datasets.NewFloats([]int{2}, 2, []float32{0, 0, 0, 1, 1, 0, 1, 1}, []int{0, 1, 1, 0})
	if err != nil {
		t.Fatal(err)
	}
	net, err := models.MLP{Widths: []int{2, 3, 2}, Activation: layers.Tanh{}}.New(graph.Settings{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	w, err := Create(dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	rule := train.Paper(5, 0.1, 0.5)
	rule.Relax.Stop, rule.Relax.SkipFinal, rule.State = relax.GradientNorm{Tolerance: 1e-3, MinSteps: 1}, false, train.LastState
	trainer := train.Trainer{Network: net, Rule: rule, Optimizer: &train.Adam{}, Rate: 0.05, Epochs: 2}
	trainer.OnEpoch(w.Epoch)
	if err := trainer.Fit(context.Background(), &train.Labelled{Data: data, Settings: datasets.BatchSettings{Size: 4}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got := map[uint64][]string{}
	for _, record := range readRecords(t, onlyFile(t, dir))[2:] {
		step, tag, _ := value(t, record)
		got[step] = append(got[step], tag)
	}
	tags := []string{
		"train/energy", "train/learning_rate", "relaxation/steps", "relaxation/stalled", "relaxation/converged",
		"gradient_norm/median", "gradient_norm/largest", "energy/h1", "energy/y",
		"weights/h1/weight", "weights/h1/bias", "weights/y/1/weight", "weights/y/1/bias",
	}
	if diff := cmp.Diff(map[uint64][]string{1: tags, 2: tags}, got); diff != "" {
		t.Error(diff)
	}
}
