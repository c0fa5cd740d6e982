// Query trains one generative network on digits and asks it in four directions:
// it draws, classifies, fills in hidden halves, and tells digits from others.
package main

import (
	"context"
	"flag"
	"fmt"
	"image/png"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"slices"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/query"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

const samples = 100 // of the test set that are asked about

var name = flag.String("data", "glyphs", "dataset: glyphs, mnist or fashion-mnist")

func main() {
	dir := flag.String("data-dir", "", "where its files are")
	path := flag.String("png", "", "picture to write")
	flag.Parse()
	ctx := context.Background()
	split, err := datasets.Load(*name, datasets.LoadSettings{Dir: *dir})
	check(err)

	// Label y, hidden nodes, image x: learned with both ends clamped.
	net, err := models.Generative{Size: 784, Classes: 10, Hidden: []int{256, 256}, Activation: layers.Tanh{}}.New(graph.Settings{Seed: 1})
	check(err)
	trainer := train.Trainer{
		Network:   net,
		Rule:      &train.Prospective{Relax: relax.Settings{Steps: 20, Control: relax.Constant{Size: 0.1}}},
		Optimizer: &train.Adam{}, Rate: 0.001, Epochs: 2,
	}
	check(trainer.Fit(ctx, &train.Labelled{Data: split.Train, Settings: datasets.BatchSettings{Size: 64, Shuffle: true}}))

	asker, err := query.New(net, query.Settings{Relax: relax.Settings{
		Steps: 500, Solver: &relax.LBFGS{}, Control: relax.Armijo{Initial: 1},
		Stop: relax.GradientNorm{Tolerance: 0.05, MinSteps: 1},
	}})
	check(err)
	ask := func(what string, q query.Question) *query.Answer {
		a, err := asker.Ask(ctx, q)
		check(err)
		fmt.Printf("%s: converged %v, %d steps at most\n", what, a.Converged(), a.Steps())
		return a
	}
	images, labels := make([]float32, samples*784), make([]int, samples)
	for i := range samples {
		split.Test.Read(i, images[i*784:(i+1)*784])
		labels[i] = split.Test.Label(i)
	}

	// Generate: the label is known.
	codes := make([]float32, 10*10)
	check(datasets.ZeroOne().Encode([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 10, codes))
	drawn := ask("draw", query.Question{Samples: 10, Clamp: map[string][]float32{"y": codes}})

	// Classify: the image is known.
	known := query.Question{Samples: samples, Clamp: map[string][]float32{"x": images}}
	classified := ask("classify", known)
	guesses, err := classified.Largest("y")
	check(err)
	fmt.Printf("%d of %d right\n", right(guesses, labels), samples)

	// Fill in: the upper half of the image is known.
	upper, err := query.HideHalf(graph.Shape{28, 28}, query.Bottom)
	check(err)
	known.Known = map[string][]bool{"x": upper}
	filled := ask("fill in", known)
	guesses, err = filled.Largest("y")
	check(err)
	fmt.Printf("%d of %d right from the upper half\n", right(guesses, labels), samples)

	// Score: images whose pixels are in another order fit no digit.
	other := make([]float32, len(images))
	for k, j := range rand.New(rand.NewPCG(1, 2)).Perm(784) {
		for i := range samples {
			other[i*784+k] = images[i*784+j]
		}
	}
	strange := ask("score", query.Question{Samples: samples, Clamp: map[string][]float32{"x": other}})
	fmt.Printf("energy told %.1f %% of the pairs of a digit and a shuffled one apart\n", 100*apart(classified.Energies(), strange.Energies()))

	if *path != "" {
		draw(*path, drawn, filled, images, upper)
	}
}

func right(got, want []int) (n int) {
	for i, g := range got {
		if g == want[i] {
			n++
		}
	}
	return n
}

// apart is the fraction of pairs in which the second is larger: the area under the
// ROC curve.
func apart(low, high []float64) float64 {
	n := 0
	for _, l := range low {
		for _, h := range high {
			if h > l {
				n++
			}
		}
	}
	return float64(n) / float64(len(low)*len(high))
}

// draw puts ten drawings above ten images with their lower halves hidden, filled
// in, and as they are.
func draw(path string, drawn, filled *query.Answer, images []float32, known []bool) {
	x, err := drawn.Node("x")
	check(err)
	full, err := filled.Node("x")
	check(err)
	hidden, truth := make([]float64, 7840), make([]float64, 7840)
	for i := range truth {
		truth[i], hidden[i] = float64(images[i]), math.NaN()
		if known[i%784] {
			hidden[i] = truth[i]
		}
	}
	picture, err := datasets.Picture(slices.Concat(x, hidden, full[:7840], truth), []int{28, 28}, datasets.Standard(*name), datasets.PictureSettings{Columns: 10, Zoom: 2})
	check(err)
	f, err := os.Create(path)
	check(err)
	check(png.Encode(f, picture))
	check(f.Close())
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
