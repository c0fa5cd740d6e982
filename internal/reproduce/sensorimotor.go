package reproduce

import (
	"context"
	"fmt"
	"math"

	"github.com/seed-be841da4/prospect/internal/experiments"
)

// The published grid of Fig. 5f.
var (
	sensorimotorStds    = []float64{1e-5, 1e-4, 1e-3, .01, .1, 1}
	sensorimotorRates   = []float64{.5, .1, .05, .01, .005, .001, 5e-4, 1e-4, 5e-5, 1e-5, 5e-6, 1e-6}
	sensorimotorMemory  = []float64{.1, .05, .01, .005, .001, 5e-4}
	sensorimotorPublish = map[string]Trial{
		PC: {Rule: PC, Std: .1, Rate: 5e-5, SecondRate: .01},
		BP: {Rule: BP, Std: 1e-5, Rate: .1, SecondRate: .001},
	}
)

// sensorimotorPanel is Fig. 5f.
func sensorimotorPanel() *Panel {
	return &Panel{
		Name: "fig5f", Shows: "sensorimotor learning: adaptation after a single trial",
		Protocol: "Two cues, each feeding its hidden unit, both feeding two outputs; linear; trials of Heald et al. (2021): 24 blocks of training, then triplets; " +
			"relaxation γ 0.1, discount 0.9, T 256; grid of 6 initial deviations, 12 rates of the first layer and 6 of the second; 24 published seeds. " +
			"Adaptation is fitted to the participants' by a scale alone; each rule has its best cell.",
		Thinner: "3 of 6 deviations, 6 of 12 and 3 of 6 rates",
		Seeds:   Seeds{6, 240},
		Minutes: map[Preset]float64{Quick: 0.03, Full: 10},
		Trials: func(o Options, seeds int) []Trial {
			var out []Trial
			for _, rule := range rules {
				for _, std := range pick(o, []float64{1e-5, .01, .1}, sensorimotorStds) {
					for _, rate := range pick(o, []float64{.1, .05, .01, .005, .001, 5e-5}, sensorimotorRates) {
						for _, memory := range pick(o, []float64{.1, .01, .001}, sensorimotorMemory) {
							for seed := range seeds {
								out = append(out, Trial{Rule: rule, Std: std, Rate: rate, SecondRate: memory, Seed: seed})
							}
						}
					}
				}
			}
			return out
		},
		Cost: func(t Trial) float64 { return map[string]float64{PC: 20, BP: 1}[t.Rule] },
		Together: func(ctx context.Context, env *Env, trials []Trial) ([]Outcome, error) {
			return all(ctx, env.Options, trials, func(t Trial, _ experiments.Draws) experiments.Sensorimotor {
				return experiments.PublishedSensorimotor(t.rule(), t.Std, t.Rate, t.SecondRate)
			}, experiments.RunSensorimotor, func(r experiments.SensorimotorResult) []Series { return []Series{{"adaptation", r.Adaptation[:]}} })
		},
		Report: sensorimotorReport,
	}
}

// sensorimotorFits fits every cell; those with a diverged trial have no fit.
func sensorimotorFits(records []Record) map[Trial]experiments.SensorimotorFit {
	results := map[Trial][]experiments.SensorimotorResult{}
	diverged := map[Trial]bool{}
	for _, r := range records {
		var a experiments.SensorimotorResult
		c := r.Trial.cell()
		v := r.Values("adaptation")
		if len(v) != len(a.Adaptation) {
			diverged[c] = true
			continue
		}
		copy(a.Adaptation[:], v)
		results[c] = append(results[c], a)
	}
	out := map[Trial]experiments.SensorimotorFit{}
	for c, rs := range results {
		if !diverged[c] {
			out[c] = experiments.FitSensorimotor(rs)
		}
	}
	return out
}

// bestFit returns the cell with the least error; of equal ones that with the
// smaller standard errors.
func bestFit(fits map[Trial]experiments.SensorimotorFit, accept func(Trial) bool) (Trial, experiments.SensorimotorFit) {
	var at Trial
	best := experiments.SensorimotorFit{Error: math.Inf(1)}
	for c, f := range fits {
		if accept(c) && (f.Error < best.Error || f.Error == best.Error &&
			(mean(f.SEM[:]) < mean(best.SEM[:]) || mean(f.SEM[:]) == mean(best.SEM[:]) && compareTrials(c, at) < 0)) {
			at, best = c, f
		}
	}
	return at, best
}

