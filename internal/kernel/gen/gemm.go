package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Byte offsets of the fields of kernel.tileArgs (checked by a test of that package).
const (
	tileC     = 0
	tileA     = 8
	tileB     = 16
	tileBias  = 24
	tileLdc   = 32
	tileARow  = 40
	tileACol  = 48
	tileBRow  = 56
	tileBStep = 64
	tileK     = 72
	tileTiles = 80
	tileLast  = 88
	tileInit  = 96
)

// variant is a family of micro-kernels: split independent sums over k, vecs vectors of
// columns.
type variant struct {
	name        string
	split, vecs int
}

// variants lists the micro-kernel families in the order of the constants in
// kernel/tile.go.
var variants = []variant{{"S1V2", 1, 2}, {"S1V1", 1, 1}, {"S2V2", 2, 2}, {"S2V1", 2, 1}, {"S4V1", 4, 1}}

// wideVariant is the index of the one-row kernels over several panels.
const wideVariant = 5

// maxRows is the number of rows of a micro-kernel that fills the register file.
func (u *unit) maxRows(v variant) int {
	acc := 12
	if u.isa == avx512 {
		acc = 28
	}
	rows := acc / (v.split * v.vecs)
	if limit := acc / 2; rows > limit {
		rows = limit
	}
	if v.split > 1 && rows > acc/4 {
		rows = acc / 4
	}
	return rows
}

// Registers of the micro-kernels. Row i of A is at base(i/7) + (i mod 7)·aRow; the
// multiples 1..6 come from the scaled index registers row1, row3 and row5.
var (
	args   = operand.Mem{Base: reg.RAX}
	tiles  = reg.RBX
	count  = reg.RCX
	cTile  = reg.RDX
	aBase  = reg.RSI
	bPtr   = reg.RDI
	row1   = reg.R8
	row3   = reg.R9
	row5   = reg.R10
	aCol   = reg.R11
	bRow   = reg.R12
	aBase7 = reg.R13
	tmp    = reg.R14
	bTile  = reg.R15
)

func genGemm(u *unit) []decl {
	var out []decl
	for n, v := range variants {
		for rows := 1; rows <= u.maxRows(v); rows++ {
			k := &tile{unit: u, variant: v, rows: rows}
			name := fmt.Sprintf("gemm%sM%d%s", v.name, rows, u.suffix())
			k.generate(name)
			out = append(out, decl{name: name, unit: u, class: classTile, key: n*16 + rows})
		}
	}
	for panels := 2; panels <= 4; panels++ {
		name := fmt.Sprintf("gemmWide%d%s", panels, u.suffix())
		genWide(u, name, panels)
		out = append(out, decl{name: name, unit: u, class: classTile, key: wideVariant*16 + panels})
	}
	name := "peak" + u.suffix()
	genPeak(u, name)
	return append(out, decl{name: name, unit: u, class: classTile, key: (wideVariant + 1) * 16})
}

// tile generates one micro-kernel: rows × (vecs·lanes) of C, over a run of column tiles.
type tile struct {
	*unit
	variant
	rows int
	// masked: the code being written masks the last vector of a row. AVX-512 always
	// does, at no cost; with AVX2 a masked store takes as long as a dozen plain ones, so
	// that tiles of whole vectors have code of their own.
	masked bool
}

func (t *tile) acc(s, i, v int) reg.Register { return t.phys((s*t.rows+i)*t.vecs + v) }

func (t *tile) bReg(s, v int) reg.Register {
	if t.isa == avx512 {
		return t.phys(28 + (s*t.vecs+v)%4)
	}
	return t.phys(12 + v)
}

func (t *tile) aRow(i int) mem {
	m := operand.Mem{Base: aBase}
	if i >= 7 {
		m.Base = aBase7
	}
	switch i % 7 {
	case 1, 2, 4:
		return m.Idx(row1, uint8(i%7))
	case 3, 6:
		return m.Idx(row3, uint8(i%7/3))
	case 5:
		return m.Idx(row5, 1)
	}
	return m
}

func (t *tile) generate(name string) {
	t.begin(name)
	t.loadStrides()
	t.emit(movq, args.Offset(tileTiles), tiles)
	t.label("tile")
	t.masked = true
	if t.isa == avx512 {
		t.setMask(t.lanes())
		t.body()
		t.nextTile()
		t.end()
		return
	}
	t.emit(cmpq, tiles, operand.I8(1))
	t.jump(jnz, "whole")
	t.emit(movq, args.Offset(tileLast), tmp)
	t.emit(cmpq, tmp, operand.I8(t.lanes()))
	t.jump(jz, "whole")
	t.maskFrom(tmp, aBase7, 1)
	t.body()
	t.end()
	t.masked = false
	t.label("whole")
	t.body()
	t.nextTile()
	t.end()
}

// body generates the computation of one tile of columns.
func (t *tile) body() {
	t.emit(movq, args.Offset(tileA), aBase)
	if t.rows > 7 {
		t.emit(leaq, operand.Mem{Base: aBase}.Idx(row1, 2), aBase7)
		t.emit(addq, row5, aBase7)
	}
	t.emit(movq, bTile, bPtr)
	t.initialise()
	t.kLoop()
	t.combine()
	t.eachC(func(i, v int, at mem) { t.storeC(t.acc(0, i, v), at, t.isMasked(v)) })
}

