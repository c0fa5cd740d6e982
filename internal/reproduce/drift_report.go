package reproduce

import (
	"fmt"
	"slices"
)

// driftBlock is the length of the stretches whose means are compared.
const driftBlock = 500

// driftRate is the learning rate of Fig. 4f.
const driftRate = .01

func driftReport(records []Record, o Options) (*Report, error) {
	t := tabulate(records, meanError)
	r := &Report{}
	epochs := t.sizes()[len(t.sizes())-1]
	curves := Figure{Name: "fig4f", Title: "Labels that drift every 64 epochs, learning rate 0.01", X: "epoch", Y: "test error, mean of 64 epochs"}
	byRate := Figure{Name: "fig4g", Title: "Labels that drift", X: rateAxis, Y: fmt.Sprintf("mean test error of %d epochs", epochs), LogX: true}
	found := map[string][]Sample{}
	for _, rule := range rules {
		curves.Lines = append(curves.Lines, driftCurve(records, rule, epochs), driftPublished(rule))
		line, paper := ours(rule), published(rule)
		for _, rate := range slices.Backward(driftRates) {
			paper.point(rate, fig4g[rule][rate])
		}
		for _, c := range t.cells(of(rule, epochs)) {
			s := Summarize(t[c])
			line.add(c.Rate, s, c)
			if o.full() {
				r.near(fmt.Sprintf("%s, rate %v, mean of 3,000 epochs", label(rule), c.Rate), fig4g[rule][c.Rate], s, 0.03)
			}
		}
		byRate.Lines = append(byRate.Lines, line, paper)
		found[rule] = driftBlocks(records, rule, epochs)
		for i, s := range found[rule] {
			r.near(fmt.Sprintf("%s, rate %v, epochs %d-%d", label(rule), driftRate, i*driftBlock+1, (i+1)*driftBlock), fig4f[rule][i], s, 0.05)
		}
	}
	r.Figures = []Figure{curves}
	if o.full() {
		r.Figures = append(r.Figures, byRate)
		_, pc := t.best(of(PC, epochs))
		_, bp := t.best(of(BP, epochs))
		r.claim("PC's best is below BP's", ".290 v .404", number(pc.Mean)+" v "+number(bp.Mean), "BP − PC ≥ 0.05", bp.Mean-pc.Mean >= 0.05)
	}
	if last := len(found[PC]) - 1; last > 0 {
		pc, bp := found[PC], found[BP]
		r.claim("PC keeps improving", "yes", number(pc[0].Mean)+" to "+number(pc[last].Mean), "last block < first − 0.05", pc[last].Mean < pc[0].Mean-0.05)
		r.claim("in the last block PC is below BP", "yes", number(pc[last].Mean)+" v "+number(bp[last].Mean), "PC < BP", pc[last].Mean < bp[last].Mean)
	}
	return r, nil
}

// driftBlocks are the mean errors of stretches of 500 epochs at the rate of Fig.
// 4f.
func driftBlocks(records []Record, rule string, epochs int) []Sample {
	var out []Sample
	cell := Trial{Rule: rule, Size: epochs, Rate: driftRate}
	for start := 0; start+driftBlock <= epochs; start += driftBlock {
		t := tabulate(records, func(r Record) float64 { return mean(part(r.Values(testError), start, driftBlock)) })
		out = append(out, Summarize(t[cell]))
	}
	return out
}

// driftCurve is the mean error of each stretch between two drifts.
func driftCurve(records []Record, rule string, epochs int) Line {
	cell := Trial{Rule: rule, Size: epochs, Rate: driftRate}
	line := ours(rule)
	line.Curve = true
	for start := 0; start+driftEvery <= epochs; start += driftEvery {
		t := tabulate(records, func(r Record) float64 { return mean(part(r.Values(testError), start, driftEvery)) })
		line.add(float64(start)+driftEvery/2, Summarize(t[cell]), cell)
	}
	return line
}

// driftPublished are the published means of 500 epochs, at their middles.
func driftPublished(rule string) Line {
	line := published(rule)
	line.Series = line.Name + ", means of 500 epochs"
	for i, y := range fig4f[rule] {
		line.point(float64(i*driftBlock+driftBlock/2), y)
	}
	return line
}

// part is a stretch of a series, as far as the series goes.
func part(values []float64, start, n int) []float64 {
	return values[min(start, len(values)):min(start+n, len(values))]
}
