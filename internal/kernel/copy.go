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
