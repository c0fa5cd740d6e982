package kernel

import "unsafe"

// lineArgs are the arguments of the kernels that go over lines of numbers at several
// distances. Strides are in bytes. The generator knows the offsets of the fields.
type lineArgs struct {
	dst, src, aux, more unsafe.Pointer
	dstRow, dstCol      int
	srcRow, srcCol      int
	rows, n             int
	dstTo, srcTo        int // from a block to the next in a row of blocks
}

// The line kernels: first the transforms of Winograd's convolution, two times five.
const (
	lineTranspose = 2*numTransforms + iota
	lineCopy
	lineMaxPool
	lineMaxPoolGrad
)

// Lines is a slice seen as rows of vectors: vector j of row i begins at Data[i·Row +
// j·Col].
type Lines[T Float] struct {
	Data     []T
	Row, Col int
}

// check panics unless vectors of n numbers lie within the slice.
func (l Lines[T]) check(rows, cols, n int) { _ = l.Data[(rows-1)*l.Row+(cols-1)*l.Col+n-1] }
