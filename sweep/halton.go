package sweep

import "math"

// Halton chooses points that fill the ranges evenly: of each range, the first b^m
// points have one in each of b^m equal parts, where b is 2 for the first range, 3
// for the second and so on through the primes. The digits are exchanged at random,
// as the seed says, because the plain sequence lines up in many ranges.
//
// Source: Halton, "On the efficiency of certain quasi-random sequences of points",
// Numerische Mathematik 2 (1960); the exchange after Owen, "A randomized Halton
// algorithm in R" (2017).
type Halton struct {
	// Ranges are what is chosen, in the order of a point's numbers. A range that is
	// added at the end leaves the others as they were.
	Ranges []Range `json:"ranges"`
	// Seed chooses how the digits are exchanged.
	Seed uint64 `json:"seed"`
}

// Point returns point k, from 0. It depends on k, the seed and the ranges alone.
func (h Halton) Point(k int) ([]float64, error) {
	if err := checkPoint(h.Ranges, k); err != nil {
		return nil, err
	}
	out := make([]float64, len(h.Ranges))
	for i, base := range primes(len(h.Ranges)) {
		of := h.Ranges[i]
		out[i] = of.at(h.place(of.Name, k, base))
	}
	return out, nil
}

// place mirrors the digits of k at the point, each exchanged for another: a number
// from 0 up to, but not, 1.
//
//	k = Σ d_i·b^i  →  Σ π_i(d_i)·b^(−i−1)
func (h Halton) place(name string, k, base int) float64 {
	const most = 1 - 0x1p-53 // the largest number below 1
	u, unit := 0.0, 1.0
	for digit := 0; unit > 0x1p-53; digit++ {
		unit /= float64(base)
		u += unit * float64(source(h.Seed, name, digit).Perm(base)[k%base])
		k /= base
	}
	return math.Min(u, most)
}

// primes returns the first n.
func primes(n int) []int {
	var out []int
next:
	for p := 2; len(out) < n; p++ {
		for _, q := range out {
			if p%q == 0 {
				continue next
			}
		}
		out = append(out, p)
	}
	return out
}
