package experiments

import (
	"context"
	"fmt"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/sweep"
	"github.com/seed-be841da4/prospect/train"
)

// ErrorCoordinates compares gradient descent on activities with gradient descent on
// prediction errors: how many steps each needs to the same equilibrium, and how far the
// signal of the output is attenuated on its way down.
//
// Source: Goemaere, Oliviers, Bogacz and Demeester 2025, "ePC: fast and deep predictive
// coding in digital simulation" (arXiv:2505.20137), Figs. 1 and 5. Architecture, training,
// rates, numbers of steps and the threshold are those of the public program of Fig. 5.
type ErrorCoordinates struct {
	// Layers is the number of weight matrices, at least 2: 784-Width-…-Width-10 where the
	// data are images of 784 pixels in ten classes, without biases, drawn orthogonal.
	Layers int `json:"layers"`
	Width  int `json:"width"`
	// Activation is applied to every prediction but that of the output. Empty means the
	// identity.
	Activation string `json:"activation,omitempty"`
	// Samples is the size of the batch that is relaxed.
	Samples int `json:"samples"`
	// Epochs of backpropagation with Adam at Rate, in batches of TrainingBatch, come
	// before. Zero leaves the weights as they are drawn. Limit is the most updates of an
	// epoch; zero means no limit.
	Epochs        int     `json:"epochs"`
	TrainingBatch int     `json:"training_batch"`
	Limit         int     `json:"limit,omitempty"`
	Rate          float64 `json:"rate"`
	// StateRates and ErrorRates are the step sizes tried on activities and on errors, and
	// StateSteps and ErrorSteps the most steps.
	StateRates []float64 `json:"state_rates"`
	ErrorRates []float64 `json:"error_rates"`
	StateSteps int       `json:"state_steps"`
	ErrorSteps int       `json:"error_steps"`
	// Distance is how near the activities of a hidden node have to come to the
	// equilibrium: the median over the samples of ‖h − h*‖.
	Distance float64 `json:"distance"`
	// Gap is how near the energy has to come to that of the equilibrium, (E − E*)/E*.
	Gap float64 `json:"gap"`
}

// PublishedErrorCoordinates returns the published settings for a number of matrices, of
// which 20 is published: of Fig. 5 for linear, trained networks, and for an activation
// function an untrained network and one image, as in Fig. 1. The activation function and
// the initial weights of Fig. 1 were not found; those of Fig. 5 are taken. Gap is ours.
func PublishedErrorCoordinates(layers int, activation string) ErrorCoordinates {
	s := ErrorCoordinates{
		Layers: layers, Width: 128, Activation: activation, Samples: 64, Epochs: 2, TrainingBatch: 64, Rate: 1e-3,
		StateRates: []float64{.1, .3, .5}, ErrorRates: []float64{.01, .05, .1, .3}, StateSteps: 4096, ErrorSteps: 256,
		Distance: 7e-5, Gap: 1e-3,
	}
	if activation != "" {
		s.Samples, s.Epochs = 1, 0
	}
	return s
}

// Approach is how gradient descent came to the equilibrium. A number of steps is +Inf
// where the most steps were not enough.
type Approach struct {
	// Nodes holds the steps after which each hidden node, from the input on, is for the
	// first time within the distance, at the step size Rate, the one that brings all of
	// them there in the fewest steps.
	Nodes []float64 `json:"nodes"`
	Rate  float64   `json:"rate"`
	// Gap is the number of steps to the energy gap, at the step size GapRate, which needs
	// the fewest.
	Gap     float64 `json:"gap"`
	GapRate float64 `json:"gap_rate"`
	// Left is the largest relative distance ‖h − h*‖/‖h*‖ of a hidden node, its median over
	// the samples, when the run at Rate ended.
	Left float64 `json:"left"`
}

// All is the number of steps that brings all nodes within the distance.
func (a Approach) All() float64 { return slices.Max(a.Nodes) }

// ErrorCoordinatesResult is what was found.
type ErrorCoordinatesResult struct {
	// States and Errors are of descent on activities and on prediction errors.
	States Approach `json:"states"`
	Errors Approach `json:"errors"`
	// Arrivals is how far every hidden node, from the output down, moves in the first
	// step of descent on the activities in which it moves at all, step k for the k-th: the
	// norm over all samples. The step size is the smallest of StateRates.
	Arrivals []float64 `json:"arrivals"`
	// FirstErrors is the prediction error of every hidden node, from the output down,
	// after one step of descent on the errors: the norm over all samples. The step size is
	// the smallest of ErrorRates.
	FirstErrors []float64 `json:"first_errors"`
}

