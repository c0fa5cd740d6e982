package main

import "github.com/mmcloughlin/avo/operand"

// outerVectors is the largest number of vectors of columns of an outer product.
const outerVectors = 4

// genOuter generates rows of an outer product: row i of dst is element i of src times
// aux, which has lineN elements, in a number of vectors; the last may be a part. With
// step, dst takes a step of SGD along the product instead; the scalars are in more, and
// the vectors are whole.
func genOuter(u *unit, vecs int, step bool, name string) {
	u.begin(name)
	u.emit(movq, args.Offset(lineSrc), srcAt)
	u.emit(movq, args.Offset(lineDst), dstAt)
	u.emit(movq, args.Offset(lineAux), src3)
	u.emit(movq, args.Offset(lineSrcRow), src1)
	u.emit(movq, args.Offset(lineDstRow), dst1)
	u.emit(movq, args.Offset(lineRows), lineLeft)
	zero := u.vec()
	u.zero(zero)
	var sc [2]r
	if step {
		u.emit(movq, args.Offset(lineMore), tmp)
		for i := range sc {
			sc[i] = u.vec()
			u.emit(vbroadcast.of(u.elem), operand.Mem{Base: tmp, Disp: i * u.isa.bytes() / u.lanes()}, sc[i])
		}
	}
	rows := func(label string, masked int) {
		b := make([]r, vecs)
		mask := func(v int) int {
			if v == vecs-1 {
				return masked
			}
			return 0
		}
		for v := range b {
			b[v] = u.vec()
			u.loadMasked(operand.Mem{Base: src3, Disp: v * u.isa.bytes()}, b[v], mask(v))
		}
		u.label(label)
		a := u.vec()
		u.emit(vbroadcast.of(u.elem), operand.Mem{Base: srcAt}, a)
		for v := range b {
			at, y := operand.Mem{Base: dstAt, Disp: v * u.isa.bytes()}, u.fma(a, b[v], zero)
			if step {
				w := u.vec()
				u.loadMasked(at, w, 0)
				y = u.sgd(w, y, sc[:])
			}
			u.storeMasked(y, at, mask(v))
		}
		u.emit(addq, src1, srcAt)
		u.emit(addq, dst1, dstAt)
		u.emit(subq, operand.I8(1), lineLeft)
		u.jump(jnz, label)
	}
	if step {
		rows("row", 0)
		u.end()
		return
	}
	u.emit(movq, args.Offset(lineN), tmp)
	u.emit(subq, operand.I8((vecs-1)*u.lanes()), tmp)
	u.emit(cmpq, tmp, operand.I8(u.lanes()))
	u.jump(jz, "whole")
	u.maskFrom(tmp, src5, 1)
	rows("part", 1)
	u.jump(jmp, "done")
	u.label("whole")
	rows("row", 0)
	u.label("done")
	u.end()
}
