package run_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/run"
	"github.com/seed-be841da4/prospect/train"
)

// What prospect train does, from settings to a directory with manifest, metrics and
// checkpoint.
func ExampleRun() {
	temp, err := os.MkdirTemp("", "run")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(temp)
	settings := run.Defaults()
	settings.Model, settings.Rule, settings.TrainPerClass, settings.Epochs = "mlp:784-32-10", run.PC, 30, 2
	if err := settings.Complete(); err != nil {
		fmt.Println(err)
		return
	}
	dir := filepath.Join(temp, "first")
	if err := run.Claim(dir); err != nil {
		fmt.Println(err)
		return
	}
	r := run.Run{Dir: dir, Manifest: run.NewManifest(settings)}
	last, err := r.Train(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("epoch %d of %d, %d updates\n", last.Epoch, last.Epochs, last.Updates)
	metrics, err := run.ReadMetrics(dir)
	fmt.Println(len(metrics), "lines of metrics", err)
	// Output:
	// epoch 2 of 2, 10 updates
	// 2 lines of metrics <nil>
}

// A job gives any trainer a directory: after a crash it goes on from its last checkpoint.
func ExampleJob() {
	dir, err := os.MkdirTemp("", "job")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	xor, err := datasets.NewFloats([]int{2}, 2, []float32{0, 0, 0, 1, 1, 0, 1, 1}, []int{0, 1, 1, 0})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, epochs := range []int{3, 5} { // the second job goes on where the first ended
		net, err := models.MLP{Widths: []int{2, 8, 2}, Activation: layers.Tanh{}}.New(graph.Settings{Seed: 1})
		if err != nil {
			fmt.Println(err)
			return
		}
		trainer := &train.Trainer{Network: net, Rule: train.Paper(20, 0.1, 0.5), Optimizer: &train.Adam{}, Rate: 0.05, Epochs: epochs}
		samples := &train.Labelled{Data: xor, Settings: datasets.BatchSettings{Size: 2}}
		job := run.Job{Dir: dir, Trainer: trainer, Training: samples}
		last, err := job.Run(context.Background())
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("epoch %d, %d updates\n", last.Epoch, last.Updates)
	}
	// Output:
	// epoch 3, 6 updates
	// epoch 5, 10 updates
}
