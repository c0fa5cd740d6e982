package rl

import "math"

// normalizer scales observations by the mean and the (population) standard deviation of
// all it has seen. Until every element has varied, it only subtracts the mean.
type normalizer struct {
	n       float64
	mean    []float64
	squares []float64 // of the deviations from the mean
}

func newNormalizer(size int) *normalizer {
	return &normalizer{mean: make([]float64, size), squares: make([]float64, size)}
}

// apply takes an observation into account and writes it, normalised, to dst.
func (z *normalizer) apply(dst []float32, observation []float64) {
	z.n++
	constant := false
	for i, x := range observation {
		d := x - z.mean[i]
		z.mean[i] += d / z.n
		z.squares[i] += d * (x - z.mean[i])
		constant = constant || z.squares[i] == 0
	}
	for i, x := range observation {
		std := 1.0
		if !constant {
			std = math.Sqrt(z.squares[i] / z.n)
		}
		dst[i] = float32((x - z.mean[i]) / std)
	}
}
