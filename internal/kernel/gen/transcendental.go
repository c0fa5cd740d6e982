package main

import "math"

// Single precision transcendental functions. Their error bounds are in the table of
// named functions, which TestUlp of package kernel measures.

const (
	log2e = math.Log2E
	ln2   = math.Ln2
)

// ln2 in two parts: the first is the nearest float32.
var (
	ln2Hi = float64(float32(ln2))
	ln2Lo = ln2 - ln2Hi
)

// expReduced writes x = n·ln 2 + t with |t| ≤ ln 2/2 and returns n and eᵗ − 1.
func (u *unit) expReduced(x r) (n, m1 r) {
	n = u.round(u.mul(x, u.c(log2e)))
	t := u.fnma(n, u.c(ln2Hi), x)
	t = u.fnma(n, u.c(ln2Lo), t)
	t2 := u.mul(t, t)
	p := u.pairs(t, t2, 1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1)
	return n, u.fma(p, t2, t)
}

// minExp is log 2⁻¹²⁶, rounded up: below it, eˣ is subnormal. Such results are flushed
// to 0, because operations on subnormal numbers take a hundred cycles each, and the
// units of a saturated network produce nothing else.
const minExp = -0x1.5d589ep+6

// exp clamps x to where the result is normal or overflows; NaN passes through.
func (u *unit) exp(x r) r {
	n, m1 := u.expReduced(u.min(u.c(89), u.max(u.c(minExp), x)))
	return u.normal(u.scale(u.add(m1, u.c(1)), n))
}

// normal is y, or 0 where y is an exponential below the normal range.
func (u *unit) normal(y r) r { return u.keep(u.cmp(notLess, y, u.c(0x1.0001p-126)), y) }

// tanh |x| = −t/(2+t) with t = e^(−2|x|) − 1, which is accurate near zero.
func (u *unit) tanh(x r) r {
	a := u.min(u.c(10), u.abs(x))
	n, m1 := u.expReduced(u.mul(a, u.c(-2)))
	s := u.pow2(n)
	t := u.fma(s, m1, u.sub(s, u.c(1)))
	y := u.div(t, u.add(u.c(2), t))
	return u.copySign(u.abs(y), x)
}

// sigmoid is 1/(1+z) for x ≥ 0 and z/(1+z) for x < 0, with z = e^−|x|.
func (u *unit) sigmoid(x r) r {
	z, one := u.expNegAbs(x), u.c(1)
	top := u.blend(u.cmp(lt, x, u.c(0)), z, one)
	return u.div(top, u.add(z, one))
}

// expNegAbs is e^−|x|.
func (u *unit) expNegAbs(x r) r {
	x = u.or(x, u.signBit())
	n, m1 := u.expReduced(u.max(u.c(minExp), x))
	return u.normal(u.scale(u.add(m1, u.c(1)), n))
}

// log writes x = 2ᵉ·(1+f) with √½ ≤ 1+f < √2.
func (u *unit) log(x r) r {
	small := u.cmp(lt, x, u.c(0x1p-126))
	s := u.blend(small, u.mul(x, u.c(0x1p25)), x)
	half := u.cbits(uint64(math.Float32bits(math.Sqrt2 / 2)))
	i := u.int2(vpsubd, s, half)
	e := u.int1(vcvtdq2ps, u.shift(vpsrad, 23, i))
	e = u.sub(e, u.keep(small, u.c(25)))
	m := u.int2(vpaddd, u.and(i, u.cbits(0x7fffff)), half)
	f := u.sub(m, u.c(1))
	z := u.mul(f, f)
	p := u.pairs(f, z, 7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
		-1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1)
	y := u.mul(u.mul(p, f), z)
	y = u.fma(e, u.c(-2.12194440e-4), y)
	y = u.fnma(u.c(0.5), z, y)
	y = u.fma(e, u.c(0.693359375), u.add(f, y))
	y = u.blend(u.cmp(notLess, x, u.inf()), x, y)
	y = u.blend(u.cmp(lt, x, u.c(0)), u.c(math.NaN()), y)
	return u.blend(u.cmp(eq, x, u.c(0)), u.c(math.Inf(-1)), y)
}

// log1p is log w + (x − (w−1))/w with w = 1+x, rounded.
func (u *unit) log1p(x r) r {
	one := u.c(1)
	w := u.add(one, x)
	l := u.log(w)
	c := u.div(u.sub(x, u.sub(w, one)), w)
	y := u.add(l, c)
	y = u.blend(u.cmp(gt, w, u.c(0)), y, l)
	y = u.blend(u.cmp(notLess, w, u.inf()), l, y)
	return u.blend(u.cmp(eq, x, u.c(0)), x, y)
}

// erf uses a polynomial in x below 475/512 and 1 − e^p(|x|) above, both by N. Juffa
// (public domain). NaN takes the first branch. The sign is that of sign: with AVX2 it
// may be another value of that sign, where x would occupy a register to the end.
func (u *unit) erf(x, sign r) r {
	if u.isa != avx2 {
		sign = x
	}
	t := u.min(u.c(4), u.abs(x))
	s := u.mul(t, t)
	q := u.horner(t, -1.72853470e-5, 3.83197126e-4)
	q = u.fma(q, s, u.horner(t, -3.88396438e-3, 2.42546219e-2))
	q = u.fma(q, t, u.c(-1.06777877e-1))
	q = u.fma(q, t, u.c(-6.34846687e-1))
	q = u.fma(q, t, u.c(-1.28717512e-1))
	q = u.fma(q, t, u.neg(t))
	far := u.sub(u.c(1), u.exp(q))
	p := u.horner(s, -5.96761703e-4, 4.99119423e-3, -2.67681349e-2, 1.12819925e-1, -3.76125336e-1, 1.28379166e-1)
	near := u.fma(p, t, t)
	y := u.blend(u.cmp(gt, t, u.c(475.0/512)), far, near)
	return u.or(y, u.and(sign, u.signBit()))
}
