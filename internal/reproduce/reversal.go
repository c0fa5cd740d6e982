package reproduce

import (
	"context"
	"fmt"
	"math"

	"github.com/seed-be841da4/prospect/internal/experiments"
)

// reversalSeeds is how many seeds the published figure has.
var reversalSeeds = map[string]int{PC: 22, BP: 40}

// The cases of the panel.
const (
	reversalTask      = "task"
	reversalMechanism = "mechanism"
)

// reversalPanel is Fig. 6c.
func reversalPanel() *Panel {
	return &Panel{
		Name: "fig6c", Shows: "reversal learning: the value of an option around a punishment",
		Protocol: "1-1-2, linear, weights from N(0, std²) with std 0.05 (PC) and 0.1 (BP), rate 0.1; 128 trials of Hampton et al. (2006), those after 64 analysed; " +
			"relaxation γ 0.1, discount 0.9, T 256. The published figure has 22 seeds of PC and 40 of BP; here many more are run, the first 22 and 40 shown " +
			"beside all, and all cut into replications of that size. Also the deterministic mechanism.",
		Seeds:   Seeds{1000, 10000},
		Minutes: map[Preset]float64{Quick: 0.02, Full: 0.2},
		Trials: func(_ Options, seeds int) []Trial {
			var out []Trial
			for _, rule := range rules {
				out = append(out, Trial{Rule: rule, Case: reversalMechanism})
				for seed := range seeds {
					out = append(out, Trial{Rule: rule, Case: reversalTask, Seed: seed})
				}
			}
			return out
		},
		Cost:     func(t Trial) float64 { return map[string]float64{PC: 10, BP: 1}[t.Rule] },
		Together: reversalTrials, Report: reversalReport,
		Exact: &Exact{Seeds: reversalSeeds, Numbers: reversalExact},
	}
}

