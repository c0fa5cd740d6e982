package experiments

import (
	"context"

	"github.com/seed-be841da4/prospect/graph"
)

// ReversalMechanism is what happens within the net of [Reversal] when an option
// that was thought good is punished again and again: it starts with the hidden
// weight 1 and the output weights (1, −1), always chooses the first option, and is
// always paid −1.
//
// Source: Song et al. 2024, Fig. 6d–e.
type ReversalMechanism struct {
	Learning
	// Trials is how many times the weights are recorded, each time followed by a
	// learning step.
	Trials int `json:"trials"`
	// Precision of the network.
	Precision graph.Precision `json:"precision"`
}

// PublishedReversalMechanism returns the published settings of a rule.
func PublishedReversalMechanism(rule Rule) ReversalMechanism {
	return ReversalMechanism{
		Learning: Learning{Rule: rule, Rate: 0.1, Gamma: 0.1, Discount: 0.9, Steps: 256},
		Trials:   64, Precision: graph.Float64,
	}
}

// ReversalMechanismResult is the course of a [ReversalMechanism].
type ReversalMechanismResult struct {
	// Hidden is the hidden weight before each trial, and Output the two output
	// weights.
	Hidden []float64    `json:"hidden"`
	Output [][2]float64 `json:"output"`
}

// Run runs the trials, in which nothing is random.
func (s ReversalMechanism) Run(ctx context.Context) (ReversalMechanismResult, error) {
	var r ReversalMechanismResult
	c, err := newChoices(s.Learning, s.Precision)
	if err != nil {
		return r, err
	}
	hidden, output := c.net.Params()[0], c.net.Params()[1]
	setWeights(hidden, 1)
	setWeights(output, 1, -1)
	c.net.ParamsChanged()
	for range s.Trials {
		r.Hidden = append(r.Hidden, weight(hidden, 0))
		r.Output = append(r.Output, [2]float64{weight(output, 0), weight(output, 1)})
		if err := c.reward(ctx, 0, -1); err != nil {
			return r, err
		}
	}
	return r, nil
}
