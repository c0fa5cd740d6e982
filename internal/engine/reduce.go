package engine

import "slices"

// MatMul adds op(A)·op(B) of two matrices.
func (g *Graph) MatMul(a, b *Value, transA, transB bool) *Value {
	m, n := a.Shape[0], b.Shape[1]
	if transA {
		m = a.Shape[1]
	}
	if transB {
		n = b.Shape[0]
	}
	// A scalar factor moves out of the product and merges with others; but not out of
	// Aᵀ·B, a weight gradient, which is larger than its factors.
	if x, c, ok := scaled(a); ok && !transA {
		return g.Binary(Mul, g.MatMul(x, b, transA, transB), c)
	}
	if x, c, ok := scaled(b); ok && !transA {
		return g.Binary(Mul, g.MatMul(a, x, transA, transB), c)
	}
	return g.add(&Value{Op: OpMatMul, Shape: []int{m, n}, Args: []*Value{a, b}, TransA: transA, TransB: transB})
}

// scaled splits v into a base and a scalar factor.
func scaled(v *Value) (base, factor *Value, ok bool) {
	if v.Op == OpBinary && v.Binary == Mul && v.Args[1].invariant() {
		return v.Args[0], v.Args[1], true
	}
	return nil, nil, false
}

// SumAll adds the sum of all elements.
func (g *Graph) SumAll(a *Value) *Value {
	switch {
	case a.Size() == 1:
		return g.Reshape(a, []int{})
	case a.Op == OpReshape && a.Rows() == a.Args[0].Rows():
		return g.SumAll(a.Args[0])
	case a.Op == OpBroadcast:
		return g.Binary(Mul, g.SumAll(a.Args[0]), g.Const(float64(a.Size()/a.Args[0].Size())))
	}
	if x, c, ok := scaled(a); ok {
		return g.Binary(Mul, g.SumAll(x), c)
	}
	return g.add(&Value{Op: OpSumAll, Shape: []int{}, Args: []*Value{a}})
}

// SumRows adds the sum over the rows of a matrix.
func (g *Graph) SumRows(a *Value) *Value {
	return g.add(&Value{Op: OpSumRows, Shape: slices.Clone(a.Shape[1:]), Args: []*Value{a}})
}

// SumCols adds the sum of every row of a matrix.
func (g *Graph) SumCols(a *Value) *Value {
	if a.Op == OpBroadcast { // sum before broadcasting
		base, rows := a.Args[0], a.Shape[:1]
		switch {
		case len(base.Shape) == 0:
			return g.Broadcast(g.Binary(Mul, base, g.Const(float64(a.Shape[1]))), rows)
		case base.Shape[0] == 1:
			return g.Broadcast(g.SumAll(base), rows)
		}
		return g.Binary(Mul, g.Reshape(base, rows), g.Const(float64(a.Shape[1])))
	}
	return g.add(&Value{Op: OpSumCols, Shape: []int{a.Shape[0]}, Args: []*Value{a}})
}

// LogSoftmax adds the log-softmax along the last axis.
func (g *Graph) LogSoftmax(a *Value) *Value {
	return g.add(&Value{Op: OpLogSoftmax, Shape: a.Shape, Args: []*Value{a}})
}

// LogSoftmaxGrad adds the derivative of log-softmax, from its output and the output
// gradient.
func (g *Graph) LogSoftmaxGrad(out, grad *Value) *Value {
	return g.add(&Value{Op: OpLogSoftmaxGrad, Shape: out.Shape, Args: []*Value{out, grad}})
}

// Foreign adds an operation that f computes on whole tensors.
func (g *Graph) Foreign(name string, shape []int, f Foreign, args ...*Value) *Value {
	return g.add(&Value{Op: OpForeign, Shape: slices.Clone(shape), Args: args, Name: name, Call: f})
}
