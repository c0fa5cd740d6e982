package reproduce

import (
	"math"

	"github.com/seed-be841da4/prospect/stats"
)

// Sample is a mean over seeds with its uncertainty.
type Sample struct {
	N    int
	Mean float64
	// SEM is the standard error of the mean; NaN for a single value.
	SEM float64
	// Low and High bound the 68 % bootstrap confidence interval of the mean.
	Low, High float64

	values []float64
}

// Summarize returns mean, standard error and the 68 % confidence interval of the
// mean by the bootstrap. It is deterministic. The fields are NaN for no values.
func Summarize(values []float64) Sample {
	s := Sample{N: len(values), Mean: mean(values), SEM: stats.SEM(values), values: values}
	s.Low, s.High = s.Mean, s.Mean
	if i, err := bootstrap(s.N).Mean(values); err == nil {
		s.Low, s.High = i.Low, i.High
	}
	return s
}

// bootstrap is that of n seeds.
func bootstrap(n int) stats.Bootstrap { return stats.Bootstrap{Seed: uint64(n)} }

// intervals returns the bounds of the 68 % bootstrap confidence intervals of
// numbers that are computed from n seeds together; NaN of no seeds. The statistic
// is given the seeds of a resample and fills in its numbers.
func intervals(n, numbers int, statistic func(seeds []int, out []float64)) (low, high []float64) {
	found, err := bootstrap(n).Statistics(n, numbers, statistic)
	for k := range numbers {
		i := stats.Interval{Low: math.NaN(), High: math.NaN()}
		if err == nil {
			i = found[k]
		}
		low, high = append(low, i.Low), append(high, i.High)
	}
	return low, high
}

// mean returns the arithmetic mean, NaN of nothing.
func mean(values []float64) float64 { return stats.Mean(values) }
