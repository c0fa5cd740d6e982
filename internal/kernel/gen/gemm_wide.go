package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// genWide generates the one-row kernel over several packed panels, which has enough
// independent sums to hide the latency of the FMA. It takes the arguments of a tile
// with tiles = 1; tileBStep is the distance between panels and tileLast the number of
// columns of the last one.
func genWide(u *unit, name string, panels int) {
	u.begin(name)
	u.emit(movq, args.Offset(tileBStep), row1)
	u.emit(leaq, operand.Mem{Base: row1}.Idx(row1, 2), row3)
	u.emit(movq, args.Offset(tileACol), aCol)
	u.emit(movq, args.Offset(tileBRow), bRow)
	u.emit(movq, args.Offset(tileC), cTile)
	u.emit(movq, args.Offset(tileA), aBase)
	u.emit(movq, args.Offset(tileB), bPtr)
	u.wideMasks()
	n := 2 * panels
	u.wideInit(n)

	u.emit(movq, args.Offset(tileK), count)
	u.emit(testq, count, count)
	u.jump(jz, "store")
	u.label("k")
	bcast := u.phys(12)
	u.emit(vbroadcast.of(u.elem), operand.Mem{Base: aBase}, bcast)
	for i := range n {
		u.emit(vfma231.of(u.elem), u.widePanel(i), bcast, u.phys(i))
	}
	u.emit(addq, bRow, bPtr)
	u.emit(addq, aCol, aBase)
	u.emit(subq, operand.I8(1), count)
	u.jump(jnz, "k")
	u.label("store")
	for i := range n {
		at := operand.Mem{Base: cTile, Disp: i * u.isa.bytes()}
		u.storeMasked(u.phys(i), at, wideMask(i, n))
	}
	u.end()
}

// widePanel is the address of the i-th vector of row k: vector i%2 of panel i/2.
func (u *unit) widePanel(i int) mem {
	m := operand.Mem{Base: bPtr, Disp: i % 2 * u.isa.bytes()}
	switch i / 2 {
	case 1, 2:
		return m.Idx(row1, uint8(i/2))
	case 3:
		return m.Idx(row3, 1)
	}
	return m
}

// wideMask returns the mask of vector i of n: 1 for the last, 2 for the one before, 0
// for no mask.
func wideMask(i, n int) int {
	if i < n-2 {
		return 0
	}
	return n - i
}

// wideMasks sets mask 2 to min(last, lanes) lanes and mask 1 to the rest.
func (u *unit) wideMasks() {
	u.emit(movq, args.Offset(tileLast), tmp)
	u.emit(movq, operand.U32(u.lanes()), bTile)
	u.emit(cmpq, tmp, bTile)
	u.jump(jg, "two")
	u.emit(movq, tmp, bTile)
	u.label("two")
	u.emit(subq, bTile, tmp)
	u.maskFrom(bTile, row5, 2)
	u.maskFrom(tmp, row5, 1)
}

func (u *unit) wideInit(n int) {
	for i := range n {
		u.zero(u.phys(i))
	}
	u.emit(movq, args.Offset(tileInit), tmp)
	u.emit(cmpq, tmp, operand.I8(1))
	u.jump(jl, "sum")
	u.emit(movq, cTile, tmp)
	u.jump(jg, "load")
	u.emit(movq, args.Offset(tileBias), tmp)
	u.label("load")
	for i := range n {
		at := operand.Mem{Base: tmp, Disp: i * u.isa.bytes()}
		u.loadMasked(at, u.phys(i), wideMask(i, n))
	}
	u.label("sum")
}

func (u *unit) loadMasked(at mem, r reg.Register, k int) {
	switch {
	case k == 0:
		u.emit(vmovu.of(u.elem), at, r)
	case u.isa == avx512:
		u.emit(vmovuz.of(u.elem), at, reg.Opmask.Lookup(reg.Index(k), reg.S64), r)
	default:
		u.emit(vmaskmov.of(u.elem), at, u.phys(16-k), r)
	}
}

func (u *unit) storeMasked(r reg.Register, at mem, k int) {
	switch {
	case k == 0:
		u.emit(vmovu.of(u.elem), r, at)
	case u.isa == avx512:
		u.emit(vmovu.of(u.elem), r, reg.Opmask.Lookup(reg.Index(k), reg.S64), at)
	default:
		u.emit(vmaskmov.of(u.elem), r, u.phys(16-k), at)
	}
}

// peakChains is the number of independent FMA chains of the peak kernel.
const peakChains = 12

// genPeak generates tileK rounds of peakChains register-only FMAs.
func genPeak(u *unit, name string) {
	u.begin(name)
	u.emit(movq, args.Offset(tileK), count)
	for i := range peakChains + 2 {
		u.zero(u.phys(i))
	}
	u.label("round")
	for i := range peakChains {
		u.emit(vfma231.of(u.elem), u.phys(peakChains), u.phys(peakChains+1), u.phys(i))
	}
	u.emit(subq, operand.I8(1), count)
	u.jump(jnz, "round")
	u.end()
}
