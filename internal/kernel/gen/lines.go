package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Byte offsets of the fields of kernel.lineArgs (checked by a test of that package).
const (
	lineDst    = 0
	lineSrc    = 8
	lineAux    = 16
	lineMore   = 24
	lineDstRow = 32
	lineDstCol = 40
	lineSrcRow = 48
	lineSrcCol = 56
	lineRows   = 64
	lineN      = 72
	lineDstTo  = 80
	lineSrcTo  = 88
)

// transform is a linear map between small sets of vectors.
type transform struct {
	name    string
	in, out int
	body    func(u *unit, in []r) []r
}

// transforms lists the maps of Winograd's convolution F(m, 3), m = 2 and m = 4, in the
// order of the constants in kernel/winograd.go. The interpolation points are 0, ±1, ∞
// for m = 2 and 0, ±¾, ±3⁄2, ∞ for m = 4; the latter have a quarter of the single
// precision error of 0, ±1, ±2, ∞.
var transforms = []transform{
	{"wino2Input", 4, 4, func(u *unit, d []r) []r {
		return []r{u.sub(d[0], d[2]), u.add(d[1], d[2]), u.sub(d[2], d[1]), u.sub(d[1], d[3])}
	}},
	{"wino2Kernel", 3, 4, func(u *unit, g []r) []r {
		s, t := u.mul(u.add(g[0], g[2]), u.c(0.5)), u.mul(g[1], u.c(0.5))
		return []r{g[0], u.add(s, t), u.sub(s, t), g[2]}
	}},
	{"wino2Output", 4, 2, func(u *unit, m []r) []r {
		return []r{u.add(m[0], u.add(m[1], m[2])), u.sub(u.sub(m[1], m[2]), m[3])}
	}},
	{"wino2OutputAdjoint", 2, 4, func(u *unit, y []r) []r {
		return []r{y[0], u.add(y[0], y[1]), u.sub(y[0], y[1]), u.neg(y[1])}
	}},
	{"wino2KernelAdjoint", 4, 3, func(u *unit, k []r) []r {
		s, t := u.mul(u.add(k[1], k[2]), u.c(0.5)), u.mul(u.sub(k[1], k[2]), u.c(0.5))
		return []r{u.add(k[0], s), t, u.add(s, k[3])}
	}},
	{"wino4Input", 6, 6, func(u *unit, d []r) []r {
		e1, e2 := u.fnma(u.c(b2), d[2], d[4]), u.fnma(u.c(a2), d[2], d[4])
		o1, o2 := u.fnma(u.c(b2), d[1], d[3]), u.fnma(u.c(a2), d[1], d[3])
		return []r{
			u.fma(u.c(a2*b2), d[0], u.fnma(u.c(a2+b2), d[2], d[4])),
			u.fma(u.c(a1), o1, e1), u.fnma(u.c(a1), o1, e1),
			u.fma(u.c(b1), o2, e2), u.fnma(u.c(b1), o2, e2),
			u.fma(u.c(a2*b2), d[1], u.fnma(u.c(a2+b2), d[3], d[5])),
		}
	}},
	{"wino4Kernel", 3, 6, func(u *unit, g []r) []r {
		s1, t1 := u.mul(u.fma(u.c(a2), g[2], g[0]), u.c(1/fa)), u.mul(g[1], u.c(a1/fa))
		s2, t2 := u.mul(u.fma(u.c(b2), g[2], g[0]), u.c(1/fb)), u.mul(g[1], u.c(b1/fb))
		return []r{u.mul(g[0], u.c(1/(a2*b2))), u.add(s1, t1), u.sub(s1, t1), u.add(s2, t2), u.sub(s2, t2), g[2]}
	}},
	{"wino4Output", 6, 4, func(u *unit, m []r) []r {
		s1, t1 := u.add(m[1], m[2]), u.sub(m[1], m[2])
		s2, t2 := u.add(m[3], m[4]), u.sub(m[3], m[4])
		return []r{
			u.add(m[0], u.add(s1, s2)),
			u.fma(u.c(a1), t1, u.mul(u.c(b1), t2)),
			u.fma(u.c(a2), s1, u.mul(u.c(b2), s2)),
			u.fma(u.c(a1*a2), t1, u.fma(u.c(b1*b2), t2, m[5])),
		}
	}},
	{"wino4OutputAdjoint", 4, 6, func(u *unit, y []r) []r {
		e1, o1 := u.fma(u.c(a2), y[2], y[0]), u.mul(u.c(a1), u.fma(u.c(a2), y[3], y[1]))
		e2, o2 := u.fma(u.c(b2), y[2], y[0]), u.mul(u.c(b1), u.fma(u.c(b2), y[3], y[1]))
		return []r{y[0], u.add(e1, o1), u.sub(e1, o1), u.add(e2, o2), u.sub(e2, o2), y[3]}
	}},
	{"wino4KernelAdjoint", 6, 3, func(u *unit, k []r) []r {
		s1, t1 := u.mul(u.add(k[1], k[2]), u.c(1/fa)), u.mul(u.sub(k[1], k[2]), u.c(a1/fa))
		s2, t2 := u.mul(u.add(k[3], k[4]), u.c(1/fb)), u.mul(u.sub(k[3], k[4]), u.c(b1/fb))
		return []r{
			u.fma(u.c(1/(a2*b2)), k[0], u.add(s1, s2)),
			u.add(t1, t2),
			u.fma(u.c(a2), s1, u.fma(u.c(b2), s2, k[5])),
		}
	}},
}

