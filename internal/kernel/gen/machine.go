package main

import (
	"bytes"
	"fmt"
	"log"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/buildtags"
	"github.com/mmcloughlin/avo/gotypes"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
	"github.com/mmcloughlin/avo/reg"
)

type (
	op   = operand.Op
	mem  = operand.Mem
	ctor = func(ops ...operand.Op) (*ir.Instruction, error)
)

// isa is an instruction set: it decides the vector width and how tails are masked.
type isa int

const (
	avx2 isa = iota
	avx512
)

func (i isa) name() string {
	if i == avx512 {
		return "AVX512"
	}
	return "AVX2"
}

// bytes is the width of a vector register.
func (i isa) bytes() int {
	if i == avx512 {
		return 64
	}
	return 32
}

// elem is the element type.
type elem int

const (
	f32 elem = 4
	f64 elem = 8
)

func (e elem) name() string {
	if e == f32 {
		return "f32"
	}
	return "f64"
}

func (e elem) goName() string {
	if e == f32 {
		return "float32"
	}
	return "float64"
}

func (e elem) size() int { return int(e) }

// unit is one assembly file: the functions of one instruction set and element type,
// with the constants they share.
type unit struct {
	isa
	elem
	file   *ir.File
	fn     *ir.Function
	regs   *reg.Collection
	consts []uint64
	labels int
	pool   operand.Symbol

	wanted  []uint64     // constants that the code uses
	hoisted map[uint64]r // constants kept in registers by a loop

	// late holds the constants that have a register but have not been loaded: an
	// instruction that can reads them from memory, where they fill a vector, and emit
	// loads them before one that cannot. nil: constants are loaded where they are named.
	late    map[r]uint64
	vectors []uint64 // the constants that are read so
}

func newUnit(i isa, e elem) *unit {
	f := ir.NewFile()
	return &unit{isa: i, elem: e, file: f, pool: operand.NewStaticSymbol("pool")}
}

// lanes is the number of elements in a vector.
func (u *unit) lanes() int { return u.isa.bytes() / u.size() }

// suffix is the suffix of the unit's function names, as in addF32AVX512.
func (u *unit) suffix() string {
	if u.elem == f32 {
		return "F32" + u.isa.name()
	}
	return "F64" + u.isa.name()
}

// begin starts a function that takes one pointer to its arguments and loads that
// pointer into AX.
func (u *unit) begin(name string) {
	sig, err := gotypes.ParseSignature("func(v *byte)")
	must(err)
	u.fn = ir.NewFunction(name)
	u.fn.SetSignature(sig)
	u.fn.Attributes = attr.NOSPLIT
	u.file.AddSection(u.fn)
	u.regs = reg.NewCollection()
	u.labels = 0
	u.emit(movq, operand.NewParamAddr("v", 0), reg.RAX)
}

// end returns from the function.
func (u *unit) end() {
	u.emit(vzeroupper)
	u.emit(ret)
}

func (u *unit) emit(c ctor, ops ...op) {
	for _, o := range ops {
		if x, ok := o.(r); ok && u.isLate(x) {
			from := u.source(x)
			delete(u.late, x)
			u.emit(vmovu.of(u.elem), from, x)
		}
	}
	in, err := c(ops...)
	if err != nil {
		var s []string
		for _, o := range ops {
			s = append(s, o.Asm())
		}
		log.Fatalf("%s: %v: operands %v", u.fn.Name, err, s)
	}
	u.fn.AddInstruction(in)
}

func (u *unit) newLabel(stem string) string {
	u.labels++
	return fmt.Sprintf("%s%d", stem, u.labels)
}

func (u *unit) label(l string) { u.fn.AddLabel(ir.Label(l)) }

func (u *unit) jump(c ctor, l string) { u.emit(c, operand.LabelRef(l)) }

// vec returns a fresh virtual vector register.
func (u *unit) vec() reg.Register {
	if u.isa == avx512 {
		return u.regs.ZMM()
	}
	return u.regs.YMM()
}

// phys returns the i-th physical vector register.
func (u *unit) phys(i int) reg.Register {
	s := reg.S256
	if u.isa == avx512 {
		s = reg.S512
	}
	return reg.Vector.Lookup(reg.Index(i), s)
}

