package kernel

import (
	"math"
	"testing"
)

func TestSoftmaxRows(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	eachPath(t, func(t *testing.T) {
		for _, cols := range sizes[1:] {
			testSoftmax[float32](t, cols, 1e-6)
			testSoftmax[float64](t, cols, 1e-14)
		}
		a, out, work := []float32{1e38, -1e38, 3e38, -inf, -inf, -inf, 0, inf, 1, 0, nan, inf}, make([]float64, 4), make([]float32, 3)
		LogSumExpRows(out, a, work, 4, 3)
		if out[0] != float64(float32(3e38)) || !math.IsInf(out[1], -1) || !math.IsInf(out[2], 1) || !math.IsNaN(out[3]) {
			t.Errorf("log-sum-exp of huge rows: got %v", out)
		}
		SoftmaxRows(a[:3], a[:3], 1, 3)
		if a[0] != 0 || a[1] != 0 || a[2] != 1 {
			t.Errorf("softmax of a huge row: got %v", a[:3])
		}
	})
}

func testSoftmax[T Float](t *testing.T, cols int, tol float64) {
	t.Helper()
	const rows = 3
	a, dst, work := make([]T, rows*cols), guard[T](rows*cols, 1), make([]T, cols)
	fill(a, seeded(cols, 3))
	lse := make([]float64, rows)
	SoftmaxRows(dst.data, a, rows, cols)
	LogSumExpRows(lse, a, work, rows, cols)
	dst.check(t, "softmax")
	for r := range rows {
		sum := 0.0
		for j := range cols {
			sum += math.Exp(float64(a[r*cols+j]))
		}
		if math.Abs(lse[r]-math.Log(sum)) > 4*tol*max(1, math.Abs(math.Log(sum))) {
			t.Fatalf("log-sum-exp of %d: got %v, want %v", cols, lse[r], math.Log(sum))
		}
		for j := range cols {
			want := math.Exp(float64(a[r*cols+j])) / sum
			if got := float64(dst.data[r*cols+j]); math.Abs(got-want) > tol*want*4 {
				t.Fatalf("softmax %d of %d: got %v, want %v", j, cols, got, want)
			}
		}
	}
}

func TestBoth(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, f := range tileFunctions {
			for _, n := range sizes {
				testBoth[float32](t, f.name, f.op, n, 1e-6)
				testBoth[float64](t, f.name, f.op, n, 1e-14)
			}
		}
	})
}

func testBoth[T Float](t *testing.T, name string, f Op, n int, tol float64) {
	t.Helper()
	x, y, d := make([]T, n), guard[T](n, 1), guard[T](n, 2)
	fill(x, seeded(n, 5))
	Both(f, y.data, d.data, x, 0.1)
	y.check(t, name)
	d.check(t, name)
	wantY, wantD := make([]T, n), make([]T, n)
	for i, v := range x {
		wantY[i], wantD[i] = valueSlope(f, v, 0.1)
		// The derivative against a difference quotient.
		lo, _ := valueSlope(f, float64(v)-1e-6, 0.1)
		hi, _ := valueSlope(f, float64(v)+1e-6, 0.1)
		if q := (hi - lo) / 2e-6; math.Abs(q-float64(wantD[i])) > 1e-5 {
			t.Fatalf("%s′(%v): got %v, difference quotient %v", name, v, wantD[i], q)
		}
	}
	near(t, name, y.data, wantY, tol)
	near(t, name+"′", d.data, wantD, tol)
}
