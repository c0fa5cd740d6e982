package reproduce

import (
	"context"
	"fmt"

	"github.com/seed-be841da4/prospect/internal/experiments"
)

// smallDataRates is the published grid of learning rates.
var smallDataRates = []float64{
	.1, .075, .05, .025, .01, .0075, .005, .0025, .001, 7.5e-4, 5e-4, 2.5e-4, 1e-4, 7.5e-5, 5e-5, 2.5e-5, 1e-5,
}

// smallDataSizes are the images of each class.
var smallDataSizes = []int{60, 300, 600, 3000, 6000}

// smallDataQuickRates are the rates of the quick preset, the best published.
func smallDataQuickRates(rule string, n int) []float64 {
	switch {
	case n <= 600:
		return []float64{.0075, .005}
	case rule == BP && n == 3000:
		return []float64{.005}
	}
	return []float64{.01}
}

// smallDataPanel is Fig. 4h.
func smallDataPanel() *Panel {
	return &Panel{
		Name: "fig4h", Data: fashion,
		Shows: "limited data: the lowest test error by images of each class",
		Protocol: "784-32-32-10 sigmoid without biases, Xavier uniform, on 60 to 6,000 Fashion-MNIST images of each class; " +
			"batch 60, 64 epochs; relaxation γ 1, discount 0.5, T 64.",
		Quirks: []Quirk{
			{cutTestSet, "The test set is cut to as many images of each class as the training set: 60 a class means 600 test images; left out, all are used."},
			{subsetPicker, "The subset picker, asked for all images, drops one of each class: 3,000 and 6,000 a class are tested with 9,990 images."},
		},
		Thinner: "1 or 2 of 17 learning rates (the best published)",
		Seeds:   Seeds{3, 3},
		Minutes: map[Preset]float64{Quick: 1.8, Full: 35},
		Trials: func(o Options, seeds int) []Trial {
			return grid(smallDataSizes, func(rule string, n int) []float64 {
				return pick(o, smallDataQuickRates(rule, n), smallDataRates)
			}, seeds)
		},
		Cost: func(t Trial) float64 {
			if t.Rule == PC {
				return 60 + float64(t.Size)
			}
			return 60 + float64(t.Size)/5
		},
		Run: smallDataTrial, Report: smallDataReport,
		Exact: &Exact{Seeds: map[string]int{PC: publishedFew, BP: publishedFew}, Numbers: smallDataNumbers},
	}
}

// smallDataNumbers are the points of the figure; the quick preset leaves out the large sets.
func smallDataNumbers(o Options) []exactNumber {
	var out []exactNumber
	for _, rule := range rules {
		for _, size := range pick(o, smallDataSizes[:3], smallDataSizes) {
			n := exactNumber{fmt.Sprintf("%s, %d of a class", label(rule), size), fig4h[rule][size], 4, nil, meanOf(leastError)}
			for _, rate := range pick(o, smallDataQuickRates(rule, size), smallDataRates) {
				n.cells = append(n.cells, Trial{Rule: rule, Size: size, Rate: rate})
			}
			out = append(out, n)
		}
	}
	return out
}

func smallDataTrial(ctx context.Context, env *Env, t Trial) (Outcome, error) {
	s := experiments.PublishedSmallData(t.rule(), t.Size, t.Rate)
	if !env.Options.repeats(cutTestSet) {
		s.TestPerClass = -1
	}
	return env.classify(ctx, s, t)
}

func smallDataReport(records []Record, _ Options) (*Report, error) {
	t := tabulate(records, leastError)
	f := Figure{Name: "fig4h", Title: "Learning from little data", X: "images of each class", Y: "lowest test error", LogX: true}
	r := &Report{}
	found := map[string]map[int]Sample{}
	for _, rule := range rules {
		found[rule] = map[int]Sample{}
		line, paper := ours(rule), published(rule)
		for _, n := range smallDataSizes {
			at, s := t.best(of(rule, n))
			found[rule][n] = s
			line.add(float64(n), s, at)
			paper.point(float64(n), fig4h[rule][n])
			r.near(fmt.Sprintf("%s, %d of a class (ours at rate %v)", label(rule), n, at.Rate), fig4h[rule][n], s, 0.008)
		}
		f.Lines = append(f.Lines, line, paper)
	}
	r.Figures = []Figure{f}
	for _, n := range smallDataSizes {
		pc, bp := found[PC][n].Mean, found[BP][n].Mean
		ours := number(pc) + " v " + number(bp)
		if n <= 600 {
			r.claim(fmt.Sprintf("%d of a class: PC is better", n), "yes", ours, "PC < BP", pc < bp)
		} else {
			r.claim(fmt.Sprintf("%d of a class: BP is better", n), "yes", ours, "BP < PC", bp < pc)
		}
	}
	return r, nil
}
