package kernel

// VectorCall is an element-wise kernel whose operands stay where they are, ready to run:
// at batch 1 laying out its arguments takes longer than a short row.
type VectorCall[T Float] struct {
	op   Op
	args vecArgs[T]
	sink [1]float64 // of a sum that nobody reads
}

// PrepareVector returns the kernel of [Vector1], [Vector2] or [Vector3], by the number of
// arguments, nil if the active path has none. Its scalar is zero until SetScalar.
func PrepareVector[T Float](op Op, dst []T, args ...[]T) *VectorCall[T] {
	x := &VectorCall[T]{op: op}
	if len(dst) == 0 || !runVec(op, &x.args) {
		return nil
	}
	x.args.p[0], x.args.n = ptr(dst), len(dst)
	for i, a := range args {
		_ = a[len(dst)-1]
		x.args.p[i+1] = ptr(a)
	}
	return x
}

// PrepareError returns the kernel of [ErrorEnergy], nil on the portable path.
func PrepareError[T Float](sums []float64, e, x, mu []T, rows, cols int) *VectorCall[T] {
	n := rows * cols
	if n == 0 || active == Portable {
		return nil
	}
	_, _, _, _ = sums[rows-1], e[n-1], x[n-1], mu[n-1]
	c := &VectorCall[T]{op: opErrorEnergy}
	c.args.p[0], c.args.p[1], c.args.p[2] = ptr(e), ptr(x), ptr(mu)
	c.args.n, c.args.rows, c.args.sums = cols, rows, ptr64(sums)
	return c
}

// PrepareGradient returns the kernel of [GradientOf], nil on the portable path.
func PrepareGradient[T Float](f Op, dst, e, y, g []T) *VectorCall[T] {
	n := len(dst)
	if n == 0 || active == Portable {
		return nil
	}
	_, _, _ = e[n-1], y[n-1], g[n-1]
	c := &VectorCall[T]{op: opGradTanh}
	if f == Sigmoid {
		c.op = opGradSigmoid
	}
	c.args.p[0], c.args.p[1], c.args.p[2], c.args.p[3] = ptr(dst), ptr(e), ptr(y), ptr(g)
	c.args.n, c.args.rows, c.args.sums = n, 1, ptr64(c.sink[:])
	return c
}

// SetScalar sets the scalar of the following runs.
func (x *VectorCall[T]) SetScalar(s T) { x.args.s[0] = s }

// Run computes the result.
func (x *VectorCall[T]) Run() { runVec(x.op, &x.args) }
