package reproduce

import (
	"context"
	"slices"
	"strings"

	"github.com/pkg/errors"
)

// Panel is an experiment of the paper and the figure panels that show it, or one of a
// later publication.
type Panel struct {
	// Name is what the panel is called on the command line, such as "fig4b".
	Name string
	// Aliases are other names of it.
	Aliases []string
	// After is the later publication that the panel is of, such as "arXiv:2505.20137".
	// Empty for the panels of the paper, apart from which the others are listed and
	// counted.
	After string
	// Shows says in one line what is seen in it.
	Shows string
	// Protocol describes the experiment in a few lines.
	Protocol string
	// Quirks are the slips of the published configuration; none if no one knows of
	// any.
	Quirks []Quirk
	// Thinner says what the quick preset leaves out, beside seeds.
	Thinner string
	// Seeds are how many there are.
	Seeds Seeds
	// Exact is the panel with the published seeds. Nil if there is no such.
	Exact *Exact
	// Data is the data set that is needed; empty for none.
	Data string
	// Minutes is about how long a preset takes on two cores.
	Minutes map[Preset]float64
	// Store names the store of the trials. Empty means Name; panels that show the
	// same trials share one.
	Store string

	// Trials returns the grid for a number of seeds.
	Trials func(o Options, seeds int) []Trial
	// Cost estimates the time of a trial, in any unit. Nil means all are equal.
	Cost func(t Trial) float64
	// Run runs a trial. It may be nil if there is Together.
	Run func(ctx context.Context, env *Env, t Trial) (Outcome, error)
	// Together runs trials of one group as one, with the results that each alone has.
	// Nil runs them one by one, by Run.
	Together func(ctx context.Context, env *Env, trials []Trial) ([]Outcome, error)
	// Report compares the results with what was published.
	Report func(records []Record, o Options) (*Report, error)
}

// together runs trials of one group, one by itself by Run.
func (p *Panel) together(ctx context.Context, env *Env, trials []Trial) ([]Outcome, error) {
	if len(trials) > 1 || p.Run == nil {
		return p.Together(ctx, env, trials)
	}
	out, err := p.Run(ctx, env, trials[0])
	return []Outcome{out}, err
}

func (p *Panel) store() string {
	if p.Store != "" {
		return p.Store
	}
	return p.Name
}

func (p *Panel) trials(o Options) []Trial {
	if o.PublishedSeeds {
		return p.Exact.trials(o)
	}
	return p.Trials(o, o.seeds(p.Seeds))
}

// seeds returns how many seeds are run.
func (p *Panel) seeds(o Options) int {
	if o.PublishedSeeds {
		return p.Exact.most()
	}
	return o.seeds(p.Seeds)
}

// report compares the results with what was published.
func (p *Panel) report(records []Record, o Options) (*Report, error) {
	if o.PublishedSeeds {
		return p.Exact.report(records, o)
	}
	r, err := p.Report(records, o)
	if err == nil {
		r.judge(p.Seeds, o.seeds(p.Seeds))
	}
	return r, err
}

// mostTrials is the most that the results of one panel may be; so many take about
// a gigabyte.
const mostTrials = 2_000_000

// Check returns an error for options that make no sense for the panels.
func Check(panels []*Panel, o Options) error {
	for _, p := range panels {
		if o.PublishedSeeds && p.Exact == nil {
			return errors.Errorf("--seeds published: %s has none; those that have: %s", p.Name, strings.Join(panelNames(withExact(Panels())), ", "))
		}
		if p.Seeds.Full == 0 {
			continue
		}
		if one := len(p.Trials(o, 1)); o.Seeds > mostTrials/one {
			return errors.Errorf("--seeds, got %d, want at most %d for %s, which has %d trials for each", o.Seeds, mostTrials/one, p.Name, one)
		}
	}
	return checkQuirks(panels, o)
}

// sharing returns the names of the panels that show the trials of a store, that of
// the store if there are none.
func sharing(store string) []string {
	var names []string
	for _, p := range Panels() {
		if p.store() == store {
			names = append(names, p.Name)
		}
	}
	if names == nil {
		return []string{store}
	}
	return names
}

func (p *Panel) cost(t Trial) float64 {
	if p.Cost == nil {
		return 1
	}
	return p.Cost(t)
}

// Panels returns all panels: those of the paper in its order, then those of
// publications that came after it.
func Panels() []*Panel { return append(paperPanels(), laterPanels()...) }

// laterPanels returns the panels of publications that came after the paper, each with
// its [Panel.After].
func laterPanels() []*Panel {
	return []*Panel{
		widthDepthPanel(),
		errorCoordinatesPanel(),
		mupcPanel(),
		temporalPanel(),
		gaussianFiltersPanel(),
		bidirectionalPanel(),
	}
}

// paperPanels returns the panels of the paper in its order.
func paperPanels() []*Panel {
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
		settlingPathPanel(),
		teacherPanel(),
	}
}

// The names of groups of panels.
const (
	allPanels   = "all"
	paperGroup  = "paper"
	laterGroup  = "after"
	wantedNames = "all, paper, after or some of "
)

// group returns the panels that a name of a group stands for, nil if it is none.
func group(name string) []*Panel {
	switch name {
	case allPanels:
		return Panels()
	case paperGroup:
		return paperPanels()
	case laterGroup:
		return laterPanels()
	}
	return nil
}

// Find returns the panels of the names, each once, in the order of the names; "all"
// stands for every panel, "paper" for those of the paper and "after" for those of
// later publications; with published seeds for every one of them that has such.
func Find(names []string, publishedSeeds bool) ([]*Panel, error) {
	var out []*Panel
	all := Panels()
	for _, name := range names {
		if some := group(name); some != nil {
			if publishedSeeds {
				some = withExact(some)
			}
			for _, p := range some {
				out = appendOnce(out, p)
			}
			continue
		}
		i := slices.IndexFunc(all, func(p *Panel) bool { return p.Name == name || slices.Contains(p.Aliases, name) })
		if i < 0 {
			return nil, errors.Errorf("panel, got %q, want %s%s", name, wantedNames, strings.Join(panelNames(all), ", "))
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
