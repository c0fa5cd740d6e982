package reproduce

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/seed-be841da4/prospect/internal/experiments"
)

// The outputs of the interference example.
var interferenceOutputs = [2]string{"wrong_output", "correct_output"}

// drawn is how many iterations Fig. 3a draws.
const drawn = 23

const interferenceProtocol = "1-1-2, linear, all weights 1, input 1, target (0, 1): the first output has to vanish, the second is right already; " +
	"relaxation γ 0.1, discount 0.5, T 128."

// interferencePanel is Fig. 3a.
func interferencePanel() *Panel {
	return &Panel{
		Name: "fig3a", Shows: "interference: unlearning one output disturbs the other",
		Protocol: interferenceProtocol + " 64 updates at learning rate 0.2.",
		Minutes:  map[Preset]float64{Quick: 0.01, Full: 0.01},
		Trials:   func(Options, int) []Trial { return []Trial{{Rule: PC, Rate: .2}, {Rule: BP, Rate: .2}} },
		Run:      func(ctx context.Context, _ *Env, t Trial) (Outcome, error) { return interference(ctx, t, 64) },
		Report:   interferenceReport,
	}
}

// interferenceRatesPanel is Fig. 3d.
func interferenceRatesPanel() *Panel {
	return &Panel{
		Name: "fig3d", Shows: "interference does not vanish at small learning rates",
		Protocol: interferenceProtocol + " 2,048 updates at learning rates 0.1, 0.05, 0.01 and 0.005; 0.5 is run and not drawn.",
		Minutes:  map[Preset]float64{Quick: 0.01, Full: 0.01},
		Trials: func(Options, int) []Trial {
			var out []Trial
			for _, rule := range rules {
				for _, rate := range append([]float64{.5}, interferenceRates...) {
					out = append(out, Trial{Rule: rule, Rate: rate})
				}
			}
			return out
		},
		Run:    func(ctx context.Context, _ *Env, t Trial) (Outcome, error) { return interference(ctx, t, 2048) },
		Report: interferenceRatesReport,
	}
}

// interferenceRates are the learning rates that Fig. 3d draws.
var interferenceRates = []float64{.1, .05, .01, .005}

func interference(ctx context.Context, t Trial, iterations int) (Outcome, error) {
	s := experiments.PublishedInterference(t.rule())
	s.Rate, s.Iterations = t.Rate, iterations
	r, err := s.Run(ctx)
	return simulated(r, err, func(r experiments.InterferenceResult) []Series {
		return append(points(interferenceOutputs, r.Outputs), one("dip", r.Dip))
	})
}

func interferenceReport(records []Record, _ Options) (*Report, error) {
	r := &Report{}
	f := Figure{Name: "fig3a", Title: "Unlearning one output, keeping the other", X: "wrong output (1 → 0)", Y: "correct output (stay at 1)", Range: [2]float64{0.7, 1.05}}
	for _, rule := range rules {
		found := find(records, of(rule, 0))
		x, y := found.Values(interferenceOutputs[0]), found.Values(interferenceOutputs[1])
		line, paper := ours(rule), published(rule)
		paper.Marks = true
		line.X, line.Y = part(x, 0, drawn), part(y, 0, drawn)
		line.at(found.Trial)
		for _, g := range fig3a[rule] {
			paper.point(g.outputs[0], g.outputs[1])
			at := [2]float64{at(x, g.iteration-1), at(y, g.iteration-1)}
			off := max(math.Abs(at[0]-g.outputs[0]), math.Abs(at[1]-g.outputs[1]))
			r.claim(fmt.Sprintf("%s, outputs at iteration %d", label(rule), g.iteration), fmt.Sprintf("%.4f, %.4f", g.outputs[0], g.outputs[1]),
				fmt.Sprintf("%.4f, %.4f", at[0], at[1]), "four digits", off <= 0.6e-4)
		}
		dip := fig3aDip[rule]
		r.claim(label(rule)+", lowest correct output", number(dip), number(first("dip")(found)), "four digits", math.Abs(first("dip")(found)-dip) <= 0.6e-4)
		f.Lines = append(f.Lines, line, paper)
	}
	r.Figures = []Figure{f}
	return r, nil
}

func interferenceRatesReport(records []Record, _ Options) (*Report, error) {
	r := &Report{}
	f := Figure{Name: "fig3d", Title: "Smaller steps do not help", X: "wrong output (1 → 0)", Y: "correct output (stay at 1)", Range: [2]float64{0.7, 1.05}}
	low := map[string][]float64{}
	for _, rule := range rules {
		lowest := 0.0
		for i, rate := range interferenceRates {
			found := find(records, func(t Trial) bool { return t.Rule == rule && t.Rate == rate })
			line := Line{Rule: rule, Curve: true, Faint: i > 0}
			line.X, line.Y = found.Values(interferenceOutputs[0]), found.Values(interferenceOutputs[1])
			line.at(found.Trial)
			line.Series = fmt.Sprintf("%s, ours, rate %v", label(rule), rate)
			if i == 0 {
				lowest = lowestAt(line)
				line.Name = label(rule) + ", ours, rate 0.1; pale: 0.05, 0.01, 0.005"
			}
			low[rule] = append(low[rule], first("dip")(found))
			f.Lines = append(f.Lines, line)
		}
		band := fig3dDips[rule]
		paper := published(rule)
		paper.Name = label(rule) + ", published range of the lowest points"
		paper.X, paper.Y = []float64{lowest, lowest}, band[:]
		f.Lines = append(f.Lines, paper)
		least, most := slices.Min(low[rule]), slices.Max(low[rule])
		r.claim(label(rule)+", lowest correct output over the learning rates", fmt.Sprintf("%.3f to %.3f", band[0], band[1]),
			fmt.Sprintf("%.4f to %.4f", least, most), "within the published range ± 0.0005", least >= band[0]-5e-4 && most <= band[1]+5e-4)
	}
	r.Figures = []Figure{f}
	r.claim("smaller steps do not remove BP's interference", "yes", number(1-low[BP][len(low[BP])-1])+" at rate 0.005",
		"BP's dip at the smallest rate is above 0.15", 1-low[BP][len(low[BP])-1] > .15)
	r.claim("PC's dip is smaller at every rate", "yes", fmt.Sprintf("at most %s v at least %s", number(1-slices.Min(low[PC])), number(1-slices.Max(low[BP]))),
		"largest of PC < smallest of BP", slices.Min(low[PC]) > slices.Max(low[BP]))
	return r, nil
}

// lowestAt is where a line is lowest, NaN if it has no points.
func lowestAt(l Line) float64 {
	x, low := math.NaN(), math.Inf(1)
	for i, y := range l.Y {
		if y < low {
			x, low = l.X[i], y
		}
	}
	return x
}
