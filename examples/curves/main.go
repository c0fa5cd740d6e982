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

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/plot"
	"github.com/seed-be841da4/prospect/train"
)

func main() {
	out := flag.String("out", "", "PNG, SVG or PDF file to draw into")
	title := flag.String("title", "", "title of the picture")
	flag.Parse()
	f := plot.Figure{
		Name: "curves", Title: *title, Width: 15, Height: 8,
		X: plot.Axis{Label: "epoch"}, Y: plot.Axis{Label: "test accuracy (%)"},
	}
	if flag.NArg() == 0 {
		f.Series = append(f.Series, learn("prospective configuration", train.Paper(6, 0.05, 0.5)), learn("backpropagation", &train.Backprop{}))
	}
	for _, dir := range flag.Args() {
		f.Series = append(f.Series, read(dir))
	}
	if *out != "" {
		check(f.Save(*out))
	}
}

// read returns the accuracies that a run directory recorded.
func read(dir string) plot.Series {
	f, err := os.Open(filepath.Join(dir, "metrics.jsonl"))
	check(err)
	defer f.Close()
	s := plot.Series{Name: filepath.Base(dir)}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var m struct {
			Epoch int     `json:"epoch"`
			Error float64 `json:"test_error"`
		}
		check(json.Unmarshal(lines.Bytes(), &m))
		s.Add(float64(m.Epoch), 100*(1-m.Error))
		fmt.Printf("%s: epoch %d: %.1f %%\n", dir, m.Epoch, 100*(1-m.Error))
	}
	return s
}

// learn trains a small convolutional net by a rule.
func learn(name string, rule train.Rule) plot.Series {
	data, err := datasets.Load("glyphs", datasets.LoadSettings{Train: 2000, Test: 500})
	check(err)
	net, err := models.ConvNet{
		Input: data.Train.Shape(), Classes: data.Train.Classes(), Hidden: []int{64},
		Blocks: []models.ConvBlock{{Out: 8, Stride: 2, Pad: 1}, {Out: 16, Stride: 2, Pad: 1}},
	}.New(graph.Settings{Seed: 1})
	check(err)
	s := plot.Series{Name: name}
	t := train.Trainer{Network: net, Rule: rule, Optimizer: &train.Adam{}, Rate: 0.002, Epochs: 3}
	t.OnEpoch(func(ctx context.Context, t *train.Trainer, _ train.Stats) error {
		test, err := t.Evaluate(ctx, &train.Labelled{Data: data.Test, Settings: datasets.BatchSettings{Size: 100}}, "y")
		s.Add(float64(t.Progress.Epoch+1), 100*test.Accuracy())
		fmt.Printf("%s: epoch %d: %.1f %%\n", name, t.Progress.Epoch+1, 100*test.Accuracy())
		return err
	})
	check(t.Fit(context.Background(), &train.Labelled{Data: data.Train, Settings: datasets.BatchSettings{Size: 32, Shuffle: true}}))
	return s
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
