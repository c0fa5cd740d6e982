package main

import (
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
)

// The kernels of 2×2 pooling process rows of lineN outputs, lineDstRow apart, and twice
// as many inputs, lineSrcRow apart; the second row of a window is lineSrcCol further
// on.

// Permutations of the 64-bit parts of a vector: even parts first, and the inverse.
var (
	evenFirst = operand.NewStaticSymbol("evenFirst")
	evenBack  = operand.NewStaticSymbol("evenBack")
)

func (u *unit) addOrders() {
	for _, o := range []struct {
		symbol operand.Symbol
		order  []uint64
	}{{evenFirst, []uint64{0, 2, 4, 6, 1, 3, 5, 7}}, {evenBack, []uint64{0, 4, 1, 5, 2, 6, 3, 7}}} {
		g := ir.NewGlobal(o.symbol)
		g.Attributes = rodata
		for _, i := range o.order {
			g.Append(operand.U64(i))
		}
		u.file.AddSection(g)
	}
}

// pool holds the permutations in registers.
type pool struct {
	*unit
	first, back r
}

func (u *unit) beginPool(name string) *pool {
	u.begin(name)
	u.hoisted = nil
	p := &pool{unit: u}
	if u.isa == avx512 {
		p.first, p.back = u.vec(), u.vec()
		u.emit(vmovu.of(f64), operand.NewDataAddr(evenFirst, 0), p.first)
		u.emit(vmovu.of(f64), operand.NewDataAddr(evenBack, 0), p.back)
	}
	u.emit(movq, args.Offset(lineSrcCol), src1)
	return p
}

// reorder permutes the 64-bit parts of a vector.
func (p *pool) reorder(a, order r) r {
	out := p.vec()
	if p.isa == avx2 { // both permutations are 0 2 1 3
		p.emit(vpermpd, operand.U8(0xd8), a, out)
	} else {
		p.emit(vpermpd, a, order, out)
	}
	return out
}

// pairs returns the elements of two vectors at even and odd indices, in the order of
// evenBack.
func (p *pool) pairs(a, b r) (even, odd r) {
	lo, hi := 0x88, 0xdd
	if p.elem == f64 {
		lo, hi = 0, 0xff
		if p.isa == avx2 {
			hi = 0xf
		}
	}
	return p.imm3(vshufp.of(p.elem), lo, a, b), p.imm3(vshufp.of(p.elem), hi, a, b)
}

// split returns the elements at even and odd indices.
func (p *pool) split(a, b r) (even, odd r) {
	even, odd = p.pairs(a, b)
	return p.reorder(even, p.first), p.reorder(odd, p.first)
}

// join is the inverse of split.
func (p *pool) join(even, odd r) (a, b r) {
	even, odd = p.reorder(even, p.back), p.reorder(odd, p.back)
	return p.int2(vunpckl.of(p.elem), even, odd), p.int2(vunpckh.of(p.elem), even, odd)
}

// rows generates the loops; step receives the masks of the outputs and of the two input
// vectors.
func (p *pool) rows(pointers func(add bool), step func(out, in0, in1 int)) {
	p.label("row")
	pointers(false)
	p.emit(movq, args.Offset(lineN), lineLeft)
	p.emit(subq, operand.I8(p.lanes()), lineLeft)
	p.jump(jl, "tail")
	p.label("main")
	step(0, 0, 0)
	pointers(true)
	p.emit(subq, operand.I8(p.lanes()), lineLeft)
	p.jump(jge, "main")
	p.label("tail")
	p.emit(addq, operand.I8(p.lanes()), lineLeft)
	p.jump(jz, "next")
	p.poolMasks()
	step(1, 2, 3)
	p.label("next")
}

// poolMasks sets mask 1 to the remaining outputs, masks 2 and 3 to their inputs.
func (p *pool) poolMasks() {
	p.emit(movq, lineLeft, src3)
	p.maskFrom(src3, tmp, 1)
	p.emit(addq, lineLeft, lineLeft)
	p.emit(movq, operand.U32(p.lanes()), src3)
	p.emit(cmpq, lineLeft, src3)
	p.jump(jg, "two")
	p.emit(movq, lineLeft, src3)
	p.label("two")
	p.emit(subq, src3, lineLeft)
	p.maskFrom(src3, tmp, 2)
	p.maskFrom(lineLeft, tmp, 3)
}

