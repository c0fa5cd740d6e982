package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Each method below emits a vector operation (or a few) and returns the result
// register. Masks are opmask registers in AVX-512 and vectors of all-ones lanes in
// AVX2.

// r is a vector or a mask register.
type r = reg.Register

// Comparison predicates: ordered and quiet, except ne and unordered.
const (
	eq        = 0x00
	unordered = 0x03
	ne        = 0x04
	lt        = 0x11
	le        = 0x12
	notLess   = 0x15
	ge        = 0x1d
	gt        = 0x1e
)

func (u *unit) bin(p pair, a, b r) r {
	out := u.vec()
	u.emit(p.of(u.elem), u.source(b), a, out)
	return out
}

// either is bin for an operation whose operands may be exchanged.
func (u *unit) either(p pair, a, b r) r {
	if u.isLate(a) {
		a, b = b, a
	}
	return u.bin(p, a, b)
}

func (u *unit) add(a, b r) r { return u.either(vadd, a, b) }
func (u *unit) sub(a, b r) r { return u.bin(vsub, a, b) }
func (u *unit) mul(a, b r) r { return u.either(vmul, a, b) }
func (u *unit) div(a, b r) r { return u.bin(vdiv, a, b) }
func (u *unit) and(a, b r) r { return u.either(vand, a, b) }
func (u *unit) or(a, b r) r  { return u.either(vor, a, b) }
func (u *unit) xor(a, b r) r { return u.either(vxor, a, b) }

// andNot is b with the bits of a cleared.
func (u *unit) andNot(a, b r) r { return u.bin(vandn, a, b) }

// max and min return b where either operand is NaN.
func (u *unit) max(a, b r) r { return u.bin(vmax, a, b) }
func (u *unit) min(a, b r) r { return u.bin(vmin, a, b) }

// maxNaN and minNaN return NaN where either operand is NaN.
func (u *unit) maxNaN(a, b r) r { return u.blend(u.cmp(unordered, a, a), a, u.max(a, b)) }

func (u *unit) sqrt(a r) r {
	out := u.vec()
	u.emit(vsqrt.of(u.elem), a, out)
	return out
}

// c is the constant v in all lanes.
func (u *unit) c(v float64) r { return u.cbits(u.bits(v)) }

// cbits is the element with the given bits in all lanes.
func (u *unit) cbits(b uint64) r {
	if c := u.hoisted[b]; c != nil {
		return c
	}
	u.wanted = append(u.wanted, b)
	out := u.vec()
	if u.late != nil {
		u.late[out] = b
		return out
	}
	u.emit(vbroadcast.of(u.elem), u.constant(b), out)
	return out
}

// isLate reports whether a is a constant that no instruction has loaded yet.
func (u *unit) isLate(a r) bool {
	_, late := u.late[a]
	return late
}

// source is a as an operand that may be in memory.
func (u *unit) source(a r) op {
	if bits, late := u.late[a]; late {
		return u.vectorOf(bits)
	}
	return a
}

func (u *unit) copy(a r) r {
	out := u.vec()
	if u.isLate(a) {
		u.emit(vmovu.of(u.elem), u.source(a), out)
		return out
	}
	u.emit(vmova.of(u.elem), a, out)
	return out
}

// fma is a·b + c, fnma is c − a·b, rounded once.
func (u *unit) fma(a, b, c r) r { return u.fused(vfma231, vfma213, a, b, c) }

func (u *unit) fnma(a, b, c r) r { return u.fused(vfnma231, vfnma213, a, b, c) }

// fused adds ±a·b to c, by the form that leaves a constant in memory.
func (u *unit) fused(p231, p213 pair, a, b, c r) r {
	if u.isLate(a) {
		a, b = b, a
	}
	if u.isLate(c) && !u.isLate(b) && !u.isLate(a) {
		out := u.copy(a)
		u.emit(p213.of(u.elem), u.source(c), b, out)
		return out
	}
	out := u.copy(c)
	u.emit(p231.of(u.elem), u.source(b), a, out)
	return out
}

// horner is the polynomial in x with the given coefficients, the highest power first.
func (u *unit) horner(x r, coef ...float64) r {
	p := u.c(coef[0])
	for i, v := range coef[1:] {
		if c := u.c(v); i > 0 && u.isLate(c) {
			u.emit(vfma213.of(u.elem), u.source(c), x, p)
		} else {
			p = u.fma(p, x, c)
		}
	}
	return p
}

