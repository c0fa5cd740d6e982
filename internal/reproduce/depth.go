package reproduce

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/seed-be841da4/prospect/internal/experiments"
)

// depthRates is the published grid of learning rates.
var depthRates = []float64{5, 1, .5, .1, .05, .01, .005, .001, 5e-4, 1e-4, 5e-5, 1e-5, 5e-6}

// depthSizes are the numbers of weight matrices.
var depthSizes = []int{1, 2, 4, 6, 8, 10, 12, 14, 15}

const (
	deepest     = 15 // layers in Figs. 3f and 3g
	depthEpochs = 64
)

// depthPanel is Fig. 3f-h.
func depthPanel() *Panel {
	return &Panel{
		Name: "fig3f-g-h", Aliases: []string{"fig3f", "fig3g", "fig3h", "fig3f-h"}, Data: fashion,
		Shows: "depth: test error while learning, by learning rate, and by the number of layers",
		Protocol: "784-64-…-64-10 with 1 to 15 weight matrices, leaky ReLU without biases, Xavier normal of gain 0.9999, on 60 Fashion-MNIST images " +
			"of each class; batch 60, 64 epochs, the whole test set after each; relaxation γ 0.1, discount 0.5, T 128.",
		Quirks:  []Quirk{{subsetPicker, "The subset picker, asked for all test images, drops one of each class."}},
		Thinner: "4 of 9 depths, 2 of 13 learning rates",
		Seeds:   Seeds{3, 16},
		Minutes: map[Preset]float64{Quick: 1.2, Full: 60},
		Trials:  depthTrials, Cost: depthCost, Run: depthTrial, Report: depthReport,
		Exact: &Exact{Seeds: map[string]int{PC: publishedFew, BP: publishedFew}, Numbers: depthNumbers},
	}
}

// depthNumbers are those of Figs. 3h and 3g. The quick preset takes what is soon learned:
// nets of up to two layers, and at 15 layers backprop at small rates.
func depthNumbers(o Options) []exactNumber {
	var out []exactNumber
	for _, rule := range rules {
		for _, d := range pick(o, depthSizes[:2], depthSizes) {
			best := fig3h[rule][d]
			out = append(out, exactNumber{
				fmt.Sprintf("%s, %s, rate %v", label(rule), count(d, "layer"), best.rate), best.err, 4,
				[]Trial{{Rule: rule, Size: d, Rate: best.rate}},
				meanOf(meanError),
			})
		}
		for _, rate := range depthRates {
			want, ok := fig3g[rule][rate]
			if !ok || rate == fig3h[rule][deepest].rate || !o.full() && (rule == PC || rate > .001) {
				continue
			}
			out = append(out, exactNumber{
				fmt.Sprintf("%s, 15 layers, rate %v", label(rule), rate), want, 3,
				[]Trial{{Rule: rule, Size: deepest, Rate: rate}},
				meanOf(meanError),
			})
		}
	}
	return out
}

// publishedFew is how many seeds the published figures of Fashion-MNIST have.
const publishedFew = 3

// fewerSeeds leaves to some trials of the full preset the published number of seeds; the others
// need more for a verdict. A number of seeds that is asked for is left as it is.
func fewerSeeds(o Options, trials []Trial, some func(Trial) bool) []Trial {
	if o.Seeds > 0 {
		return trials
	}
	return slices.DeleteFunc(trials, func(t Trial) bool { return t.Seed >= publishedFew && some(t) })
}

// depthTrials leaves to the quick preset a few depths, each with the published
// best learning rate of the rule and a neighbour.
func depthTrials(o Options, seeds int) []Trial {
	if o.full() {
		all := grid(depthSizes, func(string, int) []float64 { return depthRates }, seeds)
		return fewerSeeds(o, all, func(t Trial) bool { return t.Size != deepest })
	}
	return grid([]int{1, 2, 6, deepest}, func(rule string, depth int) []float64 {
		best := fig3h[rule][depth].rate
		i := slices.Index(depthRates, best)
		return depthRates[i : i+2]
	}, seeds)
}

// depthCost counts seconds.
func depthCost(t Trial) float64 {
	d := float64(t.Size)
	if t.Rule == BP {
		return 1.5 + 0.3*d
	}
	return 1.5 + 1.6*d
}

func depthTrial(ctx context.Context, env *Env, t Trial) (Outcome, error) {
	return env.classify(ctx, experiments.PublishedDepth(t.rule(), t.Size, t.Rate), t)
}

