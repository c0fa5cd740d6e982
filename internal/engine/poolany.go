package engine

import (
	"github.com/seed-be841da4/prospect/internal/conv"
	"github.com/seed-be841da4/prospect/internal/kernel"
)

// maxWindows runs any max pooling, or its derivative.
type maxWindows[T float] struct {
	by           *conv.Pool[T]
	dst, x, y, g []T
}

func (p *maxWindows[T]) run(w *worker[T], lo, hi int) {
	if p.g == nil {
		p.by.Run(p.dst, p.x, lo, hi, &w.conv)
		return
	}
	p.by.Gradient(p.dst, p.x, p.y, p.g, lo, hi, &w.conv)
}

// meanWindows runs any mean pooling, or its derivative.
type meanWindows[T float] struct {
	by     *conv.Means[T]
	dst, x []T
}

func (p *meanWindows[T]) run(w *worker[T], lo, hi int) { p.by.Run(p.dst, p.x, lo, hi, &w.conv) }

// poolAll runs pooling with one window, the whole image, or its derivative.
type poolAll[T float] struct {
	kind           poolKind
	dst, x, g      []T
	planes, pixels int // per sample, per plane
}

func (p *poolAll[T]) run(w *worker[T], lo, hi int) {
	lo, hi = lo*p.planes, hi*p.planes
	for k := lo; k < hi && p.kind == avgPoolGrad; k++ {
		fill(p.dst[k*p.pixels:][:p.pixels], p.g[k]/T(p.pixels))
	}
	for k := lo; k < hi && p.kind == maxPoolGrad; k++ {
		dx := p.dst[k*p.pixels:][:p.pixels]
		clear(dx)
		dx[firstMaximum(p.x[k*p.pixels:][:p.pixels])] = p.g[k]
	}
	if p.kind == avgPoolGrad || p.kind == maxPoolGrad {
		return
	}
	reduce, by := kernel.RowSums[T], float64(p.pixels)
	if p.kind == maxPool {
		reduce, by = kernel.RowMaxima[T], 1
	}
	for ; lo < hi; lo += len(w.sums) {
		sums := w.sums[:min(len(w.sums), hi-lo)]
		reduce(sums, p.x[lo*p.pixels:], len(sums), p.pixels)
		for i, v := range sums {
			p.dst[lo+i] = T(v / by)
		}
	}
}

// firstMaximum returns the index of the first maximum, or of the first NaN.
func firstMaximum[T float](x []T) int {
	best := 0
	for i, v := range x {
		if x[best] == x[best] && !(v <= x[best]) {
			best = i
		}
	}
	return best
}
