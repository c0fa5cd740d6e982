// Curves draws the test accuracy of runs of the command, epoch by epoch, into one
// picture:
//
//	prospect train --rule pc --out run-pc
//	prospect train --rule bp --out run-bp
//	go run ./examples/curves -out curves.png run-pc run-bp
//
// Without runs it trains a small convolutional net on the embedded digits by both
// rules first.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

func main() {
	out := flag.String("out", "", "PNG file to draw into")
	flag.Parse()
	p := plot.New()
	p.X.Label.Text, p.Y.Label.Text = "epoch", "test accuracy, %"
	var curves []any
	if flag.NArg() == 0 {
		curves = append(curves, "prospective configuration", learn("pc", train.Paper(6, 0.05, 0.5)), "backpropagation", learn("bp", &train.Backprop{}))
	}
	for _, dir := range flag.Args() {
		curves = append(curves, filepath.Base(dir), read(dir))
	}
	epochs := 0
	for _, c := range curves {
		if points, ok := c.(plotter.XYs); ok {
			epochs = max(epochs, len(points))
		}
	}
	var ticks plot.ConstantTicks
	for e := range epochs {
		ticks = append(ticks, plot.Tick{Value: float64(e + 1), Label: fmt.Sprint(e + 1)})
	}
	p.X.Tick.Marker = ticks
	check(plotutil.AddLinePoints(p, curves...))
	if *out != "" {
		check(p.Save(12*vg.Centimeter, 8*vg.Centimeter, *out))
	}
}

// read returns the accuracies that a run directory recorded.
func read(dir string) plotter.XYs {
	f, err := os.Open(filepath.Join(dir, "metrics.jsonl"))
	check(err)
	defer f.Close()
	var points plotter.XYs
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var m struct {
			Epoch int     `json:"epoch"`
			Error float64 `json:"test_error"`
		}
		check(json.Unmarshal(lines.Bytes(), &m))
		points = append(points, plotter.XY{X: float64(m.Epoch), Y: 100 * (1 - m.Error)})
		fmt.Printf("%s: epoch %d: %.1f %%\n", dir, m.Epoch, 100*(1-m.Error))
	}
	return points
}

// learn trains a small convolutional net by a rule.
func learn(name string, rule train.Rule) (points plotter.XYs) {
	data, err := datasets.Load("glyphs", datasets.LoadSettings{Train: 2000, Test: 500})
	check(err)
	net, err := models.ConvNet{
		Input: data.Train.Shape(), Classes: data.Train.Classes(), Hidden: []int{64},
		Blocks: []models.ConvBlock{{Out: 8, Stride: 2, Pad: 1}, {Out: 16, Stride: 2, Pad: 1}},
	}.New(graph.Settings{Seed: 1})
	check(err)
	t := train.Trainer{Network: net, Rule: rule, Optimizer: &train.Adam{}, Rate: 0.002, Epochs: 3}
	t.OnEpoch(func(ctx context.Context, t *train.Trainer, _ train.Stats) error {
		test, err := t.Evaluate(ctx, &train.Labelled{Data: data.Test, Settings: datasets.BatchSettings{Size: 100}}, "y")
		points = append(points, plotter.XY{X: float64(t.Progress.Epoch + 1), Y: 100 * test.Accuracy()})
		fmt.Printf("%s: epoch %d: %.1f %%\n", name, t.Progress.Epoch+1, 100*test.Accuracy())
		return err
	})
	check(t.Fit(context.Background(), &train.Labelled{Data: data.Train, Settings: datasets.BatchSettings{Size: 32, Shuffle: true}}))
	return points
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
