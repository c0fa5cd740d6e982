package engine

import (
	"fmt"
	"math"

	"github.com/seed-be841da4/prospect/internal/kernel"
)

// normalization gives groups of args[0] mean 0 and variance 1: viewed as (A, B, C), the
// groups are the B planes of A×C elements. The derivative takes the input, the output
// and the output gradient.
type normalization struct {
	view [3]int
	eps  float64
	grad bool
}

// Normalize adds x with every group normalised.
func (g *Graph) Normalize(view [3]int, eps float64, x *Value) *Value {
	return g.primitive(normalization{view: view, eps: eps}, x.Shape, x)
}

// NormalizeGrad adds the derivative, given y, the normalised x.
func (g *Graph) NormalizeGrad(view [3]int, eps float64, x, y, arriving *Value) *Value {
	return g.linear(normalization{view: view, eps: eps, grad: true}, x.Shape, 2, x, y, arriving)
}

// perSample reports whether every group lies within one sample.
func (n normalization) perSample(v *Value) bool { return n.view[0] == 1 && n.view[1]%v.Shape[0] == 0 }

func (n normalization) rows(v *Value) int {
	if n.perSample(v) {
		return v.Shape[0]
	}
	return n.view[1]
}

func (n normalization) local(v *Value, _ int) bool { return n.perSample(v) }

// scattered reports whether the rows by which the computation of v is split are not
// consecutive parts of v.
func (v *Value) scattered() bool {
	n, ok := v.Primitive.(normalization)
	return ok && !n.perSample(v)
}

func (n normalization) work(v *Value) float64 { return 6 * float64(v.Size()) }

func (n normalization) String() string {
	name := "normalise"
	if n.grad {
		name = "normalise′"
	}
	return fmt.Sprintf("%s %d groups of %d (ε = %g)", name, n.view[1], n.view[0]*n.view[2], n.eps)
}

// normalize runs a normalization, split by rows of several groups.
type normalize[T float] struct {
	normalization
	dst, x, y, g []T
	groups       int // per row
}

func newNormalize[T float](v *Value, n normalization, dst []T, args [][]T) instr[T] {
	x := &normalize[T]{normalization: n, dst: dst, x: args[0], groups: n.view[1] / n.rows(v)}
	if n.grad {
		x.y, x.g = args[1], args[2]
	}
	return x
}

func (n *normalize[T]) run(w *worker[T], lo, hi int) {
	if n.view[0] == 1 && n.view[2] >= short && n.view[2] <= tile {
		n.manyGroups(w, lo*n.groups, hi*n.groups)
		return
	}
	for b := lo * n.groups; b < hi*n.groups; b++ {
		if n.view[2] < short {
			n.shortGroup(b)
			continue
		}
		mean := n.mean(n.x, b)
		scale := n.scale(w, b, mean)
		if n.g == nil {
			n.each(b, func(at, end int) {
				w.kernels.vs[Sub](n.dst[at:end], n.x[at:end], T(mean))
				w.kernels.vs[Mul](n.dst[at:end], n.dst[at:end], T(scale))
			})
			continue
		}
		arriving, along := n.mean(n.g, b), n.product(b)
		n.each(b, func(at, end int) { n.derivative(w, at, end, arriving, along, scale) })
	}
}

// manyGroups computes groups that are contiguous, as many at a time as fit into a
// temporary.
func (n *normalize[T]) manyGroups(w *worker[T], lo, hi int) {
	cols, size := n.view[2], n.size()
	var means, scales, alongs [tile / short]float64
	for b := lo; b < hi; b += tile / cols {
		k := min(tile/cols, hi-b)
		at, end := b*cols, (b+k)*cols
		x, dst, d := n.x[at:end], n.dst[at:end], w.temps[0][:k*cols]
		kernel.RowSums(means[:k], x, k, cols)
		for i := range k {
			w.kernels.vs[Sub](d[i*cols:(i+1)*cols], x[i*cols:(i+1)*cols], T(means[i]/size))
		}
		kernel.RowSquares(scales[:k], d, k, cols)
		if n.g != nil {
			y, g := n.y[at:end], n.g[at:end]
			kernel.RowSums(means[:k], g, k, cols)
			kernel.RowDots(alongs[:k], g, y, k, cols)
			for i := range k {
				w.kernels.vs[Mul](d[i*cols:(i+1)*cols], y[i*cols:(i+1)*cols], T(alongs[i]/size))
				w.kernels.vs[Sub](dst[i*cols:(i+1)*cols], g[i*cols:(i+1)*cols], T(means[i]/size))
			}
			w.kernels.vv[Sub](d, dst, d)
		}
		for i := range k {
			scale := 1 / math.Sqrt(scales[i]/size+n.eps)
			w.kernels.vs[Mul](dst[i*cols:(i+1)*cols], d[i*cols:(i+1)*cols], T(scale))
		}
	}
}

// short is the length of a group's contiguous pieces below which the vector kernels do
// not pay. The derivative of such groups is a small difference of large values and is
// computed in double precision.
const short = 16

// shortGroup computes a group in double precision, element by element.
func (n *normalize[T]) shortGroup(b int) {
	sum := func(f func(at int) float64) float64 {
		s := 0.0
		for a := range n.view[0] {
			at := (a*n.view[1] + b) * n.view[2]
			for end := at + n.view[2]; at < end; at++ {
				s += f(at)
			}
		}
		return s / n.size()
	}
	mean := sum(func(at int) float64 { return float64(n.x[at]) })
	scale := 1 / math.Sqrt(sum(func(at int) float64 { return (float64(n.x[at]) - mean) * (float64(n.x[at]) - mean) })+n.eps)
	if n.g == nil {
		sum(func(at int) float64 {
			n.dst[at] = T((float64(n.x[at]) - mean) * scale)
			return 0
		})
		return
	}
	arriving := sum(func(at int) float64 { return float64(n.g[at]) })
	along := sum(func(at int) float64 { return float64(n.g[at]) * float64(n.y[at]) })
	sum(func(at int) float64 {
		n.dst[at] = T((float64(n.g[at]) - arriving - float64(n.y[at])*along) * scale)
		return 0
	})
}

// each calls f for every contiguous piece of a group.
func (n *normalize[T]) each(b int, f func(at, end int)) {
	for a := range n.view[0] {
		at := (a*n.view[1] + b) * n.view[2]
		f(at, at+n.view[2])
	}
}

func (n *normalize[T]) size() float64 { return float64(n.view[0] * n.view[2]) }

func (n *normalize[T]) mean(x []T, b int) float64 {
	var sum [1]float64
	total := 0.0
	n.each(b, func(at, end int) {
		kernel.RowSums(sum[:], x[at:end], 1, end-at)
		total += sum[0]
	})
	return total / n.size()
}

// product is the mean of g⊙y.
func (n *normalize[T]) product(b int) float64 {
	var sum [1]float64
	total := 0.0
	n.each(b, func(at, end int) {
		kernel.RowDots(sum[:], n.g[at:end], n.y[at:end], 1, end-at)
		total += sum[0]
	})
	return total / n.size()
}

// scale is 1/√(variance + ε), from the deviations from the mean.
func (n *normalize[T]) scale(w *worker[T], b int, mean float64) float64 {
	var sum [1]float64
	total := 0.0
	n.each(b, func(at, end int) {
		for ; at < end; at += tile {
			k := min(tile, end-at)
			d := w.temps[0][:k]
			w.kernels.vs[Sub](d, n.x[at:at+k], T(mean))
			kernel.RowSquares(sum[:], d, 1, k)
			total += sum[0]
		}
	})
	return 1 / math.Sqrt(total/n.size()+n.eps)
}

// derivative is (g − mean(g) − y·mean(g⊙y))·scale.
func (n *normalize[T]) derivative(w *worker[T], at, end int, arriving, along, scale float64) {
	for ; at < end; at += tile {
		k := min(tile, end-at)
		d, y := n.dst[at:at+k], w.temps[0][:k]
		w.kernels.vs[Mul](y, n.y[at:at+k], T(along))
		w.kernels.vs[Sub](d, n.g[at:at+k], T(arriving))
		w.kernels.vv[Sub](d, d, y)
		w.kernels.vs[Mul](d, d, T(scale))
	}
}
