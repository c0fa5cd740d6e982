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

// moreCases are the rest of the kernels, all exact or rounded once or twice.
var moreCases = []kernelCase{
	{"max scalar", MaxScalar, 1, 0.5, false, 0, 0, func(a, _, _, s float64) float64 { return max(a, s) }},
	{"> scalar", GreaterScalar, 1, 1, false, 0, 0, func(a, _, _, s float64) float64 { return truth(a > s) }},
	{"≥ scalar", GreaterEqualScalar, 1, 1, false, 0, 0, func(a, _, _, s float64) float64 { return truth(a >= s) }},
	{"< scalar", LessScalar, 1, 1, false, 0, 0, func(a, _, _, s float64) float64 { return truth(a < s) }},
	{"≤ scalar", LessEqualScalar, 1, 1, false, 0, 0, func(a, _, _, s float64) float64 { return truth(a <= s) }},
	{"= scalar", EqualScalar, 1, 1, false, 0, 0, func(a, _, _, s float64) float64 { return truth(a == s) }},
	{"≠ scalar", NotEqualScalar, 1, 1, false, 0, 0, func(a, _, _, s float64) float64 { return truth(a != s) }},
	{">", Greater, 2, 0, false, 0, 0, func(a, b, _, _ float64) float64 { return truth(a > b) }},
	{"≥", GreaterEqual, 2, 0, false, 0, 0, func(a, b, _, _ float64) float64 { return truth(a >= b) }},
	{"<", Less, 2, 0, false, 0, 0, func(a, b, _, _ float64) float64 { return truth(a < b) }},
	{"≤", LessEqual, 2, 0, false, 0, 0, func(a, b, _, _ float64) float64 { return truth(a <= b) }},
	{"=", Equal, 2, 0, false, 0, 0, func(a, b, _, _ float64) float64 { return truth(a == b) }},
	{"≠", NotEqual, 2, 0, false, 0, 0, func(a, b, _, _ float64) float64 { return truth(a != b) }},
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
			a, g := make([]float64, n), guard[float64](n, 3)
			fill(a, seeded(n, 1))
			want := make([]float64, n)
			if Affine(g.data, a, 3, 0.5) {
				for i := range want {
					want[i] = math.FMA(3, a[i], 0.5)
				}
				near(t, "affine", g.data, want, 0)
			}
			g.check(t, "affine")
		}
	})
}
