package rl

import "math"

// normalizer scales observations by the mean and the (population) standard deviation of
// those it has observed. Until every element has varied, it only subtracts the mean.
type normalizer struct {
	n       float64
	mean    []float64
	squares []float64 // of the deviations from the mean
}

func newNormalizer(size int) *normalizer {
	return &normalizer{mean: make([]float64, size), squares: make([]float64, size)}
}

// observe takes an observation into account.
func (z *normalizer) observe(observation []float64) {
	z.n++
	for i, x := range observation {
		d := x - z.mean[i]
		z.mean[i] += d / z.n
		z.squares[i] += d * (x - z.mean[i])
	}
}

// write writes an observation to dst, normalised by what was observed so far.
func (z *normalizer) write(dst []float32, observation []float64) {
	constant := false
	for _, s := range z.squares {
		constant = constant || s == 0
	}
	for i, x := range observation {
		std := 1.0
		if !constant {
			std = math.Sqrt(z.squares[i] / z.n)
		}
		dst[i] = float32((x - z.mean[i]) / std)
	}
}
