package datasets

import (
	"math"

	"github.com/pkg/errors"
)

// scaling is the mean and the standard deviation of groups of numbers of a sample.
type scaling struct {
	mean, std []float64
	plane     int // consecutive numbers of a sample that share an entry
}

// measure computes the scaling of samples.
//
//	values: (samples, product(shape))
//	mean = Σx/n      std = √(Σ(x − mean)²/n)      over the n numbers of a group
//
// A group is a channel for a shape of three dimensions, all for one of two, else a
// column. A constant group has std 1.
func measure(values []float32, shape []int) *scaling {
	size := 1
	for _, n := range shape {
		size *= n
	}
	groups := size
	switch len(shape) {
	case 2:
		groups = 1
	case 3:
		groups = shape[0]
	}
	s := &scaling{mean: make([]float64, groups), std: make([]float64, groups), plane: size / groups}
	n := float64(len(values) / groups)
	for i, v := range values {
		s.mean[i%size/s.plane] += float64(v)
	}
	for g := range s.mean {
		s.mean[g] /= n
	}
	for i, v := range values {
		d := float64(v) - s.mean[i%size/s.plane]
		s.std[i%size/s.plane] += d * d
	}
	for g, v := range s.std {
		// Rounding leaves a constant column a deviation of some 10⁻¹⁶ of its size.
		if s.std[g] = math.Sqrt(v / n); s.std[g] <= 1e-12*math.Abs(s.mean[g]) {
			s.std[g] = 1
		}
	}
	return s
}

// apply replaces every x by (x − mean)/std.
func (s *scaling) apply(values []float32) error {
	size := s.plane * len(s.mean)
	if len(values)%size != 0 {
		return errors.Errorf("numbers of a sample, got other than the %d of the training samples", size)
	}
	for i, v := range values {
		g := i % size / s.plane
		values[i] = float32((float64(v) - s.mean[g]) / s.std[g])
	}
	return nil
}

// standardized reads images with their own mean and standard deviation, or those of the
// first images that it was asked for.
func standardized(images *Images, scale **scaling) (*Images, error) {
	if *scale == nil {
		mean, std := images.Moments()
		for c := range std {
			if std[c] == 0 {
				std[c] = 1
			}
		}
		*scale = &scaling{mean: mean, std: std}
	}
	n := images.Normalization()
	n.Mean, n.Std = (*scale).mean, (*scale).std
	return images.WithNormalization(n)
}
