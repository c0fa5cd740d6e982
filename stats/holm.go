package stats

import (
	"cmp"
	"slices"

	"github.com/pkg/errors"
)

// Holm corrects the p-values of tests that are made at once, so that the
// probability of even one false alarm stays below the level that each is compared
// with. The least of m is multiplied by m, the next by m−1 and so on, and none ends
// below one that was smaller; 1 is the most. It returns them in the order given.
//
// Source: Holm, "A simple sequentially rejective multiple test procedure",
// Scandinavian Journal of Statistics 6 (1979).
func Holm(p []float64) ([]float64, error) {
	order := make([]int, len(p))
	for i, v := range p {
		if !(v >= 0 && v <= 1) {
			return nil, errors.Errorf("stats: Holm: p-value %d, got %v, want from 0 to 1; leave out what was not tested", i, v)
		}
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(p[i], p[j]) })
	out, least := make([]float64, len(p)), 0.0
	for k, i := range order {
		least = max(least, min(1, float64(len(p)-k)*p[i]))
		out[i] = least
	}
	return out, nil
}
