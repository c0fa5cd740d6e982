package reproduce

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/seed-be841da4/prospect/internal/experiments"
)

// The cases of the panel.
const (
	onlineCase = "online"
	littleCase = "little data"
	driftCase  = "drift"
)

// The rules of the panel, beside BP.
const (
	filterRule = string(experiments.GaussianFilter)
	fixedRule  = string(experiments.FixedFilter)
)

// filterRules are the rules of the panel in its order.
var filterRules = []string{filterRule, fixedRule, BP}

// gaussianFiltersPanel compares Gaussian filters with backpropagation.
//
// Source: Baskakovs, Estebe, Enevoldsen, Nielbo, Mathys and Legrand 2026, "Closed-form
// predictive coding via hierarchical Gaussian filters" (arXiv:2605.20293). Only the
// abstract was found: rule, networks and thresholds are ours.
func gaussianFiltersPanel() *Panel {
	return &Panel{
		Name: "gaussian-filters", After: "arXiv:2605.20293", Data: fashion,
		Shows: "learned precisions as Gaussian filters, against backpropagation",
		Protocol: "784-32-32-10 sigmoid without biases, Xavier uniform, on Fashion-MNIST, the tasks of this module's other panels: online (batch 1, 200 images an epoch, the " +
			"mean test error), little data (60 images of each class, batch 60, 64 epochs, the lowest test error), drift (pre-trained, half of the labels permuted every 64 " +
			"epochs, the mean test error). Gaussian filters in closed form with learned precisions and with precisions of 1, and backpropagation, each at its best rate. " +
			"Only the abstract of the publication was found: the rule's equations and the networks are ours.",
		Thinner: "2 of 5 to 9 rates of backpropagation and 3 of 6 of the filters, 24 of 64 online epochs, 320 of 3,000 epochs of drift",
		Seeds:   Seeds{3, 12},
		Minutes: map[Preset]float64{Quick: 1.5, Full: 60},
		Trials: func(o Options, seeds int) []Trial {
			var out []Trial
			for _, rule := range filterRules {
				for _, name := range []string{onlineCase, littleCase, driftCase} {
					for _, rate := range filterRates(o, rule, name) {
						for seed := range seeds {
							out = append(out, Trial{Rule: rule, Case: name, Rate: rate, Seed: seed})
						}
					}
				}
			}
			return out
		},
		Cost: func(t Trial) float64 { return map[string]float64{onlineCase: 2, littleCase: 1, driftCase: 10}[t.Case] },
		Run:  gaussianFiltersTrial, Report: gaussianFiltersReport,
	}
}

// filterRates are the rates of a rule in a case. Backpropagation sums gradients over the
// batch and has those of the paper's panels; the filters average.
func filterRates(o Options, rule, name string) []float64 {
	if rule != BP {
		quick := []float64{.03, .1, .3}
		if name == onlineCase {
			quick = []float64{.003, .01, .03}
		}
		return pick(o, quick, []float64{.003, .01, .03, .1, .3, 1})
	}
	switch name {
	case onlineCase:
		return pick(o, onlineQuickRates[1], onlineRates[1])
	case littleCase:
		return pick(o, smallDataQuickRates(BP, 60), smallDataRates[:9])
	}
	return pick(o, []float64{.01, .05}, driftRates)
}

func gaussianFiltersTrial(ctx context.Context, env *Env, t Trial) (Outcome, error) {
	if t.Case == driftCase {
		t.Size = pick(env.Options, 320, 3000)
		return driftTrial(ctx, env, t)
	}
	s := experiments.PublishedSmallData(t.rule(), 60, t.Rate)
	s.TestPerClass = -1
	if t.Case == onlineCase {
		s = experiments.PublishedOnline(t.rule(), 1, t.Rate)
		s.Epochs = pick(env.Options, 24, 64)
	}
	return env.classify(ctx, s, t)
}

// slack is how near its lowest error backpropagation has learned.
const slack = 1.05

func gaussianFiltersReport(records []Record, _ Options) (*Report, error) {
	r := &Report{}
	metrics := map[string]func(Record) float64{onlineCase: meanError, littleCase: leastError, driftCase: meanError}
	names := []string{onlineCase, littleCase, driftCase}
	f := Figure{Name: "gaussian-filters", Title: "Gaussian filters and backpropagation", X: "task", Y: "test error", Ticks: names}
	bests := map[string]map[string]Trial{}
	found := map[string]map[string]Sample{}
	for _, rule := range filterRules {
		line := Line{Name: rule, Rule: rule, Marks: true}
		bests[rule], found[rule] = map[string]Trial{}, map[string]Sample{}
		for i, name := range names {
			at, s := tabulate(records, metrics[name]).best(ofCase(rule, name))
			bests[rule][name], found[rule][name] = at, s
			line.add(float64(i), s, at)
		}
		f.Lines = append(f.Lines, line)
	}
	for _, name := range names {
		a, b := found[filterRule][name].Mean, found[BP][name].Mean
		r.claim(name+": Gaussian filters are better than backpropagation", "yes", fmt.Sprintf("%s (rate %v) v %s (rate %v)", number(a), bests[filterRule][name].Rate, number(b), bests[BP][name].Rate), "filters < BP", a < b)
	}
	curves := Figure{Name: "little-data", Title: "60 images of each class", X: "epoch", Y: "test error"}
	mean := map[string][]float64{}
	for _, rule := range filterRules {
		line := meanCurve(records, bests[rule][littleCase], 1)
		line.Name, line.Rule = rule, rule
		curves.Lines = append(curves.Lines, line)
		mean[rule] = line.Y
	}
	target := math.NaN()
	if len(mean[BP]) > 0 {
		target = slack * slices.Min(mean[BP])
	}
	reaches := func(rule string) float64 {
		for i, y := range mean[rule] {
			if y <= target {
				return float64(i + 1)
			}
		}
		return math.Inf(1)
	}
	a, b := reaches(filterRule), reaches(BP)
	r.claim("little data: and converge in fewer epochs (until within 5 % of the lowest of backpropagation)", "yes", fmt.Sprintf("%v v %v", a, b), "filters < BP", a < b)
	for _, name := range names {
		a, b := found[filterRule][name].Mean, found[fixedRule][name].Mean
		r.claim(name+": learned precisions are better than precisions of 1", "yes", number(a)+" v "+number(b), "learned < fixed", a < b)
	}
	r.Figures = []Figure{f, curves}
	r.Notes = append(r.Notes, "only the abstract of the publication was found: the equations of the rule are ours, after it and Mathys et al. (2014), so that a claim that fails here says nothing of theirs")
	return r, nil
}
