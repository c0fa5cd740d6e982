package reproduce

import (
	"context"
	"fmt"
	"math"

	"github.com/seed-be841da4/prospect/internal/experiments"
)

// prospectiveIndexPanel is the prospective index.
func prospectiveIndexPanel() *Panel {
	return &Panel{
		Name: "prospective-index", Shows: "do activities go where the weights then take them?",
		Protocol: "6 matrices of 64×64, linear, Xavier normal; input and target from N(0, 1); activities relax for 100 steps (γ 0.1, discount 0.5) and are then held, " +
			"while the weights take 1 or 100 steps at rate 0.01; 5 seeds. Then a second version with one weight step: linear at the rates 0.001 and 0.1 and sigmoid at 0.001, " +
			"six times as many seeds (30; published: 3), with the output as the sixth layer. φ is the cosine between the change of a layer's activity by relaxation and that by learning.",
		Seeds:   Seeds{5, 5},
		Minutes: map[Preset]float64{Quick: 0.01, Full: 0.01},
		Trials: func(_ Options, seeds int) []Trial {
			var out []Trial
			for _, steps := range []int{1, 100} {
				for seed := range seeds {
					out = append(out, Trial{Rule: PC, Size: steps, Rate: .01, Seed: seed})
				}
			}
			for _, v := range secondIndex {
				for seed := range 6 * seeds {
					out = append(out, Trial{Rule: PC, Case: v.activation, Size: 1, Rate: v.rate, Seed: seed})
				}
			}
			return out
		},
		Run: func(ctx context.Context, _ *Env, t Trial) (Outcome, error) {
			s := experiments.PublishedProspectiveIndex(t.Size)
			s.Rate = t.Rate
			if t.Case != "linear" {
				s.Activation = t.Case
			}
			r, err := s.Run(ctx, t.seed())
			return simulated(r, err, func(r experiments.ProspectiveIndexResult) []Series {
				return []Series{{"hidden", r.Hidden}, one("output", r.Output)}
			})
		},
		Report: prospectiveIndexReport,
	}
}

func prospectiveIndexReport(records []Record, _ Options) (*Report, error) {
	r := &Report{}
	f := Figure{Name: "prospective-index", Title: "Prospective index by layer", X: "hidden layer", Y: "prospective index φ"}
	for _, steps := range []int{1, 100} {
		name := count(steps, "weight step")
		line := Line{Name: name + ", ours", Rule: PC, Color: name}
		paper := Line{Name: name + ", published", Rule: PC, Color: name, Published: true}
		lowest := math.Inf(1)
		for l, want := range prospectiveIndex[steps] {
			t := tabulate(records, func(r Record) float64 { return at(r.Values("hidden"), l) })
			cell := Trial{Rule: PC, Size: steps, Rate: .01}
			s := Summarize(t[cell])
			line.add(float64(l+1), s, cell)
			bar := [2]float64{}
			if bars := prospectiveIndexBars[steps]; bars != nil {
				bar = bars[l]
			}
			paper.between(float64(l+1), want, bar)
			lowest = min(lowest, least(t[cell]))
			tolerance := 0.005
			if want == 1 {
				tolerance = 1e-4
			}
			r.near(fmt.Sprintf("%s, hidden layer %d", name, l+1), want, s, tolerance)
		}
		r.claim(name+": every layer of every seed", "above 0.95", number(lowest), "least > 0.95", lowest > .95)
		f.Lines = append(f.Lines, line, paper)
	}
	r.Figures = []Figure{f, secondIndexFigure(records, r)}
	return r, nil
}

// secondIndexFigure is the second version.
func secondIndexFigure(records []Record, r *Report) Figure {
	f := Figure{Name: "prospective-index-second", Title: "Prospective index by layer, second version", X: "layer", Y: "prospective index φ"}
	for _, v := range secondIndex {
		cell := Trial{Rule: PC, Case: v.activation, Size: 1, Rate: v.rate}
		name := fmt.Sprintf("%s, rate %v", v.activation, v.rate)
		line := Line{Name: name + ", ours", Rule: PC, Color: name}
		paper := Line{Name: name + ", published", Rule: PC, Color: name, Published: true}
		for l, want := range v.phi {
			s := Summarize(tabulate(records, func(r Record) float64 {
				if hidden := r.Values("hidden"); l < len(hidden) {
					return hidden[l]
				}
				return first("output")(r)
			})[cell])
			line.add(float64(l+1), s, cell)
			paper.point(float64(l+1), want)
			r.sampled(fmt.Sprintf("%s, layer %d", name, l+1), want, 3, s, spread{})
		}
		f.Lines = append(f.Lines, line, paper)
	}
	return f
}
