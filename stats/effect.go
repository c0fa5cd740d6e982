package stats

import (
	"math"

	"github.com/pkg/errors"
)

// CohenD returns how far the means of two samples of at least two values each are
// apart, in units of their standard deviation.
//
//	d = (ā − b̄)/s,  s² = ((n_a−1)·s_a² + (n_b−1)·s_b²)/(n_a+n_b−2)
//
// About 0.2 is called small, 0.5 medium and 0.8 large.
//
// Source: Cohen, "Statistical Power Analysis for the Behavioral Sciences" (1988).
func CohenD(a, b []float64) (float64, error) {
	if err := checkBoth("Cohen's d", a, b, 2); err != nil {
		return 0, err
	}
	na, nb := float64(len(a)-1), float64(len(b)-1)
	return effect(Mean(a)-Mean(b), math.Sqrt((na*variance(a)+nb*variance(b))/(na+nb)))
}

// PairedCohenD returns the mean difference of at least two pairs, in units of the
// standard deviation of the differences: d = d̄/s_d, Cohen's d_z. It says how sure
// the difference is from seed to seed, and not how large it is beside the spread of
// the seeds themselves, which [CohenD] does.
func PairedCohenD(a, b []float64) (float64, error) {
	d, err := differences("Cohen's d", a, b, 2)
	if err != nil {
		return 0, err
	}
	return effect(Mean(d), Std(d))
}

func effect(difference, std float64) (float64, error) {
	if !(std > 0) {
		return 0, errors.New("stats: Cohen's d: spread, got 0, want some; report the difference itself")
	}
	return difference / std, nil
}
