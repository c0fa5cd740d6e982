package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// laneReduction generates a sum over the elements of a row: n sums over every n-th
// element, then these in double precision, by adding the upper half to the lower until
// one is left. A vector has as many lanes as there are doubles in a register.
type laneReduction struct {
	*unit
	kind, n int
}

// The kinds of a laneReduction.
const (
	kindSum = iota
	kindDot
	kindError // the squares of A − B, which goes to the bias
)

// narrow is the i-th register with one element of each lane.
func (l *laneReduction) narrow(i int) reg.Register {
	s := reg.S256
	switch {
	case l.isa == avx512 && l.elem == f64:
		s = reg.S512
	case l.isa == avx2 && l.elem == f32:
		s = reg.S128
	}
	return reg.Vector.Lookup(reg.Index(i), s)
}

// kept is the number of sums in registers; AVX2 has too few for sixteen.
func (l *laneReduction) kept() int {
	if l.isa == avx2 {
		return min(l.n, 8)
	}
	return l.n
}

// spare is a register that no sum uses.
func (l *laneReduction) spare(i int) int {
	if l.isa == avx512 {
		return 16 + i
	}
	return 14 + i
}

// room addresses sum i in memory.
func (l *laneReduction) room(i int) mem {
	return operand.Mem{Base: bFrom, Disp: i * l.isa.bytes() / 2}
}

func (l *laneReduction) generate(name string) {
	l.begin(name)
	stride := aStep
	l.emit(movq, args.Offset(laneBytes), stride)
	l.emit(movq, args.Offset(laneC), aFrom)
	l.emit(movq, args.Offset(laneRoom), bFrom)
	l.lanesLoop(l.isa.bytes()/8*l.size(), func() {
		for i := range l.kept() {
			l.zero(l.narrow(i))
		}
		for i := l.kept(); i < l.n; i++ {
			l.emit(vmovu.of(l.elem), l.narrow(0), l.room(i))
		}
		l.from(laneA, aAt)
		l.from(laneB, bAt)
		if l.kind == kindError {
			l.from(laneBias, bStep)
		}
		l.emit(movq, args.Offset(laneN), laneLeft)
		l.emit(subq, operand.I8(l.n), laneLeft)
		l.jump(jl, "tail")
		l.label("main")
		for i := range l.n {
			l.step(i)
		}
		l.emit(subq, operand.I8(l.n), laneLeft)
		l.jump(jge, "main")
		l.label("tail")
		l.emit(addq, operand.I8(l.n), laneLeft)
		for i := range l.n - 1 {
			l.jump(jz, "done")
			l.step(i)
			l.emit(subq, operand.I8(1), laneLeft)
		}
		l.label("done")
		l.tree()
		l.emit(vmovu.of(f64), l.phys(0), operand.Mem{Base: aFrom})
		l.emit(addq, operand.I8(l.isa.bytes()), aFrom)
	})
}

// step adds an element to sum i.
func (l *laneReduction) step(i int) {
	acc, t := l.narrow(i), l.narrow(l.spare(0))
	if i >= l.kept() {
		acc = l.narrow(l.spare(1))
		l.emit(vmovu.of(l.elem), l.room(i), acc)
	}
	at := operand.Mem{Base: aAt}
	switch l.kind {
	case kindSum:
		l.emit(vadd.of(l.elem), at, acc, acc)
	case kindDot:
		l.emit(vmovu.of(l.elem), at, t)
		l.emit(vmul.of(l.elem), operand.Mem{Base: bAt}, t, t)
		l.emit(vadd.of(l.elem), t, acc, acc)
		l.emit(addq, aStep, bAt)
	case kindError:
		l.emit(vmovu.of(l.elem), at, t)
		l.emit(vsub.of(l.elem), operand.Mem{Base: bAt}, t, t)
		l.emit(vmovu.of(l.elem), t, operand.Mem{Base: bStep})
		l.emit(vfma231.of(l.elem), t, t, acc)
		l.emit(addq, aStep, bAt)
		l.emit(addq, aStep, bStep)
	}
	if i >= l.kept() {
		l.emit(vmovu.of(l.elem), acc, l.room(i))
	}
	l.emit(addq, aStep, aAt)
}

// tree adds up the sums into register 0.
func (l *laneReduction) tree() {
	n := l.n
	for i := range l.kept() {
		if l.elem == f32 {
			l.emit(vcvtps2pd, l.narrow(i), l.phys(i))
		}
	}
	if l.kept() < n {
		n /= 2
		for i := range n {
			t := l.phys(l.spare(0))
			l.emit(vcvtps2pd, l.room(n+i), t)
			l.emit(vadd.of(f64), t, l.phys(i), l.phys(i))
		}
	}
	for n /= 2; n > 0; n /= 2 {
		for i := range n {
			l.emit(vadd.of(f64), l.phys(n+i), l.phys(i), l.phys(i))
		}
	}
}
