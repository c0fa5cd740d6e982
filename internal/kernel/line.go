package kernel

import "unsafe"

// lineArgs are the arguments of the kernels over strided rows of vectors. Strides are
// in bytes. The generator knows the offsets of the fields.
type lineArgs struct {
	dst, src, aux, more unsafe.Pointer
	dstRow, dstCol      int
	srcRow, srcCol      int
	rows, n             int
	dstTo, srcTo        int // distance between blocks in a row of blocks
}

// The line kernels: first the Winograd transforms, five for each of two tile sizes.
const (
	lineTranspose = 2*numTransforms + iota
	lineCopy
	lineMaxPool
	lineMaxPoolGrad
	lineAlternate
	lineInterleave
	lineMeanPool
	lineMeanPoolGrad
	lineOuter // of one vector of columns; then of two, three, four
	_
	_
	_
	lineOuterSGD // the same
)

// Lines is a slice viewed as rows of vectors: vector j of row i begins at Data[i·Row +
// j·Col].
type Lines[T Float] struct {
	Data     []T
	Row, Col int
}

// check panics unless vectors of n elements lie within the slice.
func (l Lines[T]) check(rows, cols, n int) { _ = l.Data[(rows-1)*l.Row+(cols-1)*l.Col+n-1] }
