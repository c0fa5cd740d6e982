package kernel

import "math"

// PlaneMax writes the maxima over parts of b, NaN where one of them is,
//
//	dst[j] = max over k of b[rows[k] + place(j)]
//
// with the places of [GemmPlanes].
func PlaneMax[T Float](dst, b []T, rows, cols *Offsets) {
	lanes := Lanes[T]()
	if rows.Len() == 0 || cols.Len() == 0 {
		return
	}
	_, _ = dst[cols.Len()*lanes-1], b[rows.last+cols.last+lanes-1]
	if active != Portable {
		runPlane[T](planeMax, &planeArgs{
			c: ptr(dst), b: ptr(b), rows: ptrInt(rows.at), cols: ptrInt(cols.at), k: rows.Len(), tiles: cols.Len() / 2,
		})
		return
	}
	for j, place := range cols.at {
		y := dst[j*lanes:][:lanes]
		for l := range y {
			y[l] = T(math.Inf(-1))
		}
		for _, at := range rows.at {
			for l, v := range b[at+place:][:lanes] {
				y[l] = max(y[l], v)
			}
		}
	}
}

// PlaneMaxGrad is the derivative of [PlaneMax], given its b and its maxima y: every
// left[j], the output gradient, is added to dx at the first place, in the order of rows,
// where b equals y[j], or at the first NaN. dx is laid out like b. left is overwritten.
func PlaneMaxGrad[T Float](dx, b, y, left []T, rows, cols *Offsets) {
	lanes := Lanes[T]()
	if rows.Len() == 0 || cols.Len() == 0 {
		return
	}
	n, last := cols.Len()*lanes, rows.last+cols.last+lanes-1
	_, _, _, _ = y[n-1], left[n-1], dx[last], b[last]
	if active != Portable {
		runPlane[T](planeMaxGrad, &planeArgs{
			c: ptr(dx), b: ptr(b), bias: ptr(y), a: ptr(left), rows: ptrInt(rows.at), cols: ptrInt(cols.at),
			k: rows.Len(), tiles: cols.Len() / 2,
		})
		return
	}
	for _, at := range rows.at {
		for j, place := range cols.at {
			for l, v := range b[at+place:][:lanes] {
				if k := j*lanes + l; v == y[k] || v != v {
					dx[at+place+l] += left[k]
					left[k] = 0
				}
			}
		}
	}
}
