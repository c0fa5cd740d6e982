package reproduce

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/seed-be841da4/prospect/internal/experiments"
)

// The rules whose activities settle, as the simulations name them.
const (
	AP = string(experiments.AlmeidaPineda)
	GR = string(experiments.GeneRec)
)

// settlingRates are the learning rates. Those of GeneRec are the published ones.
// Those of Almeida-Pineda, 0.001 to 0.00188 there, lead much further once its
// activities are let come to rest, so that they are chosen anew for the net
// displacements to overlap.
var settlingRates = map[string][]float64{AP: steps(5e-5, 1.6e-4, 1e-5), GR: steps(.002, .00344, .00008)}

// settlingMiddle is a net displacement that both rules reach.
const settlingMiddle = .577

// settlingPathPanel compares GeneRec with Almeida-Pineda.
func settlingPathPanel() *Panel {
	return &Panel{
		Name: "path-length-ap-gr", Shows: "the length of the weights' path under Almeida-Pineda and GeneRec",
		Protocol: "32-32-32-32 tanh, at the input, too, Xavier normal, one pair of input and target from N(0, 0.1²), 64 updates; activities settle for 128 steps of 0.1; " +
			"12 learning rates of Almeida-Pineda and 19 of GeneRec; 20 seeds. The published curves (5 seeds) come from a program that never let the activities of " +
			"Almeida-Pineda settle and gave GeneRec no negative phase; here both are wired as they are defined, so those numbers are not to be expected.",
		Thinner: "4 and 7 learning rates",
		Seeds:   Seeds{5, 20},
		Minutes: map[Preset]float64{Quick: 0.05, Full: 1},
		Trials: func(o Options, seeds int) []Trial {
			var out []Trial
			for _, rule := range []string{AP, GR} {
				for i, rate := range settlingRates[rule] {
					if !o.full() && i%3 != 0 {
						continue
					}
					for seed := range seeds {
						out = append(out, Trial{Rule: rule, Rate: rate, Seed: seed})
					}
				}
			}
			return out
		},
		Run: func(ctx context.Context, _ *Env, t Trial) (Outcome, error) {
			r, err := experiments.SettlingWeightPath(t.rule(), t.Rate).Run(ctx, t.seed())
			return simulated(r, err, func(r experiments.WeightPathResult) []Series {
				return []Series{one("net", r.Net), one("path", r.Path)}
			})
		},
		Report: settlingPathReport,
	}
}

func settlingPathReport(records []Record, _ Options) (*Report, error) {
	nets, paths := tabulate(finite(records), first("net")), tabulate(finite(records), first("path"))
	r := &Report{}
	f := Figure{Name: "path-length-ap-gr", Title: "Almeida-Pineda and GeneRec", X: "net displacement", Y: "length of the path"}
	middle := map[string]map[int]float64{}
	for _, rule := range []string{AP, GR} {
		line, paper := ours(rule), published(rule)
		for _, c := range nets.cells(of(rule, 0)) {
			line.add(mean(nets[c]), Summarize(paths[c]), c)
		}
		for _, p := range settlingPath[rule] {
			paper.point(p[0], p[1])
		}
		f.Lines = append(f.Lines, line, paper)
		middle[rule] = pathsAt(records, rule, settlingMiddle)
	}
	r.Figures = []Figure{f}
	var ap, gr, difference []float64
	for _, seed := range slices.Sorted(maps.Keys(middle[AP])) {
		if g, ok := middle[GR][seed]; ok {
			ap, gr = append(ap, middle[AP][seed]), append(gr, g)
			difference = append(difference, middle[AP][seed]-g)
		}
	}
	d := Summarize(difference)
	r.spread(fmt.Sprintf("at the net displacement %v GeneRec's path is shorter than Almeida-Pineda's", settlingMiddle), ".591 v .686",
		Summarize(gr).String()+" v "+Summarize(ap).String(), "on the lines through the points of a seed: mean difference > 2 SEM", d.Mean > 2*d.SEM)
	if n := len(records) - len(finite(records)); n > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%s diverged and is left out.", count(n, "trial")))
	}
	return r, nil
}

// finite returns the records that did not diverge.
func finite(records []Record) []Record {
	return slices.DeleteFunc(slices.Clone(records), func(r Record) bool { return r.Diverged })
}

// pathsAt returns the length of the path at a net displacement by seed, on the
// line through the points of the seed at all learning rates.
func pathsAt(records []Record, rule string, net float64) map[int]float64 {
	x, y := map[int][]float64{}, map[int][]float64{}
	for _, r := range finite(records) {
		if s := r.Trial.Seed; r.Trial.Rule == rule {
			x[s], y[s] = append(x[s], first("net")(r)), append(y[s], first("path")(r))
		}
	}
	out := map[int]float64{}
	for s := range x {
		if len(x[s]) > 1 {
			alpha, beta := stat.LinearRegression(x[s], y[s], nil, false)
			out[s] = alpha + beta*net
		}
	}
	return out
}
