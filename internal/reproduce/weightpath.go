package reproduce

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"

	"github.com/seed-be841da4/prospect/internal/experiments"
)

// steps returns the numbers from low to high, both included.
func steps(low, high, by float64) []float64 {
	var out []float64
	for i := 0; low+float64(i)*by <= high+by/2; i++ {
		out = append(out, math.Round((low+float64(i)*by)*1e6)/1e6)
	}
	return out
}

// weightPathRates are the published grids.
var weightPathRates = map[string][]float64{PC: steps(.476, .572, .004), BP: steps(.336, .378, .002)}

// weightPathPanel is the experiment on erratic weight trajectories.
func weightPathPanel() *Panel {
	return &Panel{
		Name: "path-length", Shows: "the length of the weights' path against how far it leads",
		Protocol: "32-32-32-32 sigmoid, Xavier normal, one pair of input and target from N(0, 0.1²), 64 updates; relaxation γ 0.1, discount 0.9, T 200; " +
			"25 learning rates for PC, 22 for BP, chosen so that the net displacements overlap; 99 seeds.",
		Thinner: "5 learning rates each",
		Seeds:   Seeds{20, 99},
		Minutes: map[Preset]float64{Quick: 0.02, Full: 5},
		Trials: func(o Options, seeds int) []Trial {
			return grid([]int{0}, func(rule string, _ int) []float64 {
				all := weightPathRates[rule]
				if o.full() {
					return all
				}
				var some []float64
				for i := range 5 {
					some = append(some, all[i*(len(all)-1)/4])
				}
				return some
			}, seeds)
		},
		Cost: func(t Trial) float64 { return map[string]float64{PC: 10, BP: 1}[t.Rule] },
		Run: func(ctx context.Context, env *Env, t Trial) (Outcome, error) {
			s := experiments.PublishedWeightPath(t.rule(), t.Rate)
			var seed uint64
			seed, s.Draws = env.Options.seeded(t)
			r, err := s.Run(ctx, seed)
			return simulated(r, err, func(r experiments.WeightPathResult) []Series {
				return []Series{one("net", r.Net), one("path", r.Path)}
			})
		},
		Report: weightPathReport,
		Exact:  &Exact{Seeds: map[string]int{PC: 99, BP: 99}, Numbers: weightPathNumbers},
	}
}

// weightPathNumbers are the ends of the curves.
func weightPathNumbers(Options) []exactNumber {
	var out []exactNumber
	for _, rule := range rules {
		for _, p := range weightPath[rule] {
			cell := []Trial{{Rule: rule, Rate: p.rate}}
			out = append(out,
				exactNumber{fmt.Sprintf("%s, rate %v: net displacement", label(rule), p.rate), p.net, 4, cell, meanOf(first("net"))},
				exactNumber{fmt.Sprintf("%s, rate %v: path", label(rule), p.rate), p.path, 4, cell, meanOf(first("path"))})
		}
	}
	return out
}

func weightPathReport(records []Record, _ Options) (*Report, error) {
	nets, paths := tabulate(records, first("net")), tabulate(records, first("path"))
	r := &Report{}
	f := Figure{Name: "path-length", Title: "How straight is the way of the weights?", X: "net displacement", Y: "length of the path"}
	at := map[string]float64{}
	const middle = 2.5
	for _, rule := range rules {
		line, paper := ours(rule), published(rule)
		for _, c := range nets.cells(of(rule, 0)) {
			line.add(mean(nets[c]), Summarize(paths[c]), c)
		}
		alpha, beta := stat.LinearRegression(line.X, line.Y, nil, false)
		at[rule] = alpha + beta*middle
		for _, p := range weightPath[rule] {
			c := Trial{Rule: rule, Rate: p.rate}
			paper.add(p.net, Sample{Mean: p.path}, c)
			r.near(fmt.Sprintf("%s, rate %v: net displacement", label(rule), p.rate), p.net, Summarize(nets[c]), .05)
			r.near(fmt.Sprintf("%s, rate %v: path", label(rule), p.rate), p.path, Summarize(paths[c]), .1)
		}
		f.Lines = append(f.Lines, line, paper)
	}
	r.Figures = []Figure{f}
	ratio := at[PC] / at[BP]
	r.claim("at equal net displacement (2.5) PC's path is 3 to 4 % shorter", "0.966", number(ratio), "PC / BP between 0.95 and 0.98", ratio >= .95 && ratio <= .98)
	return r, nil
}
