package train_test

import (
	"context"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// checkpointTrainer returns a trainer of a small network and its data.
func checkpointTrainer(t *testing.T, o train.Optimizer, p graph.Precision, hidden int) (*train.Trainer, train.Source) {
	t.Helper()
	net, err := models.MLP{Widths: []int{784, hidden, 10}, Activation: layers.Tanh{}}.New(graph.Settings{Precision: p, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	data, err := datasets.Glyphs(datasets.GlyphSettings{N: 50})
	if err != nil {
		t.Fatal(err)
	}
	rule := &train.Prospective{Relax: relax.Settings{Steps: 3, Control: relax.Constant{Size: 0.1}}}
	source := &train.Labelled{Data: data, Settings: datasets.BatchSettings{Size: 8, Shuffle: true}, Seed: 5}
	return &train.Trainer{Network: net, Rule: rule, Optimizer: o, Rate: 0.01, Epochs: 3}, source
}

// weights returns the bits of all weights.
func weightBits(net *graph.Network) (bits []uint64) {
	for _, p := range net.Params() {
		v32 := p.Values().Float32()
		v64 := p.Values().Float64()
		for _, x := range v32 {
			bits = append(bits, uint64(math.Float32bits(x)))
		}
		for _, x := range v64 {
			bits = append(bits, math.Float64bits(x))
		}
	}
	return bits
}

// TestCheckpoint saves after some updates, loads into a fresh trainer and
// expects the bits of a run that was left alone.
func TestCheckpoint(t *testing.T) {
	for _, c := range []struct {
		name      string
		optimizer func() train.Optimizer
		precision graph.Precision
	}{
		{"sgd", func() train.Optimizer { return &train.SGD{} }, graph.Float32},
		{"momentum", func() train.Optimizer { return &train.Momentum{} }, graph.Float64},
		{"adam", func() train.Optimizer { return &train.Adam{} }, graph.Float32},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "checkpoint")
			whole, source := checkpointTrainer(t, c.optimizer(), c.precision, 4)
			var saved train.Progress
			whole.OnStep(9, func(_ context.Context, tr *train.Trainer, _ train.Stats) error { // in the second epoch, then at its end
				saved = tr.Progress
				return tr.SaveCheckpoint(dir)
			})
			if err := whole.Fit(t.Context(), source); err != nil {
				t.Fatal(err)
			}
			rest, source := checkpointTrainer(t, c.optimizer(), c.precision, 4)
			if err := rest.LoadCheckpoint(dir); err != nil {
				t.Fatal(err)
			}
			if rest.Progress != saved || saved.Updates != 18 {
				t.Errorf("progress, got %+v, want %+v", rest.Progress, saved)
			}
			if err := rest.Fit(t.Context(), source); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(weightBits(rest.Network), weightBits(whole.Network)) {
				t.Error("the weights differ from those of the undisturbed run")
			}
			only, _ := checkpointTrainer(t, c.optimizer(), c.precision, 4)
			if err := whole.SaveCheckpoint(dir); err != nil {
				t.Fatal(err)
			}
			if err := train.LoadWeights(only.Network, dir); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(weightBits(only.Network), weightBits(whole.Network)) {
				t.Error("LoadWeights: the weights differ from those saved")
			}
		})
	}
}

// TestCheckpointRefused loads checkpoints that do not fit and expects that
// nothing changes.
func TestCheckpointRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "checkpoint")
	good, source := checkpointTrainer(t, &train.Adam{}, graph.Float32, 4)
	if err := good.Fit(t.Context(), source); err != nil {
		t.Fatal(err)
	}
	if err := good.SaveCheckpoint(dir); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name      string
		optimizer train.Optimizer
		precision graph.Precision
		hidden    int
		want      string
	}{
		{"shape", &train.Adam{}, graph.Float32, 5, "want float32 (784, 5)"},
		{"precision", &train.Adam{}, graph.Float64, 4, "want float64"},
		{"other optimizer", &train.Momentum{}, graph.Float32, 4, `want "momentum"`},
		{"optimizer without state", &train.SGD{}, graph.Float32, 4, "want none for *train.SGD"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr, _ := checkpointTrainer(t, c.optimizer, c.precision, c.hidden)
			before := weightBits(tr.Network)
			err := tr.LoadCheckpoint(dir)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
			if !reflect.DeepEqual(weightBits(tr.Network), before) || tr.Progress != (train.Progress{}) {
				t.Error("the trainer has changed")
			}
		})
	}
	if err := good.LoadCheckpoint(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a checkpoint, got %v, want fs.ErrNotExist", err)
	}
}

// TestCheckpointNonFinite expects that weights that are not finite are not saved
// and leave the old checkpoint.
func TestCheckpointNonFinite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "checkpoint")
	tr, _ := checkpointTrainer(t, &train.Adam{}, graph.Float32, 4)
	if err := tr.SaveCheckpoint(dir); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join(dir, "weights.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	tr.Network.Params()[0].Value.Float32s()[7] = float32(math.NaN())
	if err := tr.SaveCheckpoint(dir); err == nil || !strings.Contains(err.Error(), "element 7 is NaN") {
		t.Errorf("got %v, want an error that names the element", err)
	}
	after, err := os.ReadFile(filepath.Join(dir, "weights.safetensors"))
	if err != nil || string(after) != string(before) {
		t.Errorf("the old checkpoint has changed, %v", err)
	}
}
