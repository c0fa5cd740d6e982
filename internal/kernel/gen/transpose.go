package main

import "github.com/mmcloughlin/avo/operand"

// genTranspose generates the transposition of square blocks of one vector's width:
// lineRows rows of blocks, lineDstRow and lineSrcRow apart, each of lineN blocks,
// lineDstTo and lineSrcTo apart; lineDstCol and lineSrcCol are the distances of the
// rows within a block.
func genTranspose(u *unit, name string) {
	u.begin(name)
	u.emit(movq, args.Offset(lineSrc), srcRow)
	u.emit(movq, args.Offset(lineDst), dstRow)
	u.emit(movq, args.Offset(lineSrcCol), src1)
	u.emit(movq, args.Offset(lineDstCol), dst1)
	u.label("row")
	u.emit(movq, srcRow, src3)
	u.emit(movq, dstRow, dst5)
	u.emit(movq, args.Offset(lineN), lineLeft)
	u.label("block")
	u.emit(movq, src3, srcAt)
	in := make([]r, u.lanes())
	for i := range in {
		in[i] = u.vec()
		u.emit(vmovu.of(u.elem), operand.Mem{Base: srcAt}, in[i])
		u.emit(addq, src1, srcAt)
	}
	u.emit(movq, dst5, dstAt)
	for _, y := range u.transposed(in) {
		u.emit(vmovu.of(u.elem), y, operand.Mem{Base: dstAt})
		u.emit(addq, dst1, dstAt)
	}
	u.emit(addq, args.Offset(lineSrcTo), src3)
	u.emit(addq, args.Offset(lineDstTo), dst5)
	u.emit(subq, operand.I8(1), lineLeft)
	u.jump(jnz, "block")
	u.emit(addq, args.Offset(lineSrcRow), srcRow)
	u.emit(addq, args.Offset(lineDstRow), dstRow)
	u.emit(subq, operand.I8(1), args.Offset(lineRows))
	u.jump(jnz, "row")
	u.end()
}

// transposed transposes a square block of vectors: first within 128-bit lanes, then the
// lanes.
func (u *unit) transposed(in []r) []r {
	within := 2 // elements in a lane
	in = u.unpackPairs(in, vunpckl.of(u.elem), vunpckh.of(u.elem), 1)
	if u.elem == f32 {
		within = 4
		in = u.unpackPairs(in, vunpcklpd, vunpckhpd, 2)
		for i := 0; i < len(in); i += 4 { // the order of the pairs
			in[i+1], in[i+2] = in[i+2], in[i+1]
		}
	}
	out := make([]r, len(in))
	for j := range within {
		if u.isa == avx2 {
			out[j] = u.imm3(vperm2, 0x20, in[j], in[within+j])
			out[within+j] = u.imm3(vperm2, 0x31, in[j], in[within+j])
			continue
		}
		a, b := in[j], in[within+j]
		c, d := in[2*within+j], in[3*within+j]
		ab, cd := u.imm3(vshuf, 0x44, a, b), u.imm3(vshuf, 0x44, c, d)
		out[j], out[within+j] = u.imm3(vshuf, 0x88, ab, cd), u.imm3(vshuf, 0xdd, ab, cd)
		ab, cd = u.imm3(vshuf, 0xee, a, b), u.imm3(vshuf, 0xee, c, d)
		out[2*within+j], out[3*within+j] = u.imm3(vshuf, 0x88, ab, cd), u.imm3(vshuf, 0xdd, ab, cd)
	}
	return out
}

// unpackPairs interleaves vectors a given distance apart.
func (u *unit) unpackPairs(in []r, lo, hi ctor, distance int) []r {
	out := make([]r, len(in))
	for i := range in {
		if i/distance%2 == 1 {
			continue
		}
		out[i], out[i+distance] = u.int2(lo, in[i], in[i+distance]), u.int2(hi, in[i], in[i+distance])
	}
	return out
}

// imm3 emits an operation on two vectors with an immediate.
func (u *unit) imm3(c ctor, imm int, a, b r) r {
	out := u.vec()
	u.emit(c, operand.U8(imm), b, a, out)
	return out
}
