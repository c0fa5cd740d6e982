package main

import (
	"fmt"
	"math/bits"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Byte offsets of the fields of kernel.laneArgs (checked by a test of that package).
const (
	laneC     = 0
	laneA     = 8
	laneB     = 16
	laneBias  = 24
	laneACol  = 32
	laneBRow  = 40
	laneBCol  = 48
	laneK     = 56
	laneN     = 64
	laneBytes = 72
	laneRoom  = 80
)

// Registers of the kernels over lanes.
var (
	laneCount = reg.RBX
	laneLeft  = reg.RCX
	laneIndex = reg.RDX // of the vector, in bytes
	aAt, bAt  = reg.RSI, reg.RDI
	aFrom     = reg.R8
	bFrom     = reg.R9
	aStep     = reg.R10
	bStep     = reg.R11
	col1      = reg.R12
	col3      = reg.R13
	col5      = reg.R14
	col7      = reg.R15
)

// The keys of the kernels over lanes: 64·family + 16·log₂(sums or kind) + columns or
// accumulators. See kernel/lanes_amd64.go.
const (
	laneProducts = iota * 64
	laneReductions
	laneSteps
)

func genLanes(u *unit) []decl {
	var out []decl
	add := func(key int, name string, generate func(name string)) {
		name += u.suffix()
		generate(name)
		out = append(out, decl{name: name, unit: u, class: classLane, key: key})
	}
	for log, split := range []int{1, 2, 4} {
		for cols := 1; cols <= u.laneColumns(); cols *= 2 {
			add(laneProducts+16*log+cols, fmt.Sprintf("laneProductS%dN%d", split, cols), func(name string) { genLaneProduct(u, name, split, cols) })
		}
	}
	for kind, what := range []string{"Sum", "Dot", "Error"} {
		for n := 1; n <= 64/u.size(); n *= 2 {
			add(laneReductions+16*kind+n-1, fmt.Sprintf("lane%s%d", what, n), func(name string) {
				k := &laneReduction{unit: u, kind: kind, n: n}
				k.generate(name)
			})
		}
	}
	add(laneSteps, "laneDescend", func(name string) {
		genLaneStep(u, name, func(s, _, x, g r) r { return u.sub(x, u.mul(s, g)) })
	})
	add(laneSteps+1, "laneSGD", func(name string) {
		genLaneStep(u, name, func(s, decay, x, g r) r { return u.fnma(s, u.fma(decay, x, g), x) })
	})
	add(laneSteps+4, "laneAdd", func(name string) {
		genLaneStep(u, name, func(s, _, x, g r) r { return u.fma(s, g, x) })
	})
	if u.elem == f32 {
		add(laneSteps+2, "laneNarrow", func(name string) { genLaneConvert(u, name, false) })
		add(laneSteps+3, "laneWiden", func(name string) { genLaneConvert(u, name, true) })
	}
	return out
}

// genLaneConvert generates the conversion of an element A to C, from double precision to
// single or back. The bytes of an element count single precision.
func genLaneConvert(u *unit, name string, widen bool) {
	u.begin(name)
	wide, single := aFrom, aAt
	field, other := laneA, laneC
	if widen {
		field, other = laneC, laneA
	}
	u.emit(movq, args.Offset(field), wide)
	half := (&laneReduction{unit: u}).narrow(0)
	u.lanesLoop(u.isa.bytes()/2, func() {
		u.from(other, single)
		switch {
		case widen:
			u.emit(vcvtps2pd, operand.Mem{Base: single}, u.phys(0))
			u.emit(vmovu.of(f64), u.phys(0), operand.Mem{Base: wide})
		case u.isa == avx2:
			u.emit(vcvtpd2psy, operand.Mem{Base: wide}, half)
		default:
			u.emit(vcvtpd2ps, operand.Mem{Base: wide}, half)
		}
		if !widen {
			u.emit(vmovu.of(f32), half, operand.Mem{Base: single})
		}
		u.emit(addq, operand.I8(u.isa.bytes()), wide)
	})
}

// laneColumns is the number of columns of the largest product kernel: three sums each,
// and an operand.
func (u *unit) laneColumns() int {
	if u.isa == avx512 {
		return 8
	}
	return 4
}

// lanesLoop generates a loop over the vectors of lanes.
func (u *unit) lanesLoop(bytes int, body func()) {
	u.emit(xorl, laneIndex.As32(), laneIndex.As32())
	u.label("lanes")
	body()
	u.emit(addq, operand.I8(bytes), laneIndex)
	u.emit(cmpq, laneIndex, args.Offset(laneBytes))
	u.jump(jl, "lanes")
	u.end()
}

// from loads the address of the current vector of an argument.
func (u *unit) from(field int, to reg.GPPhysical) {
	u.emit(movq, args.Offset(field), to)
	u.emit(addq, laneIndex, to)
}

// genLaneProduct generates one row and some columns of a product, as split sums over
// every split-th k, which it adds as (s₀+s₁)+(s₂+s₃). Each is a chain of fused
// multiply-adds; the first starts from the bias.
func genLaneProduct(u *unit, name string, split, cols int) {
	u.begin(name)
	log := bits.TrailingZeros(uint(split))
	for _, s := range []struct {
		field int
		to    reg.GPPhysical
	}{{laneACol, aStep}, {laneBRow, bStep}} {
		u.emit(movq, args.Offset(s.field), s.to)
		if log > 0 {
			u.emit(shlq, operand.U8(log), s.to)
		}
	}
	u.emit(movq, args.Offset(laneBCol), col1)
	u.emit(leaq, operand.Mem{Base: col1}.Idx(col1, 2), col3)
	u.emit(leaq, operand.Mem{Base: col1}.Idx(col1, 4), col5)
	u.emit(leaq, operand.Mem{Base: col3}.Idx(col1, 4), col7)
	u.lanesLoop(u.isa.bytes(), func() {
		u.from(laneA, aFrom)
		u.from(laneB, bFrom)
		u.emit(movq, args.Offset(laneK), laneLeft)
		for s := range split {
			u.laneChain(s, split, cols)
		}
		u.from(laneC, aAt)
		for c := range cols {
			u.emit(vmovu.of(u.elem), u.phys(c), operand.Mem{Base: aAt})
			u.emit(addq, args.Offset(laneBytes), aAt)
		}
	})
}

// laneChain generates sum s and adds it to those before: sum 0 in registers 0, 1, …,
// sum 2 in registers 2·cols, ….
func (u *unit) laneChain(s, split, cols int) {
	first := map[int]int{0: 0, 1: cols, 2: 2 * cols, 3: cols}[s]
	for c := range cols {
		u.zero(u.phys(first + c))
	}
	if s == 0 {
		u.emit(movq, args.Offset(laneBias), aAt)
		u.emit(testq, aAt, aAt)
		u.jump(jz, "start")
		u.emit(addq, laneIndex, aAt)
		for c := range cols {
			u.emit(vmovu.of(u.elem), operand.Mem{Base: aAt}, u.phys(c))
			u.emit(addq, args.Offset(laneBytes), aAt)
		}
		u.label("start")
	}
	done, k := u.newLabel("done"), u.newLabel("k")
	u.emit(movq, aFrom, aAt)
	u.emit(movq, bFrom, bAt)
	u.emit(movq, laneLeft, laneCount)
	if split > 1 {
		u.emit(addq, operand.I8(split-1), laneCount)
		u.emit(shrq, operand.U8(bits.TrailingZeros(uint(split))), laneCount)
	} else {
		u.emit(testq, laneCount, laneCount)
	}
	u.jump(jz, done)
	u.label(k)
	a := u.phys(3 * cols)
	u.emit(vmovu.of(u.elem), operand.Mem{Base: aAt}, a)
	for c := range cols {
		u.emit(vfma231.of(u.elem), laneColumn(c), a, u.phys(first+c))
	}
	u.emit(addq, aStep, aAt)
	u.emit(addq, bStep, bAt)
	u.emit(subq, operand.I8(1), laneCount)
	u.jump(jnz, k)
	u.label(done)
	into := map[int]int{1: 0, 3: 2 * cols}
	if to, ok := into[s]; ok {
		for c := range cols {
			u.emit(vadd.of(u.elem), u.phys(first+c), u.phys(to+c), u.phys(to+c))
		}
	}
	if s == 3 {
		for c := range cols {
			u.emit(vadd.of(u.elem), u.phys(2*cols+c), u.phys(c), u.phys(c))
		}
	}
	if s < split-1 {
		u.emit(addq, args.Offset(laneACol), aFrom)
		u.emit(addq, args.Offset(laneBRow), bFrom)
		u.emit(subq, operand.I8(1), laneLeft)
	}
}

// laneColumn addresses column c of the current row of B.
func laneColumn(c int) mem {
	m := operand.Mem{Base: bAt}
	switch c {
	case 1, 2, 4:
		return m.Idx(col1, uint8(c))
	case 3, 6:
		return m.Idx(col3, uint8(c/3))
	case 5:
		return m.Idx(col5, 1)
	case 7:
		return m.Idx(col7, 1)
	}
	return m
}

// genLaneStep generates a change of n elements C along A, with two numbers for each
// lane, B and the bias.
func genLaneStep(u *unit, name string, next func(s, decay, x, g r) r) {
	u.begin(name)
	u.emit(movq, args.Offset(laneBytes), aStep)
	u.lanesLoop(u.isa.bytes(), func() {
		u.from(laneB, bAt)
		u.from(laneBias, bFrom)
		s, decay := u.vec(), u.vec()
		u.emit(vmovu.of(u.elem), operand.Mem{Base: bAt}, s)
		u.emit(vmovu.of(u.elem), operand.Mem{Base: bFrom}, decay)
		u.from(laneC, aAt)
		u.from(laneA, bAt)
		u.emit(movq, args.Offset(laneN), laneLeft)
		u.label("element")
		x, g := u.vec(), u.vec()
		u.emit(vmovu.of(u.elem), operand.Mem{Base: aAt}, x)
		u.emit(vmovu.of(u.elem), operand.Mem{Base: bAt}, g)
		u.emit(vmovu.of(u.elem), next(s, decay, x, g), operand.Mem{Base: aAt})
		u.emit(addq, aStep, aAt)
		u.emit(addq, aStep, bAt)
		u.emit(subq, operand.I8(1), laneLeft)
		u.jump(jnz, "element")
	})
}
