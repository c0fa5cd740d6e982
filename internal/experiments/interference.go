package experiments

import (
	"context"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
)

// Interference is the example of Fig. 3a and 3d: a linear 1-1-2 net with all
// weights 1 and input 1, so that both outputs are 1, learns the target (0, 1).
// The first output ("sound") has to vanish, the second ("smell") is right already
// and should stay.
//
// Source: Song et al. 2024, Fig. 3a, 3d.
type Interference struct {
	Learning
	// Iterations is how many times the output is recorded, each time followed by
	// a learning step.
	Iterations int `json:"iterations"`
	// Precision of the network.
	Precision graph.Precision `json:"precision"`
}

// PublishedInterference returns the settings of Fig. 3a for a rule, with the
// learning rate 0.2; those of Fig. 3d have the rates 0.1, 0.05, 0.01 and 0.005
// and 2048 iterations.
func PublishedInterference(rule Rule) Interference {
	return Interference{
		Learning:   Learning{Rule: rule, Rate: 0.2, Gamma: 0.1, Discount: 0.5, Steps: 128},
		Iterations: 64, Precision: graph.Float64,
	}
}

// InterferenceResult is the course of an [Interference].
type InterferenceResult struct {
	// Outputs are the feedforward predictions (wrong output, correct output) before
	// each learning step: the first is (1, 1).
	Outputs [][2]float64 `json:"outputs"`
	// Dip is the lowest value of the correct output, whose target is 1.
	Dip float64 `json:"dip"`
}

// Run runs the example, in which nothing is random.
func (s Interference) Run(ctx context.Context) (InterferenceResult, error) {
	r := InterferenceResult{Dip: 1}
	net, err := models.MLP{Widths: []int{1, 1, 2}, NoBias: true, Init: layers.Constant{Value: 1}}.New(settings(s.Precision, 0))
	if err != nil {
		return r, err
	}
	p, err := newPupil(net, s.Learning, 1, "x")
	if err != nil {
		return r, err
	}
	p.set("x", 1)
	p.set("y", 0, 1)
	for range s.Iterations {
		y, err := p.predict()
		if err != nil {
			return r, err
		}
		r.Outputs = append(r.Outputs, [2]float64{y.At(0), y.At(1)})
		r.Dip = min(r.Dip, y.At(1))
		if err := p.learn(ctx); err != nil {
			return r, err
		}
	}
	return r, nil
}
