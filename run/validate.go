package run

import (
	"math"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

// most bounds every count, so that sums and products of them do not overflow.
const most = 1_000_000_000

// Check returns an error that names the flag unless a run can be started with
// s, which must be complete. Only what the data hold is not looked at. It is not
// called Validate because kong would call it before the settings are complete.
func (s Settings) Check() error {
	for _, check := range []func() error{s.checkNames, s.checkNumbers, s.checkRule, s.checkModel} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// checkRule checks what the rules that are written out by hand want.
func (s Settings) checkRule() error {
	model, _, _ := strings.Cut(s.Model, ":")
	switch {
	case s.Coordinates == train.Errors && s.Rule != PC:
		return errors.Errorf("--coordinates errors: --rule, got %s, want %s: %s", s.Rule, PC, whyActivities(s.Rule))
	case s.Tolerance > 0 && s.Rule != PC:
		return errors.Errorf("--tolerance: --rule, got %s, want %s, which alone tests for convergence; leave the flag out", s.Rule, PC)
	case !slices.Contains([]string{TargetPropagation, GeneRec, Hopfield, AlmeidaPineda}, s.Rule) || isFile(s.Model):
	case model != "mlp":
		return errors.Errorf("--rule %s: --model, got %q, want a chain of dense layers, such as mlp", s.Rule, s.Model)
	case s.Placement == models.After.String():
		return errors.Errorf("--rule %s: --placement, got %s, want before", s.Rule, s.Placement)
	case s.Energy != "" && s.Energy != "gaussian":
		return errors.Errorf("--rule %s: --energy, got %s, want gaussian", s.Rule, s.Energy)
	case s.Rule == TargetPropagation && s.Activation != "identity":
		return errors.Errorf("--rule %s: --activation, got %q, want identity: it is for linear networks", s.Rule, s.Activation)
	}
	return nil
}

// whyActivities says why a rule has no error coordinates.
func whyActivities(rule string) string {
	switch rule {
	case Incremental:
		return "weights that step at every step change what the errors mean; leave the flag out"
	case BP, TargetPropagation:
		return "there is no relaxation; leave the flag out"
	}
	return "it moves the activities by rules of its own; leave the flag out"
}

// checkModel declares the network, and checks that its energies can mean the data.
// One from a file is built too, which finds the shapes that do not fit; a named one
// is right by then.
func (s Settings) checkModel() error {
	if isFile(s.Model) {
		if _, err := s.Network(); err != nil {
			return err
		}
	}
	d, err := s.declare()
	if err != nil {
		return err
	}
	return s.checkDomains(d)
}

// checkNames checks the settings that are one of a list of names.
func (s Settings) checkNames() error {
	for _, c := range []struct {
		flag, value string
		names       []string
	}{
		{"--pixels", string(s.Pixels), []string{string(StandardPixels), string(UnitPixels)}},
		{"--targets", string(s.Targets), []string{string(ZeroOne), string(MinusPlusOne)}},
		{"--activation", s.Activation, append(layers.ActivationNames(), "")},
		{"--placement", s.Placement, []string{models.Before.String(), models.After.String(), ""}},
		{"--energy", s.Energy, EnergyNames()},
		{"--init", s.Init, layers.InitializerNames()},
		{"--solver", s.Solver, SolverNames()},
		{"--rule", s.Rule, RuleNames()},
		{"--gradient", string(s.Gradient), []string{string(Sum), string(Mean)}},
		{"--optimizer", s.Optimizer, train.OptimizerNames()},
		{"--schedule", s.Schedule, train.ScheduleNames()},
		{"--engine", s.Engine, EngineNames()},
	} {
		if err := oneOf(c.flag, c.value, c.names); err != nil {
			return err
		}
	}
	return nil
}

// checkNumbers checks the settings that are numbers.
func (s Settings) checkNumbers() error {
	for _, c := range []struct {
		flag       string
		value, low int
		remark     string
	}{
		{"--steps", s.Steps, 1, ""},
		{"--batch", s.Batch, 1, ""},
		{"--epochs", s.Epochs, 1, ""},
		{"--train-per-class", s.TrainPerClass, 0, " (0 means all)"},
		{"--limit-batches", s.LimitBatches, 0, " (0 means all)"},
	} {
		if c.value < c.low || c.value > most {
			return errors.Errorf("%s, got %d, want %d to %d%s", c.flag, c.value, c.low, most, c.remark)
		}
	}
	if s.WeightState == train.BeforeLast && s.Steps < 2 && s.Rule == PC {
		return errors.New("--steps, got 1, want at least 2 with --weight-state before-last: the weights would see no step")
	}
	switch {
	case !(s.StepSize > 0) || math.IsInf(s.StepSize, 0):
		return errors.Errorf("--step-size, got %v, want a positive finite number", s.StepSize)
	case !(s.Tolerance >= 0) || math.IsInf(s.Tolerance, 0):
		return errors.Errorf("--tolerance, got %v, want a finite number of at least 0 (0 takes all steps)", s.Tolerance)
	case !(s.StepDiscount > 0 && s.StepDiscount <= 1):
		return errors.Errorf("--step-discount, got %v, want more than 0 and at most 1 (1 keeps the step size)", s.StepDiscount)
	case !(s.StartStd >= 0) || math.IsInf(s.StartStd, 0):
		return errors.Errorf("--start-std, got %v, want a finite number of at least 0", s.StartStd)
	case !(s.LR > 0) || math.IsInf(s.LR, 0):
		return errors.Errorf("--lr, got %v, want a positive finite number", s.LR)
	case !(s.WeightDecay >= 0 && s.WeightDecay < 1):
		return errors.Errorf("--weight-decay, got %v, want at least 0 and less than 1", s.WeightDecay)
	}
	return nil
}
