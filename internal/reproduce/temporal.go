package reproduce

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/seed-be841da4/prospect/internal/experiments"
	"github.com/seed-be841da4/prospect/sweep"
)

// The cases of the panel.
const (
	trackingCase = "tracking"
	learningCase = "learning"
	pendulumCase = "pendulum"
)

// temporalPanel compares temporal predictive coding with the Kalman filter.
//
// Source: Millidge, Tang, Osanlouy, Harper and Bogacz 2024, PLoS Comput Biol,
// 10.1371/journal.pcbi.1011183, and the settings in its public programs. The numbers
// behind its figures were not found, so that the thresholds here are ours.
func temporalPanel() *Panel {
	return &Panel{
		Name: "temporal", After: "pcbi.1011183",
		Shows: "temporal predictive coding against the Kalman filter",
		Protocol: "Tracking: position, velocity and acceleration of a pushed object, Δ 0.001, unit noise, 3 numbers seen through a random matrix, 2,000 time steps; temporal " +
			"predictive coding with 2 to 20 steps of relaxation of size 0.12 to 0.32 from the previous estimate, with the true matrices, and its exact equilibrium, against " +
			"the Kalman filter. Learning: 1,000 time steps, 20 steps of size 0.05, both matrices from N(0, 1) learned at rate 2e-5 in 80 passes, against the true and the random ones. " +
			"Pendulum: 25,004 steps of 0.1 s, noise 0.1, one iteration a step, tanh against linear. The draws are those of the published programs.",
		Thinner: "3 of 11 step sizes, 4 of 10 numbers of steps",
		Seeds:   Seeds{20, 100},
		Minutes: map[Preset]float64{Quick: 0.6, Full: 5},
		Trials: func(_ Options, seeds int) []Trial {
			var out []Trial
			for _, name := range []string{trackingCase, learningCase, pendulumCase} {
				for seed := range seeds {
					out = append(out, Trial{Rule: PC, Case: name, Seed: seed})
				}
			}
			return out
		},
		Cost: func(t Trial) float64 {
			return map[string]float64{trackingCase: 10, learningCase: 2, pendulumCase: 1}[t.Case]
		},
		Run: temporalTrial, Report: temporalReport,
	}
}

// trackingGrid is the grid of steps and sizes. The published one is full.
func trackingGrid(o Options) (steps []int, sizes []float64) {
	for i := range 10 {
		steps = append(steps, 2+2*i)
	}
	for i := range 11 {
		sizes = append(sizes, float64(12+2*i)/100)
	}
	return pick(o, []int{2, 4, 8, 20}, steps), pick(o, []float64{.12, .2, .28}, sizes)
}

func temporalTrial(ctx context.Context, env *Env, t Trial) (Outcome, error) {
	seed := uint64(t.Seed) // the published seeds of the noise are 0, 1, 2 …
	shorter := func(n int) int {
		if env.limit > 0 {
			return min(n, 10*env.limit)
		}
		return n
	}
	switch t.Case {
	case trackingCase:
		return trackingTrial(ctx, env, seed, shorter)
	case learningCase:
		return learningTrial(ctx, seed, shorter)
	}
	var out Outcome
	for _, linear := range []bool{false, true} {
		s := experiments.PublishedPendulum(linear)
		s.Length = shorter(s.Length)
		r, err := s.Run(ctx, seed)
		if err != nil {
			return out, err
		}
		name := map[bool]string{false: "tanh", true: "linear"}[linear]
		out.Series = append(out.Series, Series{name, Numbers{r.Error, r.Late}})
	}
	return out, nil
}

