package ops

import (
	"math"
	"strings"
	"testing"
)

var (
	inf = math.Inf(1)
	nan = math.NaN()
)

// parameter is a useful parameter of a function, 0 where it has none.
func parameter(f Function) float64 {
	switch f {
	case LeakyReLU, LeakyReLUD:
		return 0.2
	case SmoothAbs, SmoothAbsD, ELU, ELUD:
		return 0.5
	case Huber, HuberD:
		return 1.5
	}
	return 0
}

// positive reports whether f is defined only for positive values.
func positive(f Function) bool { return f >= Log2 && f <= InverseSqrtD }

// Values by hand or from the defining formula in another form, and the limits.
func TestValues(t *testing.T) {
	const e = math.E
	zero := math.Copysign(0, -1)
	tests := map[Function][][2]float64{
		Sigmoid:    {{0, 0.5}, {zero, 0.5}, {1, e / (1 + e)}, {-1, 1 / (1 + e)}, {inf, 1}, {-inf, 0}, {800, 1}, {-1e300, 0}, {-700, math.Exp(-700)}},
		SigmoidD:   {{0, 0.25}, {zero, 0.25}, {1, e / ((1 + e) * (1 + e))}, {-1, e / ((1 + e) * (1 + e))}, {inf, 0}, {-inf, 0}, {1e300, 0}, {40, math.Exp(-40)}, {-40, math.Exp(-40)}},
		Softplus:   {{0, math.Ln2}, {zero, math.Ln2}, {1, math.Log(1 + e)}, {-1, math.Log(1+e) - 1}, {inf, inf}, {-inf, 0}, {1e300, 1e300}, {-1e300, 0}, {-50, math.Exp(-50)}, {800, 800}},
		GELU:       {{0, 0}, {zero, 0}, {1, 0.8413447460685429}, {-1, -0.15865525393145705}, {inf, inf}, {-inf, 0}, {1e300, 1e300}, {-1e300, 0}},
		GELUD:      {{0, 0.5}, {zero, 0.5}, {1, 0.8413447460685429 + 0.24197072451914337}, {-1, 0.15865525393145705 - 0.24197072451914337}, {inf, 1}, {-inf, 0}, {1e300, 1}, {-1e300, 0}},
		SiLU:       {{0, 0}, {zero, 0}, {1, e / (1 + e)}, {-1, -1 / (1 + e)}, {inf, inf}, {-inf, 0}, {1e300, 1e300}, {-1e300, 0}},
		SiLUD:      {{0, 0.5}, {zero, 0.5}, {1, (e / (1 + e)) * (1 + 1/(1+e))}, {-1, (1 / (1 + e)) * (1 - e/(1+e))}, {inf, 1}, {-inf, 0}, {1e300, 1}, {-1e300, 0}},
		HardTanh:   {{0, 0}, {zero, 0}, {0.5, 0.5}, {-0.5, -0.5}, {1, 1}, {-1, -1}, {1.5, 1}, {-1.5, -1}, {inf, 1}, {-inf, -1}},
		HardTanhD:  {{0, 1}, {0.999, 1}, {-0.999, 1}, {1, 0}, {-1, 0}, {2, 0}, {-2, 0}, {inf, 0}, {-inf, 0}},
		ReLU:       {{0, 0}, {zero, 0}, {2, 2}, {-2, 0}, {inf, inf}, {-inf, 0}},
		ReLUD:      {{0, 0}, {zero, 0}, {1e-300, 1}, {-1e-300, 0}, {inf, 1}, {-inf, 0}},
		LeakyReLU:  {{0, 0}, {zero, 0}, {2, 2}, {-2, -0.4}, {inf, inf}, {-inf, -inf}},
		LeakyReLUD: {{0, 0.2}, {zero, 0.2}, {1e-300, 1}, {-1e-300, 0.2}, {inf, 1}, {-inf, 0.2}},
		ELU:        {{0, 0}, {zero, zero}, {2, 2}, {-1, (1/e - 1) / 2}, {-1e-12, -5e-13 + 2.5e-25}, {inf, inf}, {-inf, -0.5}, {1e300, 1e300}, {-1e300, -0.5}},
		ELUD:       {{0, 0.5}, {zero, 0.5}, {1e-300, 1}, {-1, 0.5 / e}, {inf, 1}, {-inf, 0}, {-1e300, 0}},
		SmoothAbs:  {{0, 0}, {zero, 0}, {1.2, 0.8}, {-1.2, 0.8}, {inf, inf}, {-inf, inf}, {1e300, 1e300}, {-1e300, 1e300}},
		SmoothAbsD: {{0, 0}, {zero, 0}, {1.2, 1.2 / 1.3}, {-1.2, -1.2 / 1.3}, {inf, 1}, {-inf, -1}, {1e300, 1}, {-1e300, -1}},
		Huber:      {{0, 0}, {zero, 0}, {1, 0.5}, {-1, 0.5}, {1.5, 1.125}, {-1.5, 1.125}, {4, 4.875}, {-4, 4.875}, {inf, inf}, {-inf, inf}, {1e300, 1.5e300}},
		HuberD:     {{0, 0}, {zero, 0}, {1, 1}, {-1, -1}, {1.5, 1.5}, {4, 1.5}, {-4, -1.5}, {inf, 1.5}, {-inf, -1.5}},
		XLogX:      {{0, 0}, {zero, 0}, {1, 0}, {e, e}, {1 / e, -1 / e}, {-2, 0}, {inf, inf}, {-inf, 0}, {0.25, -0.5 * math.Ln2}},
		XLogXD:     {{0, 0}, {zero, 0}, {1, 1}, {e, 2}, {1 / e, 0}, {-2, 0}, {inf, inf}, {-inf, 0}},

		Log2:         {{1, 0}, {8, 3}, {0.25, -2}, {0, -inf}, {inf, inf}},
		Log2D:        {{1, 1 / math.Ln2}, {4, 0.25 / math.Ln2}, {inf, 0}},
		InverseSqrt:  {{1, 1}, {4, 0.5}, {0, inf}, {inf, 0}},
		InverseSqrtD: {{1, -0.5}, {4, -0.0625}, {inf, 0}},
	}
	for f := range NumFunctions {
		rows, ok := tests[f]
		if !ok {
			t.Errorf("%v: has no test", f)
		}
		p := parameter(f)
		for _, row := range rows {
			x, want := row[0], row[1]
			got := f.At(x, p)
			if got == want {
				continue
			}
			if !(math.Abs(got-want) <= 1e-15*math.Abs(want)+1e-16) {
				t.Errorf("%v(%g): got %.17g, want %.17g", f, x, got, want)
			}
		}
		if got := f.At(nan, p); got == got {
			t.Errorf("%v(NaN): got %g, want NaN", f, got)
		}
	}
}

