package cli

import (
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/kinds"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/run"
	"github.com/seed-be841da4/prospect/train"
)

// refuseTwice returns an error for a flag on the command line whose setting a spec beside
// it has too, or whose setting a named control or optimizer has no use for. The spec
// would win, and nobody would know.
func refuseTwice(c *console, s run.Settings) error {
	rule := func(field string) (given, has bool, err error) { return looks[train.Rule](s, s.Rule, field) }
	control := func(field string) (given, has bool, err error) { return looks[relax.Control](s, s.Control, field) }
	optimizer := func(field string) (given, has bool, err error) { return looks[train.Optimizer](s, s.Optimizer, field) }
	for _, x := range []struct {
		flag, other, spec string
		look              func(field string) (given, has bool, err error)
		fields            []string
		wanted            bool // that the kind has one of the fields
	}{
		{"nudge", "rule", s.Rule, rule, []string{"nudge"}, false},
		{"coordinates", "rule", s.Rule, rule, []string{"coordinates"}, false},
		{"weight-state", "rule", s.Rule, rule, []string{"state"}, false},
		{"gradient", "rule", s.Rule, rule, []string{"average"}, false},
		{"steps", "rule", s.Rule, rule, []string{"steps"}, false},
		{"step-size", "rule", s.Rule, rule, []string{"size"}, false},
		{"step-size", "control", s.Control, control, []string{"size", "initial"}, true},
		{"step-discount", "control", s.Control, control, []string{"factor"}, true},
		{"weight-decay", "optimizer", s.Optimizer, optimizer, []string{"weight_decay"}, true},
	} {
		if x.spec == "" || !slices.Contains(c.given, x.flag) {
			continue
		}
		used := false
		for _, field := range x.fields {
			given, has, err := x.look(field)
			if err != nil {
				return err
			}
			if given {
				return errors.Errorf("--%s: --%s %s sets it too; leave one of the two out", x.flag, x.other, x.spec)
			}
			used = used || has
		}
		if x.wanted && !used {
			return errors.Errorf("--%s: --%s %s has no use for it; leave it out", x.flag, x.other, x.spec)
		}
	}
	return nil
}

// looks reports whether a spec gives a field, and whether its kind has it.
func looks[T any](s run.Settings, text, field string) (given, has bool, err error) {
	spec, err := kinds.Parse[T](s.Kinds, text)
	if err != nil {
		return false, false, err
	}
	return spec.Given(field), kinds.Has(spec.Kind.Value, field), nil
}
