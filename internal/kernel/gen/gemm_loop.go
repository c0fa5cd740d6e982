package main

import "github.com/mmcloughlin/avo/operand"

// kLoop runs over k in steps of split, then over the rest.
func (t *tile) kLoop() {
	t.emit(movq, args.Offset(tileK), count)
	if t.split > 1 {
		t.emit(shrq, operand.U8(t.split/2), count)
	} else {
		t.emit(testq, count, count)
	}
	t.jump(jz, t.at("rest"))
	t.label(t.at("k"))
	for s := range t.split {
		t.step(s)
	}
	t.emit(subq, operand.I8(1), count)
	t.jump(jnz, t.at("k"))
	t.label(t.at("rest"))
	if t.split == 1 {
		return
	}
	t.emit(movq, args.Offset(tileK), count)
	t.emit(andq, operand.I8(t.split-1), count)
	for s := range t.split - 1 {
		t.jump(jz, t.at("combine"))
		t.step(s)
		if s < t.split-2 {
			t.emit(subq, operand.I8(1), count)
		}
	}
	t.label(t.at("combine"))
}

// step adds one k to the s-th sums: row k of B times column k of A.
func (t *tile) step(s int) {
	for v := range t.vecs {
		t.loadC(operand.Mem{Base: bPtr, Disp: v * t.isa.bytes()}, t.bReg(s, v), t.isMasked(v))
	}
	if t.isa == avx512 && t.rows >= 6 && t.split == 1 {
		for v := range t.vecs {
			t.emit(prefetch, operand.Mem{Base: bPtr, Disp: prefetchBytes + 64*v})
		}
	}
	for i := range t.rows {
		if t.embedded() {
			for v := range t.vecs {
				t.emit(vfma231b.of(t.elem), t.aRow(i), t.bReg(s, v), t.acc(s, i, v))
			}
			continue
		}
		x := t.phys(14)
		switch {
		case t.isa == avx512 && t.split*t.rows*t.vecs > 24:
			x = t.phys(30 + i%2)
		case t.isa == avx512:
			x = t.phys(24 + (s*t.rows+i)%4)
		}
		t.emit(vbroadcast.of(t.elem), t.aRow(i), x)
		for v := range t.vecs {
			t.emit(vfma231.of(t.elem), t.bReg(s, v), x, t.acc(s, i, v))
		}
	}
	t.emit(addq, bRow, bPtr)
	t.emit(addq, aCol, aBase)
	if t.rows > 7 {
		t.emit(addq, aCol, aBase7)
	}
}

// embedded reports whether the elements of A are embedded-broadcast operands of the
// FMAs. If registers are free and an element is used twice, it is loaded once instead:
// a kernel of few rows is bound by loads.
func (t *tile) embedded() bool {
	return t.isa == avx512 && (t.vecs == 1 || t.split > 1 && t.split*t.rows*t.vecs > 24)
}

// prefetchBytes is the prefetch distance in B: 10 rows of a panel.
const prefetchBytes = 1280

// combine adds the split sums: s0+s1, or (s0+s1)+(s2+s3).
func (t *tile) combine() {
	for width := 1; width < t.split; width *= 2 {
		for s := 0; s < t.split; s += 2 * width {
			for i := range t.rows {
				for v := range t.vecs {
					t.emit(vadd.of(t.elem), t.acc(s+width, i, v), t.acc(s, i, v), t.acc(s, i, v))
				}
			}
		}
	}
}