// Known derivatives agree with the function, by central differences, on both
// sides of every kink.
func TestDerivatives(t *testing.T) {
	const h = 1e-6
	kinks := []float64{-1.5, -1, 0, 1, 1.5}
	for f := range NumFunctions {
		d, ok := f.Derivative()
		if slope := strings.HasSuffix(f.String(), "′"); ok == slope {
			t.Errorf("%v: has a derivative: %v; a function has one, and a derivative has none", f, ok)
		}
		if !ok {
			continue
		}
		p := parameter(f)
		for x := -6.0; x <= 6; x += 0.0625 + 1e-4 {
			if x < 0.5 && positive(f) { // a pole
				continue
			}
			near := false
			for _, k := range kinks {
				near = near || math.Abs(x-k) <= h
			}
			if near {
				continue
			}
			want := (f.At(x+h, p) - f.At(x-h, p)) / (2 * h)
			if got := d.At(x, p); math.Abs(got-want) > 1e-8 {
				t.Errorf("%v at %g: got %.10g, difference quotient of %v %.10g", d, x, got, f, want)
			}
		}
	}
}

// Tails keep their relative accuracy: log(1+eˣ) → eˣ and σ(x) → eˣ for x → −∞,
// and huge arguments give no NaN.
func TestTailsAndHugeArguments(t *testing.T) {
	for x := -30.0; x > -740; x -= 7.5 {
		e := math.Exp(x)
		for _, f := range []Function{Softplus, Sigmoid, SigmoidD} {
			if got := f.At(x, 0); math.Abs(got-e) > 1e-12*e {
				t.Errorf("%v(%g): got %g, want about %g", f, x, got, e)
			}
		}
	}
	for f := range NumFunctions {
		for _, x := range []float64{1e4, 1e30, math.MaxFloat32, math.MaxFloat64, 5e-324} {
			for _, x := range []float64{x, -x} {
				if x < 0 && positive(f) {
					continue
				}
				if got := f.At(x, parameter(f)); math.IsNaN(got) {
					t.Errorf("%v(%g): got NaN", f, x)
				}
			}
		}
	}
}
