package main

import (
	"slices"
	"strings"

	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Byte offsets of the fields of kernel.vecArgs (checked by a test of that package).
const (
	vecN       = 64
	vecRows    = 72
	vecSums    = 80
	vecScalars = 88
)

// reduction is how a kernel reduces the last value of its body to one scalar per row.
type reduction int

const (
	none      reduction = iota
	sum                 // Σ v
	sumSquare           // Σ v²
	maximum             // max v
)

// body computes the outputs from the inputs and the scalars, and the value to be reduced.
type body func(u *unit, in, sc []r) (out []r, v r)

// spec is one kernel: it reads the pointers in and writes the pointers out, element by
// element.
type spec struct {
	name     string
	exported bool   // has an exported constant; other kernels have a Go function
	doc      string // of the constant
	in, out  []int  // indices of vecArgs.p
	scalars  int
	reduce   reduction
	single   bool // float32 only; float64 runs the portable code
	body     body
}

// opName is the kernel's name in package kernel.
func (s spec) opName() string {
	if s.exported {
		return s.name
	}
	return "op" + s.name
}

func specs() []spec {
	var all []spec
	for _, f := range []func() []spec{functionSpecs, arithmeticSpecs, fusedSpecs, optimizerSpecs, reductionSpecs} {
		all = append(all, f()...)
	}
	return all
}

func genVector(u *unit) []decl {
	var out []decl
	for _, s := range specs() {
		if s.single && u.elem != f32 {
			continue
		}
		name := strings.ToLower(s.name[:1]) + s.name[1:] + u.suffix()
		k := &loop{unit: u, spec: s}
		k.generate(name)
		out = append(out, decl{name: name, unit: u, class: classVector, id: s.opName()})
	}
	return out
}

// Registers of the element-wise loops. The last pointer is for loops without a reduction.
var (
	vecPointers = []reg.GPPhysical{reg.RSI, reg.RDI, reg.R8, reg.R9, reg.R10, reg.R11, rowsLeft}
	length      = reg.RCX
	left        = reg.RBX
	index       = reg.RDX
	rowsLeft    = reg.R12
	sums        = reg.R13
)

// loop generates the loop of one kernel: full vectors, then a masked one, for every row.
type loop struct {
	*unit
	spec
	scalar []r
	acc    [2]r // AVX2 keeps the 64 bytes of partial sums in two registers and swaps them each time
}

func (l *loop) generate(name string) {
	l.begin(name)
	l.prologue()
	if l.reduce != none {
		l.label("row")
		l.clearSums()
	}
	l.emit(movq, length, left)
	if l.twoAtATime() {
		l.emit(subq, operand.I8(2*l.lanes()), left)
		l.jump(jl, "one")
		l.label("two")
		l.twoSteps()
		l.emit(addq, operand.I8(2*l.isa.bytes()), index)
		l.emit(subq, operand.I8(2*l.lanes()), left)
		l.jump(jge, "two")
		l.label("one")
		l.emit(addq, operand.I8(l.lanes()), left)
	} else {
		l.emit(subq, operand.I8(l.lanes()), left)
	}
	l.jump(jl, "tail")
	l.label("main")
	l.step(0, false)
	l.emit(addq, operand.I8(l.isa.bytes()), index)
	l.emit(subq, operand.I8(l.lanes()), left)
	l.jump(jge, "main")
	l.label("tail")
	l.emit(addq, operand.I8(l.lanes()), left)
	l.jump(jz, "done")
	l.emit(leaq, operand.Mem{Base: index}.Idx(left, uint8(l.size())), rowEnd)
	l.maskFrom(left, tmp, 1)
	l.step(0, true)
	l.emit(movq, rowEnd, index)
	l.label("done")
	if l.reduce != none {
		l.storeSum()
		l.emit(subq, operand.I8(1), rowsLeft)
		l.jump(jnz, "row")
	}
	l.end()
}

// rowEnd is the register that holds the index of the next row while the tail is
// computed.
var rowEnd = reg.R15

func (l *loop) prologue() {
	used := map[int]bool{}
	for _, i := range append(append([]int{}, l.in...), l.spec.out...) {
		if !used[i] {
			l.emit(movq, args.Offset(8*i), vecPointers[i])
		}
		used[i] = true
	}
	l.emit(movq, args.Offset(vecN), length)
	if l.reduce != none {
		l.emit(movq, args.Offset(vecRows), rowsLeft)
		l.emit(movq, args.Offset(vecSums), sums)
	}
	for i := range l.scalars {
		x := l.vec()
		l.emit(vbroadcast.of(l.elem), args.Offset(vecScalars+i*l.size()), x)
		l.scalar = append(l.scalar, x)
	}
	l.hoist()
	l.emit(xorl, index.As32(), index.As32())
	if l.reduce != none {
		l.acc = [2]r{l.vec(), l.vec()}
	}
}

// maxHoisted is the number of constants that a loop keeps in registers: the registers
// of AVX-512 less the temporaries of the longest bodies.
const maxHoisted = 20

// hoist loads the constants of the body before the loop.
func (l *loop) hoist() {
	l.hoistConstants(func() {
		in := make([]r, len(l.in))
		for i := range in {
			in[i] = l.vec()
		}
		l.body(l.unit, in, l.scalar)
	})
}

// hoistConstants loads the constants used by the code of emit, unless they are too
// many. It finds them by generating the code into a discarded function.
func (u *unit) hoistConstants(emit func()) {
	u.hoisted = nil
	if u.isa != avx512 {
		return
	}
	fn := u.fn
	u.fn, u.wanted = ir.NewFunction(fn.Name), nil
	emit()
	u.fn = fn
	distinct := slices.Compact(slices.Sorted(slices.Values(u.wanted)))
	if len(distinct) > maxHoisted {
		return
	}
	regs := map[uint64]r{}
	for _, b := range distinct {
		regs[b] = u.cbits(b)
	}
	u.hoisted = regs
}

// twoAtATime reports whether the loop computes two vectors at a time. A long function is
// a chain of instructions that wait for each other: with AVX2 the scheduler of a Zen 2
// processor sees about half of one vector's, so the chains of two are written in turn.
// AVX-512 has twice the elements in a chain, and schedulers twice as large.
func (l *loop) twoAtATime() bool { return l.isa == avx2 && l.single && l.reduce == none }

// twoSteps computes two vectors, instruction by instruction in turn.
func (l *loop) twoSteps() {
	fn := l.fn
	var steps [2][]ir.Node
	for i := range steps {
		l.fn = ir.NewFunction(fn.Name)
		l.step(i*l.isa.bytes(), false)
		steps[i] = l.fn.Nodes
	}
	l.fn = fn
	for i, n := range steps[0] {
		fn.AddNode(n)
		fn.AddNode(steps[1][i])
	}
}

// step computes one vector, masked in the tail, that begins at byte at of the rest.
func (l *loop) step(at int, masked bool) {
	if l.isa == avx2 {
		l.late = map[r]uint64{}
		defer func() { l.late = nil }()
	}
	k := 0
	if masked {
		k = 1
	}
	var in []r
	for _, i := range l.in {
		x := l.vec()
		l.loadMasked(operand.Mem{Base: vecPointers[i], Disp: at}.Idx(index, 1), x, k)
		in = append(in, x)
	}
	out, v := l.body(l.unit, in, l.scalar)
	for j, i := range l.spec.out {
		l.storeMasked(out[j], operand.Mem{Base: vecPointers[i], Disp: at}.Idx(index, 1), k)
	}
	if l.reduce != none {
		l.accumulate(v, masked)
	}
}
