package run

import (
	"github.com/seed-be841da4/prospect/baselines"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// relaxation returns how activities relax.
func (s Settings) relaxation() (relax.Settings, error) {
	solver, err := SolverByName(s.Solver)
	if err != nil {
		return relax.Settings{}, err
	}
	r := relax.Settings{Steps: s.Steps, Solver: solver, Control: relax.Discount{Size: s.StepSize, Factor: s.StepDiscount}}
	switch {
	case s.Solver == "lbfgs": // whose natural step is 1 and needs a control that rejects
		r.Control = relax.Armijo{Initial: 1}
	case s.StepDiscount == 1:
		r.Control = relax.Constant{Size: s.StepSize}
	}
	if s.Tolerance > 0 {
		r.Stop = relax.GradientNorm{Tolerance: s.Tolerance, MinSteps: 1}
	}
	return r, nil
}

// rule returns the learning rule of s.
func (s Settings) rule() (train.Rule, error) {
	switch s.Rule {
	case BP:
		return &train.Backprop{Average: s.Gradient == Mean}, nil
	case ZIL:
		return &train.ZIL{Average: s.Gradient == Mean}, nil
	case TargetPropagation:
		return &baselines.TargetPropagation{Average: s.Gradient == Mean}, nil
	case GeneRec:
		return &baselines.GeneRec{Settling: s.settling()}, nil
	case Hopfield:
		return &baselines.Hopfield{Settling: s.settling()}, nil
	case AlmeidaPineda:
		return &baselines.AlmeidaPineda{Settling: s.settling()}, nil
	}
	r, err := s.relaxation()
	if err != nil {
		return nil, err
	}
	// The weights' gradients come with an evaluation of their own, which makes the
	// relaxation's final one superfluous, unless it is to be tested for convergence.
	r.SkipFinal = r.Stop == nil
	if s.Rule == Incremental {
		return &train.Interleaved{
			Relax: r, Start: graph.Start{Std: s.StartStd}, Seed: s.Seed, Average: s.Gradient == Mean,
		}, nil
	}
	return &train.Prospective{
		Relax:       r,
		Coordinates: s.Coordinates,
		State:       s.WeightState,
		Start:       graph.Start{Std: s.StartStd},
		Seed:        s.Seed,
		Average:     s.Gradient == Mean,
	}, nil
}

// settling returns how activities settle under a rule that is written out by hand.
func (s Settings) settling() baselines.Settling {
	return baselines.Settling{Steps: s.Steps, Size: s.StepSize, Average: s.Gradient == Mean}
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
	rule, err := s.rule()
	if err != nil {
		return nil, err
	}
	return &train.Trainer{
		Network: net, Rule: rule, Optimizer: optimizer,
		Rate: s.LR, Schedule: schedule, Epochs: s.Epochs,
	}, nil
}