// inputs loads the four vectors of a step.
func (p *pool) inputs(in0, in1 int) (x [4]r) {
	for i := range x {
		x[i] = p.vec()
		p.loadMasked(p.input(i), x[i], [...]int{in0, in1}[i%2])
	}
	return x
}

// input is the address of the i-th vector of a step: two of the first row, two of the
// second.
func (p *pool) input(i int) mem {
	m := operand.Mem{Base: srcAt, Disp: i % 2 * p.isa.bytes()}
	if i >= 2 {
		m = m.Idx(src1, 1)
	}
	return m
}

// genAlternate generates the copy of every second element of a row.
func genAlternate(u *unit, name string) {
	p := u.beginPool(name)
	u.emit(movq, args.Offset(lineSrc), srcRow)
	u.emit(movq, args.Offset(lineDst), dstRow)
	p.rows(func(add bool) {
		if add {
			u.emit(addq, operand.I32(2*u.isa.bytes()), srcAt)
			u.emit(addq, operand.I8(u.isa.bytes()), dstAt)
			return
		}
		u.emit(movq, srcRow, srcAt)
		u.emit(movq, dstRow, dstAt)
	}, func(out, in0, in1 int) {
		a, b := u.vec(), u.vec()
		u.loadMasked(p.input(0), a, in0)
		u.loadMasked(p.input(1), b, in1)
		even, _ := p.split(a, b)
		u.storeMasked(even, operand.Mem{Base: dstAt}, out)
	})
	u.emit(addq, args.Offset(lineSrcRow), srcRow)
	u.emit(addq, args.Offset(lineDstRow), dstRow)
	u.emit(subq, operand.I8(1), args.Offset(lineRows))
	u.jump(jnz, "row")
	u.end()
}

// genInterleave generates the inverse: rows of lineDst, of twice lineN elements, take
// theirs in turn from lineSrc and lineAux, both lineSrcRow apart.
func genInterleave(u *unit, name string) {
	p := u.beginPool(name)
	other := src5
	u.emit(movq, args.Offset(lineSrc), dstRow)
	u.emit(movq, args.Offset(lineAux), other)
	u.emit(subq, dstRow, other) // distance from an even element to the odd one
	u.emit(movq, args.Offset(lineDst), srcRow)
	p.rows(func(add bool) {
		if add {
			u.emit(addq, operand.I32(2*u.isa.bytes()), srcAt)
			u.emit(addq, operand.I8(u.isa.bytes()), dstAt)
			return
		}
		u.emit(movq, srcRow, srcAt)
		u.emit(movq, dstRow, dstAt)
	}, func(out, in0, in1 int) {
		a, b := u.vec(), u.vec()
		u.loadMasked(operand.Mem{Base: dstAt}, a, out)
		u.loadMasked(operand.Mem{Base: dstAt}.Idx(other, 1), b, out)
		a, b = p.join(a, b)
		u.storeMasked(a, p.input(0), in0)
		u.storeMasked(b, p.input(1), in1)
	})
	u.emit(addq, args.Offset(lineDstRow), srcRow)
	u.emit(addq, args.Offset(lineSrcRow), dstRow)
	u.emit(subq, operand.I8(1), args.Offset(lineRows))
	u.jump(jnz, "row")
	u.end()
}

// genPool generates the pooling of windows: of the two rows, then of the two columns.
func genPool(u *unit, name string, of func(a, b r) r, last func(a r) r) {
	p := u.beginPool(name)
	u.emit(movq, args.Offset(lineSrc), srcRow)
	u.emit(movq, args.Offset(lineDst), dstRow)
	p.rows(func(add bool) {
		if add {
			u.emit(addq, operand.I32(2*u.isa.bytes()), srcAt)
			u.emit(addq, operand.I8(u.isa.bytes()), dstAt)
			return
		}
		u.emit(movq, srcRow, srcAt)
		u.emit(movq, dstRow, dstAt)
	}, func(out, in0, in1 int) {
		x := p.inputs(in0, in1)
		even, odd := p.pairs(of(x[0], x[2]), of(x[1], x[3]))
		u.storeMasked(p.reorder(last(of(even, odd)), p.first), operand.Mem{Base: dstAt}, out)
	})
	u.emit(addq, args.Offset(lineSrcRow), srcRow)
	u.emit(addq, args.Offset(lineDstRow), dstRow)
	u.emit(subq, operand.I8(1), args.Offset(lineRows))
	u.jump(jnz, "row")
	u.end()
}

