package train_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

// tiny is a trainer of a small network with a square matrix, so that layouts
// matter.
func tiny(f *testing.F) *train.Trainer {
	f.Helper()
	net, err := models.MLP{Widths: []int{2, 2, 1}}.New(graph.Settings{Seed: 1})
	if err != nil {
		f.Fatal(err)
	}
	return &train.Trainer{Network: net, Rule: &train.Backprop{}, Optimizer: &train.Adam{}, Rate: 0.1, Epochs: 1}
}

// changed fails if a load that failed has changed the network, or one that did not
// has left what is not finite.
func changed(t *testing.T, net *graph.Network, before []uint64, err error) {
	t.Helper()
	if err != nil && !reflect.DeepEqual(weightBits(net), before) {
		t.Fatalf("the weights have changed in spite of %v", err)
	}
	for _, p := range net.Params() {
		for _, x := range p.Value.Float32s() {
			if x-x != 0 {
				t.Fatalf("%s holds %v", p.Name, x)
			}
		}
	}
}

// FuzzLoadWeights gives any bytes as a file of weights, read in several ways.
func FuzzLoadWeights(f *testing.F) {
	path := filepath.Join(f.TempDir(), "weights.safetensors")
	trainer := tiny(f)
	for _, s := range []train.WeightSettings{{}, {Layout: train.LayoutPyTorch, Prefix: "m."}} {
		if err := s.Save(trainer.Network, path); err != nil {
			f.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	settings := []train.WeightSettings{
		{},
		{Layout: train.LayoutPyTorch, Prefix: "m.", Convert: true},
		{Convert: true, Skip: []string{"*"}, Keep: []string{"*"}},
		{Layout: train.LayoutKeras, Convert: true, Keep: []string{"*bias"}, Skip: []string{"*mask*"}},
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, s := range settings {
			before := weightBits(trainer.Network)
			changed(t, trainer.Network, before, s.Load(trainer.Network, path))
		}
	})
}

// FuzzLoadCheckpoint gives any bytes as the three files of a checkpoint.
func FuzzLoadCheckpoint(f *testing.F) {
	dir := filepath.Join(f.TempDir(), "checkpoint")
	trainer := tiny(f)
	names := []string{"trainer.json", "weights.safetensors", "optimizer.safetensors"}
	var texts [3][]byte
	if err := trainer.SaveCheckpoint(dir); err != nil {
		f.Fatal(err)
	}
	for k, name := range names {
		var err error
		if texts[k], err = os.ReadFile(filepath.Join(dir, name)); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(texts[0], texts[1], texts[2])
	f.Add([]byte(`{"format":1,"progress":{"epoch":-1}}`), texts[1], []byte{})
	f.Fuzz(func(t *testing.T, header, weights, optimizer []byte) {
		for k, text := range [][]byte{header, weights, optimizer} {
			if err := os.WriteFile(filepath.Join(dir, names[k]), text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		before, progress := weightBits(trainer.Network), trainer.Progress
		err := trainer.LoadCheckpoint(dir)
		changed(t, trainer.Network, before, err)
		if err != nil && trainer.Progress != progress {
			t.Fatalf("the progress has changed in spite of %v", err)
		}
	})
}
