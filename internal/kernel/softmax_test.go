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
		a := []float32{1e38, -1e38, 3e38, 0, inf, 1, 0, nan, inf}
		SoftmaxRows(a, a, 3, 3)
		if a[0] != 0 || a[1] != 0 || a[2] != 1 {
			t.Errorf("softmax of a huge row: got %v", a[:3])
		}
		if a[4] == a[4] || a[7] == a[7] {
			t.Errorf("softmax of rows with +∞ and NaN: got %v, want NaN there", a[3:])
		}
	})
}

func testSoftmax[T Float](t *testing.T, cols int, tol float64) {
	t.Helper()
	const rows = 3
	a, dst := make([]T, rows*cols), guard[T](rows*cols, 1)
	fill(a, seeded(cols, 3))
	SoftmaxRows(dst.data, a, rows, cols)
	dst.check(t, "softmax")
	for r := range rows {
		sum := 0.0
		for j := range cols {
			sum += math.Exp(float64(a[r*cols+j]))
		}
		for j := range cols {
			want := math.Exp(float64(a[r*cols+j])) / sum
			if got := float64(dst.data[r*cols+j]); math.Abs(got-want) > tol*want*4 {
				t.Fatalf("softmax %d of %d: got %v, want %v", j, cols, got, want)
			}
		}
	}
}