func genMaxPool(u *unit, name string) { genPool(u, name, u.maxNaN, func(a r) r { return a }) }

func genMeanPool(u *unit, name string) {
	genPool(u, name, u.add, func(a r) r { return u.mul(a, u.c(0.25)) })
}

// genMeanPoolGrad generates the derivative: rows of lineSrc, lineSrcRow apart, shaped
// like the outputs; lineDst, lineDstRow apart, like the inputs.
func genMeanPoolGrad(u *unit, name string) {
	p := u.beginPool(name)
	u.emit(movq, args.Offset(lineSrc), dstRow)
	u.emit(movq, args.Offset(lineDst), srcRow)
	p.rows(func(add bool) {
		if add {
			u.emit(addq, operand.I32(2*u.isa.bytes()), srcAt)
			u.emit(addq, operand.I8(u.isa.bytes()), dstAt)
			return
		}
		u.emit(movq, srcRow, srcAt)
		u.emit(movq, dstRow, dstAt)
	}, func(out, in0, in1 int) {
		g := u.vec()
		u.loadMasked(operand.Mem{Base: dstAt}, g, out)
		g = u.mul(g, u.c(0.25))
		a, b := p.join(g, g)
		for i := range 4 {
			u.storeMasked([]r{a, b}[i%2], p.input(i), [...]int{in0, in1}[i%2])
		}
	})
	u.emit(addq, args.Offset(lineDstRow), srcRow)
	u.emit(addq, args.Offset(lineSrcRow), dstRow)
	u.emit(subq, operand.I8(1), args.Offset(lineRows))
	u.jump(jnz, "row")
	u.end()
}

// genMaxPoolGrad generates the derivative: lineDst and lineSrc are shaped like the
// inputs x; lineAux, the maxima, and lineMore, the output gradient, like the outputs.
// The first element of a window that equals the maximum, or the first NaN, gets the
// gradient.
func genMaxPoolGrad(u *unit, name string) {
	p := u.beginPool(name)
	yAt, gAt, offset := src5, dst1, dst3
	u.emit(movq, args.Offset(lineSrc), srcRow)
	u.emit(movq, args.Offset(lineAux), dstRow)
	u.emit(movq, args.Offset(lineMore), dst5)
	u.emit(movq, args.Offset(lineDst), offset)
	u.emit(subq, srcRow, offset) // distance from an input to its gradient
	p.rows(func(add bool) {
		if add {
			u.emit(addq, operand.I32(2*u.isa.bytes()), srcAt)
			u.emit(addq, operand.I8(u.isa.bytes()), yAt)
			u.emit(addq, operand.I8(u.isa.bytes()), gAt)
			return
		}
		u.emit(movq, srcRow, srcAt)
		u.emit(movq, dstRow, yAt)
		u.emit(movq, dst5, gAt)
	}, func(out, in0, in1 int) {
		x := p.inputs(in0, in1)
		y, left := u.vec(), u.vec()
		u.loadMasked(operand.Mem{Base: yAt}, y, out)
		u.loadMasked(operand.Mem{Base: gAt}, left, out)
		take := func(v r) r {
			d := u.or(u.keep(u.cmp(eq, v, y), left), u.keep(u.cmp(unordered, v, v), left))
			left = u.xor(left, d)
			return d
		}
		u.emit(leaq, operand.Mem{Base: srcAt}.Idx(offset, 1), dstAt)
		for row := range 2 {
			even, odd := p.split(x[2*row], x[2*row+1])
			a, b := p.join(take(even), take(odd))
			for i, v := range []r{a, b} {
				m := p.input(2*row + i)
				m.Base = dstAt
				u.storeMasked(v, m, [...]int{in0, in1}[i])
			}
		}
	})
	u.emit(addq, args.Offset(lineSrcRow), srcRow)
	u.emit(addq, args.Offset(lineDstRow), dstRow)
	u.emit(addq, args.Offset(lineDstRow), dst5)
	u.emit(subq, operand.I8(1), args.Offset(lineRows))
	u.jump(jnz, "row")
	u.end()
}
