package conv

import (
	"slices"

	"github.com/seed-be841da4/prospect/internal/kernel"
)

// Means computes the means of the windows of a shape with as many groups as channels,
// or their adjoint: a convolution with ones, and divisors.
type Means[T kernel.Float] struct {
	sums     *Map[T]
	adjoint  bool
	divisors []T // by output pixel
}

// NewMeans returns the means, or their adjoint. With countPad the padding counts as
// zeros, else only what lies within the image.
func NewMeans[T kernel.Float](s Shape, countPad, adjoint bool) *Means[T] {
	m := &Means[T]{sums: newMap[T](s, adjoint, Direct), adjoint: adjoint, divisors: make([]T, s.OutHeight*s.OutWidth)}
	ones := slices.Repeat([]T{1}, s.Out*s.taps())
	m.sums.Pack(ones, 0, s.Channels, nil)
	within := func(axis, out, size int) (n int) {
		for u := range s.Kernel[axis] {
			if at := out*s.Stride[axis] + u*s.Dilation[axis] - s.Pad[axis]; countPad || at >= 0 && at < size {
				n++
			}
		}
		return n
	}
	for i := range m.divisors {
		m.divisors[i] = T(within(0, i/s.OutWidth, s.Height) * within(1, i%s.OutWidth, s.Width))
	}
	return m
}

// Run computes the samples lo … hi−1 of dst, the means, from src, or of the adjoint.
func (m *Means[T]) Run(dst, src []T, lo, hi int, s *Scratch[T]) {
	in, out := m.sums.src.size(), m.sums.dst.size()
	if !m.adjoint {
		m.sums.Run(dst, src, nil, lo, hi, s)
		m.divide(dst[lo*out:hi*out], dst[lo*out:hi*out])
		return
	}
	shares := s.part(partResult, in)
	for k := lo; k < hi; k++ {
		m.divide(shares, src[k*in:(k+1)*in])
		m.sums.Run(dst[k*out:], shares, nil, 0, 1, s)
	}
}

// divide divides every channel by the divisors.
func (m *Means[T]) divide(dst, src []T) {
	n := len(m.divisors)
	for at := 0; at < len(dst); at += n {
		d, a := dst[at:at+n], src[at:at+n]
		if !kernel.Vector2(kernel.Div, d, a, m.divisors) {
			for i, v := range a {
				d[i] = v / m.divisors[i]
			}
		}
	}
}
