package stats

import (
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"
)

// The defaults of a [Bootstrap].
const (
	DefaultLevel     = 0.68
	DefaultResamples = 2000
)

// stream is that of the random source of a bootstrap.
const stream = 0x68

// Bootstrap finds confidence intervals by drawing from the values themselves, with
// replacement: the interval is between two percentiles of what the resamples give.
// It assumes nothing about the distribution; of few values it is somewhat narrow.
//
// Source: Efron, "Bootstrap methods: another look at the jackknife", The Annals of
// Statistics 7 (1979).
type Bootstrap struct {
	// Level is the confidence. Zero means 0.68, that of one standard error.
	Level float64 `json:"level,omitempty"`
	// Resamples is how many are drawn. Zero means 2000.
	Resamples int `json:"resamples,omitempty"`
	// Seed chooses the resamples. The same seed gives the same bits.
	Seed uint64 `json:"seed,omitempty"`
}

// resolve fills in the defaults.
func (b Bootstrap) resolve() (Bootstrap, error) {
	if b.Level == 0 {
		b.Level = DefaultLevel
	}
	if b.Resamples == 0 {
		b.Resamples = DefaultResamples
	}
	if b.Resamples < 1 {
		return b, errors.Errorf("stats: bootstrap: resamples, got %d, want at least 1, or 0 for %d", b.Resamples, DefaultResamples)
	}
	return b, checkLevel(b.Level)
}

// Mean returns the interval of the mean of at least two values.
func (b Bootstrap) Mean(values []float64) (Interval, error) {
	if err := check("bootstrap", values, 2); err != nil {
		return Interval{}, err
	}
	out, err := b.Statistics(len(values), 1, func(sample []int, out []float64) {
		total := 0.0
		for _, i := range sample {
			total += values[i]
		}
		out[0] = total / float64(len(values))
	})
	if err != nil {
		return Interval{}, err
	}
	return out[0], nil
}

// Statistics returns the intervals of some numbers that are computed together from
// n measurements. The function is given a resample, n indices from 0 to n−1, and
// fills in the numbers; both slices are its to use until it returns. A number may
// be NaN in a resample; it then counts as below all others.
func (b Bootstrap) Statistics(n, numbers int, statistic func(sample []int, out []float64)) ([]Interval, error) {
	b, err := b.resolve()
	if err != nil {
		return nil, err
	}
	if n < 1 || numbers < 1 {
		return nil, errors.Errorf("stats: bootstrap: got %d numbers of %d measurements, want at least 1 of 1; measure first", numbers, n)
	}
	rng := rand.New(rand.NewPCG(b.Seed, stream))
	found := make([][]float64, numbers)
	for k := range found {
		found[k] = make([]float64, b.Resamples)
	}
	sample, out := make([]int, n), make([]float64, numbers)
	for r := range b.Resamples {
		for i := range sample {
			sample[i] = rng.IntN(n)
		}
		statistic(sample, out)
		for k, v := range out {
			found[k][r] = v
		}
	}
	low, high := tails(b.Level)
	intervals := make([]Interval, numbers)
	for k, v := range found {
		slices.Sort(v)
		intervals[k] = Interval{Level: b.Level, Low: quantile(v, low), High: quantile(v, high)}
	}
	return intervals, nil
}
