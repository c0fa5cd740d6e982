package reproduce

import (
	"context"
	"fmt"
	"math"

	"github.com/seed-be841da4/prospect/internal/experiments"
)

// The cases of the energy machine.
const (
	largeSteps = "large steps"
	smallSteps = "small steps"
)

// energyMachinePanel is the 1-2-2 example that illustrates Fig. 2.
func energyMachinePanel() *Panel {
	return &Panel{
		Name: "fig2", Shows: "the energy machine: the path of the weights to the optimum",
		Protocol: "1-2-2, linear, the second layer fixed at diag(1, 2), the first from (0, 0), input 1, target (1, 1); relaxation γ 0.1, discount 0.8, T 128; " +
			"15 updates at rates 1.397 (PC) and 0.4 (BP), whose first steps are equally long, and 150 at 0.05.",
		Minutes: map[Preset]float64{Quick: 0.01, Full: 0.01},
		Trials: func(Options, int) []Trial {
			var out []Trial
			for _, rule := range rules {
				rate := experiments.PublishedEnergyMachine(Trial{Rule: rule}.rule()).Rate
				out = append(out, Trial{Rule: rule, Case: largeSteps, Rate: rate}, Trial{Rule: rule, Case: smallSteps, Rate: .05})
			}
			return out
		},
		Run: energyMachineTrial, Report: energyMachineReport,
	}
}

func energyMachineTrial(ctx context.Context, _ *Env, t Trial) (Outcome, error) {
	s := experiments.PublishedEnergyMachine(t.rule())
	if t.Case == smallSteps {
		s.Rate, s.Iterations = t.Rate, 150
	}
	r, err := s.Run(ctx)
	return simulated(r, err, func(r experiments.EnergyMachineResult) []Series {
		return append(points([2]string{"w1", "w2"}, r.Weights), one("straightness", r.Straightness))
	})
}

func energyMachineReport(records []Record, _ Options) (*Report, error) {
	r := &Report{}
	straight := map[string]map[string]float64{PC: {}, BP: {}}
	for _, name := range []string{largeSteps, smallSteps} {
		f := Figure{Name: "fig2-" + name[:5], Title: "Weights on their way to (1, ½), " + name, X: "first weight", Y: "second weight"}
		for _, rule := range rules {
			found := find(records, ofCase(rule, name))
			w1, w2 := found.Values("w1"), found.Values("w2")
			straight[rule][name] = first("straightness")(found)
			line := ours(rule)
			line.X, line.Y, line.Curve = w1, w2, name == smallSteps
			line.at(found.Trial)
			f.Lines = append(f.Lines, line)
			if name != largeSteps {
				continue
			}
			paper := published(rule)
			paper.Marks = true
			for i, w := range fig2[rule] {
				paper.point(w[0], w[1])
				ours := [2]float64{at(w1, i), at(w2, i)}
				off := max(math.Abs(ours[0]-w[0]), math.Abs(ours[1]-w[1]))
				r.claim(fmt.Sprintf("%s, weights after %s", label(rule), count(i, "update")), fmt.Sprintf("%.4f, %.4f", w[0], w[1]),
					fmt.Sprintf("%.4f, %.4f", ours[0], ours[1]), "four digits", off <= 0.6e-4)
			}
			f.Lines = append(f.Lines, paper)
		}
		r.Figures = append(r.Figures, f)
		pc, bp := straight[PC][name], straight[BP][name]
		r.claim(name+": PC's path is straighter", "yes", number(pc)+" v "+number(bp), "straight line / path: PC > BP", pc > bp)
	}
	return r, nil
}
