package kernel

// CopyRows copies rows of n elements: row i of dst begins at i·ldd, row i of src at
// i·lds. Rows of src may overlap one another, rows of dst must not.
func CopyRows[T Float](dst []T, ldd int, src []T, lds, rows, n int) {
	if rows <= 0 || n <= 0 {
		return
	}
	_, _ = dst[(rows-1)*ldd+n-1], src[(rows-1)*lds+n-1]
	if active == Portable {
		for i := range rows {
			copy(dst[i*ldd:][:n], src[i*lds:])
		}
		return
	}
	b := size[T]()
	runLine[T](lineCopy, &lineArgs{dst: ptr(dst), dstRow: ldd * b, src: ptr(src), srcRow: lds * b, rows: rows, n: n})
}

// CopyAlternate copies every second element: element j of row i, of n, is
// dst[i·ldd+j] = src[i·lds+2j].
func CopyAlternate[T Float](dst []T, ldd int, src []T, lds, rows, n int) {
	if rows <= 0 || n <= 0 {
		return
	}
	_, _ = dst[(rows-1)*ldd+n-1], src[(rows-1)*lds+2*n-2]
	if active != Portable && rows > 1 {
		// The kernel reads an element more, which the last row may not have.
		b := size[T]()
		runLine[T](lineAlternate, &lineArgs{dst: ptr(dst), dstRow: ldd * b, src: ptr(src), srcRow: lds * b, rows: rows - 1, n: n})
		dst, src, rows = dst[(rows-1)*ldd:], src[(rows-1)*lds:], 1
	}
	for i := range rows {
		d, s := dst[i*ldd:][:n], src[i*lds:]
		for j := range d {
			d[j] = s[2*j]
		}
	}
}

// Interleave is the inverse for two sources, with rows ld apart: dst[i·ldd+2j] =
// even[i·ld+j] and dst[i·ldd+2j+1] = odd[i·ld+j].
func Interleave[T Float](dst []T, ldd int, even, odd []T, ld, rows, n int) {
	if rows <= 0 || n <= 0 {
		return
	}
	_, _, _ = dst[(rows-1)*ldd+2*n-1], even[(rows-1)*ld+n-1], odd[(rows-1)*ld+n-1]
	if active != Portable {
		b := size[T]()
		runLine[T](lineInterleave, &lineArgs{dst: ptr(dst), dstRow: ldd * b, src: ptr(even), aux: ptr(odd), srcRow: ld * b, rows: rows, n: n})
		return
	}
	for i := range rows {
		d, a, b := dst[i*ldd:][:2*n], even[i*ld:][:n], odd[i*ld:][:n]
		for j := range a {
			d[2*j], d[2*j+1] = a[j], b[j]
		}
	}
}
