package kernel

import "math"

// RowSums writes the sum of each row of a, rows × cols, into sums.
//
// The order of the additions depends only on cols: 64 bytes of lanes in parallel, each
// in T over every 16th (8th) element, then the lanes in double precision, so AVX-512
// and AVX2 give the same bits. The portable path adds in double precision throughout.
func RowSums[T Float](sums []float64, a []T, rows, cols int) {
	reduceRows(opRowSum, sums, a, nil, rows, cols, func(a, _ []T) float64 {
		s := 0.0
		for _, v := range a {
			s += float64(v)
		}
		return s
	})
}

// RowSquares writes Σ a² of each row into sums, in the order of [RowSums], with
// the squares not rounded.
func RowSquares[T Float](sums []float64, a []T, rows, cols int) {
	reduceRows(opRowSumSquare, sums, a, nil, rows, cols, func(a, _ []T) float64 {
		s := 0.0
		for _, v := range a {
			s += float64(v) * float64(v)
		}
		return s
	})
}

// RowDots writes Σ a·b of each row into sums, in the order of [RowSums].
func RowDots[T Float](sums []float64, a, b []T, rows, cols int) {
	reduceRows(opRowDot, sums, a, b, rows, cols, func(a, b []T) float64 {
		s := 0.0
		for i, v := range a {
			s += float64(v) * float64(b[i])
		}
		return s
	})
}

// RowMaxima writes the maximum of each row into maxima, NaN if the row holds one.
func RowMaxima[T Float](maxima []float64, a []T, rows, cols int) {
	reduceRows(opRowMax, maxima, a, nil, rows, cols, func(a, _ []T) float64 {
		m := math.Inf(-1)
		for _, v := range a {
			m = max(m, float64(v))
		}
		return m
	})
}

// Finite reports whether every element is finite.
func Finite[T Float](a []T) bool {
	var s [1]float64
	reduceRows(opRowFinite, s[:], a, nil, 1, len(a), func(a, _ []T) float64 {
		s := 0.0
		for _, v := range a {
			s += float64(v) * 0
		}
		return s
	})
	return s[0] == 0
}

// reduceRows runs a reduction kernel, or its portable form row by row.
func reduceRows[T Float](op Op, out []float64, a, b []T, rows, cols int, portable func(a, b []T) float64) {
	if rows == 0 {
		return
	}
	_ = out[rows-1]
	if cols == 0 {
		for i := range rows {
			out[i] = portable(nil, nil)
		}
		return
	}
	_ = a[rows*cols-1]
	var v vecArgs[T]
	v.p[0], v.n, v.rows, v.sums = ptr(a), cols, rows, ptr64(out)
	if b != nil {
		_ = b[rows*cols-1]
		v.p[1] = ptr(b)
	}
	if runVec(op, &v) {
		return
	}
	for i := range rows {
		x, y := a[i*cols:(i+1)*cols], b
		if b != nil {
			y = b[i*cols : (i+1)*cols]
		}
		out[i] = portable(x, y)
	}
}

// ExpShifted writes exp(aᵢ − shift) into dst and returns their sum, if the active
// path has a kernel for it.
func ExpShifted[T Float](dst, a []T, shift T) (sum float64, ok bool) {
	if len(dst) == 0 {
		return 0, true
	}
	_ = a[len(dst)-1]
	var out [1]float64
	var v vecArgs[T]
	v.p[0], v.p[1], v.n, v.rows, v.sums, v.s[0] = ptr(dst), ptr(a), len(dst), 1, ptr64(out[:]), shift
	ok = runVec(opExpShifted, &v)
	return out[0], ok
}

// ColumnSums writes the sums of columns lo … hi−1 of a, rows × cols, into sums[lo:hi],
// adding the rows in order.
func ColumnSums[T Float](sums, a []T, rows, cols, lo, hi int) {
	dst := sums[lo:hi]
	clear(dst)
	for r := range rows {
		row := a[r*cols+lo : r*cols+hi]
		if Vector2(Add, dst, dst, row) {
			continue
		}
		for j, v := range row {
			dst[j] += v
		}
	}
}
