package tensorboard_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/tensorboard"
	"github.com/seed-be841da4/prospect/train"
)

// A trainer's epochs become curves and histograms.
func ExampleWriter_Epoch() {
	data, err := datasets.NewFloats([]int{2}, 2, []float32{0, 0, 0, 1, 1, 0, 1, 1}, []int{0, 1, 1, 0})
	if err != nil {
		panic(err)
	}
	net, err := models.MLP{Widths: []int{2, 8, 2}, Activation: layers.Tanh{}}.New(graph.Settings{Seed: 1})
	if err != nil {
		panic(err)
	}
	dir, err := os.MkdirTemp("", "tensorboard")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	w, err := tensorboard.Create(dir, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	trainer := train.Trainer{Network: net, Rule: train.Paper(20, 0.1, 0.5), Optimizer: &train.Adam{}, Rate: 0.05, Epochs: 3}
	trainer.OnEpoch(w.Epoch)
	if err := trainer.Fit(context.Background(), &train.Labelled{Data: data, Settings: datasets.BatchSettings{Size: 4}}); err != nil {
		fmt.Println(err)
		return
	}
	if err := w.Close(); err != nil {
		fmt.Println(err)
		return
	}
	files, err := filepath.Glob(filepath.Join(dir, "events.out.tfevents.*"))
	fmt.Println(len(files), "event file", err)
	// Output: 1 event file <nil>
}
