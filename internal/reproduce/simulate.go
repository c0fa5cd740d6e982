package reproduce

import (
	"context"
	"math"

	"github.com/seed-be841da4/prospect/internal/experiments"
)

// simulated turns the result of a simulation into a record. One that diverged is
// a result too: a record without series.
func simulated[R any](r R, err error, series func(R) []Series) (Outcome, error) {
	switch {
	case experiments.IsDivergence(err):
		return Outcome{Diverged: true}, nil
	case err != nil:
		return Outcome{}, err
	}
	return Outcome{Series: series(r)}, nil
}

// all turns the results of simulations that ran together into records.
func all[S, R any](ctx context.Context, o Options, trials []Trial, settings func(t Trial, d experiments.Draws) S, run func(ctx context.Context, all []S, seeds []uint64) ([]experiments.Outcome[R], error), series func(R) []Series) ([]Outcome, error) {
	var simulations []S
	var seeds []uint64
	for _, t := range trials {
		seed, draws := o.seeded(t)
		simulations, seeds = append(simulations, settings(t, draws)), append(seeds, seed)
	}
	results, err := run(ctx, simulations, seeds)
	if err != nil {
		return nil, err
	}
	out := make([]Outcome, len(results))
	for i, r := range results {
		if out[i], err = simulated(r.Result, r.Err, series); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// one is a series of a single number.
func one(name string, x float64) Series { return Series{name, Numbers{x}} }

// first returns the metric that is the first number of a series, NaN if there is
// none.
func first(name string) func(Record) float64 {
	return func(r Record) float64 {
		if v := r.Values(name); len(v) > 0 {
			return v[0]
		}
		return math.NaN()
	}
}

// points splits pairs into two series.
func points(names [2]string, pairs [][2]float64) []Series {
	x, y := make(Numbers, len(pairs)), make(Numbers, len(pairs))
	for i, p := range pairs {
		x[i], y[i] = p[0], p[1]
	}
	return []Series{{names[0], x}, {names[1], y}}
}

// rule returns the trial's rule as the simulations name it.
func (t Trial) rule() experiments.Rule { return experiments.Rule(t.Rule) }

// seed returns the trial's seed as the simulations take it.
func (t Trial) seed() uint64 { return uint64(t.Seed) }

// find returns the first record that is accepted, a zero one if there is none.
func find(records []Record, accept func(Trial) bool) Record {
	for _, r := range records {
		if accept(r.Trial) {
			return r
		}
	}
	return Record{}
}

// ofCase accepts the cells of a rule and a case.
func ofCase(rule, name string) func(Trial) bool {
	return func(t Trial) bool { return t.Rule == rule && t.Case == name }
}