// pairs is horner on pairs of terms, which halves the chain of dependent FMAs; x2 is
// x².
func (u *unit) pairs(x, x2 r, coef ...float64) r {
	var p r
	if len(coef)%2 == 1 {
		p, coef = u.c(coef[0]), coef[1:]
	}
	for ; len(coef) > 0; coef = coef[2:] {
		q := u.horner(x, coef[0], coef[1])
		switch {
		case p != nil && u.late != nil:
			u.emit(vfma231.of(u.elem), u.source(p), x2, q)
		case p != nil:
			q = u.fma(p, x2, q)
		}
		p = q
	}
	return p
}

func (u *unit) signBit() r {
	if u.elem == f32 {
		return u.cbits(1 << 31)
	}
	return u.cbits(1 << 63)
}

func (u *unit) neg(a r) r { return u.xor(a, u.signBit()) }

// abs is a without its sign.
func (u *unit) abs(a r) r {
	if sign := u.signBit(); !u.isLate(sign) {
		return u.andNot(sign, a)
	}
	if u.elem == f32 {
		return u.and(a, u.cbits(1<<31-1))
	}
	return u.and(a, u.cbits(1<<63-1))
}

// copySign is a ≥ 0 with the sign of b.
func (u *unit) copySign(a, b r) r { return u.or(a, u.and(b, u.signBit())) }

// cmp is the mask of the lanes where pred(a, b) holds.
func (u *unit) cmp(pred int, a, b r) r {
	var out r = u.regs.YMM()
	if u.isa == avx512 {
		out = u.regs.K()
	}
	u.emit(vcmp.of(u.elem), operand.U8(pred), u.source(b), a, out)
	return out
}

// blend is yes in the lanes of the mask and no elsewhere.
func (u *unit) blend(mask, yes, no r) r {
	out := u.vec()
	if u.isa == avx512 {
		u.emit(vblendm.of(u.elem), yes, no, mask, out)
	} else {
		u.emit(vblendv.of(u.elem), mask, u.source(yes), no, out)
	}
	return out
}

// keep is a in the lanes of the mask and zero elsewhere.
func (u *unit) keep(mask, a r) r {
	out := u.vec()
	if u.isa == avx512 {
		u.emit(vmovaz.of(u.elem), a, mask, out)
	} else {
		u.emit(vand.of(u.elem), u.source(a), mask, out)
	}
	return out
}

// one is 1 in the lanes of the mask and 0 elsewhere.
func (u *unit) one(mask r) r { return u.keep(mask, u.c(1)) }

// round is a rounded to the nearest integer, ties to even.
func (u *unit) round(a r) r {
	out := u.vec()
	if u.isa == avx512 {
		u.emit(vrndscale.of(u.elem), operand.U8(8), a, out)
	} else {
		u.emit(vround.of(u.elem), operand.U8(8), a, out)
	}
	return out
}

// int1 and int2 emit single precision integer operations.
func (u *unit) int1(c ctor, a r) r {
	out := u.vec()
	u.emit(c, a, out)
	return out
}

func (u *unit) int2(c ctor, a, b r) r {
	out := u.vec()
	u.emit(c, u.source(b), a, out)
	return out
}

func (u *unit) shift(c ctor, bits int, a r) r {
	out := u.vec()
	u.emit(c, operand.U8(bits), a, out)
	return out
}

// pow2 is 2ⁿ for integers n in the range of normal numbers.
func (u *unit) pow2(n r) r {
	i := u.int1(vcvtps2dq, n)
	return u.shift(vpslld, 23, u.int2(vpaddd, i, u.cbits(127)))
}

// scale is p·2ⁿ for integers |n| ≤ 252, rounded once.
func (u *unit) scale(p, n r) r {
	if u.isa == avx512 {
		return u.bin(vscalef, p, n)
	}
	i := u.int1(vcvtps2dq, n)
	half := u.shift(vpsrad, 1, i)
	bias := u.cbits(127)
	p = u.mul(p, u.shift(vpslld, 23, u.int2(vpaddd, half, bias)))
	return u.mul(p, u.shift(vpslld, 23, u.int2(vpaddd, u.int2(vpsubd, i, half), bias)))
}

func (u *unit) inf() r { return u.c(math.Inf(1)) }
