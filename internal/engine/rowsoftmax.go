package engine

import "github.com/seed-be841da4/prospect/internal/kernel"

// rowSoftmax is the softmax along the last axis of args[0]; its derivative takes the
// output and the output gradient.
type rowSoftmax struct {
	perSample
	causal, grad bool
}

// Softmax adds the softmax along the last axis; if causal, row r of a square matrix is
// normalised over its first r + 1 elements only.
func (g *Graph) Softmax(causal bool, x *Value) *Value {
	return g.primitive(rowSoftmax{causal: causal}, x.Shape, x)
}

// SoftmaxGrad adds the derivative of the softmax y.
func (g *Graph) SoftmaxGrad(y, arriving *Value) *Value {
	return g.linear(rowSoftmax{grad: true}, y.Shape, 1, y, arriving)
}

// A vector is one row.
func (r rowSoftmax) rows(v *Value) int { return v.Rows() }

func (r rowSoftmax) work(v *Value) float64 { return 10 * float64(v.Size()) }

func (r rowSoftmax) String() string {
	switch {
	case r.grad:
		return "softmax′"
	case r.causal:
		return "causal softmax"
	}
	return "softmax"
}

// softmaxRows runs rowSoftmax, split by samples.
type softmaxRows[T float] struct {
	rowSoftmax
	dst, x, g  []T
	per, width int // rows per sample
}

func newRowSoftmax[T float](v *Value, r rowSoftmax, dst []T, args [][]T) instr[T] {
	width := v.Shape[len(v.Shape)-1]
	x := &softmaxRows[T]{rowSoftmax: r, dst: dst, x: args[0], per: v.Size() / width / r.rows(v), width: width}
	if r.grad {
		x.g = args[1]
	}
	return x
}

func (x *softmaxRows[T]) run(w *worker[T], lo, hi int) {
	n := x.width
	if x.grad && n <= tile {
		x.derivatives(w, lo*x.per, hi*x.per)
		return
	}
	for r := lo * x.per; r < hi*x.per; r++ {
		dst, src := x.dst[r*n:(r+1)*n], x.x[r*n:(r+1)*n]
		switch {
		case x.grad:
			x.derivative(w, dst, src, x.g[r*n:(r+1)*n])
		case x.causal:
			seen := r%n + 1
			kernel.SoftmaxRows(dst[:seen], src[:seen], 1, seen)
			clear(dst[seen:])
		default:
			kernel.SoftmaxRows(dst, src, 1, n)
		}
	}
}

// derivatives computes the derivatives of rows lo … hi−1, as many at a time as fill a
// tile.
func (x *softmaxRows[T]) derivatives(w *worker[T], lo, hi int) {
	n := x.width
	for r := lo; r < hi; r += tile / n {
		k := min(tile/n, hi-r)
		dst, y, g := x.dst[r*n:(r+k)*n], x.x[r*n:(r+k)*n], x.g[r*n:(r+k)*n]
		sums := w.sums[:k]
		kernel.RowDots(sums, y, g, k, n)
		for i, s := range sums {
			w.kernels.vs[Sub](dst[i*n:(i+1)*n], g[i*n:(i+1)*n], T(s))
		}
		w.kernels.vv[Mul](dst, dst, y)
	}
}

// derivative is y ⊙ (g − Σ g⊙y).
func (x *softmaxRows[T]) derivative(w *worker[T], dst, y, g []T) {
	var sum [1]float64
	kernel.RowDots(sum[:], y, g, 1, len(y))
	w.kernels.vs[Sub](dst, g, T(sum[0]))
	w.kernels.vv[Mul](dst, dst, y)
}
