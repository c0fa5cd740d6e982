package reproduce

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Sample is a mean over seeds with its uncertainty.
type Sample struct {
	N    int
	Mean float64
	// SEM is the standard error of the mean; NaN for a single value.
	SEM float64
	// Low and High bound the 68 % bootstrap confidence interval of the mean.
	Low, High float64
}

// resamples is the number of bootstrap resamples.
const resamples = 2000

// Summarize returns mean, standard error and the 68 % confidence interval of the
// mean by the percentile bootstrap (Efron 1979): the 16th and the 84th percentile
// of the means of resamples with replacement. It is deterministic. The fields are
// NaN for no values.
func Summarize(values []float64) Sample {
	n := len(values)
	s := Sample{N: n, Mean: mean(values), SEM: math.NaN()}
	if n < 2 {
		s.Low, s.High = s.Mean, s.Mean
		return s
	}
	sum := 0.0
	for _, v := range values {
		sum += (v - s.Mean) * (v - s.Mean)
	}
	s.SEM = math.Sqrt(sum / float64(n-1) / float64(n))
	rng := rand.New(rand.NewPCG(uint64(n), 0x68))
	means := make([]float64, resamples)
	for i := range means {
		total := 0.0
		for range n {
			total += values[rng.IntN(n)]
		}
		means[i] = total / float64(n)
	}
	slices.Sort(means)
	s.Low, s.High = quantile(means, 0.16), quantile(means, 0.84)
	return s
}

// intervals returns the bounds of the 68 % bootstrap confidence intervals of
// numbers that are computed from n seeds together. The statistic is given the
// seeds of a resample and fills in its numbers.
func intervals(n, numbers int, statistic func(seeds []int, out []float64)) (low, high []float64) {
	rng := rand.New(rand.NewPCG(uint64(n), 0x68))
	found := make([][]float64, numbers)
	seeds, out := make([]int, n), make([]float64, numbers)
	for range resamples {
		if n == 0 {
			break
		}
		for i := range seeds {
			seeds[i] = rng.IntN(n)
		}
		statistic(seeds, out)
		for k, v := range out {
			found[k] = append(found[k], v)
		}
	}
	for _, v := range found {
		slices.Sort(v)
		low, high = append(low, quantile(v, 0.16)), append(high, quantile(v, 0.84))
	}
	return low, high
}

// quantile interpolates between the two nearest of sorted values.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	if len(sorted) == 0 {
		return math.NaN()
	}
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// mean returns the arithmetic mean, NaN of nothing.
func mean(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}
