package kernel

import "math"

// SoftmaxRows writes the softmax of each row of a (rows × cols) into dst, which
// may be a:
//
//	dst = exp(a − max a) / Σ exp(a − max a)
//
// It is stable for any finite row. A row that holds NaN or +∞ gives NaN.
func SoftmaxRows[T Float](dst, a []T, rows, cols int) {
	for r := range rows {
		d := dst[r*cols : (r+1)*cols]
		_, sum := expShifted(d, a[r*cols:(r+1)*cols])
		if !Vector1(DivScalar, d, d, T(sum)) {
			for j := range d {
				d[j] /= T(sum)
			}
		}
	}
}

// expShifted writes exp(a − top) into dst, where top is the maximum of a, and returns
// top and the sum.
func expShifted[T Float](dst, a []T) (top, sum float64) {
	var m [1]float64
	RowMaxima(m[:], a, 1, len(a))
	top = m[0]
	if sum, ok := ExpShifted(dst, a, T(top)); ok {
		return top, sum
	}
	for j, v := range a {
		y := math.Exp(float64(v) - top)
		dst[j] = T(y)
		sum += y
	}
	return top, sum
}
