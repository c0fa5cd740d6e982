package datasets

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"
)

// HoldoutSettings say how [Holdout] cuts. Fraction or Count is required; there is no
// default.
type HoldoutSettings struct {
	// Fraction of the samples that are held out, rounded to whole samples: above 0, below
	// 1.
	Fraction float64 `json:"fraction,omitempty"`
	// Count is their number, in place of Fraction.
	Count int `json:"count,omitempty"`
	// Seed chooses them. Every value, zero included, is a seed.
	Seed uint64 `json:"seed,omitempty"`
	// Unstratified draws from all samples alike. Otherwise, where there are classes, each
	// gives its share.
	Unstratified bool `json:"unstratified,omitempty"`
}

// Holdout cuts d into a training and a validation part: two views that copy no sample,
// hold each sample once between them, and keep the original order. Targets and class
// names stay.
//
// A class of n_c of the n samples gives h·n_c/n of the h that are held out, rounded down;
// the samples still missing come from the largest remainders, the lower class first. No
// class gives its last sample.
func Holdout(d Dataset, s HoldoutSettings) (training, validation Dataset, err error) {
	if _, err := checkDataset("holdout", d); err != nil {
		return nil, nil, err
	}
	n, held := d.Len(), s.Count
	switch {
	case (s.Fraction == 0) == (s.Count == 0):
		return nil, nil, errors.Errorf("datasets: holdout: Fraction and Count, got %g and %d, want one of the two; try Fraction 0.1", s.Fraction, s.Count)
	case s.Count == 0 && !(s.Fraction > 0 && s.Fraction < 1):
		return nil, nil, errors.Errorf("datasets: holdout: Fraction, got %g, want more than 0 and less than 1", s.Fraction)
	case s.Count == 0:
		held = int(math.Round(s.Fraction * float64(n)))
	}
	if held < 1 || held >= n {
		return nil, nil, errors.Errorf("datasets: holdout: validation samples, got %d of %d, want at least 1 on either side", held, n)
	}
	groups := [][]int{make([]int, n)}
	for i := range groups[0] {
		groups[0][i] = i
	}
	quotas := []int{held}
	if d.Classes() > 0 && !s.Unstratified {
		counts, err := ClassCounts(d)
		if err != nil {
			return nil, nil, err
		}
		if quotas = shares(counts, held); quotas == nil {
			return nil, nil, errors.Errorf("datasets: holdout: validation samples, got %d of %d, want fewer, so that every class keeps one for training; or say Unstratified", held, n)
		}
		groups = make([][]int, len(counts))
		for i := range n {
			groups[d.Label(i)] = append(groups[d.Label(i)], i)
		}
	}
	var parts [2][]int
	for class, g := range groups {
		rng := rand.New(rand.NewPCG(splitSeed(s.Seed, "holdout"), mix(uint64(class))))
		rng.Shuffle(len(g), func(i, j int) { g[i], g[j] = g[j], g[i] })
		parts[0], parts[1] = append(parts[0], g[quotas[class]:]...), append(parts[1], g[:quotas[class]]...)
	}
	for _, p := range parts {
		slices.Sort(p)
	}
	return newView(d, parts[0]), newView(d, parts[1]), nil
}

// shares divides held among classes in proportion to counts, each at most its count − 1;
// nil if that is impossible.
func shares(counts []int, held int) []int {
	total := 0
	for _, c := range counts {
		total += c
	}
	quotas, order := make([]int, len(counts)), make([]int, len(counts))
	left := held
	for k, c := range counts {
		quotas[k], order[k] = held*c/total, k // below c, because held is below total
		left -= quotas[k]
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(held*counts[b]%total, held*counts[a]%total)
	})
	for left > 0 {
		before := left
		for _, k := range order {
			if left > 0 && quotas[k] < counts[k]-1 {
				quotas[k]++
				left--
			}
		}
		if left == before {
			return nil
		}
	}
	return quotas
}
