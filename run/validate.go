package run

import (
	"math"
	"math/bits"
	"strings"

	"github.com/seed-be841da4/prospect/baselines"
	"github.com/seed-be841da4/prospect/kinds"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

// most bounds every count, so that sums and products of them do not overflow.
const most = 1_000_000_000

// Check returns an error that names the setting unless a run can be started with
// s, which must be complete. Only what the data hold is not looked at.
func (s *Settings) Check() error {
	return first(s.checkNames, s.checkNumbers, s.checkBlocks, s.checkRule, s.checkModel, s.checkAugment)
}

// checkAlone is Check without what wants the sizes of the data.
func (s *Settings) checkAlone() error {
	return first(s.checkNames, s.checkNumbers, s.checkBlocks, s.checkRule)
}

// first returns the first error.
func first(checks ...func() error) error {
	for _, check := range checks {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// checkBlocks checks in how many parts batches are learned.
func (s *Settings) checkBlocks() error {
	if s.Blocks != 0 && (s.Blocks < 1 || bits.OnesCount(uint(s.Blocks)) != 1 || s.Blocks > s.Batch) {
		return settingf("{blocks}, got %d, want a power of two, at most {batch} (%d), or 0 for whole batches", s.Blocks, s.Batch)
	}
	return nil
}

// checkRule checks that the rule can do what the other settings ask of it.
func (s *Settings) checkRule() error {
	t, err := s.trainer(nil)
	if err != nil {
		return err
	}
	if err := (train.Chain{t.Optimizer}).Step(nil, s.LR); err != nil { // which looks at its settings first
		return withSetting(err, "{optimizer} "+strings.ReplaceAll(s.Optimizer, "%", "%%"))
	}
	if err := s.checkRepeated(t.Rule); err != nil {
		return err
	}
	rule := innermost(t.Rule)
	nudge, _ := kinds.Get(rule, "nudge")
	coordinates, _ := kinds.Get(rule, "coordinates")
	state, _ := kinds.Get(rule, "state")
	warm, _ := kinds.Get(rule, "warm_start")
	_, interleaved := rule.(*train.Interleaved)
	tests := kinds.Has(rule, "relax") && !interleaved
	switch {
	case s.Coordinates == train.Errors && !kinds.Has(rule, "coordinates"):
		return settingf("{coordinates} errors: {rule}, got %s, want %s: "+whyActivities(rule), s.Rule, PC)
	case s.Coordinates == train.Errors && coordinates != train.Errors:
		return settingf("{coordinates} errors: {rule}, got %s, which has others; leave one of the two out", s.Rule)
	case state == train.BeforeLast && s.Steps < 2:
		return settingf("{steps}, got 1, want at least 2 with {weight_state} before-last: the weights would see no step")
	case s.Tolerance > 0 && s.Stop != "":
		return settingf("{tolerance}, got %v beside {stop} %s, want one of the two", s.Tolerance, s.Stop)
	case s.Tolerance > 0 && !tests:
		return settingf("{tolerance}: {rule}, got %s, want %s, which alone tests for convergence; leave {tolerance} out", s.Rule, PC)
	case s.Stop != "" && !tests:
		return settingf("{stop}: {rule}, got %s, want %s, which alone tests for convergence; leave {stop} out", s.Rule, PC)
	case s.Nudge > 0 && !kinds.Has(rule, "nudge"):
		return settingf("{nudge}: {rule}, got %s, want %s or a contrastive rule; leave {nudge} out", s.Rule, PC)
	case s.Nudge > 0 && nudge != s.Nudge:
		return settingf("{nudge}, got %v beside {rule} %s, which has another; leave one of the two out", s.Nudge, s.Rule)
	case s.WarmStart && !kinds.Has(rule, "warm_start"):
		return settingf("{warm_start}: {rule}, got %s, want %s, which alone starts where the last relaxation ended; leave {warm_start} out", s.Rule, PC)
	case s.Blocks > 1 && warm == true:
		return settingf("{blocks}, got %d with {warm_start}, want one of the two: a sample is in another part of the batch in every epoch", s.Blocks)
	case s.PrecisionSchedule != "" && !kinds.Has(rule, "relax"):
		return settingf("{precision_schedule}: {rule}, got %s, want %s or another that relaxes by a solver; leave {precision_schedule} out", s.Rule, PC)
	case s.Control != "" && !kinds.Has(rule, "relax"):
		return settingf("{control}: {rule}, got %s, want %s or another that relaxes by a solver; leave {control} out", s.Rule, PC)
	}
	if kinds.Has(rule, "relax") {
		if err := s.checkRelaxation(); err != nil {
			return err
		}
	}
	return s.checkChain(rule)
}

// checkRepeated returns an error for a rule that repeats nothing, or not even once.
func (s *Settings) checkRepeated(rule train.Rule) error {
	outer, ok := rule.(*train.Repeated)
	if !ok {
		return nil
	}
	if outer.Rule == nil || outer.Times < 1 {
		return settingf("{rule}, got %s, want a rule to repeat and how often, such as repeated:4,rule=bp", s.Rule)
	}
	return s.checkRepeated(outer.Rule)
}

// checkRelaxation returns an error for a solver, a control and a stop that cannot be, or
// do not go together.
func (s *Settings) checkRelaxation() error {
	r, err := s.relaxation()
	if err != nil {
		return err
	}
	name := "{solver} " + strings.ReplaceAll(s.Solver, "%", "%%")
	if s.Control != "" {
		name += ", {control} " + strings.ReplaceAll(s.Control, "%", "%%")
	}
	if s.Stop != "" {
		name += ", {stop} " + strings.ReplaceAll(s.Stop, "%", "%%")
	}
	if s.PrecisionSchedule != "" {
		name += ", {precision_schedule} " + strings.ReplaceAll(s.PrecisionSchedule, "%", "%%")
	}
	return withSetting(r.Validate(), name)
}

// checkChain checks what the rules that are written out by hand want.
func (s *Settings) checkChain(rule train.Rule) error {
	if !writtenOut(rule) || isFile(s.Model) {
		return nil
	}
	model, _, _ := strings.Cut(s.Model, ":")
	energy, _, _ := strings.Cut(s.Energy, ":")
	_, linear := rule.(*baselines.TargetPropagation)
	switch {
	case model != "mlp":
		return settingf("{rule} %s: {model}, got %q, want a chain of dense layers, such as mlp", s.Rule, s.Model)
	case s.Placement == models.After.String():
		return settingf("{rule} %s: {placement}, got %s, want before", s.Rule, s.Placement)
	case energy != "gaussian" && energy != "":
		return settingf("{rule} %s: {energy}, got %s, want gaussian", s.Rule, s.Energy)
	case linear && s.Activation != "identity":
		return settingf("{rule} %s: {activation}, got %q, want identity: it is for linear networks", s.Rule, s.Activation)
	}
	return nil
}

// writtenOut reports whether a rule is one for chains of dense layers.
func writtenOut(rule train.Rule) bool {
	switch rule.(type) {
	case *baselines.FixedPrediction, *baselines.TargetPropagation, *baselines.GeneRec, *baselines.Hopfield, *baselines.AlmeidaPineda:
		return true
	}
	return false
}

// whyActivities says why a rule has no error coordinates.
func whyActivities(rule train.Rule) string {
	switch rule.(type) {
	case *train.Interleaved:
		return "weights that step at every step change what the errors mean; leave {coordinates} out"
	case *train.Backprop, *baselines.TargetPropagation:
		return "there is no relaxation; leave {coordinates} out"
	}
	return "it moves the activities by rules of its own; leave {coordinates} out"
}

// checkModel declares the network, and checks that its energies can mean the data. One
// from a file, or with settings of kinds within it, is built too, which finds the shapes
// and the settings that do not fit; another named one is right by then.
func (s *Settings) checkModel() error {
	if isFile(s.Model) || strings.ContainsAny(s.Activation+s.Energy+s.Init, ":") || strings.Contains(s.Model, "(") {
		if _, err := s.Network(); err != nil {
			return err
		}
	}
	d, err := s.declare()
	if err != nil {
		return err
	}
	if s.Freeze != "" || s.Rates != "" {
		if err := s.checkGroups(); err != nil {
			return err
		}
	}
	return s.checkDomains(d)
}

// checkNames checks the settings that are specs or one of a list of names.
func (s *Settings) checkNames() error {
	for _, c := range []struct{ name, value string }{
		{"{pixels}", string(s.Pixels)},
		{"{targets}", string(s.Targets)},
		{"{energy}", s.Energy},
		{"{init}", s.Init},
		{"{solver}", s.Solver},
		{"{rule}", s.Rule},
		{"{gradient}", string(s.Gradient)},
		{"{optimizer}", s.Optimizer},
		{"{schedule}", s.Schedule},
		{"{engine}", s.Engine},
	} {
		if c.value == "" {
			return settingf(c.name + ", got nothing, want a name; Defaults has one")
		}
	}
	same := *s
	if err := same.canonical(); err != nil {
		return err
	}
	if _, err := s.modelSettings(); err != nil {
		return err
	}
	_, err := s.engine()
	return err
}

// checkNumbers checks the settings that are numbers.
func (s *Settings) checkNumbers() error {
	for _, c := range []struct {
		setting    string
		value, low int
		remark     string
	}{
		{"{steps}", s.Steps, 1, ""},
		{"{batch}", s.Batch, 1, ""},
		{"{epochs}", s.Epochs, 1, ""},
		{"{train_per_class}", s.TrainPerClass, 0, " (0 means all)"},
		{"{limit_batches}", s.LimitBatches, 0, " (0 means all)"},
		{"{patience}", s.Patience, 0, " (0 trains all epochs)"},
	} {
		if c.value < c.low || c.value > most {
			return settingf(c.setting+", got %d, want %d to %d%s", c.value, c.low, most, c.remark)
		}
	}
	switch {
	case !(s.StepSize > 0) || math.IsInf(s.StepSize, 0):
		return settingf("{step_size}, got %v, want a positive finite number", s.StepSize)
	case !(s.Tolerance >= 0) || math.IsInf(s.Tolerance, 0):
		return settingf("{tolerance}, got %v, want a finite number of at least 0 (0 takes all steps)", s.Tolerance)
	case !(s.StepDiscount > 0 && s.StepDiscount <= 1):
		return settingf("{step_discount}, got %v, want more than 0 and at most 1 (1 keeps the step size)", s.StepDiscount)
	case !(s.ValSplit >= 0 && s.ValSplit < 1):
		return settingf("{val_split}, got %v, want at least 0 and less than 1 (0 means none)", s.ValSplit)
	case s.ValSplit > 0 && isText(s.Data):
		return settingf("{val_split}: a text has no validation part; leave {val_split} out")
	case s.InitKeep != "" && s.InitFrom == "":
		return settingf("{init_keep}: there is nothing to keep them from; add {init_from}, or leave it out")
	case s.Patience > 0 && s.ValSplit == 0:
		return settingf("{patience}, got %d, but there is nothing to tell by; add {val_split} 0.1", s.Patience)
	case !(s.Clip >= 0) || math.IsInf(s.Clip, 0):
		return settingf("{clip}, got %v, want a finite number of at least 0 (0 does not clip)", s.Clip)
	case !(s.Nudge >= 0) || math.IsInf(s.Nudge, 0):
		return settingf("{nudge}, got %v, want a finite number of at least 0 (0 is the rule's own)", s.Nudge)
	case !(s.StartStd >= 0) || math.IsInf(s.StartStd, 0):
		return settingf("{start_std}, got %v, want a finite number of at least 0", s.StartStd)
	case !(s.LR > 0) || math.IsInf(s.LR, 0):
		return settingf("{lr}, got %v, want a positive finite number", s.LR)
	case !(s.WeightDecay >= 0 && s.WeightDecay < 1):
		return settingf("{weight_decay}, got %v, want at least 0 and less than 1", s.WeightDecay)
	}
	return nil
}
