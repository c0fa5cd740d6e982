package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Byte offsets of the fields of kernel.planeArgs (checked by a test of that package).
const (
	planeC      = 0
	planeA      = 8
	planeB      = 16
	planeBias   = 24
	planeRows   = 32
	planeCols   = 40
	planeLdc    = 48
	planeARow   = 56
	planeK      = 64
	planeTiles  = 72
	planeVecs   = 80
	planeTail   = 88
	planeLines  = 96
	planeARest  = 104
	planeBRest  = 112
	planeRepeat = 120
	planeAJump  = 128
	planeBJump  = 136
)

// planeDotRows and planeDotCols are the sums of a dot kernel: on AVX2 each takes two
// registers, so that there are as many lanes.
func (u *unit) planeDotRows() int { return map[isa]int{avx512: 4, avx2: 2}[u.isa] }
func (u *unit) planeDotCols() int { return map[isa]int{avx512: 6, avx2: 3}[u.isa] }

// The indices of the kernels: the products have their rows.
const (
	planeDots    = 16
	planeMax     = 32
	planeMaxGrad = 33
)

func genPlanes(u *unit) []decl {
	var out []decl
	add := func(name string, key int) {
		out = append(out, decl{name: name, unit: u, class: classPlane, key: key})
	}
	v := variant{"Planes", 1, 2}
	for rows := 1; rows <= u.maxRows(v); rows++ {
		t := &planeTile{tile{unit: u, variant: v, rows: rows}}
		name := fmt.Sprintf("planesM%d%s", rows, u.suffix())
		t.generate(name)
		add(name, rows)
	}
	for rows := 1; rows <= u.planeDotRows(); rows++ {
		name := fmt.Sprintf("planeDotsM%d%s", rows, u.suffix())
		genPlaneDots(u, name, rows)
		add(name, planeDots+rows)
	}
	for _, g := range []struct {
		name     string
		generate func(u *unit, name string)
		key      int
	}{{"planeMax", genPlaneMax, planeMax}, {"planeMaxGrad", genPlaneMaxGrad, planeMaxGrad}} {
		name := g.name + u.suffix()
		g.generate(u, name)
		add(name, g.key)
	}
	return out
}

// planeTile is a tile of a product whose row k of B begins at planeRows[k], and whose
// two vectors of columns of tile t at planeCols[2t] and planeCols[2t+1], in elements.
type planeTile struct{ tile }

// Registers of the products, besides those of the micro-kernels.
var (
	bOther   = reg.R11 // the second vector of columns
	rowTable = reg.R12
	colTable = reg.R15
)

func (t *planeTile) generate(name string) {
	t.begin(name)
	t.emit(movq, args.Offset(planeARow), row1)
	t.emit(leaq, operand.Mem{Base: row1}.Idx(row1, 2), row3)
	t.emit(leaq, operand.Mem{Base: row1}.Idx(row1, 4), row5)
	t.emit(movq, args.Offset(planeC), cTile)
	t.emit(movq, args.Offset(planeCols), colTable)
	t.emit(movq, args.Offset(planeTiles), tiles)
	t.label("tile")
	t.emit(movq, args.Offset(planeB), tmp)
	t.emit(movq, operand.Mem{Base: colTable}, bPtr)
	t.emit(leaq, operand.Mem{Base: tmp}.Idx(bPtr, uint8(t.size())), bPtr)
	t.emit(movq, operand.Mem{Base: colTable, Disp: 8}, bOther)
	t.emit(leaq, operand.Mem{Base: tmp}.Idx(bOther, uint8(t.size())), bOther)
	t.emit(movq, args.Offset(planeA), aBase)
	if t.rows > 7 {
		t.emit(leaq, operand.Mem{Base: aBase}.Idx(row1, 2), aBase7)
		t.emit(addq, row5, aBase7)
	}
	t.start()
	t.emit(movq, args.Offset(planeRows), rowTable)
	t.emit(movq, args.Offset(planeK), count)
	t.label("k")
	t.stepK()
	t.emit(subq, operand.I8(1), count)
	t.jump(jnz, "k")
	t.emit(movq, cTile, tmp)
	for i := range t.rows {
		for v := range 2 {
			t.emit(vmovu.of(t.elem), t.acc(0, i, v), operand.Mem{Base: tmp, Disp: v * t.isa.bytes()})
		}
		if i < t.rows-1 {
			t.emit(addq, args.Offset(planeLdc), tmp)
		}
	}
	t.emit(addq, operand.I32(2*t.isa.bytes()), cTile)
	t.emit(addq, operand.I8(16), colTable)
	t.emit(subq, operand.I8(1), tiles)
	t.jump(jnz, "tile")
	t.end()
}

