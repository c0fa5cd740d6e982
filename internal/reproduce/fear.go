package reproduce

import (
	"context"
	"fmt"
	"math"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/experiments"
)

// fearRates is the grid of each of the three learning rates.
var fearRates = []float64{1, .1, .01, .001}

// fearOrder is the order of the groups in the figure.
var fearOrder = []experiments.FearGroup{experiments.Both, experiments.BothThenLight, experiments.NoiseOnly}

// fearPanel is fear conditioning.
func fearPanel() *Panel {
	return &Panel{
		Name: "fear", Shows: "fear conditioning: does extinction of the light change fear of the noise?",
		Protocol: "Two inputs (light, noise), each feeding its hidden unit, both feeding the output; linear; 32 trials of conditioning, 32 of extinction, " +
			"for the groups N+, LN+ and LN+,L−; relaxation γ 0.5, discount 0.5, T 200; rates of first layer, light and noise from {1, 0.1, 0.01, 0.001}; 64 seeds (published: 8). " +
			"Fear of the noise is fitted to the animals' by k·v + b; each rule has its best rates.",
		Seeds:   Seeds{64, 64},
		Minutes: map[Preset]float64{Quick: 0.1, Full: 0.1},
		Trials: func(_ Options, seeds int) []Trial {
			var out []Trial
			for _, rule := range rules {
				for _, first := range fearRates {
					for _, light := range fearRates {
						for _, noise := range fearRates {
							for seed := range seeds {
								out = append(out, Trial{Rule: rule, Rate: first, SecondRate: light, ThirdRate: noise, Seed: seed})
							}
						}
					}
				}
			}
			return out
		},
		Cost: func(t Trial) float64 { return map[string]float64{PC: 10, BP: 1}[t.Rule] },
		Together: func(ctx context.Context, env *Env, trials []Trial) ([]Outcome, error) {
			return all(ctx, env.Options, trials, func(t Trial, d experiments.Draws) experiments.Fear {
				s := experiments.PublishedFear(t.rule(), t.Rate, t.SecondRate, t.ThirdRate)
				if s.Draws = d; d != experiments.Own {
					s.Precision = graph.Float32
				}
				return s
			}, experiments.RunFear, func(r experiments.FearResult) []Series { return []Series{{"fear", r.Fear[:]}} })
		},
		Report: fearReport,
		Exact:  &Exact{Seeds: map[string]int{PC: 8, BP: 8}, Numbers: fearNumbers},
	}
}

// fearBest are the published best rates.
var fearBest = Trial{Rate: .001, SecondRate: .001, ThirdRate: 1}

// fearNumbers are the fitted fears at the published best rates of PC; BP has the same at
// all rates.
func fearNumbers(Options) []exactNumber {
	var out []exactNumber
	for _, rule := range rules {
		cell := fearBest
		cell.Rule = rule
		fit := func(records []Record) experiments.FearFit {
			best, _ := fearFits(records)
			return best[rule]
		}
		for i, g := range fearOrder {
			out = append(out, exactNumber{
				fmt.Sprintf("%s, %v", label(rule), g), fearFitted[rule][i], 2,
				[]Trial{cell},
				func(records []Record) float64 { return fit(records).Fitted[g] },
			})
		}
	}
	return out
}

// fearFits fits every cell of the grid and returns the best for each rule. A cell
// with a diverged trial has no fit.
func fearFits(records []Record) (best map[string]experiments.FearFit, cells map[string]Trial) {
	results := map[Trial][]experiments.FearResult{}
	diverged := map[Trial]bool{}
	var order []Trial
	for _, r := range records {
		c := r.Trial.cell()
		if _, ok := results[c]; !ok {
			order = append(order, c)
		}
		var f experiments.FearResult
		v := r.Values("fear")
		if len(v) != len(f.Fear) {
			diverged[c] = true
		}
		copy(f.Fear[:], v)
		results[c] = append(results[c], f)
	}
	best, cells = map[string]experiments.FearFit{}, map[string]Trial{}
	for _, c := range order {
		if diverged[c] {
			continue
		}
		fit := experiments.FitFear(results[c])
		if old, ok := best[c.Rule]; !ok || fit.Error < old.Error {
			best[c.Rule], cells[c.Rule] = fit, c
		}
	}
	return best, cells
}

// fearSample is the fitted fear of a group over the seeds of a cell.
func fearSample(records []Record, cell Trial, fit experiments.FearFit, g experiments.FearGroup) Sample {
	t := tabulate(records, func(r Record) float64 { return fit.Scale*at(r.Values("fear"), int(g)) + fit.Offset })
	s := Summarize(t[cell])
	s.Mean = fit.Fitted[g] // the same but for rounding
	return s
}

// fearLeft is the sum of squares that the published fears leave to the animals'.
func fearLeft(rule string) float64 {
	sum := 0.0
	for i, g := range fearOrder {
		d := fearFitted[rule][i] - experiments.FearData()[g]
		sum += d * d
	}
	return sum
}

func fearReport(records []Record, _ Options) (*Report, error) {
	r := &Report{}
	best, cells := fearFits(records)
	f := Figure{Name: "fear", Title: "Fear of the noise, fitted to the animals", X: "group", Y: "fear of the noise"}
	data := Line{Name: "animals (Kaufman and Bolles)", Marks: true}
	for i, g := range fearOrder {
		f.Ticks = append(f.Ticks, g.String())
		data.point(float64(i), experiments.FearData()[g])
	}
	f.Lines = append(f.Lines, data)
	for _, rule := range rules {
		line, paper := ours(rule), published(rule)
		fit, c := best[rule], cells[rule]
		for i, g := range fearOrder {
			want := fearFitted[rule][i]
			line.add(float64(i), fearSample(records, c, fit, g), c)
			paper.point(float64(i), want)
			r.claim(fmt.Sprintf("%s, %v (ours at rates %v, %v, %v)", label(rule), g, c.Rate, c.SecondRate, c.ThirdRate), fmt.Sprintf("%.2f", want),
				fmt.Sprintf("%.2f", fit.Fitted[g]), "within 0.3", math.Abs(fit.Fitted[g]-want) <= .3)
		}
		f.Lines = append(f.Lines, line, paper)
	}
	r.Figures = []Figure{f}
	pc, bp := best[PC], best[BP]
	raised := pc.Fitted[experiments.BothThenLight] - pc.Fitted[experiments.Both]
	r.claim("PC: extinction of the light raises fear of the noise", "15.94", fmt.Sprintf("%.2f", raised), "> 5", raised > 5)
	same := bp.Fitted[experiments.BothThenLight] - bp.Fitted[experiments.Both]
	r.claim("BP: extinction of the light changes nothing", "0", fmt.Sprintf("%.2g", same), "exactly 0", same == 0)
	wantPC, wantBP := fearLeft(PC), fearLeft(BP)
	r.claim("PC fits the animals better", fmt.Sprintf("%.2f v %.1f", wantPC, wantBP), fmt.Sprintf("%.2f v %.1f", pc.Error, bp.Error),
		"sums of squares within 15 % of what the published fears leave", math.Abs(pc.Error-wantPC) <= .15*wantPC && math.Abs(bp.Error-wantBP) <= .15*wantBP)
	return r, nil
}
