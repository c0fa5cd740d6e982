package kernel

import "unsafe"

// tileArgs are the arguments of a micro-kernel, which computes a strip of rows over a
// run of column tiles of C. Strides and steps are in bytes. The generator knows the
// offsets of the fields.
type tileArgs struct {
	c, a, b, bias unsafe.Pointer
	ldc           int // row stride of C
	aRow, aCol    int // row and column strides of A
	bRow          int // row stride of B
	bStep         int // distance between column tiles of B
	k             int
	tiles         int
	last          int // valid lanes in the last vector of the last tile
	init          int // initial value of C: startZero, startBias or startC
}

const (
	startZero = iota
	startBias
	startC
)

// The micro-kernel families: S independent sums over k (finally added as
// (s₀+s₁)+(s₂+s₃)), V vectors of columns. The index of a kernel is its family times 16
// plus its number of rows, or of panels for the one-row wide kernels.
const (
	tileS1V2 = iota
	tileS1V1
	tileS2V2
	tileS2V1
	tileS4V1
	tileWide
	tilePeak
)

// geometry is the geometry of a path's micro-kernels for one element type.
type geometry struct {
	lanes     int // elements per vector; a panel of packed B is two vectors wide
	rows      int // rows of the largest S1 kernel
	splitRows int // rows of the largest S2V2 and S4V1 kernels
}

func geometryOf[T Float]() geometry {
	switch active {
	case AVX512:
		return geometry{lanes: 64 / size[T](), rows: 14, splitRows: 7}
	case AVX2:
		return geometry{lanes: 32 / size[T](), rows: 6, splitRows: 3}
	}
	return geometry{lanes: 4, rows: 2, splitRows: 2}
}

// blockBytes is the length of a block of k in bytes: a wide product uses as many rows
// of B at a time, so that the block of A stays in the L2 cache.
const blockBytes = 4096

// shape is the shape of B with the parameters derived from it and from the path.
type shape struct {
	k, n   int
	lanes  int // elements per vector
	width  int // columns per panel: two vectors
	panels int
	rows   int // rows of the largest micro-kernel
	block  int // rows of B per block
	sp     int // number of independent sums over k

	// A strip of rows is one call of the main family over its tiles and one of the tail
	// family for a last tile of one vector, if tailLast > 0.
	main, tiles, last int
	tail, tailLast    int
}

// shapeOf chooses the number of sums over k: more than one where C is so narrow that a
// single row would be bound by the latency of the FMA. It depends only on k and n, so
// that a row of C has the same bits however many rows are computed with it, on every
// path. Split sums cannot be continued in another block of k; the matrices that have
// them are one or two vectors wide.
func shapeOf[T Float](k, n int) shape {
	geo := geometryOf[T]()
	s := shape{k: k, n: n, lanes: geo.lanes, width: 2 * geo.lanes, rows: geo.rows, block: blockBytes / size[T](), sp: 1}
	s.panels = (n + s.width - 1) / s.width
	vector := 64 / size[T]()
	if n <= 2*vector {
		s.sp, s.rows, s.block = 2, geo.splitRows, max(k, 1)
	}
	if n <= vector {
		s.sp = 4
		s.main, s.tiles = tileS4V1, (n+s.lanes-1)/s.lanes
		s.last = n - (s.tiles-1)*s.lanes
		return s
	}
	s.main, s.tail = tileS1V2, tileS1V1
	if s.sp == 2 {
		s.main, s.tail = tileS2V2, tileS2V1
	}
	s.divide(n)
	return s
}

// divide divides n columns into tiles of two vectors and a tail.
func (s *shape) divide(n int) {
	s.tiles, s.last, s.tailLast = n/s.width, s.lanes, 0
	switch rest := n % s.width; {
	case rest > s.lanes:
		s.tiles, s.last = s.tiles+1, rest-s.lanes
	case rest > 0:
		s.tailLast = rest
	}
}
