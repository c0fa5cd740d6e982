package main

import (
	"context"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/plot"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// relaxation draws how the energy of every node of a deep net changes while its
// activities relax: the error enters at the output and spreads.
func relaxation() (picture, error) {
	net, err := models.MLP{
		Widths: []int{784, 64, 64, 64, 10}, Activation: layers.Tanh{}, Init: layers.XavierNormal{Gain: 5.0 / 3},
	}.New(graph.Settings{Seed: 1})
	if err != nil {
		return nil, err
	}
	data, err := datasets.Load("glyphs", datasets.LoadSettings{Seed: 1, Train: 64, Test: 10})
	if err != nil {
		return nil, err
	}
	session, err := net.Session(64, graph.Roles{Clamped: []string{"x", "y"}})
	if err != nil {
		return nil, err
	}
	src := &train.Labelled{Data: data.Train, Settings: datasets.BatchSettings{Size: 64}}
	for b, err := range src.Batches(0, 0) {
		if err != nil {
			return nil, err
		}
		for name, values := range b.Values {
			if err := session.Clamp(name, values); err != nil {
				return nil, err
			}
		}
	}
	if err := session.Initialize(graph.Start{}, nil); err != nil {
		return nil, err
	}
	trace := &relax.Trace{}
	if _, err := relax.Run(context.Background(), session, relax.Settings{
		Steps: 60, Control: relax.Discount{Size: 0.1, Factor: 0.5}, Recorder: trace,
	}); err != nil {
		return nil, err
	}
	return drawTrace(trace), nil
}

func drawTrace(trace *relax.Trace) plot.Figure {
	f := plot.Figure{
		Name: "relaxation", Title: "The error enters at the output and spreads inwards", Width: 15, Height: 8.5,
		X: plot.Axis{Label: "relaxation step"}, Y: plot.Axis{Label: "energy of a sample"},
	}
	add := func(name string, c plot.Color, energies []float64) {
		s := plot.Series{Name: name, Kind: plot.Curve, Color: c}
		for i, e := range energies {
			s.Add(float64(i), e/64)
		}
		f.Series = append(f.Series, s)
	}
	add("total", plot.Black, trace.Totals())
	names := map[string]string{"y": "output", "h3": "3rd hidden layer", "h2": "2nd hidden layer", "h1": "1st hidden layer"}
	palette := map[string]plot.Color{"y": plot.Vermilion, "h3": plot.Orange, "h2": plot.Sky, "h1": plot.Blue}
	for _, term := range []string{"y", "h3", "h2", "h1"} {
		add(names[term], palette[term], trace.Energies(term))
	}
	return f
}