// start sets the accumulators to zero or to the row's bias.
func (t *planeTile) start() {
	t.emit(movq, args.Offset(planeBias), tmp)
	t.emit(testq, tmp, tmp)
	t.jump(jz, "zero")
	for i := range t.rows {
		t.emit(vbroadcast.of(t.elem), operand.Mem{Base: tmp, Disp: i * t.size()}, t.acc(0, i, 0))
		t.emit(vmova.of(t.elem), t.acc(0, i, 0), t.acc(0, i, 1))
	}
	t.jump(jmp, "sum")
	t.label("zero")
	for i := range t.rows {
		for v := range 2 {
			t.zero(t.acc(0, i, v))
		}
	}
	t.label("sum")
}

func (t *planeTile) stepK() {
	t.emit(movq, operand.Mem{Base: rowTable}, tmp)
	for v, base := range []reg.GPPhysical{bPtr, bOther} {
		t.emit(vmovu.of(t.elem), operand.Mem{Base: base}.Idx(tmp, uint8(t.size())), t.bReg(0, v))
	}
	for i := range t.rows {
		x := t.phys(14)
		switch {
		case t.isa == avx512 && t.rows > 12:
			x = t.phys(30 + i%2)
		case t.isa == avx512:
			x = t.phys(24 + i%4)
		}
		t.emit(vbroadcast.of(t.elem), t.aRow(i), x)
		for v := range 2 {
			t.emit(vfma231.of(t.elem), t.bReg(0, v), x, t.acc(0, i, v))
		}
	}
	t.emit(addq, operand.I8(8), rowTable)
	t.emit(addq, operand.I8(t.size()), aBase)
	if t.rows > 7 {
		t.emit(addq, operand.I8(t.size()), aBase7)
	}
}

// Registers of the dot kernels. Row i of A is at dotA + i·dotRow; rows of B are
// addressed by one position.
var (
	dotB    = []reg.GPPhysical{reg.RSI, reg.RDI, reg.R8, reg.R9, reg.R10, reg.R11}
	dotA    = reg.RBX
	dotRow  = reg.RDX
	dotRow3 = reg.R12
	dotAt   = reg.R13
	dotLeft = reg.RCX
	dotLine = reg.R15
)

// genPlaneDots generates the inner products of some rows of A with planeDotCols rows of
// B, over planeRepeat samples of planeLines lines of planeVecs·64 bytes and planeTail
// elements; the results follow one another at planeC, by rows.
func genPlaneDots(u *unit, name string, rows int) {
	d := &dots{unit: u, rows: rows, cols: u.planeDotCols(), parts: 64 / u.isa.bytes()}
	u.begin(name)
	u.emit(movq, args.Offset(planeRows), tmp)
	u.emit(movq, args.Offset(planeB), dotA)
	for j := range d.cols {
		u.emit(movq, operand.Mem{Base: tmp, Disp: 8 * j}, dotB[j])
		u.emit(leaq, operand.Mem{Base: dotA}.Idx(dotB[j], uint8(u.size())), dotB[j])
	}
	d.masks()
	u.emit(movq, args.Offset(planeA), dotA)
	u.emit(movq, args.Offset(planeARow), dotRow)
	u.emit(leaq, operand.Mem{Base: dotRow}.Idx(dotRow, 2), dotRow3)
	u.emit(xorl, dotAt.As32(), dotAt.As32())
	for i := range d.rows * d.cols * d.parts {
		u.zero(u.phys(i))
	}
	u.label("sample")
	u.emit(movq, args.Offset(planeLines), dotLine)
	u.label("line")
	u.emit(movq, args.Offset(planeVecs), dotLeft)
	u.emit(testq, dotLeft, dotLeft)
	u.jump(jz, "tail")
	u.label("main")
	d.step(false)
	u.emit(addq, operand.I8(64), dotA)
	u.emit(addq, operand.I8(64), dotAt)
	u.emit(subq, operand.I8(1), dotLeft)
	u.jump(jnz, "main")
	u.label("tail")
	d.step(true)
	u.emit(addq, args.Offset(planeARest), dotA)
	u.emit(addq, args.Offset(planeBRest), dotAt)
	u.emit(subq, operand.I8(1), dotLine)
	u.jump(jnz, "line")
	u.emit(addq, args.Offset(planeAJump), dotA)
	u.emit(addq, args.Offset(planeBJump), dotAt)
	u.emit(subq, operand.I8(1), args.Offset(planeRepeat))
	u.jump(jnz, "sample")
	d.store()
	u.end()
}