func depthReport(records []Record, o Options) (*Report, error) {
	t := tabulate(records, meanError)
	r := &Report{Figures: []Figure{depthCurves(records, t), depthByRate(t)}}
	r.Figures = append(r.Figures, depthByDepth(t, r))
	depthClaims(records, t, r)
	if o.full() {
		depthDetails(records, t, r)
	}
	return r, nil
}

// depthCurves is Fig. 3f.
func depthCurves(records []Record, t table) Figure {
	f := Figure{Name: "fig3f", Title: "15 layers, each rule at its best learning rate", X: "epoch", Y: "test error"}
	for _, rule := range rules {
		at, _ := t.best(of(rule, deepest))
		line := meanCurve(records, at, 1)
		line.Name = fmt.Sprintf("%s, ours (rate %v)", label(rule), at.Rate)
		paper := published(rule)
		for _, p := range fig3f[rule] {
			paper.point(p[0], p[1])
		}
		paper.Marks = true
		f.Lines = append(f.Lines, line, paper)
	}
	return f
}

// meanCurve is the mean over seeds of a cell's test error by epoch, with its
// confidence band; epochs count from first.
func meanCurve(records []Record, cell Trial, first float64) Line {
	line := Line{Rule: cell.Rule, Curve: true}
	var curves [][]float64
	for _, r := range records {
		if r.Trial.cell() == cell {
			curves = append(curves, r.Values(testError))
		}
	}
	if len(curves) == 0 {
		return line
	}
	at := make([]float64, len(curves))
	for e := range curves[0] {
		for k, c := range curves {
			at[k] = c[min(e, len(c)-1)]
		}
		line.add(first+float64(e), Summarize(at), cell)
	}
	return line
}

// depthByRate is Fig. 3g.
func depthByRate(t table) Figure {
	f := Figure{Name: "fig3g", Title: "15 layers", X: rateAxis, Y: "test error, mean of 64 epochs", LogX: true}
	for _, rule := range rules {
		line, paper := ours(rule), published(rule)
		for _, c := range t.cells(of(rule, deepest)) {
			line.add(c.Rate, Summarize(t[c]), c)
		}
		for _, rate := range slices.Backward(depthRates) {
			if y, ok := fig3g[rule][rate]; ok {
				paper.point(rate, y)
			}
		}
		f.Lines = append(f.Lines, line, paper)
	}
	return f
}

// depthByDepth is Fig. 3h, and compares its numbers.
func depthByDepth(t table, r *Report) Figure {
	f := Figure{Name: "fig3h", Title: "Each rule at its best learning rate", X: "layers", Y: "test error, mean of 64 epochs"}
	for _, rule := range rules {
		line, paper := ours(rule), published(rule)
		for _, d := range depthSizes {
			paper.add(float64(d), Sample{Mean: fig3h[rule][d].err}, Trial{Rate: fig3h[rule][d].rate})
		}
		for _, d := range t.sizes() {
			at, s := t.best(of(rule, d))
			line.add(float64(d), s, at)
			r.sampled(fmt.Sprintf("%s, %s (ours at rate %v, published %v)", label(rule), count(d, "layer"), at.Rate, fig3h[rule][d].rate),
				fig3h[rule][d].err, publishedFew, s, spreadOf("fig3f-g-h", at, testError, statMean))
			r.shared(count(d, "layer"))
		}
		f.Lines = append(f.Lines, line, paper)
	}
	return f
}

// depthClaims are the claims of the text.
func depthClaims(records []Record, t table, r *Report) {
	gaps := map[int]float64{}
	lower, deeper := 0, 0
	for _, d := range t.sizes() {
		_, pc := t.best(of(PC, d))
		_, bp := t.best(of(BP, d))
		gaps[d] = bp.Mean - pc.Mean
		if d > 1 {
			deeper++
			if gaps[d] > 0 {
				lower++
			}
		}
	}
	r.claim("one layer: the rules are the same", "0", number(gaps[1]), "|BP − PC| < 1e-6", math.Abs(gaps[1]) < 1e-6)
	r.claim("PC's mean error is lower at every depth above 1", "8 of 8", fmt.Sprintf("%d of %d", lower, deeper), "all", lower == deeper)
	if shallow, ok := gaps[10]; ok {
		r.claim("the gap widens beyond 10 layers", "0.0217 to 0.1156", number(shallow)+" to "+number(gaps[deepest]), "gap at 15 > gap at 10", gaps[deepest] > shallow)
	} else {
		r.claim("the gap widens with depth", "0.0069 to 0.1156", number(gaps[6])+" to "+number(gaps[deepest]), "gap at 15 > gap at 6", gaps[deepest] > gaps[6])
	}
	rateClaims(t, r)
	smoothClaim(records, t, r)
	finalClaims(records, t, r)
}

