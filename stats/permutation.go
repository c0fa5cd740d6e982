package stats

import (
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
)

// mostFlips is the largest number of pairs whose 2^n signs are all tried.
const mostFlips = 20

// DefaultPermutations is how many signs a [Permutation] draws.
const DefaultPermutations = 100_000

// Permutation compares pairs by exchanging the two of a pair at random: if they do
// not differ, each difference a − b may as well have the other sign. It assumes
// nothing about the distribution. Up to 20 pairs, all 2^n signs are tried and P is
// exact; of more, signs are drawn.
//
// Source: Fisher, "The Design of Experiments" (1935), section 21.
type Permutation struct {
	// Resamples is how many signs are drawn of more than 20 pairs. Zero means
	// 100,000.
	Resamples int `json:"resamples,omitempty"`
	// Seed chooses them. The same seed gives the same bits.
	Seed uint64 `json:"seed,omitempty"`
}

// Test compares at least one pair. The statistic is the mean difference. Of signs
// that are drawn, P is (1+k)/(1+resamples) with k as extreme means.
func (p Permutation) Test(a, b []float64) (Test, error) {
	d, err := differences("permutation", a, b, 1)
	if err != nil {
		return Test{}, err
	}
	if p.Resamples == 0 {
		p.Resamples = DefaultPermutations
	}
	if p.Resamples < 1 {
		return Test{}, errors.Errorf("stats: permutation: resamples, got %d, want at least 1, or 0 for %d", p.Resamples, DefaultPermutations)
	}
	t := Test{Method: Exact, Statistic: Mean(d), N: len(d)}
	size := 0.0
	for _, v := range d {
		size += math.Abs(v)
	}
	// A sum that is as extreme must not be missed by a rounding error.
	bound := math.Abs(total(d)) - 1e-12*size
	if len(d) <= mostFlips {
		t.P = math.Ldexp(float64(extremes(d, bound)), -len(d))
		return t, nil
	}
	rng := rand.New(rand.NewPCG(p.Seed, stream))
	k := 0
	for range p.Resamples {
		if math.Abs(flipped(d, rng)) >= bound {
			k++
		}
	}
	t.Method, t.P = Sampled, float64(1+k)/float64(1+p.Resamples)
	return t, nil
}

// extremes counts the signs of d whose sum is at least the bound in size.
func extremes(d []float64, bound float64) int {
	sums := []float64{0}
	for _, v := range d {
		for _, s := range sums {
			sums = append(sums, s+v)
		}
		for i := range len(sums) / 2 {
			sums[i] -= v
		}
	}
	n := 0
	for _, s := range sums {
		if math.Abs(s) >= bound {
			n++
		}
	}
	return n
}

// flipped is the sum of d with random signs.
func flipped(d []float64, rng *rand.Rand) float64 {
	sum, bits := 0.0, uint64(0)
	for i, v := range d {
		if i%64 == 0 {
			bits = rng.Uint64()
		}
		if bits>>(i%64)&1 == 1 {
			v = -v
		}
		sum += v
	}
	return sum
}
