package main

import (
	"math"

	"github.com/mmcloughlin/avo/reg"
)

// function is a row of the table of named functions: everything the kernels know about
// an element-wise function of one variable. The engine finds the kernel by name, and
// TestUlp measures every row against package ops.
type function struct {
	name   string // name in internal/ops, or Gorgonia's name in internal/engine
	kernel string // the constant of package kernel
	single bool   // float32 only: the engine computes float64 in plain Go

	// The error bound in float32: ulp units in the last place of f(x), or of floor
	// where |f(x)| is smaller; 0 if correctly rounded. Results below flush may be 0.
	ulp, floor, flush float64

	of   func(u *unit, x reg.Register) reg.Register    // f(x)
	with func(u *unit, x, p reg.Register) reg.Register // f(x) with a parameter, instead
}

// tiny is the threshold below which an exponential is flushed to zero.
const tiny = 0x1.0002p-126

// functions is the table. A function that is not listed runs in plain Go.
var functions = []function{
	{name: "abs", kernel: "Abs", of: (*unit).abs},
	{name: "sqrt", kernel: "Sqrt", of: (*unit).sqrt},
	{name: "inv", kernel: "Reciprocal", of: func(u *unit, x r) r { return u.div(u.c(1), x) }},
	{name: "exp", kernel: "Exp", single: true, ulp: 1, flush: tiny, of: (*unit).exp},
	{name: "ln", kernel: "Log", single: true, ulp: 1, of: (*unit).log},
	{name: "log1p", kernel: "Log1p", single: true, ulp: 2, of: (*unit).log1p},

	{name: "relu", kernel: "ReLU", of: func(u *unit, x r) r { return u.max(u.c(0), x) }},
	{name: "leakyrelu", kernel: "LeakyReLU", with: (*unit).leakyReLU},
	{name: "leakyrelu′", kernel: "LeakyReLUSlope", with: (*unit).leakyReLUSlope},
	{name: "elu", kernel: "ELU", single: true, ulp: 2, with: (*unit).elu},
	{name: "elu′", kernel: "ELUSlope", single: true, ulp: 1.5, flush: tiny, with: (*unit).eluSlope},
	{name: "hardtanh", kernel: "HardTanh", of: (*unit).hardTanh},
	{name: "hardtanh′", kernel: "HardTanhSlope", of: (*unit).hardTanhSlope},
	{name: "tanh", kernel: "Tanh", single: true, ulp: 2.5, of: (*unit).tanh},
	{name: "sigmoid", kernel: "Sigmoid", single: true, ulp: 2.5, flush: tiny, of: (*unit).sigmoid},
	{name: "softplus", kernel: "Softplus", single: true, ulp: 2, flush: tiny, of: (*unit).softplus},
	{name: "gelu", kernel: "GELU", single: true, ulp: 3, floor: 0.25, of: (*unit).gelu},
	{name: "gelu′", kernel: "GELUSlope", single: true, ulp: 2, floor: 0.5, of: (*unit).geluSlope},
}

// functionSpecs are the kernels of the table.
func functionSpecs() []spec {
	var out []spec
	for _, f := range functions {
		s := spec{name: f.kernel, exported: true, in: []int{1}, out: []int{0}, single: f.single}
		if f.with != nil {
			s.scalars, s.body = 1, fs(f.with)
		} else {
			s.body = f1(f.of)
		}
		out = append(out, s)
	}
	return out
}

func (u *unit) leakyReLU(x, slope r) r {
	return u.blend(u.cmp(gt, x, u.c(0)), x, u.mul(x, slope))
}

func (u *unit) leakyReLUSlope(x, slope r) r {
	return u.blend(u.cmp(gt, x, u.c(0)), u.c(1), slope)
}

// elu is x where x > 0, else p·(2ⁿ·m + (2ⁿ − 1)) with eˣ = 2ⁿ(1 + m), which keeps its
// relative precision near zero.
func (u *unit) elu(x, p r) r {
	n, m := u.expReduced(u.min(u.c(0), u.max(u.c(minExp), x)))
	s := u.pow2(n)
	y := u.mul(p, u.fma(s, m, u.sub(s, u.c(1))))
	return u.blend(u.cmp(gt, x, u.c(0)), x, y)
}

func (u *unit) eluSlope(x, p r) r {
	return u.blend(u.cmp(gt, x, u.c(0)), u.c(1), u.mul(p, u.exp(x)))
}

func (u *unit) hardTanh(x r) r { return u.max(u.c(-1), u.min(u.c(1), x)) }

func (u *unit) hardTanhSlope(x r) r { return u.one(u.cmp(lt, u.abs(x), u.c(1))) }

// softplus is max(x, 0) + log1p(e^−|x|).
func (u *unit) softplus(x r) r {
	z := u.expNegAbs(x)
	return u.add(u.max(u.c(0), x), u.log1p(z))
}

// phi is Φ(x) = ½ + ½·erf(x/√2).
func (u *unit) phi(x r) r {
	return u.fma(u.erf(u.mul(x, u.c(math.Sqrt2/2)), x), u.c(0.5), u.c(0.5))
}

// gelu is x·Φ(x), and geluSlope is Φ(x) + x·φ(x). Beyond |x| = 16 they equal 0 or x,
// and 0 or 1; x is clamped there to avoid ∞·0.
func (u *unit) gelu(x r) r {
	phi := u.phi(x)
	return u.mul(u.max(u.c(-16), x), phi)
}

func (u *unit) geluSlope(x r) r {
	phi := u.phi(x)
	c := u.min(u.c(16), u.max(u.c(-16), x))
	g := u.mul(u.exp(u.mul(u.mul(c, c), u.c(-0.5))), u.c(1/math.Sqrt(2*math.Pi)))
	return u.fma(c, g, phi)
}
