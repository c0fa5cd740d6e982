package engine

import (
	"fmt"

	"github.com/seed-be841da4/prospect/internal/kernel"
)

// batchProduct multiplies two batches of matrices pairwise.
type batchProduct struct {
	perSample
	transA, transB bool
}

// BatchMatMul adds op(a[i])·op(b[i]) for every i.
func (g *Graph) BatchMatMul(transA, transB bool, a, b *Value) *Value {
	m, n := a.Shape[1], b.Shape[2]
	if transA {
		m = a.Shape[2]
	}
	if transB {
		n = b.Shape[1]
	}
	p, shape := batchProduct{transA: transA, transB: transB}, []int{a.Shape[0], m, n}
	if x, c, ok := scaled(b); ok {
		return g.Binary(Mul, g.BatchMatMul(transA, transB, a, x), c)
	}
	return g.linear(p, shape, 0, a, b)
}

// inner is the length of the inner dimension.
func (p batchProduct) inner(v *Value) int {
	if p.transA {
		return v.Args[0].Shape[1]
	}
	return v.Args[0].Shape[2]
}

func (p batchProduct) work(v *Value) float64 { return 2 * float64(p.inner(v)) * float64(v.Size()) }

func (p batchProduct) String() string {
	return fmt.Sprintf("products %s·%s", transposed("A", p.transA), transposed("B", p.transB))
}

// products runs batchProduct, split by pairs.
type products[T float] struct {
	batchProduct
	dst, a, b []T
	m, k, n   int
	shape     kernel.Shape[T]
}

func newBatchProduct[T float](v *Value, p batchProduct, dst []T, args [][]T) instr[T] {
	x := &products[T]{batchProduct: p, dst: dst, a: args[0], b: args[1], m: v.Shape[1], k: p.inner(v), n: v.Shape[2]}
	x.shape = kernel.ShapeOf[T](x.k, x.n)
	return x
}

func (x *products[T]) run(w *worker[T], lo, hi int) {
	m, k, n := x.m, x.k, x.n
	for i := lo; i < hi; i++ {
		a, b := kernel.Rows(x.a[i*m*k:(i+1)*m*k], k), kernel.Rows(x.b[i*k*n:(i+1)*k*n], n)
		if x.transA {
			a.Row, a.Col = 1, m
		}
		if x.transB {
			b.Row, b.Col = 1, k
		}
		kernel.GemmOnce(x.dst[i*m*n:(i+1)*m*n], n, m, a, b, &x.shape, kernel.Start[T]{}, &w.scratch)
	}
}
