package kernel

// ErrorEnergy computes, for every row r of x, rows × cols,
//
//	e = x − mu     sums[r] = Σ e²
//
// in the order of [RowSums], if the active path has a kernel for it.
func ErrorEnergy[T Float](sums []float64, e, x, mu []T, rows, cols int) bool {
	n := rows * cols
	if n == 0 {
		clear(sums)
		return true
	}
	_, _, _, _ = sums[rows-1], e[n-1], x[n-1], mu[n-1]
	var v vecArgs[T]
	v.p[0], v.p[1], v.p[2] = ptr(e), ptr(x), ptr(mu)
	v.n, v.rows, v.sums = cols, rows, ptr64(sums)
	return runVec(opErrorEnergy, &v)
}

// GradientOf computes the gradient of the energy with respect to an activity,
//
//	dst = e − f′∘g
//
// where f is Tanh or Sigmoid and f′ is computed from its value y (1 − y² or y − y²), e
// is the prediction error and g the error of the layer above, propagated back through
// its weights, if the active path has a kernel for it. dst may be any of the arguments.
func GradientOf[T Float](f Op, dst, e, y, g []T) bool {
	n := len(dst)
	if n == 0 {
		return true
	}
	_, _, _ = e[n-1], y[n-1], g[n-1]
	op := opGradTanh
	if f == Sigmoid {
		op = opGradSigmoid
	}
	var sink [1]float64
	var v vecArgs[T]
	v.p[0], v.p[1], v.p[2], v.p[3] = ptr(dst), ptr(e), ptr(y), ptr(g)
	v.n, v.rows, v.sums = n, 1, ptr64(sink[:])
	return runVec(op, &v)
}
