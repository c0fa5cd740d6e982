// Generative trains a network from the label to the image, draws digits with it,
// and lets the same network say which digit an image shows.
//
//	go run ./examples/generative -out digits.png                  embedded digits
//	go run ./examples/generative -data-dir DIR -out digits.png    MNIST
package main

import (
	"context"
	"flag"
	"fmt"
	"image"
	"log"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/plot"
	"github.com/seed-be841da4/prospect/query"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

var (
	dataDir = flag.String("data-dir", "", "directory with MNIST; without it the embedded glyphs are used")
	out     = flag.String("out", "", "PNG, SVG or PDF file to draw digits into")
	test    = flag.Int("test", 100, "test images to classify")
)

const (
	pixels, classes, latent = 784, 10, 8
	rows                    = 6 // of drawn digits
)

func main() {
	flag.Parse()
	ctx := context.Background()
	name, s := "glyphs", datasets.LoadSettings{Train: 6000, Test: 1000, Normalization: &datasets.Normalization{}}
	if *dataDir != "" {
		name, s.Dir, s.Train, s.Test = "mnist", *dataDir, 0, 0
	}
	data, err := datasets.Load(name, s)
	check(err)
	// ReLU lets the label switch hidden units off, so that each digit has its own
	// way of using the code; the precision keeps them to what label and code say.
	net, err := models.Generative{
		Size: pixels, Classes: classes, Latent: latent, Hidden: []int{400}, Activation: layers.ReLU{}, Squash: layers.Sigmoid{},
		Output: energy.Gaussian{Precision: 10}, HiddenEnergy: energy.Gaussian{Precision: 40},
	}.New(graph.Settings{Seed: 1})
	check(err)

	settings := relax.Settings{Steps: 8, Solver: &relax.LBFGS{}, Control: relax.Armijo{Initial: 1}}
	trainer := train.Trainer{
		Network: net, Rule: &train.Prospective{Relax: settings, Average: true},
		Optimizer: &train.AdamW{WeightDecay: 0.1}, Rate: 0.003, Schedule: train.Cosine{WarmUp: 0.05, Floor: 0.1}, Epochs: 2,
	}
	trainer.OnEpoch(func(_ context.Context, t *train.Trainer, _ train.Stats) error {
		fmt.Printf("epoch %d: energy of an image %.1f\n", t.Progress.Epoch+1, t.Progress.MeanEnergy())
		return nil
	})
	check(trainer.Fit(ctx, &train.Labelled{Data: data.Train, Settings: datasets.BatchSettings{Size: 128, Shuffle: true}}))
	if *out != "" {
		draw(net)
	}

	settings.Steps = 24
	asker, err := query.New(net, query.Settings{Relax: settings, Batch: 100})
	check(err)
	images := query.Question{Samples: *test, Clamp: map[string][]float32{"x": make([]float32, *test*pixels)}}
	for i := range *test {
		data.Test.Read(i, images.Clamp["x"][i*pixels:(i+1)*pixels])
	}
	// Which label, clamped, leaves the least energy?
	scores, err := asker.Score(ctx, images, "y", codes(1))
	check(err)
	byEnergy := make([]int, *test)
	for i, energies := range scores {
		byEnergy[i] = slices.Index(energies, slices.Min(energies))
	}
	// Which label does the free node settle at?
	answer, err := asker.Ask(ctx, images)
	check(err)
	byRelaxing, err := answer.Largest("y")
	check(err)
	fmt.Printf("classified: by energy %.1f %%, by relaxing the label %.1f %% of %d right\n",
		percent(byEnergy, data.Test), percent(byRelaxing, data.Test), *test)
}

// codes returns n times the one-hot codes of the classes.
func codes(n int) [][]float32 {
	all := make([][]float32, n*classes)
	for i := range all {
		all[i] = make([]float32, classes)
		all[i][i%classes] = 1
	}
	return all
}

// percent is the share of labels that are right.
func percent(got []int, data datasets.Dataset) float64 {
	n := 0
	for i, label := range got {
		if label == data.Label(i) {
			n++
		}
	}
	return 100 * float64(n) / float64(len(got))
}

// draw runs the network from label and code downwards: in the first row the code
// is 0, in the others it is drawn from its prior, one for each row.
func draw(net *graph.Network) {
	z, rng := make([]float32, latent), rand.New(rand.NewPCG(1, 2))
	var all []float32
	for range rows {
		all = append(all, slices.Repeat(z, classes)...)
		for i := range z {
			z[i] = float32(rng.NormFloat64())
		}
	}
	x, err := net.Predict(map[string][]float32{"y": slices.Concat(codes(rows)...), "z": all}, "x")
	check(err)
	s := plot.Sheet{Name: "digits", Side: 1.3, Pictures: make([][]image.Image, rows)}
	for n, row := range x {
		drawn, err := plot.Pixels(row, 28)
		check(err)
		s.Pictures[n/classes] = append(s.Pictures[n/classes], drawn)
	}
	for class := range classes {
		s.Columns = append(s.Columns, strconv.Itoa(class))
	}
	for row := range rows {
		s.Rows = append(s.Rows, fmt.Sprintf("hand %d", row))
	}
	s.Rows[0] = "code 0"
	check(s.Save(*out))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
