package stats

import (
	"math"

	"github.com/pkg/errors"
)

// mostExactValues is the largest size of a sample whose ranks are counted.
const mostExactValues = 50

// MannWhitney compares two samples by the rank-sum test: whether a value of one is
// as often above as below a value of the other. The statistic is U of the first,
//
//	U = #{a > b} + #{a = b}/2  over all n_a·n_b pairs
//
// P is exact if no two values are the same and neither sample has more than 50;
// otherwise it is the normal approximation with the variance that ties leave and a
// correction of 1/2 for continuity.
//
// Source: Mann and Whitney, "On a test of whether one of two random variables is
// stochastically larger than the other", The Annals of Mathematical Statistics 18
// (1947).
func MannWhitney(a, b []float64) (Test, error) {
	if err := checkBoth("Mann-Whitney", a, b, 1); err != nil {
		return Test{}, err
	}
	na, nb := len(a), len(b)
	r, ties := ranks(append(append(make([]float64, 0, na+nb), a...), b...))
	x, y := float64(na), float64(nb)
	n := x + y
	t := Test{Method: Exact, Statistic: total(r[:na]) - x*(x+1)/2, N: na + nb}
	least := min(t.Statistic, x*y-t.Statistic)
	if ties == 0 && max(na, nb) <= mostExactValues {
		t.P = rankSums(na, nb, int(least))
		return t, nil
	}
	spread := math.Sqrt(x * y / 12 * (n + 1 - ties/(n*(n-1))))
	if !(spread > 0) {
		return Test{}, errors.New("stats: Mann-Whitney: values, got all the same, want some that differ; the samples are the same")
	}
	t.Method = Normal
	t.P = twoTails(max(0, x*y/2-least-0.5) / spread)
	return t, nil
}

// rankSums is the two-sided probability that U of samples of n and m different
// values is at most u or as far above its mean.
//
//	ways(n, m, u) = ways(n−1, m, u−m) + ways(n, m−1, u)
func rankSums(n, m, u int) float64 {
	// ways[i][k] of the samples of i and j values, for the j of the round.
	ways := make([][]float64, n+1)
	for i := range ways {
		ways[i] = make([]float64, u+1)
		ways[i][0] = 1
	}
	for j := 1; j <= m; j++ {
		for i := 1; i <= n; i++ {
			for k := j; k <= u; k++ {
				ways[i][k] += ways[i-1][k-j]
			}
		}
	}
	all := 1.0 // binomial of n+m over n
	for i := 1; i <= n; i++ {
		all = all * float64(m+i) / float64(i)
	}
	return min(1, 2*total(ways[n])/all)
}
