package reproduce

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/seed-be841da4/prospect/internal/experiments"
)

// alignmentSeeds is how many the published figure has.
const alignmentSeeds = 27

// alignmentPanel is Fig. 3e.
func alignmentPanel() *Panel {
	return &Panel{
		Name: "fig3e", Shows: "target alignment: does a learning step move the output towards the target?",
		Protocol: "1 to 25 matrices of 64×64, linear, Xavier uniform; input and target from N(0, 1), batch 1; one update at rate 0.001; " +
			"relaxation γ 0.1, discount 0.5, T 512; 27 seeds.",
		Thinner: "11 of 25 depths",
		Seeds:   Seeds{alignmentSeeds, alignmentSeeds},
		Minutes: map[Preset]float64{Quick: 0.1, Full: 0.6},
		Trials: func(o Options, seeds int) []Trial {
			depths := []int{1, 2, 4, 5, 6, 8, 10, 12, 15, 20, 25}
			if o.full() {
				depths = nil
				for d := range 25 {
					depths = append(depths, d+1)
				}
			}
			return grid(depths, func(string, int) []float64 { return []float64{.001} }, seeds)
		},
		Cost: func(t Trial) float64 { return map[string]float64{PC: 6, BP: 1}[t.Rule] * float64(t.Size+4) },
		Run:  alignment(published3e), Together: alignments(published3e), Report: alignmentReport,
		Exact: &Exact{Seeds: map[string]int{PC: alignmentSeeds, BP: alignmentSeeds}, Numbers: alignmentNumbers},
	}
}

// alignmentNumbers are the means of the figure, and the least of BP at 25 layers.
func alignmentNumbers(Options) []exactNumber {
	metric := first("alignment")
	var out []exactNumber
	for _, rule := range rules {
		for _, d := range slices.Sorted(maps.Keys(fig3e[rule])) {
			n := exactNumber{fmt.Sprintf("%s, %s", label(rule), count(d, "layer")), fig3e[rule][d], 3, []Trial{{Rule: rule, Size: d, Rate: .001}}, meanOf(metric)}
			if rule == BP && d == 25 {
				n.digits = 4
			}
			out = append(out, n)
		}
	}
	least := func(records []Record) float64 {
		low := math.Inf(1)
		for _, r := range records {
			low = min(low, metric(r))
		}
		return low
	}
	return append(out, exactNumber{label(BP) + ", 25 layers, the least", -.400, 3, []Trial{{Rule: BP, Size: 25, Rate: .001}}, least})
}

func published3e(t Trial, d experiments.Draws) experiments.Alignment {
	s := experiments.PublishedAlignment(t.rule(), t.Size)
	s.Draws = d
	return s
}

// alignment runs a trial with its settings, and alignments many together.
func alignment(settings func(t Trial, d experiments.Draws) experiments.Alignment) func(context.Context, *Env, Trial) (Outcome, error) {
	return func(ctx context.Context, env *Env, t Trial) (Outcome, error) {
		seed, draws := env.Options.seeded(t)
		r, err := settings(t, draws).Run(ctx, seed)
		return simulated(r, err, alignmentSeries)
	}
}

func alignments(settings func(t Trial, d experiments.Draws) experiments.Alignment) func(context.Context, *Env, []Trial) ([]Outcome, error) {
	return func(ctx context.Context, env *Env, trials []Trial) ([]Outcome, error) {
		return all(ctx, env.Options, trials, settings, experiments.RunAlignments, alignmentSeries)
	}
}

func alignmentSeries(r experiments.AlignmentResult) []Series {
	return []Series{one("alignment", r.Alignment)}
}

func alignmentReport(records []Record, _ Options) (*Report, error) {
	t := tabulate(records, first("alignment"))
	r := &Report{}
	f := Figure{Name: "fig3e", Title: "Deep linear networks, one update", X: "layers", Y: "target alignment"}
	found := map[string]map[int]Sample{}
	var clouds []Line
	lowest := math.Inf(1)
	for _, rule := range rules {
		found[rule] = map[int]Sample{}
		line, paper := ours(rule), published(rule)
		dots := Line{Name: label(rule) + ", ours, each seed", Rule: rule, Marks: true, Faint: true}
		for _, d := range t.sizes() {
			at, s := t.best(of(rule, d))
			found[rule][d] = s
			line.add(float64(d), s, at)
			for seed, v := range t[at] {
				dots.point(float64(d), v)
				dots.Rates, dots.Seeds = append(dots.Rates, at.Rate), append(dots.Seeds, seed)
			}
			if rule == BP && d >= 16 {
				lowest = min(lowest, least(t[at]))
			}
			if d == 5 { // nearly straight between them, and not read off
				middle := (fig3e[rule][4] + fig3e[rule][6]) / 2
				r.sampled(fmt.Sprintf("%s, 5 layers (published: the middle of 4 and 6)", label(rule)), middle, alignmentSeeds, s, spreadOf("fig3e", at, "alignment", statMean))
				r.shared(count(d, "layer"))
			}
			if want, ok := fig3e[rule][d]; ok {
				paper.point(float64(d), want)
				r.sampled(fmt.Sprintf("%s, %s", label(rule), count(d, "layer")), want, alignmentSeeds, s, spreadOf("fig3e", at, "alignment", statMean))
				r.shared(count(d, "layer"))
			}
		}
		clouds, f.Lines = append(clouds, dots), append(f.Lines, line, paper)
	}
	f.Lines = append(clouds, f.Lines...) // behind
	r.Figures = []Figure{f}
	alignmentClaims(t, found, lowest, r)
	return r, nil
}

func alignmentClaims(t table, found map[string]map[int]Sample, lowest float64, r *Report) {
	above, sum, n := true, 0.0, 0
	for _, d := range t.sizes() {
		if d > 1 {
			above = above && found[PC][d].Mean > found[BP][d].Mean
			sum += found[PC][d].Mean
			n++
		}
	}
	pc, bp := found[PC][1].Mean, found[BP][1].Mean
	r.claim("one layer: both are 1", "1", fmt.Sprintf("%.6f, %.6f", pc, bp), "within 1e-4", math.Abs(pc-1) < 1e-4 && math.Abs(bp-1) < 1e-4)
	r.claim("PC is above BP at every depth above 1", "yes", fmt.Sprint(above), "all", above)
	r.claim("PC stays above about 0.85 on average", "yes", number(sum/float64(n)), "mean over depths ≥ 0.85", sum/float64(n) >= .85)
	r.claim("BP is below 0.5 at 15 layers", "0.433", number(found[BP][15].Mean), "< 0.5", found[BP][15].Mean < .5)
	r.claim("BP is negative in some cases from 16 layers on", "yes", number(lowest), "least < 0", lowest < 0)
}
