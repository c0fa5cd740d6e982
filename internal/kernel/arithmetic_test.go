package kernel

import (
	"math"
	"testing"
)

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func signOf(a float64) float64 {
	if a == 0 || a != a {
		return a
	}
	return math.Copysign(1, a)
}

// moreCases are the rest of the kernels, all exact or rounded once or twice.
var moreCases = []kernelCase{
	{"square", Square, 1, 0, false, 0.5, 0, func(a, _, _, _ float64) float64 { return a * a }},
	{"cube", Cube, 1, 0, false, 2, 0, func(a, _, _, _ float64) float64 { return a * a * a }},
	{"sign", Sign, 1, 0, false, 0, 0, func(a, _, _, _ float64) float64 { return signOf(a) }},
	{"step", Step, 1, 0, false, 0, 0, func(a, _, _, _ float64) float64 { return truth(a > 0) }},
	{"hard tanh′", HardTanhSlope, 1, 0, false, 0, 0, func(a, _, _, _ float64) float64 { return truth(math.Abs(a) < 1) }},
	{"leaky relu′", LeakyReLUSlope, 1, 0.5, false, 0, 0, func(a, _, _, s float64) float64 { return float64(slopeFrom(LeakyReLU, a, s)) }},
	{"max scalar", MaxScalar, 1, 0.5, false, 0, 0, func(a, _, _, s float64) float64 { return max(a, s) }},
	{"min scalar", MinScalar, 1, 0.5, false, 0, 0, func(a, _, _, s float64) float64 { return min(a, s) }},
	{"> scalar", GreaterScalar, 1, 1, false, 0, 0, func(a, _, _, s float64) float64 { return truth(a > s) }},
	{"≥ scalar", GreaterEqualScalar, 1, 1, false, 0, 0, func(a, _, _, s float64) float64 { return truth(a >= s) }},
	{"< scalar", LessScalar, 1, 1, false, 0, 0, func(a, _, _, s float64) float64 { return truth(a < s) }},
	{"≤ scalar", LessEqualScalar, 1, 1, false, 0, 0, func(a, _, _, s float64) float64 { return truth(a <= s) }},
	{"= scalar", EqualScalar, 1, 1, false, 0, 0, func(a, _, _, s float64) float64 { return truth(a == s) }},
	{"≠ scalar", NotEqualScalar, 1, 1, false, 0, 0, func(a, _, _, s float64) float64 { return truth(a != s) }},
	{"max", Max, 2, 0, false, 0, 0, func(a, b, _, _ float64) float64 { return max(a, b) }},
	{"min", Min, 2, 0, false, 0, 0, func(a, b, _, _ float64) float64 { return min(a, b) }},
	{">", Greater, 2, 0, false, 0, 0, func(a, b, _, _ float64) float64 { return truth(a > b) }},
	{"≥", GreaterEqual, 2, 0, false, 0, 0, func(a, b, _, _ float64) float64 { return truth(a >= b) }},
	{"<", Less, 2, 0, false, 0, 0, func(a, b, _, _ float64) float64 { return truth(a < b) }},
	{"≤", LessEqual, 2, 0, false, 0, 0, func(a, b, _, _ float64) float64 { return truth(a <= b) }},
	{"=", Equal, 2, 0, false, 0, 0, func(a, b, _, _ float64) float64 { return truth(a == b) }},
	{"≠", NotEqual, 2, 0, false, 0, 0, func(a, b, _, _ float64) float64 { return truth(a != b) }},
	{"select", Select, 3, 0, false, 0, 0, func(a, b, c, _ float64) float64 {
		if a != 0 {
			return b
		}
		return c
	}},
}

func TestArithmetic(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, c := range moreCases {
			testElementwise[float32](t, c)
			testElementwise[float64](t, c)
		}
	})
}

func TestAffine(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, n := range sizes {
			a, b, g := make([]float64, n), make([]float64, n), guard[float64](n, 3)
			fill(a, seeded(n, 1))
			fill(b, seeded(n, 2))
			want := make([]float64, n)
			if Affine(g.data, a, 3, 0.5) {
				for i := range want {
					want[i] = math.FMA(3, a[i], 0.5)
				}
				near(t, "affine", g.data, want, 0)
			}
			if Combine(g.data, 3, a, 0.7, b) {
				for i := range want {
					want[i] = math.FMA(3, a[i], 0.7*b[i])
				}
				near(t, "combine", g.data, want, 0)
			}
			if copy(g.data, b); Vector1(Axpy, g.data, a, 3) {
				for i := range want {
					want[i] = math.FMA(3, a[i], b[i])
				}
				near(t, "axpy", g.data, want, 0)
			}
			g.check(t, "affine")
		}
	})
}

func TestBroadcast(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		const rows, cols = 3, 21
		a, row, col, dst := make([]float32, rows*cols), make([]float32, cols), make([]float32, rows), make([]float32, rows*cols)
		for i, s := range [][]float32{a, row, col} {
			fill(s, seeded(i, 4))
		}
		want := make([]float32, rows*cols)
		if RowVector(Add, dst, a, row, rows, cols) {
			for i := range want {
				want[i] = a[i] + row[i%cols]
			}
			near(t, "row", dst, want, 0)
		}
		if ColVector(MulScalar, dst, a, col, rows, cols) {
			for i := range want {
				want[i] = a[i] * col[i/cols]
			}
			near(t, "column", dst, want, 0)
		}
	})
}