// nextTile jumps back for the next tile of columns, if there is one.
func (t *tile) nextTile() {
	t.emit(addq, operand.I32(t.vecs*t.isa.bytes()), cTile)
	t.emit(addq, args.Offset(tileBStep), bTile)
	t.emit(subq, operand.I8(1), tiles)
	t.jump(jnz, "tile")
}

// isMasked reports whether vector v of a row is masked.
func (t *tile) isMasked(v int) bool { return t.masked && v == t.vecs-1 }

// at names a label of the body being written.
func (t *tile) at(label string) string {
	if t.masked {
		return label
	}
	return label + "Whole"
}

func (u *unit) loadStrides() {
	u.emit(movq, args.Offset(tileARow), row1)
	u.emit(leaq, operand.Mem{Base: row1}.Idx(row1, 2), row3)
	u.emit(leaq, operand.Mem{Base: row1}.Idx(row1, 4), row5)
	u.emit(movq, args.Offset(tileACol), aCol)
	u.emit(movq, args.Offset(tileBRow), bRow)
	u.emit(movq, args.Offset(tileC), cTile)
	u.emit(movq, args.Offset(tileB), bTile)
}

// setMask puts the mask of a tile's last vector into K1 or the highest YMM register:
// full lanes, or tileLast lanes in the last tile.
func (u *unit) setMask(full int) {
	u.emit(movq, operand.U32(full), tmp)
	l := u.newLabel("full")
	u.emit(cmpq, tiles, operand.I8(1))
	u.jump(jnz, l)
	u.emit(movq, args.Offset(tileLast), tmp)
	u.label(l)
	u.maskFrom(tmp, aBase7, 1)
}

// maskFrom sets mask k (AVX-512: Kk, AVX2: YMM 16-k) to the first n lanes; it clobbers
// n and t.
func (u *unit) maskFrom(n, t reg.GPPhysical, k int) {
	if u.isa == avx512 {
		u.emit(movl, operand.I32(-1), t.As32())
		u.emit(bzhil, n.As32(), t.As32(), t.As32())
		u.emit(kmovw, t.As32(), reg.Opmask.Lookup(reg.Index(k), reg.S64))
		return
	}
	u.emit(leaq, operand.NewDataAddr(maskTable, 32), t)
	shift := 2
	if u.elem == f64 {
		shift = 3
	}
	u.emit(shlq, operand.U8(shift), n)
	u.emit(subq, n, t)
	u.emit(vmovu.of(u.elem), operand.Mem{Base: t}, u.phys(16-k))
}

func (u *unit) loadC(at mem, r reg.Register, masked bool) {
	switch {
	case !masked:
		u.emit(vmovu.of(u.elem), at, r)
	case u.isa == avx512:
		u.emit(vmovuz.of(u.elem), at, reg.K1, r)
	default:
		u.emit(vmaskmov.of(u.elem), at, u.phys(15), r)
	}
}

func (u *unit) storeC(r reg.Register, at mem, masked bool) {
	switch {
	case !masked:
		u.emit(vmovu.of(u.elem), r, at)
	case u.isa == avx512:
		u.emit(vmovu.of(u.elem), r, reg.K1, at)
	default:
		u.emit(vmaskmov.of(u.elem), r, u.phys(15), at)
	}
}

// eachC visits the vectors of the tile of C row by row.
func (t *tile) eachC(f func(i, v int, at mem)) {
	t.emit(movq, cTile, tmp)
	for i := range t.rows {
		for v := range t.vecs {
			f(i, v, operand.Mem{Base: tmp, Disp: v * t.isa.bytes()})
		}
		if i < t.rows-1 {
			t.emit(addq, args.Offset(tileLdc), tmp)
		}
	}
}

// initialise sets the accumulators of the first sum over k to zero, the bias or C, and
// those of the other sums to zero.
func (t *tile) initialise() {
	for s := range t.split {
		for i := range t.rows {
			for v := range t.vecs {
				r := t.acc(s, i, v)
				t.zero(r)
			}
		}
	}
	t.emit(movq, args.Offset(tileInit), tmp)
	t.emit(cmpq, tmp, operand.I8(1))
	t.jump(jl, t.at("sum"))
	t.jump(jg, t.at("fromC"))
	t.emit(movq, args.Offset(tileBias), tmp)
	t.emit(addq, cTile, tmp)
	t.emit(subq, args.Offset(tileC), tmp)
	for v := range t.vecs {
		t.loadC(operand.Mem{Base: tmp, Disp: v * t.isa.bytes()}, t.acc(0, 0, v), t.isMasked(v))
		for i := 1; i < t.rows; i++ {
			t.emit(vmova.of(t.elem), t.acc(0, 0, v), t.acc(0, i, v))
		}
	}
	t.jump(jmp, t.at("sum"))
	t.label(t.at("fromC"))
	t.eachC(func(i, v int, at mem) { t.loadC(at, t.acc(0, i, v), t.isMasked(v)) })
	t.label(t.at("sum"))
}

// zero clears r, with the 128-bit form where it is encodable: it is shortest and clears
// the whole register.
func (u *unit) zero(r reg.Register) {
	u.emit(vxor.of(u.elem), r, r, r)
}
