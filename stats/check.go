package stats

import (
	"math"

	"github.com/pkg/errors"
)

// check returns an error for fewer values than least, and for one that is not
// finite.
func check(what string, values []float64, least int) error {
	if len(values) < least {
		return errors.Errorf("stats: %s: values, got %d, want at least %d; measure more, for instance with more seeds", what, len(values), least)
	}
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return errors.Errorf("stats: %s: value %d, got %v, want a finite number; leave it out or put in what it stands for", what, i, v)
		}
	}
	return nil
}

// checkBoth is check for two samples.
func checkBoth(what string, a, b []float64, least int) error {
	for i, values := range [][]float64{a, b} {
		if err := check(what, values, least); err != nil {
			return errors.WithMessagef(err, "sample %d", i+1)
		}
	}
	return nil
}

// differences returns a − b by pairs, at least so many.
func differences(what string, a, b []float64, least int) ([]float64, error) {
	if len(a) != len(b) {
		return nil, errors.Errorf("stats: %s: samples, got %d and %d values, want pairs; pair them by seed, or compare them with WelchT or MannWhitney",
			what, len(a), len(b))
	}
	if err := checkBoth(what, a, b, least); err != nil {
		return nil, err
	}
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i] - b[i]
	}
	return out, check(what+": differences", out, least)
}

// checkLevel returns an error for what is no confidence level.
func checkLevel(level float64) error {
	if !(level > 0 && level < 1) {
		return errors.Errorf("stats: interval: level, got %v, want above 0 and below 1, such as 0.68 or 0.95", level)
	}
	return nil
}
