package kernel

import "unsafe"

// tileArgs are the arguments of a micro-kernel, which computes a few rows of a run of
// column tiles of C. Strides and steps are in bytes. The generator knows the offsets of
// the fields.
type tileArgs struct {
	c, a, b, bias unsafe.Pointer
	ldc           int // from a row of C to the next
	aRow, aCol    int // from a row, a column of A to the next
	bRow          int // from a row of B to the next
	bStep         int // from a tile's columns of B to the next tile's
	k             int
	tiles         int
	last          int // valid lanes in the last vector of the last tile
	init          int // what C starts from: startZero, startBias or startC
}

const (
	startZero = iota
	startBias
	startC
)

// The micro-kernel families: S independent sums over k (added as (s₀+s₁)+(s₂+s₃) in the
// end), V vectors of columns. A kernel's number is its family times 16 plus its rows,
// or for the one-row kernels of wide its panels.
const (
	tileS1V2 = iota
	tileS1V1
	tileS2V2
	tileS2V1
	tileS4V1
	tileWide
	tilePeak
)

// geometry is what a path's micro-kernels look like for one element type.
type geometry struct {
	lanes     int // elements in a vector; a panel of packed B has two vectors
	rows      int // rows of the largest kernel of S1
	splitRows int // rows of the largest kernel of S2V2 and S4V1
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

// blockBytes is the length of a block of k in bytes: in a wide product, as many rows of
// B are multiplied in one go, so that the block of A stays in the second-level cache
// meanwhile.
const blockBytes = 4096

// shape is the shape of B with what follows from it and from the path.
type shape struct {
	k, n   int
	lanes  int // elements in a vector
	width  int // columns of a panel: two vectors
	panels int
	rows   int // rows of the largest micro-kernel
	block  int // rows of B that are multiplied in one go
	sp     int // number of independent sums over k

	// A strip of rows is a call of the main family for so many tiles, and one of the
	// tail family for a last tile of one vector, if tailLast > 0.
	main, tiles, last int
	tail, tailLast    int
}

// shapeOf chooses the number of sums over k: more than one where C is so narrow that a
// single row would wait for the latency of the FMA. It depends on k and n alone, so
// that a row of C has the same bits however many rows are computed with it, and on no
// path. Split sums cannot be continued in a further block of k, but a matrix that has
// them is one or two vectors wide.
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
	s.tiles, s.last = n/s.width, s.lanes
	switch rest := n % s.width; {
	case rest > s.lanes:
		s.tiles, s.last = s.tiles+1, rest-s.lanes
	case rest > 0:
		s.tailLast = rest
	}
	return s
}
