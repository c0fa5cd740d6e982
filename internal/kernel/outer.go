package kernel

import "unsafe"

// outerVectors is the largest number of vectors of columns that the kernel takes.
const outerVectors = 4

// SGDOuter takes the step of [SGD] along an outer product, column·row, with the same bits
// as along the product of [GemmOnce]: w is row-major, of as many rows and columns. It
// reports whether the active path has a kernel for it: not for rows that are no whole
// number of vectors, because the load of a row would wait for the masked store of the
// row before.
func SGDOuter[T Float](w, column, row []T, lr, decay T) bool {
	n, lanes := len(row), geometryOf[T]().lanes
	if active == Portable || n%lanes != 0 {
		return false
	}
	if n == 0 || len(column) == 0 {
		return true
	}
	_ = w[len(column)*n-1]
	b, scalars := size[T](), [2]T{lr, decay}
	for j := 0; j < n; j += outerVectors * lanes {
		cols := min(outerVectors*lanes, n-j)
		runLine[T](lineOuterSGD+(cols-1)/lanes, &lineArgs{
			dst: unsafe.Add(ptr(w), j*b), dstRow: n * b, src: ptr(column), srcRow: b,
			aux: unsafe.Add(ptr(row), j*b), more: unsafe.Pointer(&scalars), rows: len(column), n: cols,
		})
	}
	return true
}

// outer computes a product over k = 1 that starts from zero: the outer product of a
// column and a row.
func (g *gemm[T]) outer() {
	b := size[T]()
	for j := 0; j < g.n; j += outerVectors * g.lanes {
		n := min(outerVectors*g.lanes, g.n-j)
		runLine[T](lineOuter+(n-1)/g.lanes, &lineArgs{
			dst: unsafe.Add(ptr(g.c), j*b), dstRow: g.ldc * b,
			src: ptr(g.a.Data), srcRow: g.a.Row * b, aux: unsafe.Add(ptr(g.b), j*b), rows: g.m, n: n,
		})
	}
}
