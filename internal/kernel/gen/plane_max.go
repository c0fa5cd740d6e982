package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// genPlaneMax generates the maxima over planeK parts of B, for planeTiles pairs of
// vectors of results, which follow one another.
func genPlaneMax(u *unit, name string) {
	u.begin(name)
	u.emit(movq, args.Offset(planeB), aBase)
	u.emit(movq, args.Offset(planeC), cTile)
	u.emit(movq, args.Offset(planeCols), colTable)
	u.emit(movq, args.Offset(planeTiles), tiles)
	u.label("tile")
	u.emit(movq, operand.Mem{Base: colTable}, bPtr)
	u.emit(leaq, operand.Mem{Base: aBase}.Idx(bPtr, uint8(u.size())), bPtr)
	u.emit(movq, operand.Mem{Base: colTable, Disp: 8}, bOther)
	u.emit(leaq, operand.Mem{Base: aBase}.Idx(bOther, uint8(u.size())), bOther)
	u.emit(movq, args.Offset(planeRows), rowTable)
	u.emit(movq, args.Offset(planeK), count)
	load := func() (a, b r) {
		a, b = u.vec(), u.vec()
		u.emit(movq, operand.Mem{Base: rowTable}, tmp)
		u.emit(vmovu.of(u.elem), operand.Mem{Base: bPtr}.Idx(tmp, uint8(u.size())), a)
		u.emit(vmovu.of(u.elem), operand.Mem{Base: bOther}.Idx(tmp, uint8(u.size())), b)
		u.emit(addq, operand.I8(8), rowTable)
		return a, b
	}
	a, b := load()
	u.emit(subq, operand.I8(1), count)
	u.jump(jz, "store")
	u.label("k")
	x, y := load()
	u.emit(vmova.of(u.elem), u.maxNaN(a, x), a)
	u.emit(vmova.of(u.elem), u.maxNaN(b, y), b)
	u.emit(subq, operand.I8(1), count)
	u.jump(jnz, "k")
	u.label("store")
	u.emit(vmovu.of(u.elem), a, operand.Mem{Base: cTile})
	u.emit(vmovu.of(u.elem), b, operand.Mem{Base: cTile, Disp: u.isa.bytes()})
	u.emit(addq, operand.I32(2*u.isa.bytes()), cTile)
	u.emit(addq, operand.I8(16), colTable)
	u.emit(subq, operand.I8(1), tiles)
	u.jump(jnz, "tile")
	u.end()
}

// genPlaneMaxGrad generates the derivative: of the vectors at planeA, what is left of
// the output gradient, the first element of B, tap by tap, that equals the maximum, at
// planeBias, or the first NaN takes all; it is added to planeC, laid out like B.
func genPlaneMaxGrad(u *unit, name string) {
	x, dx, y, left, tap := bPtr, cTile, aBase, bOther, row1
	u.begin(name)
	u.emit(movq, args.Offset(planeRows), rowTable)
	u.emit(movq, args.Offset(planeK), count)
	u.label("k")
	u.emit(movq, operand.Mem{Base: rowTable}, tap)
	u.emit(movq, args.Offset(planeB), x)
	u.emit(leaq, operand.Mem{Base: x}.Idx(tap, uint8(u.size())), x)
	u.emit(movq, args.Offset(planeC), dx)
	u.emit(leaq, operand.Mem{Base: dx}.Idx(tap, uint8(u.size())), dx)
	u.emit(movq, args.Offset(planeBias), y)
	u.emit(movq, args.Offset(planeA), left)
	u.emit(movq, args.Offset(planeCols), colTable)
	u.emit(movq, args.Offset(planeTiles), tiles)
	u.emit(addq, tiles, tiles) // vectors
	u.label("vector")
	u.emit(movq, operand.Mem{Base: colTable}, tmp)
	v, m, g, d := u.vec(), u.vec(), u.vec(), u.vec()
	u.emit(vmovu.of(u.elem), operand.Mem{Base: x}.Idx(tmp, uint8(u.size())), v)
	u.emit(vmovu.of(u.elem), operand.Mem{Base: y}, m)
	u.emit(vmovu.of(u.elem), operand.Mem{Base: left}, g)
	u.emit(vmovu.of(u.elem), operand.Mem{Base: dx}.Idx(tmp, uint8(u.size())), d)
	take := u.or(u.keep(u.cmp(eq, v, m), g), u.keep(u.cmp(unordered, v, v), g))
	u.emit(vmovu.of(u.elem), u.xor(g, take), operand.Mem{Base: left})
	u.emit(vmovu.of(u.elem), u.add(d, take), operand.Mem{Base: dx}.Idx(tmp, uint8(u.size())))
	for _, p := range []reg.GPPhysical{y, left} {
		u.emit(addq, operand.I8(u.isa.bytes()), p)
	}
	u.emit(addq, operand.I8(8), colTable)
	u.emit(subq, operand.I8(1), tiles)
	u.jump(jnz, "vector")
	u.emit(addq, operand.I8(8), rowTable)
	u.emit(subq, operand.I8(1), count)
	u.jump(jnz, "k")
	u.end()
}