// Run draws a network and a batch, trains it, and compares.
func (s ErrorCoordinates) Run(ctx context.Context, data datasets.Dataset, seed uint64) (ErrorCoordinatesResult, error) {
	var r ErrorCoordinatesResult
	progress, parts := sweep.ProgressOf(ctx), len(s.StateRates)+2
	progress.Set(0, parts)
	if s.Layers < 2 {
		return r, errors.Errorf("experiments: error coordinates: Layers, got %d, want at least 2: there is no hidden node", s.Layers)
	}
	net, batch, err := s.draw(ctx, data, seed)
	if err != nil {
		return r, err
	}
	progress.Set(1, parts)
	c := &descent{settings: s, ctx: ctx, hidden: s.names()[1:s.Layers]}
	if c.session, err = net.Session(batch.Size, graph.Roles{Clamped: []string{"x", "y"}}); err != nil {
		return r, err
	}
	for _, node := range []string{"x", "y"} {
		if err := c.session.Clamp(node, batch.Values[node]); err != nil {
			return r, err
		}
	}
	if c.errors, err = c.session.ErrorCoordinates(); err != nil {
		return r, err
	}
	if _, err := c.errors.Certificates(); err != nil { // so that evaluations store the activities
		return r, err
	}
	if err := c.equilibrium(net, batch); err != nil {
		return r, err
	}
	arrived := func(rates int) { progress.Set(1+rates, parts) }
	if r.States, err = c.best(false, s.StateRates, s.StateSteps, arrived); err != nil {
		return r, err
	}
	if r.Errors, err = c.best(true, s.ErrorRates, s.ErrorSteps, func(int) {}); err != nil {
		return r, err
	}
	if r.Arrivals, err = c.arrivals(slices.Min(s.StateRates)); err != nil {
		return r, err
	}
	r.FirstErrors, err = c.firstErrors(slices.Min(s.ErrorRates))
	progress.Set(parts, parts)
	return r, err
}

// names lists the nodes from the input to the output.
func (s ErrorCoordinates) names() []string {
	out := []string{"x"}
	for i := 1; i < s.Layers; i++ {
		out = append(out, fmt.Sprintf("h%d", i))
	}
	return append(out, "y")
}

// draw returns a trained network and the first batch of a shuffled epoch.
func (s ErrorCoordinates) draw(ctx context.Context, data datasets.Dataset, seed uint64) (*graph.Network, *train.Batch, error) {
	batch, err := firstBatch(data, s.Samples, seed)
	if err != nil {
		return nil, nil, err
	}
	var f graph.Layer
	if s.Activation != "" {
		if f, err = activation(s.Activation); err != nil {
			return nil, nil, err
		}
	}
	var d graph.Declaration
	names := s.names()
	for i, name := range names {
		size := s.Width
		switch i {
		case 0:
			size = datasets.SampleSize(data)
		case s.Layers:
			size = data.Classes()
		}
		d.Nodes = append(d.Nodes, graph.Node{Name: name, Shape: graph.Shape{size}})
		if i == 0 {
			continue
		}
		var layer graph.Layer = layers.Dense{Out: size, NoBias: true, Weight: layers.Orthogonal{}}
		if f != nil && i < s.Layers {
			layer = layers.Sequential{layer, f}
		}
		d.Predictions = append(d.Predictions, graph.Prediction{Of: name, From: []string{names[i-1]}, Layer: layer})
	}
	precision := graph.Float32 // as published
	if f != nil {
		precision = graph.Float64 // for the equilibrium, which is relaxed to
	}
	net, err := graph.New(d, settings(precision, seed))
	if err != nil || s.Epochs == 0 {
		return net, batch, err
	}
	trainer := &train.Trainer{Network: net, Rule: &train.Backprop{Average: true}, Optimizer: &train.Adam{}, Rate: s.Rate, Epochs: s.Epochs}
	source := &train.Labelled{Data: data, Seed: seed, Settings: datasets.BatchSettings{Size: s.TrainingBatch, Shuffle: true, Limit: s.Limit}}
	return net, batch, trainer.Fit(ctx, source)
}
