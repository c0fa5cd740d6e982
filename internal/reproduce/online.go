package reproduce

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/seed-be841da4/prospect/internal/experiments"
)

// onlineStore holds the trials that fig4b and fig4c share.
const onlineStore = "fig4b-c"

const onlineProtocol = "784-32-32-10 sigmoid without biases, Xavier uniform, on Fashion-MNIST; " +
	"64 iterations of the first 200 minibatches of a shuffled pass, each followed by the whole test set; " +
	"relaxation γ 0.1, discount 0.5, T 64."

var onlineQuirks = []Quirk{
	{subsetPicker, "The subset picker, asked for all images, drops a random one of each class: 5,999 a class to learn from, 999 to test with."},
}

// onlineRates are the published grids of learning rates by batch size.
var onlineRates = map[int][]float64{
	1:  {.05, .10, .15, .20, .25, .30},
	8:  {.01, .025, .05, .10},
	16: {.0075, .01, .025, .05},
	32: {.005, .0075, .01, .025, .05},
	64: {.001, .0025, .005, .0075, .01},
}

// onlineQuickRates are the rates of the quick preset, the best of both rules in
// the full one.
var onlineQuickRates = map[int][]float64{
	1:  {.15, .20},
	8:  {.01, .025},
	16: {.01, .025},
	32: {.0075, .01},
	64: {.0025, .005},
}

// onlineSizes are the batch sizes in the order of the figure's axis.
var onlineSizes = []int{64, 32, 16, 8, 1}

// onlinePanel is Fig. 4b.
func onlinePanel() *Panel {
	return &Panel{
		Name: "fig4b", Store: onlineStore, Data: fashion,
		Shows:    "online learning: the mean test error by batch size",
		Protocol: onlineProtocol, Quirks: onlineQuirks,
		Thinner: "2 learning rates at each batch size (published: 4 to 6)",
		Seeds:   Seeds{3, 12},
		Minutes: map[Preset]float64{Quick: 1.7, Full: 8},
		Trials:  func(o Options, seeds int) []Trial { return onlineTrials(o, onlineSizes, seeds) },
		Cost:    onlineCost, Run: onlineTrial, Report: onlineReport,
		Exact: &Exact{Seeds: onlineSeeds, Numbers: onlineNumbers},
	}
}

// onlineRatesPanel is Fig. 4c.
func onlineRatesPanel() *Panel {
	return &Panel{
		Name: "fig4c", Store: onlineStore, Data: fashion,
		Shows:    "online learning, one image at a time: the lowest test error by learning rate",
		Protocol: onlineProtocol, Quirks: onlineQuirks,
		Thinner: "2 of 6 learning rates",
		Seeds:   Seeds{3, 3},
		Minutes: map[Preset]float64{Quick: 0.2, Full: 0.7},
		Trials:  func(o Options, seeds int) []Trial { return onlineTrials(o, []int{1}, seeds) },
		Cost:    onlineCost, Run: onlineTrial, Report: onlineRatesReport,
		Exact: &Exact{Seeds: onlineSeeds, Numbers: onlineRatesNumbers},
	}
}

var onlineSeeds = map[string]int{PC: publishedFew, BP: publishedFew}

// onlineNumbers are the bars of Fig. 4b; the quick preset takes the ends, batch 1 with all
// rates: at one image at a time 0.15 and 0.2 need not be the best of a few seeds.
func onlineNumbers(o Options) []exactNumber {
	var out []exactNumber
	for _, rule := range rules {
		for _, size := range pick(o, []int{64, 1}, onlineSizes) {
			n := exactNumber{fmt.Sprintf("%s, batch %d", label(rule), size), fig4b[rule][size], 4, nil, meanOf(meanError)}
			rates := onlineRates[size]
			if size == 64 {
				rates = pick(o, onlineQuickRates, onlineRates)[size]
			}
			for _, rate := range rates {
				n.cells = append(n.cells, Trial{Rule: rule, Size: size, Rate: rate})
			}
			out = append(out, n)
		}
	}
	return out
}

// onlineRatesNumbers are the points of Fig. 4c.
func onlineRatesNumbers(Options) []exactNumber {
	var out []exactNumber
	for _, rule := range rules {
		for _, rate := range onlineRates[1] {
			want := fig4c[rule][slices.Index(onlineRates[1], rate)]
			out = append(out, exactNumber{fmt.Sprintf("%s, rate %v", label(rule), rate), want, 4, []Trial{{Rule: rule, Size: 1, Rate: rate}}, meanOf(leastError)})
		}
	}
	return out
}

