package stats

import (
	"math"

	"github.com/pkg/errors"
)

// mostExactPairs is the largest number of pairs whose signed ranks are counted.
const mostExactPairs = 50

// Wilcoxon compares pairs by the signed-rank test: whether the differences a − b
// are distributed evenly about 0. The statistic is W, the smaller of the sums of
// the ranks of |a−b| over the positive and over the negative differences.
//
// Pairs that do not differ are left out. P is exact for at most 50 pairs that all
// differ, none by the same amount as another; otherwise it is the normal
// approximation with the variance that ties leave and no correction for continuity,
// which is rough for fewer than ten pairs. Six pairs are the least that can show a
// difference at 0.05.
//
// Source: Wilcoxon, "Individual comparisons by ranking methods", Biometrics
// Bulletin 1 (1945).
func Wilcoxon(a, b []float64) (Test, error) {
	d, err := differences("Wilcoxon", a, b, 1)
	if err != nil {
		return Test{}, err
	}
	var sizes []float64
	var positive []bool
	for _, v := range d {
		if v != 0 {
			sizes, positive = append(sizes, math.Abs(v)), append(positive, v > 0)
		}
	}
	n := len(sizes)
	if n == 0 {
		return Test{}, errors.Errorf("stats: Wilcoxon: pairs that differ, got none of %d, want at least 1; the samples are the same", len(d))
	}
	r, ties := ranks(sizes)
	up := 0.0
	for i, rank := range r {
		if positive[i] {
			up += rank
		}
	}
	m := float64(n)
	all := m * (m + 1) / 2
	t := Test{Method: Exact, Statistic: min(up, all-up), N: n}
	if ties == 0 && n == len(d) && n <= mostExactPairs {
		t.P = signedRanks(n, int(t.Statistic))
		return t, nil
	}
	t.Method = Normal
	t.P = twoTails((up - all/2) / math.Sqrt((m*(m+1)*(2*m+1)-ties/2)/24))
	return t, nil
}

// signedRanks is the two-sided probability that a sum of some of the ranks 1 to n,
// each in it or not by a toss of a coin, is at most w or as far above its mean.
func signedRanks(n, w int) float64 {
	ways := make([]float64, w+1) // of a sum; whole numbers below 2^53
	ways[0] = 1
	for rank := 1; rank <= n; rank++ {
		for sum := w; sum >= rank; sum-- {
			ways[sum] += ways[sum-rank]
		}
	}
	return min(1, math.Ldexp(total(ways), 1-n))
}
