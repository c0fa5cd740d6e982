package main

import (
	"context"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/plot"
	"github.com/seed-be841da4/prospect/train"
)

// rules are the two that the pictures compare.
var rules = []struct {
	name  string
	rule  train.Rule
	color plot.Color
}{
	{"backpropagation", &train.Backprop{}, plot.Vermilion},
	{"prospective configuration", train.Paper(128, 0.1, 0.5), plot.Blue},
}

// interference draws how a 1-1-2 linear net unlearns one output while the other
// is already right (Song et al. 2024, Fig. 3a).
func interference() (picture, error) {
	f := plot.Figure{
		Name: "interference", Title: "Unlearning one output, keeping the other", Width: 15, Height: 8.5,
		X: plot.Axis{Label: "output to be unlearned (from 1 to 0)", Min: -0.02, Max: 1.05},
		Y: plot.Axis{Label: "output that is right (keep at 1)", Min: 0.7, Max: 1.05},
	}
	for _, c := range rules {
		states, err := unlearn(c.rule, 23)
		if err != nil {
			return nil, err
		}
		s := plot.Series{Name: c.name, Color: c.color}
		for _, at := range states {
			s.Add(at.outputs[0], at.outputs[1])
		}
		f.Series = append(f.Series, s)
	}
	return f, nil
}

// state is the 1-1-2 net between two updates.
type state struct {
	hidden  float64
	outputs [2]float64
	weights [3]float64 // from the input to the hidden node, and from it to the outputs
}

// unlearn returns the net before each update.
func unlearn(rule train.Rule, updates int) ([]state, error) {
	net, err := models.MLP{Widths: []int{1, 1, 2}, NoBias: true, Init: layers.Constant{Value: 1}}.New(graph.Settings{})
	if err != nil {
		return nil, err
	}
	batch := &train.Batch{Size: 1, Values: map[string][]float32{"x": {1}, "y": {0, 1}}}
	var states []state
	for range updates {
		y, err := net.Predict(batch.Values, "y")
		if err != nil {
			return nil, err
		}
		s := state{outputs: [2]float64{y[0][0], y[0][1]}}
		k := 0
		for _, p := range net.Params() {
			for i := range p.Values().Len() {
				s.weights[k] = p.Values().At(i)
				k++
			}
		}
		s.hidden = s.weights[0] // of the input, which is 1
		states = append(states, s)
		if _, err := rule.Gradients(context.Background(), net, batch); err != nil {
			return nil, err
		}
		if err := (&train.SGD{}).Step(net.Params(), 0.2); err != nil {
			return nil, err
		}
	}
	return states, nil
}
