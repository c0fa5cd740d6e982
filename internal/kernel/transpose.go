package kernel

// Transpose writes the transpose of src, rows × cols with rows lds apart, into dst,
// whose rows are ldd apart: dst[j·ldd+i] = src[i·lds+j]. They must not overlap.
func Transpose[T Float](dst []T, ldd int, src []T, lds, rows, cols int) {
	if rows <= 0 || cols <= 0 {
		return
	}
	_, _ = dst[(cols-1)*ldd+rows-1], src[(rows-1)*lds+cols-1]
	lanes := geometryOf[T]().lanes
	if active == Portable || rows < lanes || cols < lanes {
		transposePortable(dst, ldd, src, lds, rows, cols)
		return
	}
	// The last blocks overlap their predecessors where the sizes are not multiples.
	transposeBlocks(dst, ldd, src, lds, rows/lanes, cols/lanes)
	lastRow, lastCol := rows-lanes, cols-lanes
	if rows%lanes != 0 {
		transposeBlocks(dst[lastRow:], ldd, src[lastRow*lds:], lds, 1, cols/lanes)
	}
	if cols%lanes != 0 {
		transposeBlocks(dst[lastCol*ldd:], ldd, src[lastCol:], lds, rows/lanes, 1)
	}
	if rows%lanes != 0 && cols%lanes != 0 {
		transposeBlocks(dst[lastCol*ldd+lastRow:], ldd, src[lastRow*lds+lastCol:], lds, 1, 1)
	}
}

// transposeBlocks transposes rows × cols square blocks of a vector's width. It goes
// along the rows of the matrix with the larger stride, to keep fewer of its cache lines
// in use.
func transposeBlocks[T Float](dst []T, ldd int, src []T, lds, rows, cols int) {
	b := size[T]()
	block := geometryOf[T]().lanes * b
	v := lineArgs{
		dst: ptr(dst), dstRow: block, dstCol: ldd * b, dstTo: block * ldd,
		src: ptr(src), srcRow: block * lds, srcCol: lds * b, srcTo: block,
		rows: rows, n: cols,
	}
	if ldd > lds {
		v.dstRow, v.dstTo = v.dstTo, v.dstRow
		v.srcRow, v.srcTo = v.srcTo, v.srcRow
		v.rows, v.n = cols, rows
	}
	runLine[T](lineTranspose, &v)
}

// transposePortable goes along the longer side of src.
func transposePortable[T Float](dst []T, ldd int, src []T, lds, rows, cols int) {
	if rows > cols {
		for j := range cols {
			d := dst[j*ldd:][:rows]
			for i := range d {
				d[i] = src[i*lds+j]
			}
		}
		return
	}
	for i := range rows {
		at := i
		for _, v := range src[i*lds:][:cols] {
			dst[at] = v
			at += ldd
		}
	}
}
