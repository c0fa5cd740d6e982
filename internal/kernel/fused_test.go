package kernel

import (
	"math"
	"testing"
)

// The fused kernels compute what loops do.
func TestFusedVectors(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		testFusedVectors[float32](t, 1e-6)
		testFusedVectors[float64](t, 1e-14)
	})
}

func testFusedVectors[T Float](t *testing.T, tol float64) {
	t.Helper()
	for _, cols := range sizes {
		const rows = 3
		n := rows * cols
		e, x, mu, y, g := guard[T](n, 1), make([]T, n), make([]T, n), make([]T, n), make([]T, n)
		for k, s := range [][]T{x, mu, y, g} {
			fill(s, seeded(cols, k))
		}
		sums := guard[float64](rows, 0)
		if ok := ErrorEnergy(sums.data, e.data, x, mu, rows, cols); !ok {
			if active != Portable {
				t.Fatal("no kernel")
			}
			continue
		}
		e.check(t, "error")
		sums.check(t, "sums")
		for r := range rows {
			want := 0.0
			for j := r * cols; j < (r+1)*cols; j++ {
				if e.data[j] != x[j]-mu[j] {
					t.Fatalf("error %d: got %v, want %v", j, e.data[j], x[j]-mu[j])
				}
				want += float64(e.data[j]) * float64(e.data[j])
			}
			if math.Abs(sums.data[r]-want) > tol*(1+want) {
				t.Fatalf("sum %d: got %v, want %v", r, sums.data[r], want)
			}
		}
		for _, f := range []Op{Tanh, Sigmoid} {
			dst := guard[T](n, 2)
			if !GradientOf(f, dst.data, x, y, g) {
				t.Fatal("no kernel")
			}
			dst.check(t, "gradient")
			for j := range n {
				d := 1 - float64(y[j])*float64(y[j])
				if f == Sigmoid {
					d = float64(y[j]) - float64(y[j])*float64(y[j])
				}
				want := float64(x[j]) - d*float64(g[j])
				if math.Abs(float64(dst.data[j])-want) > 4*tol*(1+math.Abs(float64(x[j]))+math.Abs(d*float64(g[j]))) {
					t.Fatalf("gradient %d: got %v, want %v", j, dst.data[j], want)
				}
			}
		}
	}
}
