package relax

import "github.com/seed-be841da4/prospect/internal/kernel"

// rowProducts writes Σ x·y of every sample into dst, by the vector kernels where there
// are any: the order of the sum is fixed, but depends on whether there are.
func rowProducts(dst []float64, x, y Vector) {
	x.mustMatch("rowProducts", y)
	cols := x.Len() / len(dst)
	if x.f32 != nil {
		kernel.RowDots(dst, x.f32, y.f32, len(dst), cols)
		return
	}
	kernel.RowDots(dst, x.f64, y.f64, len(dst), cols)
}

// AddProducts adds Σ x·y of every sample to sums, which has as many elements as there are
// samples; so has scratch, which is overwritten. The order of the sums is fixed, but
// depends on whether the processor has vector kernels.
func AddProducts(sums, scratch []float64, x, y Vector) {
	rowProducts(scratch, x, y)
	for n, d := range scratch {
		sums[n] += d
	}
}

// sub is v ← x − y.
func (v Vector) sub(x, y Vector) {
	v.mustMatch("sub", x)
	v.mustMatch("sub", y)
	if v.f32 != nil {
		difference(v.f32, x.f32, y.f32)
		return
	}
	difference(v.f64, x.f64, y.f64)
}

func difference[T float](dst, x, y []T) {
	if kernel.Vector2(kernel.Sub, dst, x, y) {
		return
	}
	for i := range dst {
		dst[i] = x[i] - y[i]
	}
}
