package experiments

import (
	"context"

	"github.com/seed-be841da4/prospect/analysis"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/train"
)

// ProspectiveIndex measures the prospective index of every layer of a random deep
// net on a random pair of input and target, both from N(0, 1): activities relax
// for Steps steps, are then held, and the weights take WeightSteps steps.
//
// Source: Song et al. 2024, prospective index.
type ProspectiveIndex struct {
	// Learning tells the relaxation and the learning rate; its Rule is not used.
	Learning
	// Depth is the number of weight matrices, each Width × Width.
	Depth int `json:"depth"`
	Width int `json:"width"`
	// Activation of the hidden units. Empty means the identity.
	Activation string `json:"activation,omitempty"`
	// Init draws the weights.
	Init Initial `json:"init"`
	// WeightSteps is the number of weight steps with the activities held.
	WeightSteps int `json:"weight_steps"`
	// Precision of the network.
	Precision graph.Precision `json:"precision"`
}

// PublishedProspectiveIndex returns the published settings with 100 or 1 weight
// steps.
func PublishedProspectiveIndex(weightSteps int) ProspectiveIndex {
	return ProspectiveIndex{
		Learning: Learning{Rule: PC, Rate: 0.01, Gamma: 0.1, Discount: 0.5, Steps: 100},
		Depth:    6, Width: 64, Init: XavierNormal, WeightSteps: weightSteps,
	}
}

// ProspectiveIndexResult is the outcome of a [ProspectiveIndex].
type ProspectiveIndexResult struct {
	// Hidden has φ of every hidden layer, the first one first; Output is that of
	// the output, whose relaxed activity is the target.
	Hidden []float64 `json:"hidden"`
	Output float64   `json:"output"`
}

// Run draws a network and a pair and measures.
func (s ProspectiveIndex) Run(ctx context.Context, seed uint64) (ProspectiveIndexResult, error) {
	var r ProspectiveIndexResult
	net, err := chain{widths: constantWidths(s.Width, s.Depth), activation: s.Activation, init: s.Init}.new(settings(s.Precision, seed))
	if err != nil {
		return r, err
	}
	relaxation := s.relaxation()
	whole := relaxation
	whole.Steps = s.Steps + s.WeightSteps
	step := analysis.Step{
		Rule: &train.Interleaved{
			Relax:      whole,
			Activities: train.When{{From: 0, Until: s.Steps}},
			Weights:    train.When{{From: s.Steps, Until: whole.Steps}},
		},
		Optimizer: &train.SGD{}, Rate: s.Rate,
	}
	index, err := analysis.ProspectiveIndex(ctx, net, relaxation, step, randomPairs(net, 1, 1, seed), "y")
	if err != nil {
		return r, err
	}
	for _, n := range index {
		phi := analysis.Mean(n.Cosines)
		if n.Node == "y" {
			r.Output = phi
			continue
		}
		r.Hidden = append(r.Hidden, phi)
	}
	return r, nil
}
