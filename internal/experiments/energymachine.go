package experiments

import (
	"context"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
)

// EnergyMachine is the linear 1-2-2 example of Fig. 2: input 1, two hidden units
// whose weights w start at 0, and a second layer that is fixed, output 1 = hidden
// 1 and output 2 = 2·hidden 2. The target is (1, 1), so the optimum w = (1, ½).
//
// Source: Song et al. 2024, Fig. 2, and the 1-2-2 example of its code.
type EnergyMachine struct {
	Learning
	// Iterations is how many times the weights are recorded, each time followed by
	// a learning step.
	Iterations int `json:"iterations"`
	// Precision of the network.
	Precision graph.Precision `json:"precision"`
}

// PublishedEnergyMachine returns the published settings for a rule. The rates,
// 1.397 for PC and 0.4 for BP, make the first step of both equally long in the
// output. The version of small steps has the rate 0.05 for both and 150
// iterations.
func PublishedEnergyMachine(rule Rule) EnergyMachine {
	s := EnergyMachine{
		Learning:   Learning{Rule: rule, Rate: 1.3969543147208123, Gamma: 0.1, Discount: 0.8, Steps: 128},
		Iterations: 15, Precision: graph.Float64,
	}
	if rule == BP {
		s.Rate = 0.4
	}
	return s
}

// EnergyMachineResult is the course of an [EnergyMachine].
type EnergyMachineResult struct {
	// Weights are the hidden weights before each learning step, the first (0, 0),
	// and Outputs the feedforward prediction of these weights, (w₁, 2·w₂).
	Weights [][2]float64 `json:"weights"`
	Outputs [][2]float64 `json:"outputs"`
	// Straightness is the length of the straight line from the first to the last
	// weights over the length of the path.
	Straightness float64 `json:"straightness"`
}

// Run runs the example, in which nothing is random.
func (s EnergyMachine) Run(ctx context.Context) (EnergyMachineResult, error) {
	var r EnergyMachineResult
	net, err := models.MLP{Widths: []int{1, 2, 2}, NoBias: true, Init: layers.Constant{}}.New(settings(s.Precision, 0))
	if err != nil {
		return r, err
	}
	p, err := newPupil(net, s.Learning, 1, "x")
	if err != nil {
		return r, err
	}
	w := net.Params()[0]
	setWeights(net.Params()[1], 1, 0, 0, 2)
	net.ParamsChanged()
	p.rates[1] = 0
	p.set("x", 1)
	p.set("y", 1, 1)
	for range s.Iterations {
		y, err := p.predict()
		if err != nil {
			return r, err
		}
		r.Weights = append(r.Weights, [2]float64{weight(w, 0), weight(w, 1)})
		r.Outputs = append(r.Outputs, [2]float64{y.At(0), y.At(1)})
		if err := p.learn(ctx); err != nil {
			return r, err
		}
	}
	r.Straightness = straightness(r.Weights)
	return r, nil
}
