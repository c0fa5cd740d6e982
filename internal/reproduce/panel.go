package reproduce

import (
	"context"
	"slices"
	"strings"

	"github.com/pkg/errors"
)

// Panel is an experiment of the paper and the figure panels that show it.
type Panel struct {
	// Name is what the panel is called on the command line, such as "fig4b".
	Name string
	// Aliases are other names of it.
	Aliases []string
	// Shows says in one line what is seen in it.
	Shows string
	// Protocol describes the experiment in a few lines.
	Protocol string
	// Quirks names the slips of the published configuration that --protocol clean
	// leaves out; empty if there are none.
	Quirks string
	// Thinner says what the quick preset leaves out.
	Thinner string
	// Data is the data set that is needed; empty for none.
	Data string
	// Minutes is about how long a preset takes on two cores.
	Minutes map[Preset]float64
	// Store names the store of the trials. Empty means Name; panels that show the
	// same trials share one.
	Store string

	// Trials returns the grid.
	Trials func(o Options) []Trial
	// Cost estimates the time of a trial, in any unit. Nil means all are equal.
	Cost func(t Trial) float64
	// Run runs a trial.
	Run func(ctx context.Context, env *Env, t Trial) (Record, error)
	// Report compares the results with what was published.
	Report func(records []Record, o Options) (*Report, error)
}

func (p *Panel) store() string {
	if p.Store != "" {
		return p.Store
	}
	return p.Name
}

func (p *Panel) cost(t Trial) float64 {
	if p.Cost == nil {
		return 1
	}
	return p.Cost(t)
}

// Panels returns all panels in the order of the paper.
func Panels() []*Panel {
	return []*Panel{
		energyMachinePanel(),
		interferencePanel(),
		interferenceRatesPanel(),
		alignmentPanel(),
		variantsPanel(),
		depthPanel(),
		onlinePanel(),
		onlineRatesPanel(),
		continualPanel(),
		driftPanel(),
		smallDataPanel(),
		convPanel(),
		reinforcementPanel(),
		sensorimotorPanel(),
		reversalPanel(),
		fearPanel(),
		prospectiveIndexPanel(),
		weightPathPanel(),
		teacherPanel(),
	}
}

// Find returns the panels of the names, each once, in the order of the names;
// "all" stands for every panel.
func Find(names []string) ([]*Panel, error) {
	var out []*Panel
	all := Panels()
	for _, name := range names {
		if name == "all" {
			for _, p := range all {
				out = appendOnce(out, p)
			}
			continue
		}
		i := slices.IndexFunc(all, func(p *Panel) bool { return p.Name == name || slices.Contains(p.Aliases, name) })
		if i < 0 {
			return nil, errors.Errorf("panel, got %q, want all or some of %s", name, strings.Join(panelNames(all), ", "))
		}
		out = appendOnce(out, all[i])
	}
	return out, nil
}

func appendOnce(panels []*Panel, p *Panel) []*Panel {
	if slices.ContainsFunc(panels, func(q *Panel) bool { return q.Name == p.Name }) {
		return panels
	}
	return append(panels, p)
}

func panelNames(panels []*Panel) []string {
	var names []string
	for _, p := range panels {
		names = append(names, p.Name)
	}
	return names
}