func onlineTrials(o Options, sizes []int, seeds int) []Trial {
	rates := pick(o, onlineQuickRates, onlineRates)
	all := grid(sizes, func(_ string, size int) []float64 { return rates[size] }, seeds)
	if !o.full() {
		return all
	}
	return fewerSeeds(o, all, func(t Trial) bool { return t.Size != 64 })
}

// onlineCost counts milliseconds.
func onlineCost(t Trial) float64 {
	if t.Rule == PC {
		return 1.5 + 0.09*float64(t.Size)
	}
	return 1.2 + 0.02*float64(t.Size)
}

func onlineTrial(ctx context.Context, env *Env, t Trial) (Outcome, error) {
	return env.classify(ctx, experiments.PublishedOnline(t.rule(), t.Size, t.Rate), t)
}

func onlineReport(records []Record, _ Options) (*Report, error) {
	t := tabulate(records, meanError)
	f := Figure{Name: "fig4b", Title: "Learning from few images at a time", X: "batch size", Y: "mean test error"}
	for _, b := range onlineSizes {
		f.Ticks = append(f.Ticks, fmt.Sprint(b))
	}
	r := &Report{}
	found := map[string]map[int]Sample{}
	for _, rule := range rules {
		found[rule] = map[int]Sample{}
		line, paper := ours(rule), published(rule)
		for i, size := range onlineSizes {
			at, s := t.best(of(rule, size))
			found[rule][size] = s
			line.add(float64(i), s, at)
			want := fig4b[rule][size]
			paper.between(float64(i), want, fig4bBars[rule][size])
			r.sampled(fmt.Sprintf("%s, batch %d (ours at rate %v)", label(rule), size, at.Rate), want, publishedFew, s, spreadOf(onlineStore, at, testError, statMean))
			r.shared(fmt.Sprintf("batch %d", size))
		}
		f.Lines = append(f.Lines, line, paper)
	}
	r.Figures = []Figure{f}
	for _, size := range onlineSizes[1:] {
		pc, bp := found[PC][size], found[BP][size]
		r.claim(fmt.Sprintf("batch %d: PC is at most BP", size), "yes", number(pc.Mean)+" v "+number(bp.Mean), "PC ≤ BP", pc.Mean <= bp.Mean)
	}
	gap := func(size int) float64 { return found[BP][size].Mean - found[PC][size].Mean }
	r.claim("batch 64: a tie", number(fig4b[BP][64]-fig4b[PC][64]), number(gap(64)), "|BP − PC| ≤ 0.005", math.Abs(gap(64)) <= 0.005)
	r.claim("the gap is widest one image at a time", number(fig4b[BP][1]-fig4b[PC][1]), number(gap(1)),
		"BP − PC at batch 1 is above that at every other batch size", gap(1) > max(gap(8), gap(16), gap(32), gap(64)))
	return r, nil
}

func onlineRatesReport(records []Record, _ Options) (*Report, error) {
	t := tabulate(records, leastError)
	f := Figure{Name: "fig4c", Title: "One image at a time", X: rateAxis, Y: "lowest test error"}
	r := &Report{}
	best := map[string]float64{}
	for _, rule := range rules {
		line, paper := ours(rule), published(rule)
		for i, rate := range onlineRates[1] {
			paper.point(rate, fig4c[rule][i])
		}
		best[rule] = math.Inf(1)
		for _, c := range t.cells(of(rule, 1)) {
			s := Summarize(t[c])
			line.add(c.Rate, s, c)
			best[rule] = min(best[rule], s.Mean)
			i := slices.Index(onlineRates[1], c.Rate)
			r.sampled(fmt.Sprintf("%s, rate %v", label(rule), c.Rate), fig4c[rule][i], publishedFew, s, spreadOf(onlineStore, c, testError, statLeast))
			r.shared("batch 1")
		}
		f.Lines = append(f.Lines, line, paper)
	}
	r.Figures = []Figure{f}
	lower := 0
	cells := t.cells(of(PC, 1))
	for _, c := range cells {
		other := c
		other.Rule = BP
		if mean(t[c]) < mean(t[other]) {
			lower++
		}
	}
	r.claim("PC is lower at every learning rate", "6 of 6", fmt.Sprintf("%d of %d", lower, len(cells)), "all", lower == len(cells))
	r.claim("PC's best is lower than BP's", ".1957 v .2067", number(best[PC])+" v "+number(best[BP]), "PC < BP", best[PC] < best[BP])
	return r, nil
}