// trackingTrial measures the errors of the state: the filter's, the equilibrium's, then
// those of all sizes and steps, one row for each size.
func trackingTrial(ctx context.Context, env *Env, seed uint64, shorter func(int) int) (Outcome, error) {
	steps, sizes := trackingGrid(env.Options)
	s := experiments.PublishedTrackingInference(0, 0)
	s.Length = shorter(s.Length)
	k, err := s.Kalman(seed)
	if err != nil {
		return Outcome{}, err
	}
	e, err := s.Equilibrium(seed)
	if err != nil {
		return Outcome{}, err
	}
	out := Outcome{Series: []Series{one("kalman", k.State), one("equilibrium", e.State)}}
	var grid Numbers
	for _, size := range sizes {
		for _, n := range steps {
			sweep.ProgressOf(ctx).Set(len(grid), len(sizes)*len(steps))
			s.Steps, s.Size = n, size
			r, err := s.Run(ctx, seed)
			if err != nil {
				return out, err
			}
			grid = append(grid, r.State)
		}
	}
	sweep.ProgressOf(ctx).Set(1, 1)
	out.Series = append(out.Series, Series{"grid", grid})
	return out, nil
}

// The matrices of the learning case, in this order.
var matrices = []string{"kalman", "true", "learnt", "random"}

// learningTrial measures errors of state and predicted observation.
func learningTrial(ctx context.Context, seed uint64, shorter func(int) int) (Outcome, error) {
	var state, seen Numbers
	for _, name := range matrices {
		s := experiments.PublishedTrackingLearning()
		s.Length = shorter(s.Length)
		var r experiments.TrackingErrors
		var err error
		switch name {
		case "kalman":
			r, err = s.Kalman(seed)
		default:
			s.Random = name != "true"
			if name != "learnt" {
				s.Rate = 0
			}
			r, err = s.Run(ctx, seed)
		}
		if err != nil {
			return Outcome{}, err
		}
		state, seen = append(state, r.State), append(seen, r.Observation)
	}
	return Outcome{Series: []Series{{"state", state}, {"observation", seen}}}, nil
}

func temporalReport(records []Record, o Options) (*Report, error) {
	r := &Report{}
	trackingReport(records, o, r)
	matrixReport(records, r)
	pendulumReport(records, r)
	r.Notes = append(r.Notes,
		"the published figures have no numbers; thresholds are ours, set before the first run of tracking and pendulum; a first run learned in 1 pass with "+
			"steps of 0.2, as an earlier version of the published programs (17.6, 62 and 4498 in place of the three numbers on learning), and held the pendulum "+
			"to every seed where the published figure has means (largest ratio 1.64)",
		"gradients of the weights are taken after the last step of relaxation; the published programs take them before it")
	return r, nil
}

// The published example of few steps, and how near is near.
const (
	fewSteps = 8
	fewSize  = .2
	nearIt   = 1.5
)

func trackingReport(records []Record, o Options, r *Report) {
	steps, sizes := trackingGrid(o)
	cell := Trial{Rule: PC, Case: trackingCase}
	of := func(metric func(Record) float64) Sample { return Summarize(tabulate(records, metric)[cell]) }
	kalman := first("kalman")
	ratio := func(metric func(Record) float64) func(Record) float64 {
		return func(r Record) float64 { return metric(r) / kalman(r) }
	}
	f := Figure{Name: "tracking", Title: "Error of the state, Kalman filter = 1", X: "steps of relaxation", Y: "relative mean squared error"}
	falls := true
	few := math.NaN()
	for i, size := range sizes {
		line := Line{Name: fmt.Sprintf("step size %v", size), Rule: PC, Color: fmt.Sprint(size)}
		before := math.Inf(1)
		for j, n := range steps {
			s := of(ratio(element("grid", i*len(steps)+j)))
			line.add(float64(n), s, cell)
			falls = falls && s.Mean < before
			before = s.Mean
			if n == fewSteps && size == fewSize {
				few = s.Mean
			}
		}
		f.Lines = append(f.Lines, line)
	}
	rest := of(ratio(first("equilibrium")))
	level := Line{Name: "equilibrium", Rule: PC, Color: "equilibrium", Curve: true}
	for _, n := range steps {
		level.add(float64(n), rest, cell)
	}
	f.Lines = append(f.Lines, level)
	r.Figures = append(r.Figures, f)
	r.claim("tracking: more steps of relaxation bring the error down, at every step size", "yes", fmt.Sprint(falls), "means over seeds", falls)
	r.claim(fmt.Sprintf("tracking: few steps (%d of size %v) come near the filter (error over the filter's)", fewSteps, fewSize), "near 1", number(few), fmt.Sprintf("≤ %v", nearIt), few <= nearIt)
	r.claim("tracking: so does the equilibrium", "near 1", rest.String(), fmt.Sprintf("≤ %v", nearIt), rest.Mean <= nearIt)
	better := len(rest.values) > 0 && slices.Min(rest.values) > 1
	r.claim("tracking: the filter, which knows the variance, stays better (seeds where it is)", "all", fmt.Sprint(better), "all", better)
}