func sensorimotorReport(records []Record, o Options) (*Report, error) {
	fits := sensorimotorFits(records)
	r := &Report{}
	f := Figure{Name: "fig5f", Title: "Adaptation after one trial, fitted to the participants", X: "cue and force of the trial", Y: "adaptation"}
	byStd := Figure{Name: "fig5f-std", Title: "The best fit, by the deviation of the initial weights", X: "standard deviation of the initial weights", Y: "error of the best fit", LogX: true, LogY: true}
	data := Line{Name: "participants (Heald et al.)", Marks: true}
	for g, v := range experiments.SensorimotorData() {
		f.Ticks = append(f.Ticks, experiments.SensorimotorGroup(g).String())
		data.point(float64(g), v)
	}
	f.Lines = append(f.Lines, data)
	best := map[string]experiments.SensorimotorFit{}
	for _, rule := range rules {
		c, fit := bestFit(fits, func(t Trial) bool { return t.Rule == rule })
		best[rule] = fit
		line, paper := ours(rule), published(rule)
		line.Name = fmt.Sprintf("%s, ours (std %v, rates %v, %v)", label(rule), c.Std, c.Rate, c.SecondRate)
		for g, v := range fit.Fitted {
			t := tabulate(records, func(r Record) float64 { return fit.Scale * at(r.Values("adaptation"), g) })
			line.add(float64(g), Summarize(t[c]), c)
			want := fig5f[rule].fitted[g]
			paper.point(float64(g), want)
			tolerance := map[string]float64{PC: .03, BP: .01}[rule]
			r.claim(fmt.Sprintf("%s, fitted adaptation to %v", label(rule), experiments.SensorimotorGroup(g)), number(want), number(v),
				fmt.Sprintf("within %v", tolerance), math.Abs(v-want) <= tolerance)
		}
		f.Lines = append(f.Lines, line, paper)
		errs, paperErrs := ours(rule), published(rule)
		for i, std := range sensorimotorStds {
			want := fig5f[rule].byStd[i]
			if _, fit := bestFit(fits, func(t Trial) bool { return t.Rule == rule && t.Std == std }); !math.IsInf(fit.Error, 0) {
				errs.point(std, fit.Error)
				if o.full() {
					r.claim(fmt.Sprintf("%s, error of the best fit at std %v", label(rule), std), number(want), number(fit.Error),
						"within a factor of 1.5", fit.Error < 1.5*want && fit.Error > want/1.5)
				}
			}
			paperErrs.point(std, want)
		}
		byStd.Lines = append(byStd.Lines, errs, paperErrs)
	}
	r.Figures = []Figure{f, byStd}
	sensorimotorClaims(fits, best, r)
	return r, nil
}

func sensorimotorClaims(fits map[Trial]experiments.SensorimotorFit, best map[string]experiments.SensorimotorFit, r *Report) {
	pc, bp := best[PC].Fitted, best[BP].Fitted
	four := func(v [experiments.NumSensorimotorGroups]float64) string {
		return fmt.Sprintf("%.3f, %.3f, %.3f, %.3f", v[0], v[1], v[2], v[3])
	}
	r.claim("PC has the order of the participants, 1+ ≥ 2+ > 1− > 2−", ".224, .188, .098, .043", four(pc), "in that order", pc[0] >= pc[1] && pc[1] > pc[2] && pc[2] > pc[3])
	r.claim("BP sees nothing of the cue-2 trials", ".0015, -.0003", fmt.Sprintf("%.4f, %.4f", bp[1], bp[3]), "|2+| and |2−| < 0.01", math.Abs(bp[1]) < .01 && math.Abs(bp[3]) < .01)
	r.claim("PC adapts at 2+", ".188", number(pc[1]), "> half of it", pc[1] > .188/2)
	r.claim("error of BP's best fit", "0.0358", number(best[BP].Error), "within 0.002", math.Abs(best[BP].Error-.0358) <= .002)
	r.claim("PC fits better", ".00024 v .0358", number(best[PC].Error)+" v "+number(best[BP].Error), "PC < BP / 3", best[PC].Error < best[BP].Error/3)
	r.claim("error of PC's best fit is as small as published", "0.00024", number(best[PC].Error), "< 0.001", best[PC].Error < .001)
	for _, rule := range rules {
		if fit, ok := fits[sensorimotorPublish[rule]]; ok {
			c := sensorimotorPublish[rule]
			r.Notes = append(r.Notes, fmt.Sprintf("At the published best cell of %s (std %v, rates %v, %v) our fit is %s with the scale %.0f and the error %.5f.",
				label(rule), c.Std, c.Rate, c.SecondRate, four(fit.Fitted), fit.Scale, fit.Error))
		}
	}
}