// bits returns the representation of v in the unit's element type.
func (u *unit) bits(v float64) uint64 {
	if u.elem == f32 {
		return uint64(math.Float32bits(float32(v)))
	}
	return math.Float64bits(v)
}

// constant returns the address of an element with the given bits in the unit's constant
// pool.
func (u *unit) constant(bits uint64) mem {
	for i, b := range u.consts {
		if b == bits {
			return operand.NewDataAddr(u.pool, i*u.size())
		}
	}
	u.consts = append(u.consts, bits)
	return operand.NewDataAddr(u.pool, (len(u.consts)-1)*u.size())
}

// vectorOf returns the address of a vector whose elements have the given bits.
func (u *unit) vectorOf(bits uint64) mem {
	i := slices.Index(u.vectors, bits)
	if i < 0 {
		i, u.vectors = len(u.vectors), append(u.vectors, bits)
	}
	return operand.NewDataAddr(vectorTable, i*u.isa.bytes())
}

// vectorTable is the symbol of the constants that fill vectors.
var vectorTable = operand.NewStaticSymbol("vectors")

// maskTable is the symbol of the sliding window from which AVX2 tail masks are read: a
// vector of ones followed by a vector of zeros.
var maskTable = operand.NewStaticSymbol("window")

// rodata are the attributes of constants.
const rodata = attr.RODATA | attr.NOPTR

func (u *unit) addData() {
	u.addConstants(u.pool, u.consts, 1)
	u.addConstants(vectorTable, u.vectors, u.lanes())
	if u.isa == avx2 {
		g := ir.NewGlobal(maskTable)
		g.Attributes = rodata
		for i := range 8 {
			v := ^uint64(0)
			if i >= 4 {
				v = 0
			}
			g.Append(operand.U64(v))
		}
		u.file.AddSection(g)
	}
}

// addConstants adds a table of constants, each several times in succession.
func (u *unit) addConstants(name operand.Symbol, bits []uint64, times int) {
	if len(bits) == 0 {
		return
	}
	g := ir.NewGlobal(name)
	g.Attributes = rodata
	for _, b := range bits {
		for range times {
			if u.elem == f32 {
				g.Append(operand.U32(b))
			} else {
				g.Append(operand.U64(b))
			}
		}
	}
	u.file.AddSection(g)
}

// pruneMoves removes the copies of a vector register to itself that the allocation of
// registers left.
func (u *unit) pruneMoves() {
	for _, f := range u.file.Functions() {
		f.Nodes = slices.DeleteFunc(f.Nodes, func(n ir.Node) bool {
			in, ok := n.(*ir.Instruction)
			return ok && strings.HasPrefix(in.Opcode, "VMOVAP") && len(in.Operands) == 2 && in.Operands[0] == in.Operands[1]
		})
	}
}

// highRegister matches the vector registers that need EVEX encodings.
var highRegister = regexp.MustCompile(`\b[XY](1[6-9]|2[0-9]|3[01])\b|\bZ[0-9]|\bK[0-7]\b`)

// write compiles the unit and writes it to path.
func (u *unit) write(path string) {
	u.addData()
	tags, err := buildtags.ParseConstraint("amd64")
	must(err)
	u.file.Constraints = tags.ToConstraints()
	must(pass.Compile.Execute(u.file))
	if u.isa == avx2 {
		u.pruneMoves()
	}
	out, err := printer.NewGoAsm(printer.Config{Name: "internal/kernel/gen", Pkg: "kernel"}).Print(u.file)
	must(err)
	if u.isa == avx2 {
		if at := highRegister.FindIndex(out); at != nil {
			name := out[:at[0]]
			name = name[bytes.LastIndex(name, []byte("// func ")):]
			name, _, _ = bytes.Cut(name, []byte("\n"))
			log.Fatalf("%s: %s is out of reach of AVX2: a kernel needs too many registers: %s", path, out[at[0]:at[1]], name)
		}
	}
	must(os.WriteFile(path, bytes.ReplaceAll(out, []byte("v *byte"), []byte("v unsafe.Pointer")), 0o644))
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