func matrixReport(records []Record, r *Report) {
	cell := Trial{Rule: PC, Case: learningCase}
	of := func(series, name string) Sample {
		return Summarize(tabulate(records, element(series, slices.Index(matrices, name)))[cell])
	}
	f := Figure{Name: "learning", Title: "Learning both matrices", X: "matrices", Y: "mean squared error", Ticks: matrices, LogY: true}
	for _, series := range []string{"state", "observation"} {
		line := Line{Name: series, Rule: PC, Color: series, Marks: true}
		for i, name := range matrices {
			line.add(float64(i), of(series, name), cell)
		}
		f.Lines = append(f.Lines, line)
	}
	r.Figures = append(r.Figures, f)
	over := func(series, a, b string) float64 { return of(series, a).Mean / of(series, b).Mean }
	x := over("observation", "learnt", "true")
	r.claim("learning: observations are predicted as with the true matrices (error over theirs)", "about 1", number(x), "≤ 2", x <= 2)
	median := math.NaN()
	if each := slices.Sorted(slices.Values(ratios(records, cell))); len(each) > 0 {
		median = stat.Quantile(.5, stat.Empirical, each, nil)
	}
	r.Notes = append(r.Notes, fmt.Sprintf("learning: the median over seeds of the error of predicted observations, learnt over true, is %s", number(median)))
	x = over("observation", "random", "learnt")
	r.claim("learning: much better than with the random matrices (their error over it)", "far above 1", number(x), "≥ 10", x >= 10)
	x = over("state", "learnt", "true")
	r.claim("learning: but not the state, which no observation tells apart (error over that of the true matrices)", "above 1", number(x), "≥ 2", x >= 2)
}

// ratios are the errors of predicted observations of each seed, learnt over true.
func ratios(records []Record, cell Trial) []float64 {
	learnt, exact := element("observation", 2), element("observation", 1)
	return tabulate(records, func(r Record) float64 { return learnt(r) / exact(r) })[cell]
}

func pendulumReport(records []Record, r *Report) {
	cell := Trial{Rule: PC, Case: pendulumCase}
	names := []string{"linear", "tanh"}
	f := Figure{Name: "pendulum", Title: "Predicting a pendulum", X: "activation", Y: "mean squared error", Ticks: names}
	all, late := Line{Name: "all steps", Rule: PC, Marks: true}, Line{Name: "last tenth", Rule: PC, Color: "late", Marks: true, Second: true}
	for i, name := range names {
		all.add(float64(i), Summarize(tabulate(records, element(name, 0))[cell]), cell)
		late.add(float64(i), Summarize(tabulate(records, element(name, 1))[cell]), cell)
	}
	f.Lines = []Line{all, late}
	r.Figures = append(r.Figures, f)
	of := func(name string, i int) Sample { return Summarize(tabulate(records, element(name, i))[cell]) }
	x := of("tanh", 0).Mean / of("linear", 0).Mean
	r.claim("pendulum: a nonlinear model predicts better than a linear one (mean error over the linear one's)", "below 1", number(x), "< 1", x < 1)
	tanh, linear := element("tanh", 0), element("linear", 0)
	each := tabulate(records, func(r Record) float64 { return tanh(r) / linear(r) })[cell]
	r.Notes = append(r.Notes, fmt.Sprintf("pendulum: largest of the seeds' errors over the linear model's %s; in the last tenth of the steps the mean error is %v, the linear one's %v",
		number(worst(each)), of("tanh", 1), of("linear", 1)))
}