// depthDetails compare what else is known of the published curves: every learning
// rate of Fig. 3g, points of Fig. 3f, and the errors after the last epoch.
func depthDetails(records []Record, t table, r *Report) {
	epoch := func(e int) table {
		return tabulate(records, func(r Record) float64 { return at(r.Values(testError), e) })
	}
	for _, rule := range rules {
		for _, rate := range slices.Backward(depthRates) {
			if want, ok := fig3g[rule][rate]; ok {
				cell := Trial{Rule: rule, Size: deepest, Rate: rate}
				r.sampled(fmt.Sprintf("%s, 15 layers, rate %v", label(rule), rate), want, publishedFew, Summarize(t[cell]), spreadOf("fig3f-g-h", cell, testError, statMean))
				r.shared(count(deepest, "layer"))
			}
		}
	}
	for _, rule := range rules {
		best, _ := t.best(of(rule, deepest))
		for _, p := range fig3f[rule] {
			r.sampled(fmt.Sprintf("%s, 15 layers, epoch %.0f", label(rule), p[0]), p[1], publishedFew, Summarize(epoch(int(p[0]) - 1)[best]), spread{})
			r.shared(count(deepest, "layer"))
		}
	}
	last := epoch(depthEpochs - 1)
	for _, rule := range rules {
		for _, d := range depthSizes[1 : len(depthSizes)-1] {
			best, _ := t.best(of(rule, d))
			r.sampled(fmt.Sprintf("%s, %d layers, after the last epoch", label(rule), d), fig3final[rule][d], publishedFew, Summarize(last[best]), spreadOf("fig3f-g-h", best, testError, statLast))
			r.shared(count(d, "layer"))
		}
	}
}

// rateClaims: the learning rate that suits PC grows with depth, that of BP stays.
func rateClaims(t table, r *Report) {
	shallow, _ := t.best(of(PC, 2))
	deep, _ := t.best(of(PC, deepest))
	r.claim("PC's best learning rate grows with depth", "0.001 to 0.5", fmt.Sprintf("%v to %v", shallow.Rate, deep.Rate),
		"at least 50 times from 2 to 15 layers", deep.Rate >= 50*shallow.Rate)
	var rates []float64
	for _, d := range t.sizes() {
		if d >= 6 {
			at, _ := t.best(of(BP, d))
			rates = append(rates, at.Rate)
		}
	}
	r.claim("BP's best learning rate stays", "0.005", fmt.Sprint(rates), "within a factor of 2 of 0.005 at every depth from 6",
		slices.Min(rates) >= .0025 && slices.Max(rates) <= .01)
}

// smoothClaim compares how much the curves jump from one epoch to the next.
func smoothClaim(records []Record, t table, r *Report) {
	jumps := tabulate(records, func(r Record) float64 {
		v, sum := r.Values(testError), 0.0
		for i := 1; i < len(v); i++ {
			sum += math.Abs(v[i] - v[i-1])
		}
		return sum / float64(len(v)-1)
	})
	pc, _ := t.best(of(PC, deepest))
	bp, _ := t.best(of(BP, deepest))
	r.claim("at 15 layers PC's curve is far smoother", "yes", number(mean(jumps[pc]))+" v "+number(mean(jumps[bp])),
		"mean change from epoch to epoch: PC < half of BP", mean(jumps[pc]) < mean(jumps[bp])/2)
}

// finalClaims compare the errors after the last epoch, at the rate that is best
// on average.
func finalClaims(records []Record, t table, r *Report) {
	last := tabulate(records, func(r Record) float64 { v := r.Values(testError); return at(v, len(v)-1) })
	lower, depths := 0, 0
	for _, d := range t.sizes() {
		if d < 4 || d > 14 {
			continue
		}
		pc, _ := t.best(of(PC, d))
		bp, _ := t.best(of(BP, d))
		depths++
		if mean(last[bp]) < mean(last[pc]) {
			lower++
		}
	}
	if depths > 0 {
		r.claim("after the last epoch BP is lower at depths 4 to 14", "6 of 6", fmt.Sprintf("%d of %d", lower, depths), "all", lower == depths)
	}
	for _, rule := range rules {
		at, _ := t.best(of(rule, deepest))
		r.sampled(fmt.Sprintf("%s, 15 layers, after the last epoch", label(rule)), fig3final[rule][deepest], publishedFew, Summarize(last[at]), spreadOf("fig3f-g-h", at, testError, statLast))
		r.shared(count(deepest, "layer"))
	}
}
