package kernel

import (
	"math"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/internal/ops"
)

// parameter is that of the functions that have one.
const parameter = 0.25

// reference returns a named function in float64: package ops's, whose own tests compare
// it with values found by hand, or package math's.
func reference(name string) func(x, p float64) float64 {
	for f := range ops.NumFunctions {
		if f.String() == name {
			return f.At
		}
	}
	f, ok := map[string]func(float64) float64{
		"abs": math.Abs, "sqrt": math.Sqrt, "inv": func(x float64) float64 { return 1 / x },
		"exp": math.Exp, "ln": math.Log, "log1p": math.Log1p, "tanh": math.Tanh,
	}[name]
	if !ok {
		panic("no function " + name)
	}
	return func(x, _ float64) float64 { return f(x) }
}

// sweep is float32 values of every sign, exponent and size, with the special ones.
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
		for f := range Functions() {
			if !Vector1(f.Op, y, x, parameter) {
				continue // portable: in float64 and rounded once
			}
			want := reference(f.Name)
			worst, at := 0.0, float32(0)
			for i, v := range x {
				if v != v && stepwise(f.Name, f.ULP) {
					continue
				}
				if u := f.distance(y[i], want(float64(v), parameter)); u > worst || math.IsNaN(u) {
					worst, at = u, v
				}
			}
			t.Logf("%-10s %.2f ulp at %v", f.Name, worst, at)
			if !(worst <= f.ULP) {
				t.Errorf("%s: %v ulp at %v (%v), want at most %v", f.Name, worst, at, want(float64(at), parameter), f.ULP)
			}
		}
	})
}

// stepwise reports whether a function is the slope of a piecewise linear one, which is
// any of its slopes at NaN.
func stepwise(name string, ulp float64) bool { return ulp == 0 && strings.HasSuffix(name, "′") }

// distance is the error of a result in the units of [Function.ULP].
func (f Function) distance(got float32, want float64) float64 {
	u := ulps(got, want)
	switch w := math.Abs(want); {
	case got == 0 && w < f.Flush:
		return 0
	case w < f.Floor && u > 0:
		return math.Abs(float64(got)-want) / (f.Floor * 0x1p-23)
	}
	return u
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