// The points of F(4, 3), their squares, and the derivatives of x(x²−a²)(x²−b²) there.
const (
	a1, b1 = 0.75, 1.5
	a2, b2 = a1 * a1, b1 * b1
	fa, fb = 2 * a2 * (a2 - b2), 2 * b2 * (b2 - a2)
)

func genLines(u *unit) []decl {
	var out []decl
	add := func(name string, generate func(name string)) {
		name += u.suffix()
		generate(name)
		out = append(out, decl{name: name, unit: u, class: classLine, key: len(out)})
	}
	for _, t := range transforms {
		add(t.name, func(name string) { genTransform(u, t, name) })
	}
	add("transpose", func(name string) { genTranspose(u, name) })
	add("copyLines", func(name string) {
		genTransform(u, transform{in: 1, out: 1, body: func(_ *unit, in []r) []r { return in }}, name)
	})
	u.addOrders()
	add("maxPool2", func(name string) { genMaxPool(u, name) })
	add("maxPool2Grad", func(name string) { genMaxPoolGrad(u, name) })
	add("alternate", func(name string) { genAlternate(u, name) })
	add("interleave", func(name string) { genInterleave(u, name) })
	add("meanPool2", func(name string) { genMeanPool(u, name) })
	add("meanPool2Grad", func(name string) { genMeanPoolGrad(u, name) })
	for vecs := 1; vecs <= outerVectors; vecs++ {
		add(fmt.Sprintf("outer%d", vecs), func(name string) { genOuter(u, vecs, false, name) })
	}
	for vecs := 1; vecs <= outerVectors; vecs++ {
		add(fmt.Sprintf("outerSGD%d", vecs), func(name string) { genOuter(u, vecs, true, name) })
	}
	return out
}

// Registers of the transforms. Multiples of the strides address the rows.
var (
	srcAt, dstAt   = reg.RSI, reg.RDI
	srcRow, dstRow = reg.RDX, reg.RBX
	src1, src3     = reg.R8, reg.R9
	src5           = reg.R10
	dst1, dst3     = reg.R11, reg.R12
	dst5           = reg.R13
	lineLeft       = reg.RCX
)

// strided addresses element i of an array at base with stride s1; s3 and s5 are
// multiples of s1.
func strided(base, s1, s3, s5 reg.GPPhysical, i int) mem {
	m := operand.Mem{Base: base}
	switch i {
	case 1, 2, 4:
		return m.Idx(s1, uint8(i))
	case 3:
		return m.Idx(s3, 1)
	case 5:
		return m.Idx(s5, 1)
	}
	return m
}

func (u *unit) multiples(field int, s1, s3, s5 reg.GPPhysical) {
	u.emit(movq, args.Offset(field), s1)
	u.emit(leaq, operand.Mem{Base: s1}.Idx(s1, 2), s3)
	u.emit(leaq, operand.Mem{Base: s1}.Idx(s1, 4), s5)
}

// genTransform generates a map that is applied to n elements of each row.
func genTransform(u *unit, t transform, name string) {
	u.begin(name)
	u.multiples(lineSrcCol, src1, src3, src5)
	u.multiples(lineDstCol, dst1, dst3, dst5)
	u.emit(movq, args.Offset(lineSrc), srcRow)
	u.emit(movq, args.Offset(lineDst), dstRow)
	u.hoistConstants(func() {
		in := make([]r, t.in)
		for i := range in {
			in[i] = u.vec()
		}
		t.body(u, in)
	})
	step := func(k int) {
		in := make([]r, t.in)
		for i := range in {
			in[i] = u.vec()
			u.loadMasked(strided(srcAt, src1, src3, src5, i), in[i], k)
		}
		for i, y := range t.body(u, in) {
			u.storeMasked(y, strided(dstAt, dst1, dst3, dst5, i), k)
		}
	}
	u.label("row")
	u.emit(movq, srcRow, srcAt)
	u.emit(movq, dstRow, dstAt)
	u.emit(movq, args.Offset(lineN), lineLeft)
	u.emit(subq, operand.I8(u.lanes()), lineLeft)
	u.jump(jl, "tail")
	u.label("main")
	step(0)
	u.emit(addq, operand.I8(u.isa.bytes()), srcAt)
	u.emit(addq, operand.I8(u.isa.bytes()), dstAt)
	u.emit(subq, operand.I8(u.lanes()), lineLeft)
	u.jump(jge, "main")
	u.label("tail")
	u.emit(addq, operand.I8(u.lanes()), lineLeft)
	u.jump(jz, "next")
	u.maskFrom(lineLeft, tmp, 1)
	step(1)
	u.label("next")
	u.emit(addq, args.Offset(lineSrcRow), srcRow)
	u.emit(addq, args.Offset(lineDstRow), dstRow)
	u.emit(subq, operand.I8(1), args.Offset(lineRows))
	u.jump(jnz, "row")
	u.hoisted = nil
	u.end()
}
