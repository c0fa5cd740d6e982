package reproduce

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/seed-be841da4/prospect/internal/experiments"
	"github.com/seed-be841da4/prospect/models"
)

// The cases of the panel, by what varies, and the rates of muPC that were published as
// the best.
const (
	exampleCase    = "example"
	mupcCase       = "mupc"
	standardCase   = "standard"
	mupcRate       = .1
	mupcActivities = .5
)

// mupcGrid is what is compared: weight and activity rates, the width and depth of the
// smallest network, and the larger widths and depths.
type mupcGrid struct {
	rates, activities []float64
	width, depth      int
	widths, depths    []int
	updates           int
}

// mupcGridOf is the grid of a preset. Published are the four weight rates, eleven activity
// rates from 1000 to 0.01, widths 64 to 1024 with 8 hidden nodes, and 8 to 128 hidden
// nodes at width 512.
func mupcGridOf(o Options) mupcGrid {
	return pick(o,
		mupcGrid{[]float64{.5, .1, .05, .01}, []float64{5, .5, .05}, 32, 8, []int{64, 128}, []int{16, 32}, 100},
		mupcGrid{[]float64{.5, .1, .05, .01}, []float64{50, 5, .5, .05}, 128, 8, []int{32, 64, 256}, []int{16, 32}, 900},
	)
}

// mupcPanel trains residual networks with muPC.
//
// Source: Innocenti, Achour and Buckley 2025 (arXiv:2505.13124), Figs. 1 and 5; rates,
// grids and steps were taken from its public programs, and the accuracies of the network
// of 30 layers from the output of the public example (examples/mupc in
// thebuckleylab/jpc). Not found: numbers of Figs. 1 and 5.
func mupcPanel() *Panel {
	return &Panel{
		Name: "mupc", After: "arXiv:2505.13124", Data: mnist,
		Shows: "deep residual nets learn with muPC, at rates that hold for all widths and depths",
		Protocol: "Residual ReLU nets without biases on standardized MNIST, batch 64, Adam, one pass at most; descent on the activities for as many steps as hidden nodes. Example: width " +
			"128, 30 matrices, 30 steps, weight rate 0.1, activity rate 0.5. Grid: hidden nodes 8, 16, 32 and several widths, weight rates 0.5 to 0.01 at activity rate 0.5, " +
			"activity rates at weight rate 0.1. Standard PC at its best published rates (weights 0.01; activities 0.1 with 8 hidden nodes, 0.01 with 16 and 32). The published energies are " +
			"means over the batch, so that an activity rate of 0.5 is 1/128 for an image. Differs from the published protocol: depth is studied at width 128 (quick 32), there 512; up to 32 " +
			"hidden nodes, there 128; float32, where the published grid ran in float64. Not found: numbers of the published figures; the tolerances are ours.",
		Thinner: "100 of 900 updates, widths 32 to 128 of 32 to 256, depth at width 32, 3 of 4 activity rates",
		Seeds:   Seeds{2, 3},
		Minutes: map[Preset]float64{Quick: 0.5, Full: 70},
		Trials:  mupcTrials,
		Cost:    func(t Trial) float64 { return float64(mupcWidth(t)*t.Size) * float64(mupcWidth(t)*t.Size) },
		Run:     mupcTrial, Report: mupcReport,
	}
}

// mupcOf is the cell of a width, depth and rates. Its case names the width, its second
// rate is that of the activities.
func mupcOf(name string, width, depth int, rate, activities float64) Trial {
	return Trial{Rule: PC, Case: fmt.Sprintf("%s, width %d", name, width), Size: depth, Rate: rate, SecondRate: activities}
}

// mupcWidth is the width in the name of a case.
func mupcWidth(t Trial) int {
	width := 0
	for _, name := range []string{exampleCase, mupcCase, standardCase} {
		if _, err := fmt.Sscanf(t.Case, name+", width %d", &width); err == nil {
			break
		}
	}
	return width
}

// sizes are the widths and depths of a grid, the smallest first.
func (g mupcGrid) sizes() [][2]int {
	out := [][2]int{{g.width, g.depth}}
	for _, w := range g.widths {
		out = append(out, [2]int{w, g.depth})
	}
	for _, d := range g.depths {
		out = append(out, [2]int{g.width, d})
	}
	return out
}

// standardRates are the best published activity rates of standard PC by hidden nodes.
var standardRates = map[int]float64{8: .1, 16: .01, 32: .01}

// mupcExample is the network of the public example.
func mupcExample() Trial { return mupcOf(exampleCase, 128, 29, mupcRate, mupcActivities) }

func mupcTrials(o Options, seeds int) []Trial {
	g := mupcGridOf(o)
	cells := []Trial{mupcExample()}
	add := func(t Trial) {
		if !slices.Contains(cells, t) {
			cells = append(cells, t)
		}
	}
	for _, size := range g.sizes() {
		for _, rate := range g.rates {
			add(mupcOf(mupcCase, size[0], size[1], rate, mupcActivities))
		}
		for _, rate := range g.activities {
			add(mupcOf(mupcCase, size[0], size[1], mupcRate, rate))
		}
	}
	for _, depth := range append([]int{g.depth}, g.depths...) {
		add(mupcOf(standardCase, g.width, depth, .01, standardRates[depth]))
	}
	var out []Trial
	for _, t := range cells {
		for t.Seed = range seeds {
			out = append(out, t)
		}
	}
	return out
}

