package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Rows are reduced in the same order on both instruction sets: 64 bytes of lanes in
// parallel, each over every 16th (8th) element; then the lanes in double precision, by
// adding the upper half to the lower until one is left.

func (l *loop) clearSums() {
	for i, a := range l.acc {
		if i == 1 && l.isa == avx512 {
			continue
		}
		if l.reduce == maximum {
			l.emit(vbroadcast.of(l.elem), l.constant(l.bits(math.Inf(-1))), a)
		} else {
			l.zero(a)
		}
	}
}

// mask is the mask register of the tail.
func (l *loop) mask() r {
	if l.isa == avx512 {
		return reg.K1
	}
	return l.phys(15)
}

func (l *loop) accumulate(v r, masked bool) {
	acc := l.acc[0]
	if masked {
		if l.reduce == maximum {
			v = l.blend(l.mask(), v, l.c(math.Inf(-1)))
		} else {
			v = l.keep(l.mask(), v)
		}
	}
	switch l.reduce {
	case sum:
		l.emit(vadd.of(l.elem), v, acc, acc)
	case sumSquare:
		l.emit(vfma231.of(l.elem), v, v, acc)
	case maximum:
		l.emit(vmova.of(l.elem), l.maxNaN(acc, v), acc)
	}
	if l.isa == avx2 {
		l.swap()
	}
}

func (l *loop) swap() {
	t := l.copy(l.acc[0])
	l.emit(vmova.of(l.elem), l.acc[1], l.acc[0])
	l.emit(vmova.of(l.elem), t, l.acc[1])
}

// storeSum reduces the lanes and stores the row's result as a float64.
func (l *loop) storeSum() {
	if l.isa == avx2 {
		l.emit(leaq, operand.Mem{Base: length, Disp: l.lanes() - 1}, tmp)
		l.emit(shrq, operand.U8(map[int]int{4: 2, 8: 3}[l.lanes()]), tmp)
		l.emit(andq, operand.I8(1), tmp)
		l.jump(jz, "even")
		l.swap()
		l.label("even")
	}
	d := &unit{isa: avx2, elem: f64, file: l.file, fn: l.fn, regs: l.regs, pool: l.pool}
	y := l.halves(d)
	x := l.regs.XMM()
	l.upper(y, x)
	s := l.combine(d, y.(reg.Vec).AsX(), x, func() r { return l.regs.XMM() })
	h := l.regs.XMM()
	l.emit(vunpckhpd, s, s, h)
	s = l.combine(d, s, h, func() r { return l.regs.XMM() })
	l.emit(vmovsd, s, operand.Mem{Base: sums})
	l.emit(addq, operand.I8(8), sums)
}

// halves combines lanes j, j+4, j+8, … into four double precision lanes.
func (l *loop) halves(d *unit) r {
	ymm := func() r { return l.regs.YMM() }
	lo := l.acc[0]
	hi := l.acc[1]
	if l.isa == avx512 {
		hi = ymm()
		l.emit(vextract4, operand.U8(1), lo, hi)
		lo = lo.(reg.Vec).AsY()
	}
	if l.elem == f64 {
		return l.combine(d, lo, hi, ymm)
	}
	a := l.combine(d, l.widen(lo, 0), l.widen(hi, 0), ymm)
	b := l.combine(d, l.widen(lo, 1), l.widen(hi, 1), ymm)
	return l.combine(d, a, b, ymm)
}

// widen converts the lower or upper four lanes of a YMM register to double precision.
func (l *loop) widen(a r, half int) r {
	x := a.(reg.Vec).AsX()
	if half == 1 {
		x = l.regs.XMM()
		l.upper(a, x)
	}
	out := l.regs.YMM()
	l.emit(vcvtps2pd, x, out)
	return out
}

// combine adds two vectors of doubles or takes the maximum, NaN if either is NaN.
func (l *loop) combine(d *unit, a, b r, fresh func() r) r {
	out := fresh()
	if l.reduce != maximum {
		d.emit(vadd.of(f64), b, a, out)
		return out
	}
	m, nan := fresh(), fresh()
	d.emit(vmax.of(f64), b, a, m)
	d.emit(vcmp.of(f64), operand.U8(unordered), a, a, nan)
	d.emit(vblendv.of(f64), nan, a, m, out)
	return out
}

// upper moves the upper half of a YMM register to an XMM register, in the encoding that
// reaches all registers.
func (l *loop) upper(y, x r) {
	if l.isa == avx512 {
		l.emit(vextract2z, operand.U8(1), y, x)
	} else {
		l.emit(vextract2, operand.U8(1), y, x)
	}
}
