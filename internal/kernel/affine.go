package kernel

// Affine computes dst = s·a + b with one rounding, if the active path has a
// kernel for it. dst may be a.
func Affine[T Float](dst, a []T, s, b T) bool {
	if len(dst) == 0 {
		return true
	}
	_ = a[len(dst)-1]
	var v vecArgs[T]
	v.p[0], v.p[1], v.n, v.s[0], v.s[1] = ptr(dst), ptr(a), len(dst), s, b
	return runVec(idAffine, &v)
}

// Combine computes dst = s·a + t·b, of which t·b is rounded, if the active path
// has a kernel for it. dst may be a or b.
func Combine[T Float](dst []T, s T, a []T, t T, b []T) bool {
	if len(dst) == 0 {
		return true
	}
	_, _ = a[len(dst)-1], b[len(dst)-1]
	var v vecArgs[T]
	v.p[0], v.p[1], v.p[2], v.n = ptr(dst), ptr(a), ptr(b), len(dst)
	v.s[0], v.s[1] = s, t
	return runVec(idCombine, &v)
}

// RowVector computes dst = f(a, row) for every row of a (rows × cols), where op
// is a kernel of two arguments and row has cols elements.
func RowVector[T Float](op Op, dst, a, row []T, rows, cols int) bool {
	ok := true
	for r := 0; r < rows && ok; r++ {
		ok = Vector2(op, dst[r*cols:(r+1)*cols], a[r*cols:(r+1)*cols], row)
	}
	return ok
}

// ColVector computes dst = f(a, s) with one scalar s = col[r] for each row of a
// (rows × cols), where op is a kernel of one argument and a scalar.
func ColVector[T Float](op Op, dst, a, col []T, rows, cols int) bool {
	ok := true
	for r := 0; r < rows && ok; r++ {
		ok = Vector1(op, dst[r*cols:(r+1)*cols], a[r*cols:(r+1)*cols], col[r])
	}
	return ok
}
