package stats

import (
	"fmt"
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/stat/distuv"
)

// TTest is a comparison of two means by Student's t.
type TTest struct {
	// Difference is the mean of the first sample less that of the second, and SE its
	// standard error.
	Difference float64 `json:"difference"`
	SE         float64 `json:"se"`
	// T is Difference/SE, and DF the degrees of freedom.
	T  float64 `json:"t"`
	DF float64 `json:"df"`
	// P is the probability of a |T| at least as large if the means are the same.
	P float64 `json:"p"`
}

// String prints t and p.
func (t TTest) String() string {
	return fmt.Sprintf("t(%.4g) = %.4g, p = %.3g", t.DF, t.T, t.P)
}

// Interval returns the confidence interval of the difference.
func (t TTest) Interval(level float64) (Interval, error) {
	if err := checkLevel(level); err != nil {
		return Interval{}, err
	}
	return student(t.Difference, t.SE, t.DF, level), nil
}

// PairedT compares the means of at least two pairs, whose differences d = a − b are
// taken to be normal.
//
//	t = d̄ / (s_d/√n),  n−1 degrees of freedom
//
// Differences that are all the same are an error: their spread is unknown.
func PairedT(a, b []float64) (TTest, error) {
	d, err := differences("paired t", a, b, 2)
	if err != nil {
		return TTest{}, err
	}
	return newTTest("paired t", Mean(d), SEM(d), float64(len(d)-1))
}

// WelchT compares the means of two samples of at least two values each, taken to be
// normal with any variances.
//
//	t = (ā − b̄) / √(s_a²/n_a + s_b²/n_b)
//
// The degrees of freedom are Welch and Satterthwaite's.
//
// Source: Welch, "The generalization of 'Student's' problem when several different
// population variances are involved", Biometrika 34 (1947).
func WelchT(a, b []float64) (TTest, error) {
	if err := checkBoth("Welch's t", a, b, 2); err != nil {
		return TTest{}, err
	}
	na, nb := float64(len(a)), float64(len(b))
	va, vb := variance(a)/na, variance(b)/nb
	df := (va + vb) * (va + vb) / (va*va/(na-1) + vb*vb/(nb-1))
	return newTTest("Welch's t", Mean(a)-Mean(b), math.Sqrt(va+vb), df)
}

func newTTest(what string, difference, se, df float64) (TTest, error) {
	if !(se > 0) {
		return TTest{}, errors.Errorf("stats: %s: spread, got 0, want some; use Wilcoxon, Permutation or MannWhitney, which need none", what)
	}
	t := difference / se
	return TTest{
		Difference: difference, SE: se, T: t, DF: df,
		P: 2 * distuv.StudentsT{Sigma: 1, Nu: df}.CDF(-math.Abs(t)),
	}, nil
}
