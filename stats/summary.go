package stats

import (
	"math"
	"slices"
)

// Summary describes values in a few numbers.
type Summary struct {
	// N is how many values there are.
	N int `json:"n"`
	// Mean is x̄ = Σx/n.
	Mean float64 `json:"mean"`
	// Std is the standard deviation of the sample, √(Σ(x−x̄)²/(n−1)), and SEM the
	// standard error of the mean, Std/√n. Both are 0 for a single value, whose spread
	// nothing is known of.
	Std float64 `json:"std"`
	SEM float64 `json:"sem"`
	// Median is the value in the middle, or between the two in the middle.
	Median float64 `json:"median"`
}

// Summarize describes at least one value.
func Summarize(values []float64) (Summary, error) {
	if err := check("summary", values, 1); err != nil {
		return Summary{}, err
	}
	s := Summary{N: len(values), Mean: Mean(values), Median: Quantile(values, 0.5)}
	if s.N > 1 {
		v := variance(values)
		s.Std, s.SEM = math.Sqrt(v), math.Sqrt(v/float64(s.N))
	}
	return s, nil
}

// Mean returns the arithmetic mean, NaN of nothing.
func Mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// Std returns the standard deviation of a sample, √(Σ(x−x̄)²/(n−1)); NaN of fewer
// than two values.
func Std(values []float64) float64 { return math.Sqrt(variance(values)) }

// SEM returns the standard error of the mean, Std/√n; NaN of fewer than two values.
func SEM(values []float64) float64 {
	return math.Sqrt(variance(values) / float64(len(values)))
}

// variance is Σ(x−x̄)²/(n−1), NaN of fewer than two values.
func variance(values []float64) float64 {
	if len(values) < 2 {
		return math.NaN()
	}
	mean, sum := Mean(values), 0.0
	for _, v := range values {
		sum += (v - mean) * (v - mean)
	}
	return sum / float64(len(values)-1)
}

// Quantile returns the value that a fraction q of the values lies below, from 0
// to 1, interpolated between the two nearest; NaN of nothing. Below 0 it is the
// least value, above 1 the largest.
//
// Source: type 7 of Hyndman and Fan, "Sample quantiles in statistical packages",
// The American Statistician 50 (1996), which is NumPy's.
func Quantile(values []float64, q float64) float64 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return quantile(sorted, q)
}

// quantile is Quantile of values in ascending order.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 || math.IsNaN(q) {
		return math.NaN()
	}
	at := min(1, max(0, q)) * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}
