package sweep

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"
)

// TPE proposes points by a tree-structured Parzen estimator: it splits the points that
// were tried into the best γ of them and the rest, estimates the density of each, l and
// g, and of some candidates drawn from l takes the one where l is the largest against g,
// which maximises the expected improvement. Each range is treated on its own.
//
//	x* = argmax l(x)/g(x),   x ~ l
//
// A density is a mixture of normal distributions around the points, cut off at the
// bounds, with the uniform one as a prior; it lives on the logarithm of a range with Log,
// counts the mass of a whole number where Integer is set, and is the frequency of each
// choice where Unordered is.
//
// Points come in rounds, and those of a round depend on the scores of the rounds before
// it alone, so that a search is the same whatever the number of workers, and after it was
// killed and resumed. Within a round, points proposed before count among the rest, so
// that it does not try one place many times (the constant liar).
//
// Source: Bergstra, Bardenet, Bengio and Kégl, "Algorithms for hyper-parameter
// optimization", NeurIPS 2011, section 4; the widths of the normal distributions as
// there, between 1/min(100, n+1) of the range and all of it.
type TPE struct {
	// Ranges are what is chosen, in the order of a point's numbers.
	Ranges []Range `json:"ranges"`
	// Seed chooses the points.
	Seed uint64 `json:"seed"`
	// Startup is the number of points of the first round, which are those of [Random].
	// Zero means 10.
	Startup int `json:"startup,omitempty"`
	// Round is the number of points of the others: more keep more workers busy and learn
	// less from each other. Zero means 4.
	Round int `json:"round,omitempty"`
	// Gamma is the fraction of the points that count as the best. Zero means 0.15.
	Gamma float64 `json:"gamma,omitempty"`
	// Candidates is how many are drawn for each range. Zero means 24.
	Candidates int `json:"candidates,omitempty"`
}

// Observation is a point that was tried.
type Observation struct {
	// X are its numbers, in the order of the ranges.
	X []float64
	// Score is the less the better. NaN is worse than all numbers.
	Score float64
}

// Next returns the points of the round that follows the points tried, which are those of
// all rounds before, in the order in which they were proposed. They depend on nothing
// else.
func (t TPE) Next(tried []Observation) ([][]float64, error) {
	if err := t.Check(); err != nil {
		return nil, err
	}
	t = t.withDefaults()
	var out [][]float64
	if len(tried) == 0 {
		random := Random{Ranges: t.Ranges, Seed: t.Seed}
		for k := range t.Startup {
			x, err := random.Point(k)
			if err != nil {
				return nil, err
			}
			out = append(out, x)
		}
		return out, nil
	}
	for i, o := range tried {
		if len(o.X) != len(t.Ranges) {
			return nil, errors.Errorf("sweep: tpe: point %d, got %d numbers, want %d, one for each range", i, len(o.X), len(t.Ranges))
		}
	}
	best, rest := t.split(tried)
	for i := range t.Round {
		x := make([]float64, len(t.Ranges))
		for k, of := range t.Ranges {
			x[k] = t.choose(of, column(best, k), column(rest, k), source(t.Seed, "tpe "+of.Name, len(tried)+i))
		}
		out, rest = append(out, x), append(rest, x)
	}
	return out, nil
}

// Check returns an error for settings that make no search.
func (t TPE) Check() error {
	switch {
	case t.Startup < 0 || t.Round < 0 || t.Candidates < 0:
		return errors.Errorf("sweep: tpe: Startup, Round and Candidates, got %d, %d and %d, want at least 1, or 0 for the usual", t.Startup, t.Round, t.Candidates)
	case t.Startup > MaxTrials || t.Round > MaxTrials || t.Candidates > MaxTrials:
		return errors.Errorf("sweep: tpe: Startup, Round and Candidates, got %d, %d and %d, want at most %d", t.Startup, t.Round, t.Candidates, MaxTrials)
	case !(t.Gamma >= 0 && t.Gamma < 1):
		return errors.Errorf("sweep: tpe: Gamma, got %v, want a fraction above 0 and below 1, or 0 for 0.15", t.Gamma)
	}
	return checkRanges(t.Ranges)
}

func (t TPE) withDefaults() TPE {
	t.Startup, t.Round = cmp.Or(t.Startup, 10), cmp.Or(t.Round, 4)
	t.Gamma, t.Candidates = cmp.Or(t.Gamma, 0.15), cmp.Or(t.Candidates, 24)
	return t
}

// split returns the best points, at least one, and the others. Of equal scores the
// earlier is the better.
func (t TPE) split(tried []Observation) (best, rest [][]float64) {
	sorted := slices.Clone(tried)
	slices.SortStableFunc(sorted, func(a, b Observation) int { return cmp.Compare(orWorst(a.Score), orWorst(b.Score)) })
	n := int(math.Ceil(t.Gamma * float64(len(sorted))))
	for i, o := range sorted {
		if i < n {
			best = append(best, o.X)
		} else {
			rest = append(rest, o.X)
		}
	}
	return best, rest
}

func column(points [][]float64, k int) []float64 {
	out := make([]float64, len(points))
	for i, x := range points {
		out[i] = x[k]
	}
	return out
}

// choose returns the number of a range that promises the most.
func (t TPE) choose(of Range, best, rest []float64, rng *rand.Rand) float64 {
	l, g := newDensity(of, best), newDensity(of, rest)
	chosen, most := of.Min, math.Inf(-1)
	for range t.Candidates {
		x := l.draw(rng)
		if promise := math.Log(l.at(x)) - math.Log(g.at(x)); promise > most {
			chosen, most = x, promise
		}
	}
	return chosen
}

// Minimize runs a search for the parameters of the least score: up to trials of them, in
// rounds of points that t proposes by the scores of the rounds before. It returns the
// records in the order in which they were proposed, and is otherwise as [Runner.Rounds].
//
// A trial that was pruned counts as worse than all others, whatever its score.
func Minimize[P, R any](ctx context.Context, r Runner[P, R], t TPE, trials int, build func(x []float64) P, score func(Record[P, R]) float64, trial func(ctx context.Context, p P) (R, error)) ([]Record[P, R], error) {
	if trials < 0 || trials > MaxTrials {
		return nil, errors.Errorf("sweep: search: trials, got %d, want from 0 to %d", trials, MaxTrials)
	}
	var proposed [][]float64
	return r.Rounds(ctx, trials, func(done []Record[P, R]) ([]P, error) {
		if len(done) == trials {
			return nil, nil
		}
		tried := make([]Observation, len(done))
		for i, rec := range done {
			tried[i] = Observation{proposed[i], score(rec)}
			if rec.Pruned {
				tried[i].Score = math.NaN()
			}
		}
		points, err := t.Next(tried)
		if err != nil {
			return nil, err
		}
		var params []P
		for _, x := range points[:min(len(points), trials-len(done))] {
			proposed, params = append(proposed, x), append(params, build(x))
		}
		return params, nil
	}, trial)
}
