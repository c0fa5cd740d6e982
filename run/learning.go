package run

import (
	"strings"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/kinds"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// The names of learning rules that others are compared with.
const (
	PC = "pc" // prospective configuration
	BP = "bp" // backprop
)

// RuleName is the name of the rule without its settings.
func (s *Settings) RuleName() string {
	name, _, _ := strings.Cut(s.Rule, ":")
	return name
}

// RuleTitle returns what the rule is called in full: that of the registry.
func (s *Settings) RuleTitle() string {
	kind, err := s.registry().Rules.Find(s.RuleName())
	if err != nil || kind.Help == "" {
		return s.Rule
	}
	if s.RuleName() != s.Rule {
		return kind.Help + " (" + s.Rule + ")"
	}
	return kind.Help
}

// Relaxes reports whether the rule, or the one that it repeats, takes as many relaxation
// steps as it is told.
func (s *Settings) Relaxes() bool {
	rule := s.bareRule()
	return kinds.Has(rule, "relax") || kinds.Has(rule, "steps")
}

// bareRule returns the rule of the spec alone, the one within a train.Repeated; nil if
// there is none.
func (s *Settings) bareRule() train.Rule {
	spec, err := kinds.Parse[train.Rule](s.registry(), s.Rule)
	if err != nil {
		return nil
	}
	rule, err := spec.New()
	if err != nil {
		return nil
	}
	return innermost(rule)
}

// innermost returns the rule within a train.Repeated, or the rule itself.
func innermost(rule train.Rule) train.Rule {
	for {
		outer, ok := rule.(*train.Repeated)
		if !ok {
			return rule
		}
		rule = outer.Rule
	}
}

// usualSolver is the solver where none is named. In error coordinates no fixed step
// size is safe, because the largest eigenvalue grows with the weights.
func usualSolver(c train.Coordinates) string {
	if c == train.Errors {
		return "lbfgs"
	}
	return "euler"
}

// relaxation returns how activities relax.
func (s *Settings) relaxation() (relax.Settings, error) {
	r := relax.Settings{Steps: s.Steps}
	var err error
	if r.Solver, err = newKind[relax.Solver](s.registry(), "{solver}", s.Solver, map[string]any{"seed": s.Seed}); err != nil {
		return r, err
	}
	if r.Control, err = s.control(r.Solver); err != nil {
		return r, err
	}
	if r.Stop, err = s.stop(); err != nil || s.PrecisionSchedule == "" {
		return r, err
	}
	r.Precision, err = newKind[relax.PrecisionSchedule](s.registry(), "{precision_schedule}", s.PrecisionSchedule, nil)
	return r, err
}

// control returns what controls the step size.
func (s *Settings) control(solver relax.Solver) (relax.Control, error) {
	if s.Control != "" {
		return newKind[relax.Control](s.registry(), "{control}", s.Control,
			map[string]any{"size": s.StepSize, "initial": s.StepSize, "factor": s.StepDiscount})
	}
	switch solver.(type) {
	case *relax.LBFGS, *relax.Anderson: // whose natural step is 1 and needs a control that rejects
		return relax.Armijo{Initial: 1}, nil
	case *relax.ConjugateGradient: // whose steps have their own length
		return relax.Constant{Size: 1}, nil
	case *relax.Langevin, *relax.Proximal: // whose energy rises and falls
		return relax.Constant{Size: s.StepSize}, nil
	}
	if s.StepDiscount == 1 || s.PrecisionSchedule != "" { // or energies of two steps differ anyway
		return relax.Constant{Size: s.StepSize}, nil
	}
	return relax.Discount{Size: s.StepSize, Factor: s.StepDiscount}, nil
}

// stop returns what ends a relaxation before its last step, or nil.
func (s *Settings) stop() (relax.Converger, error) {
	switch {
	case s.Stop != "":
		return newKind[relax.Converger](s.registry(), "{stop}", s.Stop, map[string]any{"min_steps": 1})
	case s.Tolerance > 0:
		return relax.GradientNorm{Tolerance: s.Tolerance, MinSteps: 1}, nil
	}
	return nil, nil
}

// rule returns the learning rule of s.
func (s *Settings) rule() (train.Rule, error) {
	fields, err := s.ruleFields()
	if err != nil {
		return nil, err
	}
	rule, err := newKind[train.Rule](s.registry(), "{rule}", s.Rule, fields)
	if err != nil {
		return nil, err
	}
	for outer, ok := rule.(*train.Repeated); ok && outer.Rule != nil; outer, ok = outer.Rule.(*train.Repeated) {
		for name, x := range fields {
			outer.Rule = kinds.WithDefault(outer.Rule, name, x)
		}
	}
	return rule, nil
}

// ruleFields returns the fields of rules that settings set, by name.
func (s *Settings) ruleFields() (map[string]any, error) {
	fields := map[string]any{
		"steps": s.Steps, "size": s.StepSize, "average": s.Gradient == Mean, "seed": s.Seed,
		"coordinates": s.Coordinates, "state": s.WeightState, "start": graph.Start{Std: s.StartStd},
	}
	if s.WarmStart {
		fields["warm_start"] = true
	}
	if s.Nudge > 0 {
		fields["nudge"] = s.Nudge
	}
	if !s.Relaxes() {
		return fields, nil
	}
	r, err := s.relaxation()
	if err != nil {
		return nil, err
	}
	// The weights' gradients come with an evaluation of their own, which makes the
	// relaxation's final one superfluous, unless it is to be tested for convergence.
	r.SkipFinal = r.Stop == nil
	fields["relax"] = r
	return fields, nil
}

// trainer returns a trainer of net as s says.
func (s *Settings) trainer(net *graph.Network) (*train.Trainer, error) {
	optimizer, err := newKind[train.Optimizer](s.registry(), "{optimizer}", s.Optimizer, map[string]any{"weight_decay": s.WeightDecay})
	if err != nil {
		return nil, err
	}
	schedule, err := newKind[train.Schedule](s.registry(), "{schedule}", s.Schedule, nil)
	if err != nil {
		return nil, err
	}
	if d, ok := schedule.(train.StepDecay); ok && d.Every < 1 {
		return nil, settingf("{schedule}, got %s, want the number of updates between two drops, such as step:1000", s.Schedule)
	}
	rule, err := s.rule()
	if err != nil {
		return nil, err
	}
	groups, err := s.groups()
	if err != nil {
		return nil, err
	}
	return &train.Trainer{
		Network: net, Rule: rule, Optimizer: s.chained(optimizer, groups),
		Rate: s.LR, Schedule: schedule, Epochs: s.Epochs, Blocks: s.Blocks,
	}, nil
}

// chained returns the optimizer with what clips and groups before it.
func (s *Settings) chained(o train.Optimizer, groups train.Groups) train.Optimizer {
	var c train.Chain
	if s.Clip > 0 {
		c = append(c, train.ClipNorm{Max: s.Clip})
	}
	if groups != nil {
		c = append(c, groups)
	}
	if c == nil {
		return o
	}
	return append(c, o)
}

// engine returns what runs the network.
func (s *Settings) engine() (graph.Engine, error) {
	e, err := newKind[graph.Engine](s.registry(), "{engine}", s.Engine, nil)
	if o, ok := e.(interface{ Open() error }); ok {
		err = withSetting(o.Open(), "{engine}")
	}
	return e, err
}
