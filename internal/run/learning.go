package run

import (
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// rule returns the learning rule of s.
func (s Settings) rule() train.Rule {
	if s.Rule == BP {
		return &train.Backprop{Average: s.Gradient == Mean}
	}
	var control relax.Control = relax.Discount{Size: s.StepSize, Factor: s.StepDiscount}
	if s.StepDiscount == 1 {
		control = relax.Constant{Size: s.StepSize}
	}
	return &train.Prospective{
		// The weights' gradients come with an evaluation of their own, which
		// makes the relaxation's final one superfluous.
		Relax:   relax.Settings{Steps: s.Steps, Control: control, SkipFinal: true},
		State:   s.WeightState,
		Seed:    s.Seed,
		Average: s.Gradient == Mean,
	}
}

// trainer returns a trainer of net as s says.
func (s Settings) trainer(net *graph.Network) (*train.Trainer, error) {
	optimizer, err := train.OptimizerByName(s.Optimizer, s.WeightDecay)
	if err != nil {
		return nil, err
	}
	schedule, err := train.ScheduleByName(s.Schedule)
	if err != nil {
		return nil, err
	}
	return &train.Trainer{
		Network: net, Rule: s.rule(), Optimizer: optimizer,
		Rate: s.LR, Schedule: schedule, Epochs: s.Epochs,
	}, nil
}