// reversalTrials runs trials of one case.
func reversalTrials(ctx context.Context, env *Env, trials []Trial) ([]Outcome, error) {
	if trials[0].Case == reversalTask {
		return all(ctx, env.Options, trials, func(t Trial, d experiments.Draws) experiments.Reversal {
			s := experiments.PublishedReversal(t.rule())
			s.Draws = d
			return s
		},
			experiments.RunReversal, func(r experiments.ReversalResult) []Series {
				pack := func(p experiments.PunishedTrials) Numbers { return Numbers{float64(p.Count), p.Punish, p.Next} }
				return []Series{{"stay", pack(r.Stay)}, {"switch", pack(r.Switch)}}
			})
	}
	var out []Outcome
	for _, t := range trials {
		r, err := experiments.PublishedReversalMechanism(t.rule()).Run(ctx)
		o, err := simulated(r, err, func(r experiments.ReversalMechanismResult) []Series {
			return append(points([2]string{"output_0", "output_1"}, r.Output), Series{"hidden", r.Hidden})
		})
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
}

// reversalNames are the four numbers.
var reversalNames = []string{"stay, punished", "stay, next", "switch, punished", "switch, next"}

// reversalExact are the raw values.
func reversalExact(Options) []exactNumber {
	var out []exactNumber
	for _, rule := range rules {
		for i, want := range reversalNumbers(fig6c[rule].raw) {
			out = append(out, exactNumber{
				fmt.Sprintf("%s: raw value, %s", label(rule), reversalNames[i]), want, 4,
				[]Trial{{Rule: rule, Case: reversalTask}},
				func(records []Record) float64 {
					return reversalNumbers(experiments.ReversalMeans(reversalResults(records, rule)))[i]
				},
			})
		}
	}
	return out
}

// reversalResults returns the results of a rule's seeds in order.
func reversalResults(records []Record, rule string) []experiments.ReversalResult {
	unpack := func(v []float64) experiments.PunishedTrials {
		return experiments.PunishedTrials{Count: int(at(v, 0)), Punish: at(v, 1), Next: at(v, 2)}
	}
	var out []experiments.ReversalResult
	for _, r := range records {
		if r.Trial.Rule == rule && r.Trial.Case == reversalTask && !r.Diverged {
			out = append(out, experiments.ReversalResult{Stay: unpack(r.Values("stay")), Switch: unpack(r.Values("switch"))})
		}
	}
	return out
}

func reversalReport(records []Record, _ Options) (*Report, error) {
	r := &Report{}
	for _, rule := range rules {
		all := reversalResults(records, rule)
		r.Figures = append(r.Figures, reversalFigure(rule, all))
		reversalClaims(rule, all, r)
	}
	pc, bp := find(records, ofCase(PC, reversalMechanism)), find(records, ofCase(BP, reversalMechanism))
	r.Figures = append(r.Figures, mechanismFigure(pc, bp))
	mechanismClaims(pc, bp, r)
	return r, nil
}

// reversalFigure draws the four fitted numbers.
func reversalFigure(rule string, all []experiments.ReversalResult) Figure {
	f := Figure{
		Name: "fig6c-" + rule, Title: "Value around a punishment, " + label(rule), X: "trial", Y: "value, fitted to the signal",
		Ticks: []string{"stay: punished", "stay: next", "switch: punished", "switch: next"},
	}
	add := func(l Line, v experiments.ReversalValues) {
		l.Segment = 2
		for i, y := range reversalNumbers(v) {
			l.point(float64(i), y)
		}
		f.Lines = append(f.Lines, l)
	}
	add(Line{Name: "participants (Hampton et al.)", Marks: true}, experiments.ReversalData())
	n := min(reversalSeeds[rule], len(all))
	f.Lines = append(f.Lines,
		reversalLine(Line{Name: fmt.Sprintf("ours, the first %s", count(n, "seed")), Rule: rule, Faint: true}, all[:n]),
		reversalLine(Line{Name: fmt.Sprintf("ours, %s", count(len(all), "seed")), Rule: rule}, all))
	add(Line{Name: fmt.Sprintf("published, %d seeds", reversalSeeds[rule]), Rule: rule, Published: true}, fig6c[rule].fitted)
	return f
}

func reversalNumbers(v experiments.ReversalValues) [4]float64 {
	return [4]float64{v.StayPunish, v.StayNext, v.SwitchPunish, v.SwitchNext}
}

// reversalLine are the fitted numbers of some seeds, with the intervals of the
// values under the same fit.
func reversalLine(l Line, all []experiments.ReversalResult) Line {
	fit := experiments.FitReversal(experiments.ReversalMeans(all))
	some := make([]experiments.ReversalResult, len(all))
	low, high := intervals(len(all), 4, func(seeds []int, out []float64) {
		for i, s := range seeds {
			some[i] = all[s]
		}
		for i, v := range reversalNumbers(experiments.ReversalMeans(some)) {
			out[i] = fit.Scale*v + fit.Offset
		}
	})
	l.Segment = 2
	for i, y := range reversalNumbers(fit.Fitted) {
		l.add(float64(i), Sample{N: len(all), Mean: y, Low: low[i], High: high[i]}, Trial{Rate: experiments.PublishedReversal(experiments.Rule(l.Rule)).Rate})
	}
	return l
}

// reversalClaims compare the change on switching with the published one, as the
// mean over all seeds and as what a replication of the published size sees.
func reversalClaims(rule string, all []experiments.ReversalResult, r *Report) {
	size := reversalSeeds[rule]
	var changes []float64
	var cut []experiments.ReversalValues
	for start := 0; start+size <= len(all); start += size {
		v := experiments.ReversalMeans(all[start : start+size])
		cut = append(cut, v)
		changes = append(changes, v.SwitchNext-v.SwitchPunish)
	}
	reversalLevels(rule, cut, r)
	s := Summarize(changes)
	positive := 0
	for _, c := range changes {
		if c > 0 {
			positive++
		}
	}
	sd := s.SEM * math.Sqrt(float64(s.N))
	want := fig6c[rule].raw.SwitchNext - fig6c[rule].raw.SwitchPunish
	v := experiments.ReversalMeans(all)
	r.spread(label(rule)+": a replication of the published size can give the published change on switching", number(want),
		replications(s, sd, "SD")+fmt.Sprintf(" of %d seeds", size), "within 2 SD of the mean of replications", math.Abs(want-s.Mean) <= 2*sd)
	what, criterion, agrees := label(rule)+": the value rises on switching, over all seeds", "mean of replications > 2 SEM", s.Mean > 2*s.SEM
	published := "rises"
	if rule == BP {
		what, criterion, agrees = label(rule)+": the value does not rise on switching, over all seeds", "mean of replications ≤ 2 SEM", s.Mean <= 2*s.SEM
		published = "does not rise"
	}
	r.spread(what, published, replications(s, s.SEM, "SEM")+fmt.Sprintf(", positive in %d", positive), criterion, agrees)
	r.claim(label(rule)+": the value of an option that is punished and chosen again falls", "yes", number(v.StayPunish)+" to "+number(v.StayNext), "next < punished", v.StayNext < v.StayPunish)
	fit := experiments.FitReversal(v)
	r.Notes = append(r.Notes, fmt.Sprintf("%s, %d seeds: raw values %.4f, %.4f (stay), %.4f, %.4f (switch); correlation with the data %.2f.",
		label(rule), len(all), v.StayPunish, v.StayNext, v.SwitchPunish, v.SwitchNext, fit.Correlation))
}

// replications prints the mean over replications of the published size.
func replications(s Sample, uncertainty float64, name string) string {
	over := count(s.N, "replication")
	switch s.N {
	case 0:
		return over
	case 1:
		return number(s.Mean) + ", " + over
	}
	return fmt.Sprintf("%s (%s) over %s", plusMinus(s.Mean, uncertainty), name, over)
}

// reversalLevels compare the four raw values with those of replications of the
// published size.
func reversalLevels(rule string, cut []experiments.ReversalValues, r *Report) {
	for i, want := range reversalNumbers(fig6c[rule].raw) {
		var values []float64
		for _, v := range cut {
			values = append(values, reversalNumbers(v)[i])
		}
		s := Summarize(values)
		sd := s.SEM * math.Sqrt(float64(s.N))
		r.spread(fmt.Sprintf("%s: raw value, %s", label(rule), reversalNames[i]), number(want), replications(s, sd, "SD"), "within 2 SD of the mean of replications", math.Abs(want-s.Mean) <= 2*sd)
	}
}

// mechanismFigure draws the weights under punishment after punishment.
func mechanismFigure(pc, bp Record) Figure {
	f := Figure{Name: "fig6c-mechanism", Title: "One option, punished again and again", X: "trial", Y: "weight"}
	for _, r := range []Record{pc, bp} {
		for _, name := range []string{"hidden", "output_0"} {
			line := Line{Name: label(r.Trial.Rule) + ", ours, hidden weight", Rule: r.Trial.Rule, Curve: true}
			if name != "hidden" {
				line.Name, line.Faint = label(r.Trial.Rule)+", ours, output weight", true
			}
			for i, y := range r.Values(name) {
				line.point(float64(i), y)
			}
			f.Lines = append(f.Lines, line)
		}
	}
	hidden, output := published(PC), published(PC)
	hidden.Name += ", hidden weight"
	hidden.X, hidden.Y, hidden.Marks = []float64{0, 1, 2}, []float64{1, .9, .805}, true
	output.Name += ", output weight"
	output.X, output.Y, output.Marks, output.Second = []float64{2}, []float64{1.0047}, true, true
	f.Lines = append(f.Lines, hidden, output)
	return f
}

func mechanismClaims(pc, bp Record, r *Report) {
	hidden, out := pc.Values("hidden"), pc.Values("output_0")
	h1, h2, o2 := at(hidden, 1), at(hidden, 2), at(out, 2)
	r.exact("mechanism, PC: hidden weight after 1 and 2 trials; output weight after 2", "0.9000, 0.8050; 1.0047", fmt.Sprintf("%.4f, %.4f; %.4f", h1, h2, o2), "four digits",
		math.Abs(h1-.9) < 6e-5 && math.Abs(h2-.805) < 6e-5 && math.Abs(o2-1.0047) < 6e-5)
	hEnd, oEnd := at(hidden, len(hidden)-1), at(out, len(out)-1)
	r.exact("mechanism, PC: the hidden weight turns negative and the output weight rises", "yes", number(hEnd)+", "+number(oEnd),
		"hidden < 0 and output > 1 at the end", hEnd < 0 && oEnd > 1)
	hidden, out = bp.Values("hidden"), bp.Values("output_0")
	hEnd, oEnd = at(hidden, len(hidden)-1), at(out, len(out)-1)
	r.exact("mechanism, BP: both go to 0", "yes", number(hEnd)+", "+number(oEnd), "both in [0, 0.5) at the end", hEnd >= 0 && hEnd < .5 && oEnd >= 0 && oEnd < .5)
}
