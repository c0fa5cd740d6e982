package sweep

import (
	"hash/fnv"
	"math/rand/v2"

	"github.com/pkg/errors"
)

// Sampler chooses points, such as [Random] and [Halton].
type Sampler interface {
	// Point returns point k, from 0: always the same for the same k.
	Point(k int) ([]float64, error)
}

// Sample makes the parameters of the first n points.
func Sample[P any](s Sampler, n int, build func(x []float64) P) ([]P, error) {
	if n < 0 || n > MaxTrials {
		return nil, errors.Errorf("sweep: search: trials, got %d, want from 0 to %d", n, MaxTrials)
	}
	out := make([]P, n)
	for k := range out {
		x, err := s.Point(k)
		if err != nil {
			return nil, err
		}
		out[k] = build(x)
	}
	return out, nil
}

// Random draws points independently. It is a good first search: unlike a grid, it
// tries a new value of every parameter with each trial.
//
// Source: Bergstra and Bengio, "Random search for hyper-parameter optimization",
// Journal of Machine Learning Research 13 (2012).
type Random struct {
	// Ranges are what is drawn, in the order of a point's numbers.
	Ranges []Range `json:"ranges"`
	// Seed chooses the points.
	Seed uint64 `json:"seed"`
}

// Point returns point k, from 0. It depends on k, the seed and the ranges alone.
func (r Random) Point(k int) ([]float64, error) {
	if err := checkPoint(r.Ranges, k); err != nil {
		return nil, err
	}
	out := make([]float64, len(r.Ranges))
	for i, of := range r.Ranges {
		out[i] = of.at(source(r.Seed, of.Name, k).Float64())
	}
	return out, nil
}

// checkPoint is checkRanges of point k.
func checkPoint(ranges []Range, k int) error {
	if k < 0 {
		return errors.Errorf("sweep: search: point, got %d, want at least 0", k)
	}
	return checkRanges(ranges)
}

// source returns the random numbers that belong to a name and a number under a
// seed.
func source(seed uint64, name string, k int) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // a hash never fails
	return rand.New(rand.NewPCG(mix(seed)^h.Sum64(), mix(uint64(k))))
}

// mix spreads the bits of a number over all 64, so that numbers in a row give
// sources that have nothing in common.
//
// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
// OOPSLA 2014, the finaliser of SplitMix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
