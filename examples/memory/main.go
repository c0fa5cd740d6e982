// Memory stores images in an associative memory and recalls them from their upper
// halves.
//
//	go run ./examples/memory                    50 embedded digits
//	go run ./examples/memory -data-dir DIR      50 images of Fashion-MNIST
package main

import (
	"context"
	"flag"
	"fmt"
	"image"
	"log"
	"math"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/plot"
	"github.com/seed-be841da4/prospect/query"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

var (
	dataDir = flag.String("data-dir", "", "directory with Fashion-MNIST; without it the embedded glyphs are used")
	out     = flag.String("out", "", "PNG, SVG or PDF file to draw originals, halves and recalled images into")
	updates = flag.Int("updates", 200, "weight updates")
)

const patterns, side = 50, 28

func main() {
	flag.Parse()
	ctx := context.Background()
	x := images()
	m := models.AssociativeMemory{Size: side * side, Hidden: []int{256, 256}, Activation: layers.Tanh{}}
	net, err := m.New(graph.Settings{Seed: 1})
	check(err)

	// Store: x is clamped to the images, z and h1 relax, the weights learn.
	r := relax.Settings{Steps: 20, Solver: &relax.LBFGS{}, Control: relax.Armijo{Initial: 1}}
	rule, optimizer := &train.Prospective{Relax: r, Start: graph.Start{Std: 0.05}}, &train.Adam{}
	batch := &train.Batch{Size: patterns, Values: map[string][]float32{"x": x}}
	for update := range *updates {
		stats, err := rule.Gradients(ctx, net, batch)
		check(err)
		check(optimizer.Step(net.Params(), 0.001))
		if update%100 == 99 {
			fmt.Printf("update %4d: energy of an image %.4f\n", update+1, stats.Energy/patterns)
		}
	}

	// Recall: the upper half is known, the lower half relaxes with z and h1.
	known, err := query.HideHalf(graph.Shape{side, side}, query.Bottom)
	check(err)
	r.Steps = 200
	asker, err := query.New(net, query.Settings{Relax: r, Start: rule.Start, Batch: patterns})
	check(err)
	half := make([]float32, len(x))
	for i, v := range x {
		if known[i%len(known)] {
			half[i] = v
		}
	}
	answer, err := asker.Ask(ctx, query.Question{
		Samples: patterns, Clamp: map[string][]float32{"x": half}, Known: map[string][]bool{"x": known},
	})
	check(err)
	recalled, err := answer.Node("x")
	check(err)
	report(x, half, recalled)
	if *out != "" {
		draw(*out, x, half, recalled)
	}
}

// images returns the images to store, row by row.
func images() []float32 {
	name, s := "glyphs", datasets.LoadSettings{Train: patterns, Test: 1, Normalization: &datasets.Normalization{}}
	if *dataDir != "" {
		name, s.Dir = "fashion-mnist", *dataDir
	}
	data, err := datasets.Load(name, s)
	check(err)
	x := make([]float32, patterns*side*side)
	for i := range patterns {
		data.Train.Read(i, x[i*side*side:(i+1)*side*side])
	}
	return x
}

// report prints the error of the missing pixels, and how many recalled images are
// nearer to their own original than to any other.
func report(x, half []float32, recalled []float64) {
	size, own, left, before := side*side, 0, 0.0, 0.0
	for i := range patterns {
		best, nearest := math.Inf(1), -1
		for j := range patterns {
			d := 0.0
			for k := range size {
				e := recalled[i*size+k] - float64(x[j*size+k])
				d += e * e
			}
			if d < best {
				best, nearest = d, j
			}
			if j == i {
				left += d
			}
		}
		if nearest == i {
			own++
		}
	}
	for i, v := range x {
		before += float64((v - half[i]) * (v - half[i]))
	}
	missing := float64(patterns * size / 2)
	fmt.Printf("missing pixels: mean squared error %.5f, left at 0 it is %.5f; %d of %d images recalled\n", left/missing, before/missing, own, patterns)
}

// shown is how many images are drawn.
const shown = 12

// draw writes what was stored, shown and recalled below one another.
func draw(path string, x, half []float32, recalled []float64) {
	s := plot.Sheet{Name: "memory", Rows: []string{"stored", "shown", "recalled"}, Pictures: make([][]image.Image, 3)}
	for n := range shown {
		for row := range 3 {
			values := make([]float64, side*side)
			for p := range values {
				k := n*side*side + p
				values[p] = [3]float64{float64(x[k]), float64(half[k]), recalled[k]}[row]
				if row == 1 && p >= side*side/2 {
					values[p] = math.NaN() // not known
				}
			}
			drawn, err := plot.Pixels(values, side)
			check(err)
			s.Pictures[row] = append(s.Pictures[row], drawn)
		}
	}
	check(s.Save(path))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
