package kernel

import (
	"math"
	"testing"
)

// ulpCase is a float32 function with its error bound: bound ulp where |f| ≥ floor, and bound
// times the ulp of floor below.
type ulpCase struct {
	name  string
	op    Op
	bound float64
	floor float64
	want  func(x float64) float64
}

// The bounds are those of the package's documentation. The functions that contain Φ or x·σ cancel
// or underflow far to the left, where the bound is an absolute one.
var ulpCases = []ulpCase{
	{"exp", Exp, 1, 0, math.Exp},
	{"log", Log, 1, 0, math.Log},
	{"log1p", Log1p, 2, 0, math.Log1p},
	{"tanh", Tanh, 2.5, 0, math.Tanh},
	{"sigmoid", Sigmoid, 2.5, 0, sig},
	{"softplus", Softplus, 2, 0, func(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }},
	{"gelu", GELU, 3, 0.25, gelu},
	{"gelu′", GELUSlope, 2, 0.5, geluSlope},
	{"silu", SiLU, 3, 0x1p-120, silu},
	{"silu′", SiLUSlope, 2.5, 0.25, siluSlope},
}

func gelu(x float64) float64 {
	low := max(x, -64)
	return low * cdf(x)
}

func geluSlope(x float64) float64 {
	c := min(max(x, -64), 64)
	return cdf(x) + c*math.Exp(-c*c/2)/math.Sqrt(2*math.Pi)
}

func silu(x float64) float64 { return max(x, -1000) * sig(x) }

func siluSlope(x float64) float64 {
	s, rest := sig(x), sig(-x)
	return s + min(max(x, -1000), 1000)*s*rest
}

// sweep is float32 numbers of every sign, exponent and size, with the special ones.
func sweep() []float32 {
	var x []float32
	for b := uint64(0); b < 1<<32; b += 16411 {
		x = append(x, math.Float32frombits(uint32(b)))
	}
	for i := -60000; i <= 60000; i++ {
		x = append(x, float32(i)/3001)
	}
	for _, v := range interesting {
		x = append(x, float32(v))
	}
	return x
}

func TestUlp(t *testing.T) {
	x := sweep()
	y := make([]float32, len(x))
	eachPath(t, func(t *testing.T) {
		for _, c := range ulpCases {
			if !Vector1(c.op, y, x, 0) {
				continue // portable: in float64 and rounded once
			}
			worst, at := 0.0, float32(0)
			subnormal := 0.0
			switch c.op {
			case Exp, Sigmoid, Softplus:
				subnormal = 0x1.0002p-126 // an exponential below is 0
			case SiLU:
				subnormal = 88 * 0x1.0002p-126 // and is multiplied by x
			}
			for i, v := range x {
				want := c.want(float64(v))
				u := ulps(y[i], want)
				if y[i] == 0 && math.Abs(want) < subnormal {
					u = 0
				}
				if w := math.Abs(want); w < c.floor && u > 0 {
					u = math.Abs(float64(y[i])-want) / (c.floor * 0x1p-23)
				}
				if u > worst || math.IsNaN(u) {
					worst, at = u, v
				}
			}
			t.Logf("%-9s %.2f ulp at %v", c.name, worst, at)
			if !(worst <= c.bound) {
				t.Errorf("%s: %v ulp at %v (%v), want at most %v", c.name, worst, at, c.want(float64(at)), c.bound)
			}
		}
	})
}

// Results that would be subnormal are 0: they cost a hundred cycles each.
func TestNoSubnormalResults(t *testing.T) {
	x := make([]float32, 0, 1000)
	for v := float32(-110); v < -80; v += 1. / 32 {
		x = append(x, v)
	}
	y := make([]float32, len(x))
	eachPath(t, func(t *testing.T) {
		for _, op := range []Op{Exp, Sigmoid, Softplus} {
			if !Vector1(op, y, x, 0) {
				continue
			}
			for i, v := range y {
				if v != 0 && v < 0x1p-126 {
					t.Fatalf("kernel %d of %v: got the subnormal %v, want 0", op, x[i], v)
				}
			}
			if y[0] != 0 || y[len(y)-1] == 0 {
				t.Errorf("kernel %d: got %v and %v, want 0 at -110 and a number at -80", op, y[0], y[len(y)-1])
			}
		}
	})
}

// Zeros keep their signs, infinities give the limits.
func TestSpecialValues(t *testing.T) {
	inf, zero := float32(math.Inf(1)), float32(math.Copysign(0, -1))
	eachPath(t, func(t *testing.T) {
		for _, c := range []struct {
			op      Op
			x, want float32
		}{
			{Tanh, zero, zero},
			{Log1p, zero, zero},
			{Sqrt, zero, zero},
			{HardTanh, zero, zero},
			{Exp, inf, inf},
			{Exp, -inf, 0},
			{Tanh, inf, 1},
			{Tanh, -inf, -1},
			{Sigmoid, inf, 1},
			{Sigmoid, -inf, 0},
			{Log, 0, -inf},
			{Log, zero, -inf},
			{Log, inf, inf},
			{Log1p, -1, -inf},
			{Log1p, inf, inf},
			{GELU, inf, inf},
			{GELU, -inf, zero},
			{GELUSlope, inf, 1},
			{GELUSlope, -inf, 0},
			{SiLU, -inf, zero},
			{SiLU, inf, inf},
			{SiLUSlope, inf, 1},
			{SiLUSlope, -inf, 0},
			{Softplus, inf, inf},
			{Softplus, -inf, 0},
		} {
			y := []float32{7}
			if Vector1(c.op, y, []float32{c.x}, 0) && y[0] != c.want {
				t.Errorf("kernel %d of %v: got %v, want %v", c.op, c.x, y[0], c.want)
			}
			if c.want == 0 && active != Portable && math.Signbit(float64(y[0])) != math.Signbit(float64(c.want)) {
				t.Errorf("kernel %d of %v: the zero has the wrong sign", c.op, c.x)
			}
		}
	})
}
