package reproduce

import (
	"maps"
	"slices"
	"strings"

	"github.com/pkg/errors"
)

// QuirkName names a slip of the published configurations.
type QuirkName string

// The slips.
const (
	subsetPicker     QuirkName = "subset-picker"
	deadOutput       QuirkName = "dead-output"
	collidingLabels  QuirkName = "colliding-labels"
	lateReshuffle    QuirkName = "late-reshuffle"
	mixedTargets     QuirkName = "mixed-targets"
	cutTestSet       QuirkName = "cut-test-set"
	repeatedBackprop QuirkName = "repeated-backprop"
)

// Quirk is a slip of the published configuration of a panel. It shaped the
// published numbers, so that it is repeated unless [Options] leave it out.
type Quirk struct {
	Name QuirkName `json:"name"`
	// Text says what is wrong, and what is done instead where that is not plain.
	Text string `json:"text"`
}

// choices are the slips of the panel and whether they are repeated.
func (p *Panel) choices(o Options) []QuirkChoice {
	var out []QuirkChoice
	for _, q := range p.Quirks {
		out = append(out, QuirkChoice{q, o.repeats(q.Name)})
	}
	return out
}

// repeated is the same by name.
func (p *Panel) repeated(o Options) map[QuirkName]bool {
	out := map[QuirkName]bool{}
	for _, q := range p.Quirks {
		out[q.Name] = o.repeats(q.Name)
	}
	return out
}

// overrides are the slips of the panel that are not as the protocol has them.
func (p *Panel) overrides(o Options) map[QuirkName]bool {
	usual := o.Protocol != Clean
	out := p.repeated(o)
	maps.DeleteFunc(out, func(_ QuirkName, on bool) bool { return on == usual })
	return out
}

// checkQuirks returns an error for the name of a slip that no panel has.
func checkQuirks(panels []*Panel, o Options) error {
	var known []string
	for _, p := range panels {
		for _, q := range p.Quirks {
			if !slices.Contains(known, string(q.Name)) {
				known = append(known, string(q.Name))
			}
		}
	}
	for name := range o.Quirks {
		switch {
		case slices.Contains(known, string(name)):
		case len(known) == 0:
			return errors.Errorf("--quirk, got %q, want none: no slips are known of %s", name, strings.Join(panelNames(panels), ", "))
		default:
			return errors.Errorf("--quirk, got %q, want one of %s", name, strings.Join(known, ", "))
		}
	}
	return nil
}
