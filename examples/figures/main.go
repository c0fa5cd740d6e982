// Figures draws the pictures of the README into a directory:
//
//	go run ./examples/figures -out docs/img
package main

import (
	"context"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

func main() {
	out := flag.String("out", "docs/img", "directory for the pictures")
	flag.Parse()
	if err := run(*out); err != nil {
		fmt.Fprintln(os.Stderr, "figures:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := interference(filepath.Join(dir, "interference.png")); err != nil {
		return err
	}
	if err := relaxation(filepath.Join(dir, "relaxation.png")); err != nil {
		return err
	}
	return glyphs(filepath.Join(dir, "glyphs.png"))
}

var (
	blue = color.RGBA{R: 0x1f, G: 0x77, B: 0xb4, A: 0xff}
	red  = color.RGBA{R: 0xd6, G: 0x27, B: 0x28, A: 0xff}
	grey = color.RGBA{R: 0x70, G: 0x70, B: 0x70, A: 0xff}
)

// interference draws how a 1-1-2 linear net unlearns one output while the other
// is already right (Song et al. 2024, Fig. 3a).
func interference(path string) error {
	p := plot.New()
	p.Title.Text = "Unlearning one output, keeping the other"
	p.X.Label.Text, p.Y.Label.Text = "output to be unlearned (1 → 0)", "output that is already right (stay at 1)"
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1.05, 0.7, 1.05
	p.Legend.Left = true
	p.Legend.YOffs, p.Legend.XOffs = vg.Points(-4), vg.Points(8)
	for _, c := range []struct {
		name  string
		rule  train.Rule
		color color.Color
	}{
		{"prospective configuration", train.Paper(128, 0.1, 0.5), blue},
		{"backpropagation", &train.Backprop{}, red},
	} {
		points, err := unlearn(c.rule, 23)
		if err != nil {
			return err
		}
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return err
		}
		line.Color, dots.Color = c.color, c.color
		line.Width = vg.Points(1.5)
		p.Add(line, dots)
		p.Legend.Add(c.name, line, dots)
	}
	return p.Save(14*vg.Centimeter, 10*vg.Centimeter, path)
}

// unlearn returns the outputs of the net before each update.
func unlearn(rule train.Rule, updates int) (plotter.XYs, error) {
	net, err := models.MLP{Widths: []int{1, 1, 2}, NoBias: true, Init: layers.Constant{Value: 1}}.New(graph.Settings{})
	if err != nil {
		return nil, err
	}
	batch := &train.Batch{Size: 1, Values: map[string][]float32{"x": {1}, "y": {0, 1}}}
	var points plotter.XYs
	for range updates {
		y, err := net.Predict(batch.Values, "y")
		if err != nil {
			return nil, err
		}
		points = append(points, plotter.XY{X: y[0][0], Y: y[0][1]})
		if _, err := rule.Gradients(context.Background(), net, batch); err != nil {
			return nil, err
		}
		if err := (&train.SGD{}).Step(net.Params(), 0.2); err != nil {
			return nil, err
		}
	}
	return points, nil
}

// relaxation draws how the energy of every node of a deep net changes while its
// activities relax: the error enters at the output and spreads.
func relaxation(path string) error {
	net, err := models.MLP{
		Widths: []int{784, 64, 64, 64, 10}, Activation: layers.Tanh{}, Init: layers.XavierNormal{Gain: 5.0 / 3},
	}.New(graph.Settings{Seed: 1})
	if err != nil {
		return err
	}
	data, err := datasets.Load("glyphs", datasets.LoadSettings{Seed: 1, Train: 64, Test: 10})
	if err != nil {
		return err
	}
	session, err := net.Session(64, graph.Roles{Clamped: []string{"x", "y"}})
	if err != nil {
		return err
	}
	src := &train.Labelled{Data: data.Train, Settings: datasets.BatchSettings{Size: 64}}
	for b, err := range src.Batches(0, 0) {
		if err != nil {
			return err
		}
		for name, values := range b.Values {
			if err := session.Clamp(name, values); err != nil {
				return err
			}
		}
	}
	if err := session.Initialize(graph.Start{}, nil); err != nil {
		return err
	}
	trace := &relax.Trace{}
	if _, err := relax.Run(context.Background(), session, relax.Settings{
		Steps: 60, Control: relax.Discount{Size: 0.1, Factor: 0.5}, Recorder: trace,
	}); err != nil {
		return err
	}
	return drawTrace(path, trace)
}

func drawTrace(path string, trace *relax.Trace) error {
	p := plot.New()
	p.Title.Text = "Relaxation: the error spreads from the output inwards"
	p.X.Label.Text, p.Y.Label.Text = "relaxation step", "energy of a sample"
	p.Legend.Top = true
	p.Legend.XOffs, p.Legend.YOffs = vg.Points(-8), vg.Points(-8)
	add := func(name string, energies []float64, c color.Color, width float64) error {
		points := make(plotter.XYs, len(energies))
		for i, e := range energies {
			points[i] = plotter.XY{X: float64(i), Y: e / 64}
		}
		line, err := plotter.NewLine(points)
		if err != nil {
			return err
		}
		line.Color, line.Width = c, vg.Points(width)
		p.Add(line)
		p.Legend.Add(name, line)
		return nil
	}
	if err := add("total", trace.Totals(), grey, 2); err != nil {
		return err
	}
	terms := trace.Terms()
	for i, name := range terms {
		share := float64(i) / float64(len(terms)-1)
		c := color.RGBA{R: uint8(0x1f + share*(0xd6-0x1f)), G: uint8(0x77 - share*0x50), B: uint8(0xb4 - share*0x8c), A: 0xff}
		if err := add(name, trace.Energies(name), c, 1.5); err != nil {
			return err
		}
	}
	return p.Save(14*vg.Centimeter, 10*vg.Centimeter, path)
}

// glyphs draws a sheet of samples of the embedded data set.
func glyphs(path string) error {
	data, err := datasets.Load("glyphs", datasets.LoadSettings{Seed: 1, Train: 160, Test: 10, Normalization: &datasets.Normalization{}})
	if err != nil {
		return err
	}
	const cols, rows, side = 20, 8, 28
	sheet := image.NewGray(image.Rect(0, 0, cols*side, rows*side))
	x := make([]float32, side*side)
	for i := range cols * rows {
		data.Train.Read(i, x)
		for k, v := range x {
			sheet.SetGray(i%cols*side+k%side, i/cols*side+k/side, color.Gray{Y: uint8(255 * min(1, max(0, v)))})
		}
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := png.Encode(f, sheet); err != nil {
		return err
	}
	return f.Close()
}
