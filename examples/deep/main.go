// Deep trains residual networks of ever more layers by prospective
// configuration at one learning rate: with the muPC parametrisation all of them
// learn, with the standard one the deep ones fail.
//
//	go run ./examples/deep                                              embedded digits, small nets
//	go run ./examples/deep -data-dir DIR -width 128 -depths 8,64        one epoch of MNIST
//
// The relaxation moves prediction errors instead of activities, in which error
// need not travel node by node: a few steps serve any depth.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"strconv"
	"strings"
	"time"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

var (
	dataDir  = flag.String("data-dir", "", "directory with MNIST; without it the embedded glyphs are used")
	width    = flag.Int("width", 32, "units of a layer")
	depths   = flag.String("depths", "4,24", "numbers of layers, separated by commas")
	rate     = flag.Float64("rate", 0.01, "learning rate of Adam")
	steps    = flag.Int("steps", 4, "relaxation steps")
	size     = flag.Float64("step-size", 0.03, "size of a relaxation step")
	nesterov = flag.Bool("activities", false, "relax the activities instead, by Nesterov's method in as many steps as there are layers")
)

func main() {
	flag.Parse()
	data, err := load()
	check(err)
	for _, field := range strings.Split(*depths, ",") {
		depth, err := strconv.Atoi(field)
		check(err)
		for _, p := range []models.Parametrization{models.MuPC, models.Standard} {
			start := time.Now()
			result := "failed"
			accuracy, err := epoch(data, depth, p)
			if err == nil {
				result = fmt.Sprintf("test accuracy %.1f %%", 100*accuracy)
			}
			fmt.Printf("%3d layers, %-8v: %s (%.0f s)\n", depth, p, result, time.Since(start).Seconds())
			if err != nil {
				fmt.Println("    ", err)
			}
		}
	}
}

func load() (*datasets.Split, error) {
	if *dataDir == "" {
		return datasets.Load("glyphs", datasets.LoadSettings{Train: 6000, Test: 1000})
	}
	return datasets.Load("mnist", datasets.LoadSettings{Dir: *dataDir})
}

// epoch trains a network for one epoch and returns its test accuracy.
func epoch(data *datasets.Split, depth int, p models.Parametrization) (float64, error) {
	net, err := models.MLPResidual{
		Inputs: 784, Width: *width, Depth: depth, Outputs: 10, Activation: layers.ReLU{}, Parametrization: p,
	}.New(graph.Settings{Seed: 1})
	if err != nil {
		return 0, err
	}
	rule := &train.Prospective{
		Coordinates: train.Errors, Relax: relax.Settings{Steps: *steps, Control: relax.Constant{Size: *size}},
	}
	if *nesterov {
		rule.Coordinates = train.Activities
		rule.Relax = relax.Settings{Steps: depth, Solver: &relax.Momentum{Nesterov: true}, Control: relax.Constant{Size: 0.25}, SkipFinal: true}
	}
	trainer := train.Trainer{Network: net, Rule: rule, Optimizer: &train.Adam{}, Rate: *rate, Epochs: 1}
	batches := datasets.BatchSettings{Size: 64, Shuffle: true}
	if *dataDir == "" {
		batches.Size = 16
	}
	ctx := context.Background()
	if err := trainer.Fit(ctx, &train.Labelled{Data: data.Train, Settings: batches, Seed: 1}); err != nil {
		return 0, err
	}
	test, err := trainer.Evaluate(ctx, &train.Labelled{Data: data.Test, Settings: datasets.BatchSettings{Size: 100}}, "y")
	return test.Accuracy(), err
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
