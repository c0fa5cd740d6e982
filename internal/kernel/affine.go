package kernel

// Affine computes dst = s·a + b with one rounding, if the active path has a kernel for
// it. dst may be a.
func Affine[T Float](dst, a []T, s, b T) bool {
	if len(dst) == 0 {
		return true
	}
	_ = a[len(dst)-1]
	var v vecArgs[T]
	v.p[0], v.p[1], v.n, v.s[0], v.s[1] = ptr(dst), ptr(a), len(dst), s, b
	return runVec(opAffine, &v)
}
