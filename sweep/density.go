package sweep

import (
	"math"
	"math/rand/v2"
	"slices"
)

// density is a Parzen estimate of how points are spread over a range.
type density interface {
	draw(rng *rand.Rand) float64
	at(x float64) float64 // above 0
}

// newDensity estimates the density of points.
func newDensity(of Range, points []float64) density {
	if of.Unordered {
		return newFrequencies(of, points)
	}
	return newParzen(of, points)
}

// frequencies are those of choices, each of which begins with a count of 1.
type frequencies struct {
	first  float64
	counts []float64
	sum    float64
}

func newFrequencies(of Range, points []float64) frequencies {
	f := frequencies{first: of.Min, counts: make([]float64, int(of.Max-of.Min)+1)}
	for i := range f.counts {
		f.counts[i] = 1
	}
	for _, x := range points {
		f.counts[int(x-f.first)]++
	}
	f.sum = float64(len(points) + len(f.counts))
	return f
}

func (f frequencies) draw(rng *rand.Rand) float64 {
	u := rng.Float64() * f.sum
	for i, n := range f.counts {
		if u -= n; u < 0 {
			return f.first + float64(i)
		}
	}
	return f.first + float64(len(f.counts)-1)
}

func (f frequencies) at(x float64) float64 { return f.counts[int(x-f.first)] / f.sum }

// parzen is a mixture of the uniform distribution and a normal one around each point, cut
// off at 0 and 1, over places in a range.
type parzen struct {
	of             Range
	centers, width []float64
}

func newParzen(of Range, points []float64) parzen {
	p := parzen{of: of}
	for _, x := range points {
		low, high := of.places(x)
		p.centers = append(p.centers, (low+high)/2)
	}
	slices.Sort(p.centers)
	n := len(p.centers)
	for i, c := range p.centers {
		w := 0.0
		if i > 0 {
			w = c - p.centers[i-1]
		}
		if i < n-1 {
			w = max(w, p.centers[i+1]-c)
		}
		if n == 1 {
			w = max(c, 1-c)
		}
		p.width = append(p.width, min(1, max(w, 1/math.Min(100, float64(n+1)))))
	}
	return p
}

// draw draws from the mixture.
func (p parzen) draw(rng *rand.Rand) float64 {
	i := rng.IntN(len(p.centers) + 1)
	if i == len(p.centers) {
		return p.of.at(rng.Float64())
	}
	for {
		if u := p.centers[i] + p.width[i]*rng.NormFloat64(); u >= 0 && u < 1 {
			return p.of.at(u)
		}
	}
}

// at is the density at the place of x, or the mass of its places.
func (p parzen) at(x float64) float64 {
	low, high := p.of.places(x)
	sum := 1.0 // of the uniform distribution
	if high > low {
		sum = high - low
	}
	for i, c := range p.centers {
		w := p.width[i]
		inside := normal((1-c)/w) - normal(-c/w)
		if high > low {
			sum += (normal((high-c)/w) - normal((low-c)/w)) / inside
		} else {
			z := (low - c) / w
			sum += math.Exp(-z*z/2) / (w * math.Sqrt(2*math.Pi) * inside)
		}
	}
	return sum / float64(len(p.centers)+1)
}

// normal is the distribution function of the standard normal distribution.
func normal(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }
