package kernel

// MaxPool writes the maxima of non-overlapping 2×2 windows: rows rows of n outputs in
// dst, from pairs of rows of 2n inputs. Pair i begins at src[i·pair], its second row at
// src[i·pair+row]. The maximum is NaN where the window holds one.
func MaxPool[T Float](dst, src []T, rows, n, pair, row int) {
	if rows <= 0 || n <= 0 {
		return
	}
	_, _ = dst[rows*n-1], src[(rows-1)*pair+row+2*n-1]
	if runPool(lineMaxPool, dst, src, rows, n, pair, row) {
		return
	}
	for i := range rows {
		a, b := src[i*pair:][:2*n], src[i*pair+row:][:2*n]
		for j := range dst[i*n:][:n] {
			dst[i*n+j] = max(a[2*j], a[2*j+1], b[2*j], b[2*j+1])
		}
	}
}

// MaxPoolGrad is the derivative of [MaxPool], given its src and dst and the output
// gradient g: dx, laid out like src, gets all of g at the first element of the window,
// row by row, that equals the maximum, or at the first NaN, and 0 elsewhere.
func MaxPoolGrad[T Float](dx, src, dst, g []T, rows, n, pair, row int) {
	if rows <= 0 || n <= 0 {
		return
	}
	last := (rows-1)*pair + row + 2*n - 1
	_, _, _, _ = dx[last], src[last], dst[rows*n-1], g[rows*n-1]
	if active != Portable {
		b := size[T]()
		runLine[T](lineMaxPoolGrad, &lineArgs{
			dst: ptr(dx), src: ptr(src), aux: ptr(dst), more: ptr(g),
			dstRow: n * b, srcRow: pair * b, srcCol: row * b, rows: rows, n: n,
		})
		return
	}
	for i := range rows {
		for j := range n {
			at, y, left := i*pair+2*j, dst[i*n+j], g[i*n+j]
			for _, k := range [4]int{at, at + 1, at + row, at + row + 1} {
				dx[k] = 0
				if v := src[k]; v == y || v != v {
					dx[k], left = left, 0
				}
			}
		}
	}
}

// MeanPool writes the means of the windows of [MaxPool].
func MeanPool[T Float](dst, src []T, rows, n, pair, row int) {
	if rows <= 0 || n <= 0 {
		return
	}
	_, _ = dst[rows*n-1], src[(rows-1)*pair+row+2*n-1]
	if runPool(lineMeanPool, dst, src, rows, n, pair, row) {
		return
	}
	for i := range rows {
		a, b := src[i*pair:][:2*n], src[i*pair+row:][:2*n]
		for j := range dst[i*n:][:n] {
			dst[i*n+j] = ((a[2*j] + b[2*j]) + (a[2*j+1] + b[2*j+1])) * 0.25
		}
	}
}

// runPool runs a pooling kernel if the active path has one.
func runPool[T Float](k int, dst, src []T, rows, n, pair, row int) bool {
	if active == Portable {
		return false
	}
	b := size[T]()
	runLine[T](k, &lineArgs{
		dst: ptr(dst), src: ptr(src), dstRow: n * b, srcRow: pair * b, srcCol: row * b, rows: rows, n: n,
	})
	return true
}

// MeanPoolGrad is the derivative of [MeanPool]: dx, laid out like its src, gets a
// quarter of the output gradient g everywhere in a window.
func MeanPoolGrad[T Float](dx, g []T, rows, n, pair, row int) {
	if rows <= 0 || n <= 0 {
		return
	}
	_, _ = dx[(rows-1)*pair+row+2*n-1], g[rows*n-1]
	if active != Portable {
		b := size[T]()
		runLine[T](lineMeanPoolGrad, &lineArgs{
			dst: ptr(dx), dstRow: pair * b, src: ptr(g), srcRow: n * b, srcCol: row * b, rows: rows, n: n,
		})
		return
	}
	for i := range rows {
		for j, v := range g[i*n:][:n] {
			at := i*pair + 2*j
			v *= 0.25
			dx[at], dx[at+1], dx[at+row], dx[at+row+1] = v, v, v, v
		}
	}
}
