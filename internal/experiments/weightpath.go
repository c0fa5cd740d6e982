package experiments

import (
	"context"

	"github.com/seed-be841da4/prospect/analysis"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/torchrand"
	"github.com/seed-be841da4/prospect/train"
)

// WeightPath follows the weights of a 32-32-32-32 net while it learns one random
// pair of input and target, both from N(0, 0.1²), again and again: how long is
// the path of the weights, and how far did it lead?
//
// Source: Song et al. 2024, less erratic weight trajectories.
type WeightPath struct {
	Learning
	// Widths of the net.
	Widths []int `json:"widths"`
	// Activation of the hidden units. Empty means the identity.
	Activation string `json:"activation,omitempty"`
	// ActivateInput applies it to the input, too.
	ActivateInput bool `json:"activate_input,omitempty"`
	// Init draws the weights.
	Init Initial `json:"init"`
	// Std is the standard deviation of input and target.
	Std float64 `json:"std"`
	// Updates is the number of learning steps.
	Updates int `json:"updates"`
	// Precision of the network.
	Precision graph.Precision `json:"precision"`
}

// PublishedWeightPath returns the published settings of a rule at a learning
// rate: 0.476, 0.480 … 0.572 for PC and 0.336, 0.338 … 0.378 for BP.
func PublishedWeightPath(rule Rule, rate float64) WeightPath {
	return WeightPath{
		Learning: Learning{Rule: rule, Rate: rate, Gamma: 0.1, Discount: 0.9, Steps: 200},
		Widths:   []int{32, 32, 32, 32}, Activation: "sigmoid", Init: XavierNormal, Std: 0.1, Updates: 64,
	}
}

// SettlingWeightPath returns settings for [AlmeidaPineda] and [GeneRec]: tanh at
// input, hidden and output units, and enough steps to come to rest. The published code
// never let them: Almeida–Pineda learned from random activities, and GeneRec
// without a negative phase, with 64 steps of 0.001 and 128 of 0.01. So the
// published numbers are not to be expected.
func SettlingWeightPath(rule Rule, rate float64) WeightPath {
	return WeightPath{
		Learning: Learning{Rule: rule, Rate: rate, Gamma: 0.1, Steps: 128, Output: "tanh"},
		Widths:   []int{32, 32, 32, 32}, Activation: "tanh", ActivateInput: true, Init: XavierNormal, Std: 0.1, Updates: 64,
	}
}

// WeightPathResult is the outcome of a [WeightPath], averaged over the matrices.
type WeightPathResult struct {
	// Net is the norm of the whole change of a matrix, and Path the sum of the
	// norms of its steps.
	Net  float64 `json:"net"`
	Path float64 `json:"path"`
}

// Run draws a network and a pair and learns it.
func (s WeightPath) Run(ctx context.Context, seed uint64) (WeightPathResult, error) {
	var r WeightPathResult
	net, pairs, err := s.draw(seed)
	if err != nil {
		return r, err
	}
	p, err := newPupil(net, s.Learning, 1, "x")
	if err != nil {
		return r, err
	}
	p.batch = pairs
	path := analysis.NewPath(net)
	for range s.Updates {
		if err := p.learn(ctx); err != nil {
			return r, err
		}
		path.Add()
	}
	r.Net, r.Path = analysis.Mean(path.Nets()), analysis.Mean(path.Lengths())
	return r, nil
}

// draw returns a network and its pair.
func (s WeightPath) draw(seed uint64) (*graph.Network, *train.Batch, error) {
	c := chain{widths: s.Widths, activation: s.Activation, init: s.Init, atInput: s.ActivateInput}
	net, err := c.new(settings(s.Precision, seed))
	if err != nil {
		return nil, nil, err
	}
	if s.Draws == Own {
		return net, randomPairs(net, 1, s.Std, seed), nil
	}
	g := torchrand.New(seed)
	return net, torchPairs(g, 1, s.Widths[0], s.Widths[len(s.Widths)-1], s.Std), c.redraw(net, s.Draws, g)
}
