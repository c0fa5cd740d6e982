package main

import "math"

// The activation functions, with their derivatives where those share work.

func (u *unit) leakyRelu(x r, sc []r) (y, d r) {
	pos := u.cmp(gt, x, u.c(0))
	return u.blend(pos, x, u.mul(x, sc[0])), u.blend(pos, u.c(1), sc[0])
}

// phi is Φ(x) = ½ + ½·erf(x/√2).
func (u *unit) phi(x r) r { return u.fma(u.erf(u.mul(x, u.c(math.Sqrt2/2))), u.c(0.5), u.c(0.5)) }

// geluFrom is x·Φ(x), and geluSlopeFrom is Φ(x) + x·φ(x). Beyond |x| = 16 both are 0 or (x, 1), so x is
// clamped there to keep ∞·0 away.
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

// softplusFrom is max(x, 0) + log1p(z) with z = e^−|x|.
func (u *unit) softplusFrom(x, z r) r { return u.add(u.max(u.c(0), x), u.log1p(z)) }