func mupcTrial(ctx context.Context, env *Env, t Trial) (Outcome, error) {
	split, err := env.Standardized(mnist)
	if err != nil {
		return Outcome{}, err
	}
	s := experiments.PublishedMuPC(mupcWidth(t), t.Size)
	s.Rate, s.ActivityRate = t.Rate, t.SecondRate
	s.Updates = env.epochs(mupcGridOf(env.Options).updates)
	if env.limit > 0 {
		s.Tests = []int{1, s.Updates}
	}
	switch t.cell() {
	case mupcExample():
		s.Steps = t.Size + 1
	case mupcOf(standardCase, mupcWidth(t), t.Size, t.Rate, t.SecondRate):
		s.Parametrization = models.Standard
	}
	r, err := s.Run(ctx, split, t.seed())
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Series: []Series{{testError, r.TestErrors}, one("reached", float64(r.Reached))}, Diverged: r.Diverged}, nil
}

// publishedExample are the test errors in the output of the public example, by updates;
// a second run of the same weights differs by up to 0.002.
var publishedExample = []struct {
	updates int
	error   float64
}{{100, 1 - .85827}, {300, 1 - .90805}, {900, 1 - .93259}}

// The tolerances of mupc are ours.
const (
	exampleTolerance = .02
	depthTolerance   = .03
	transferred      = .02
)

func mupcReport(records []Record, o Options) (*Report, error) {
	r, g := &Report{}, mupcGridOf(o)
	example := Figure{Name: "example", Title: "Width 128, 30 layers", X: "updates", Y: "test error"}
	mine, paper := ours(PC), published(PC)
	for i, p := range publishedExample {
		if p.updates > g.updates {
			break
		}
		s := Summarize(tabulate(records, element(testError, i))[mupcExample()])
		r.near(fmt.Sprintf("width 128, 30 layers: test error after %d updates", p.updates), p.error, s, exampleTolerance)
		mine.add(float64(p.updates), s, Trial{})
		paper.point(float64(p.updates), p.error)
	}
	example.Lines = []Line{mine, paper}
	last := tabulate(records, func(r Record) float64 { e := r.Values(testError); return at(e, len(e)-1) })
	best := func(name string, depth int) float64 {
		if name == standardCase {
			return mean(last[mupcOf(standardCase, g.width, depth, .01, standardRates[depth])])
		}
		return mean(last[mupcOf(name, g.width, depth, mupcRate, mupcActivities)])
	}
	deep := slices.Max(g.depths)
	cost := best(mupcCase, deep) - best(mupcCase, g.depth)
	r.claim(fmt.Sprintf("%d hidden nodes learn as well as %d at the same rates (test error above)", deep, g.depth), "yes", number(cost), fmt.Sprintf("≤ %v", depthTolerance), cost <= depthTolerance)
	gain := best(standardCase, deep) - best(mupcCase, deep)
	r.claim(fmt.Sprintf("%d hidden nodes: standard PC at its best published rates is worse (test error above muPC's)", deep), "yes", number(gain), "above 0", gain > 0)
	figures := []Figure{example}
	for _, k := range []struct {
		name, title string
		rates       []float64
		cell        func(size [2]int, rate float64) Trial
	}{
		{"weight-rates", "weight rate", g.rates, func(s [2]int, x float64) Trial { return mupcOf(mupcCase, s[0], s[1], x, mupcActivities) }},
		{"activity-rates", "activity rate", g.activities, func(s [2]int, x float64) Trial { return mupcOf(mupcCase, s[0], s[1], mupcRate, x) }},
	} {
		figure := Figure{Name: k.name, Title: "muPC, by width and hidden nodes", X: k.title, Y: "test error", LogX: true}
		at := func(size [2]int, rate float64) float64 { return mean(last[k.cell(size, rate)]) }
		lowest := func(size [2]int) (float64, float64) {
			rate, low := math.NaN(), math.Inf(1)
			for _, x := range k.rates {
				if e := at(size, x); e < low {
					rate, low = x, e
				}
			}
			return rate, low
		}
		sizes := g.sizes()
		rate, _ := lowest(sizes[0])
		for _, part := range []struct {
			of    string
			sizes [][2]int
		}{{"width", sizes[1 : 1+len(g.widths)]}, {"depth", sizes[1+len(g.widths):]}} {
			loss := math.Inf(-1)
			for _, size := range part.sizes {
				_, low := lowest(size)
				loss = math.Max(loss, at(size, rate)-low) // keeps NaN
			}
			r.claim(fmt.Sprintf("the %s that is best at width %d and %d hidden nodes (%v) is good at every %s (largest test error above the best rate's)", k.title, g.width, g.depth, rate, part.of),
				"transfers", number(loss), fmt.Sprintf("≤ %v", transferred), loss <= transferred)
		}
		for _, size := range sizes {
			name := fmt.Sprintf("width %d, %d hidden nodes", size[0], size[1])
			line := Line{Name: name + ", ours", Rule: PC, Color: name}
			for _, x := range slices.Sorted(slices.Values(k.rates)) {
				line.add(x, Summarize(last[k.cell(size, x)]), Trial{})
			}
			figure.Lines = append(figure.Lines, line)
		}
		figures = append(figures, figure)
	}
	r.Figures = figures
	reached := mean(tabulate(records, first("reached"))[mupcExample()])
	r.Notes = append(r.Notes,
		fmt.Sprintf("in the first update of the network of 30 layers %.3g of its 30 matrices have a gradient that is not exactly 0: at 1/128 of a step the signal is lost in the rounding of float32 below", reached),
		"the published accuracies are those printed in the public example; the tolerances are ours; all criteria were set before the first run")
	return r, nil
}
