package main

import "math"

// activation is a function f of which the fused kernels know the value and the derivative.
type activation struct {
	name    string
	scalars int
	single  bool
	// both gives f(x) and f'(x).
	both func(u *unit, x r, sc []r) (y, d r)
	// slope gives f'(x) from y = f(x); nil where that is not possible.
	slope func(u *unit, y r, sc []r) r
}

var activations = []activation{
	{
		name: "Tanh", single: true,
		both:  func(u *unit, x r, _ []r) (r, r) { y := u.tanh(x); return y, u.tanhSlope(y) },
		slope: func(u *unit, y r, _ []r) r { return u.tanhSlope(y) },
	},
	{
		name: "Sigmoid", single: true,
		both:  func(u *unit, x r, _ []r) (r, r) { y := u.sigmoid(x); return y, u.sigmoidSlope(y) },
		slope: func(u *unit, y r, _ []r) r { return u.sigmoidSlope(y) },
	},
	{
		name:  "Relu",
		both:  func(u *unit, x r, _ []r) (r, r) { return u.max(u.c(0), x), u.one(u.cmp(gt, x, u.c(0))) },
		slope: func(u *unit, y r, _ []r) r { return u.one(u.cmp(gt, y, u.c(0))) },
	},
	{
		name: "LeakyRelu", scalars: 1,
		both: (*unit).leakyRelu,
		slope: func(u *unit, y r, sc []r) r {
			_, d := u.leakyRelu(y, sc)
			return d
		},
	},
	{
		name:  "HardTanh",
		both:  func(u *unit, x r, _ []r) (r, r) { return u.hardTanh(x), u.hardTanhSlope(x) },
		slope: func(u *unit, y r, _ []r) r { return u.hardTanhSlope(y) },
	},
	{name: "GELU", single: true, both: func(u *unit, x r, _ []r) (r, r) { return u.gelu(x) }},
	{name: "SiLU", single: true, both: func(u *unit, x r, _ []r) (r, r) { return u.silu(x) }},
	{name: "Softplus", single: true, both: func(u *unit, x r, _ []r) (r, r) { return u.softplus(x) }},
}

func (u *unit) leakyRelu(x r, sc []r) (y, d r) {
	pos := u.cmp(gt, x, u.c(0))
	return u.blend(pos, x, u.mul(x, sc[0])), u.blend(pos, u.c(1), sc[0])
}

// gelu is x·Φ(x) and Φ(x) + x·φ(x). Beyond |x| = 16 both are 0 or (x, 1), so x is clamped there to
// keep ∞·0 away.
func (u *unit) gelu(x r) (y, d r) {
	phi := u.phi(x)
	return u.geluFrom(x, phi), u.geluSlopeFrom(x, phi)
}

// phi is Φ(x) = ½ + ½·erf(x/√2).
func (u *unit) phi(x r) r { return u.fma(u.erf(u.mul(x, u.c(math.Sqrt2/2))), u.c(0.5), u.c(0.5)) }

func (u *unit) geluFrom(x, phi r) r { return u.mul(u.max(u.c(-16), x), phi) }

func (u *unit) geluSlopeFrom(x, phi r) r {
	c := u.min(u.c(16), u.max(u.c(-16), x))
	g := u.mul(u.exp(u.mul(u.mul(c, c), u.c(-0.5))), u.c(1/math.Sqrt(2*math.Pi)))
	return u.fma(c, g, phi)
}

// silu is x·σ(x) and σ(x) + x·σ(x)·σ(−x), where σ(−x) is not 1 − σ(x), which cancels.
func (u *unit) silu(x r) (y, d r) {
	z, one := u.expNegAbs(x), u.c(1)
	left := u.cmp(lt, x, u.c(0))
	den := u.add(z, one)
	s := u.div(u.blend(left, z, one), den)
	rest := u.div(u.blend(left, one, z), den)
	c := u.min(u.c(120), u.max(u.c(-120), x))
	return u.siluFrom(x, s), u.fma(u.mul(c, s), rest, s)
}

func (u *unit) siluFrom(x, s r) r { return u.mul(u.max(u.c(-120), x), s) }

// softplus is max(x, 0) + log1p(e^−|x|) and σ(x).
func (u *unit) softplus(x r) (y, d r) {
	z := u.expNegAbs(x)
	return u.softplusFrom(x, z), u.sigmoidFrom(x, z)
}

func (u *unit) softplusFrom(x, z r) r { return u.add(u.max(u.c(0), x), u.log1p(z)) }