// dots is a dot kernel: an accumulator of 64 bytes, in parts, for every sum.
type dots struct {
	*unit
	rows, cols, parts int
}

func (d *dots) acc(i, j, part int) reg.Register { return d.phys((i*d.cols+j)*d.parts + part) }

// masks sets the masks of the parts of a line's last 64 bytes: 1 for the last part.
func (d *dots) masks() {
	d.emit(movq, args.Offset(planeTail), tmp)
	if d.parts == 1 {
		d.maskFrom(tmp, dotLeft, 1)
		return
	}
	d.emit(movq, operand.U32(d.lanes()), dotLine)
	d.emit(cmpq, tmp, dotLine)
	d.jump(jg, "two")
	d.emit(movq, tmp, dotLine)
	d.label("two")
	d.emit(subq, dotLine, tmp)
	d.maskFrom(dotLine, dotLeft, 2)
	d.maskFrom(tmp, dotLeft, 1)
}

func (d *dots) aRow(i, part int) mem {
	m := operand.Mem{Base: dotA, Disp: part * d.isa.bytes()}
	switch i {
	case 1, 2:
		return m.Idx(dotRow, uint8(i))
	case 3:
		return m.Idx(dotRow3, 1)
	}
	return m
}

// step multiplies 64 bytes of every row. A masked element of A is zero; B is read in
// full.
func (d *dots) step(masked bool) {
	for part := range d.parts {
		k := 0
		if masked {
			k = d.parts - part
		}
		a := make([]reg.Register, d.rows)
		for i := range a {
			a[i] = d.phys(d.rows4() + i)
			d.loadMasked(d.aRow(i, part), a[i], k)
		}
		for j := range d.cols {
			at := operand.Mem{Base: dotB[j], Disp: part * d.isa.bytes()}.Idx(dotAt, 1)
			if d.isa == avx2 {
				for i := range a {
					d.emit(vfma231.of(d.elem), at, a[i], d.acc(i, j, part))
				}
				continue
			}
			b := d.phys(28 + j%4)
			d.emit(vmovu.of(d.elem), at, b)
			for i := range a {
				d.emit(vfma231.of(d.elem), b, a[i], d.acc(i, j, part))
			}
		}
	}
}

// rows4 is the first register of the rows of A.
func (d *dots) rows4() int { return map[isa]int{avx512: 24, avx2: 12}[d.isa] }

// store adds up the lanes, the upper half to the lower until one is left, and stores the
// sums.
func (d *dots) store() {
	d.emit(movq, args.Offset(planeC), tmp)
	for i := range d.rows {
		for j := range d.cols {
			y, x := d.acc(i, j, 0).(reg.Vec).AsY(), d.acc(i, j, 0).(reg.Vec).AsX()
			hi := d.phys(d.rows4()).(reg.Vec).AsY()
			if d.isa == avx512 {
				d.emit(vextract4, operand.U8(1), d.acc(i, j, 0), hi)
				d.emit(vadd.of(d.elem), hi, y, y)
				d.emit(vextract2z, operand.U8(1), y, hi.(reg.Vec).AsX())
			} else {
				d.emit(vadd.of(d.elem), d.acc(i, j, 1), y, y)
				d.emit(vextract2, operand.U8(1), y, hi.(reg.Vec).AsX())
			}
			h := hi.(reg.Vec).AsX()
			d.emit(vadd.of(d.elem), h, x, x)
			d.emit(vunpckhpd, x, x, h)
			d.emit(vadd.of(d.elem), h, x, x)
			at := operand.Mem{Base: tmp, Disp: (i*d.cols + j) * d.size()}
			if d.elem == f64 {
				d.emit(vmovsd, x, at)
				continue
			}
			d.emit(vshufp.of(f32), operand.U8(1), x, x, h)
			d.emit(vadd.of(f32), h, x, x)
			d.emit(vmovss, x, at)
		}
	}
}
