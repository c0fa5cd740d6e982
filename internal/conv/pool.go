package conv

import (
	"math"

	"github.com/seed-be841da4/prospect/internal/kernel"
)

// Pool computes the maxima of the windows of a shape with as many groups as channels,
// or their derivative.
type Pool[T kernel.Float] struct {
	shape  Shape
	planes planes
	direct direct
}

// NewPool returns the maxima of a shape, of which no window lies in the padding.
func NewPool[T kernel.Float](s Shape) *Pool[T] {
	phases := s.phases(false)
	p := &Pool[T]{shape: s, planes: planesOf[T](s.x(), phases)}
	p.direct = directOf[T](&phases[0], &p.planes, 1)
	return p
}

// Run computes the samples lo … hi−1 of y.
func (p *Pool[T]) Run(y, x []T, lo, hi int, s *Scratch[T]) {
	in, out := p.shape.x(), p.shape.y()
	planes := s.part(partSource, p.planes.total(1)+slack)
	z := s.part(partProduct, p.direct.columns)
	for k := lo * in.channels; k < hi*in.channels; k++ {
		fillPlanes(planes, x[k*in.pixels():], &p.planes, 1, T(math.Inf(-1)))
		to := y[k*out.pixels():][:out.pixels()]
		if p.direct.exact() {
			kernel.PlaneMax(to, planes, &p.direct.rows, &p.direct.cols)
			continue
		}
		kernel.PlaneMax(z, planes, &p.direct.rows, &p.direct.cols)
		kernel.CopyRows(to, out.width, z, p.direct.width, out.height, out.width)
	}
}

// Gradient computes the samples lo … hi−1 of the derivative dx, given x, the maxima y
// and the output gradient g: the first element of a window, row by row, that equals the
// maximum gets all of g, or the first NaN. A window of −∞ alone may lose it to the
// padding.
func (p *Pool[T]) Gradient(dx, x, y, g []T, lo, hi int, s *Scratch[T]) {
	in, out := p.shape.x(), p.shape.y()
	d, n := &p.direct, p.planes.total(1)+slack
	planes, sums := s.part(partSource, n), s.part(partSum, n)
	maxima, left := s.part(partProduct, d.columns), s.part(partOther, d.columns)
	clear(maxima)
	clear(left)
	for k := lo * in.channels; k < hi*in.channels; k++ {
		fillPlanes(planes, x[k*in.pixels():], &p.planes, 1, T(math.Inf(-1)))
		clear(sums)
		from, arriving := y[k*out.pixels():][:out.pixels()], g[k*out.pixels():][:out.pixels()]
		kernel.CopyRows(left, d.width, arriving, out.width, out.height, out.width)
		if !d.exact() {
			kernel.CopyRows(maxima, d.width, from, out.width, out.height, out.width)
			from = maxima
		}
		kernel.PlaneMaxGrad(sums, planes, from, left, &d.rows, &d.cols)
		emptyPlanes(dx[k*in.pixels():][:in.pixels()], sums, &p.planes)
	}
}
