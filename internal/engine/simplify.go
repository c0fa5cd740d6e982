package engine

import (
	"math"
	"slices"

	"github.com/seed-be841da4/prospect/internal/ops"
)

// Const adds a constant scalar.
func (g *Graph) Const(c float64) *Value {
	return g.add(&Value{Op: OpConst, Shape: []int{}, Const: c})
}

// Unary adds F(a) with parameter p.
func (g *Graph) Unary(f Func, p float64, a *Value) *Value {
	switch {
	case a.Op == OpConst:
		return g.Const(f.At(a.Const, p))
	case a.Op == OpBroadcast: // apply before broadcasting
		return g.Broadcast(g.Unary(f, p, a.Args[0]), a.Shape)
	}
	if v := g.expansion(f, a); v != nil {
		return v
	}
	return g.add(&Value{Op: OpUnary, Shape: a.Shape, Args: []*Value{a}, Func: f, Const: p})
}

// expansion rewrites F(a) as products and other functions, or returns nil. An
// activation function and its derivative then share the expensive part, the exponential
// of σ.
func (g *Graph) expansion(f Func, a *Value) *Value {
	switch f {
	case Neg:
		return g.Binary(Mul, a, g.Const(-1))
	case Square:
		return g.Binary(Mul, a, a)
	case Cube:
		return g.Binary(Mul, g.Binary(Mul, a, a), a)
	case Own(ops.SigmoidD): // s − s²
		s := g.Unary(Own(ops.Sigmoid), 0, a)
		return g.Binary(Sub, s, g.Binary(Mul, s, s))
	case Own(ops.SiLU): // a·s
		return g.Binary(Mul, a, g.Unary(Own(ops.Sigmoid), 0, a))
	case Own(ops.SiLUD): // s + a·s(1−s)
		s := g.Unary(Own(ops.Sigmoid), 0, a)
		return g.Binary(Add, s, g.Binary(Mul, g.Binary(Mul, a, s), g.Binary(Sub, g.Const(1), s)))
	}
	return nil
}

// Binary adds a ∘ b. The shapes are equal, or one operand is a scalar.
func (g *Graph) Binary(f Binary, a, b *Value) *Value {
	if a.Op == OpConst && b.Op == OpConst {
		return g.Const(f.At(a.Const, b.Const))
	}
	switch f {
	case Mul:
		if v := g.product(a, b); v != nil {
			return v
		}
		if invariantsLast(a, b) {
			a, b = b, a
		}
	case Add:
		if v := g.sum(a, b); v != nil {
			return v
		}
		if invariantsLast(a, b) {
			a, b = b, a
		}
	case Sub:
		if x, ok := negated(b); ok {
			return g.Binary(Add, a, g.unscale(x, b))
		}
		if b.isConst(0) {
			return a
		}
	case Div:
		if b.Op == OpConst && b.Const != 0 && powerOfTwo(b.Const) { // exact
			return g.Binary(Mul, a, g.Const(1/b.Const))
		}
	}
	if v := g.beforeBroadcast(f, a, b); v != nil {
		return v
	}
	shape := a.Shape
	if len(shape) == 0 || a.Size() < b.Size() {
		shape = b.Shape
	}
	return g.add(&Value{Op: OpBinary, Shape: shape, Args: []*Value{a, b}, Binary: f})
}

// product simplifies a·b, or returns nil.
func (g *Graph) product(a, b *Value) *Value {
	if a.rank() > b.rank() {
		a, b = b, a
	}
	if b.invariant() {
		switch {
		case b.isConst(1):
			return a
		case b.isConst(0): // a disabled energy term; its elements are finite
			return g.Broadcast(g.Const(0), a.Shape)
		case a.invariant():
			return g.invariantProduct(a, b)
		case a.Op == OpBinary && a.Binary == Mul && a.Args[1].invariant():
			return g.Binary(Mul, a.Args[0], g.Binary(Mul, a.Args[1], b))
		}
		return nil
	}
	// Scalar factors move outwards and merge with others.
	for _, swap := range []bool{false, true} {
		x, y := a, b
		if swap {
			x, y = b, a
		}
		if x.Op == OpBroadcast && x.Args[0].invariant() && !scalar(y) && x.Size() <= y.Size() {
			return g.Binary(Mul, y, x.Args[0])
		}
		if x.Op == OpBinary && x.Binary == Mul && x.Args[1].invariant() {
			return g.Binary(Mul, g.Binary(Mul, x.Args[0], y), x.Args[1])
		}
	}
	return nil
}

// sum simplifies a + b, or returns nil.
func (g *Graph) sum(a, b *Value) *Value {
	for _, swap := range []bool{false, true} {
		x, y := a, b
		if swap {
			x, y = b, a
		}
		if zero(y) && x.Size() >= y.Size() && (!scalar(x) || scalar(y)) {
			return x
		}
		if base, ok := negated(y); ok {
			return g.Binary(Sub, x, g.unscale(base, y))
		}
		// A·B with one row, plus a row: a bias, unless it depends on the activities.
		if x.Op == OpMatMul && !x.Bias && !x.TransA && x.Shape[0] == 1 && y.class < Free && x.Size() == y.Size() {
			return g.add(&Value{Op: OpMatMul, Shape: x.Shape, Args: []*Value{x.Args[0], x.Args[1], y}, TransB: x.TransB, Bias: true})
		}
		// A·B plus a broadcast row: the kernel starts its accumulators from the row.
		if x.Op == OpMatMul && !x.Bias && !x.TransA && y.Op == OpBroadcast && y.Args[0].Size() == x.Cols() && len(y.Args[0].Shape) > 0 && y.Args[0].Rows() == 1 && x.Rows() > 0 {
			return g.add(&Value{Op: OpMatMul, Shape: x.Shape, Args: []*Value{x.Args[0], x.Args[1], y.Args[0]}, TransB: x.TransB, Bias: true})
		}
	}
	return nil
}

func zero(v *Value) bool {
	return v.isConst(0) || v.Op == OpBroadcast && v.Args[0].isConst(0)
}

// negated reports whether v is base times a negative scalar.
func negated(v *Value) (base *Value, ok bool) {
	if v.Op == OpBinary && v.Binary == Mul && v.Args[1].invariant() && v.Args[1].negative() {
		return v.Args[0], true
	}
	return nil, false
}

// unscale returns base times the absolute value of the scalar factor of v.
func (g *Graph) unscale(base, v *Value) *Value {
	return g.Binary(Mul, base, g.Binary(Mul, v.Args[1], g.Const(-1)))
}

// beforeBroadcast applies a function to broadcast operands before broadcasting, or
// returns nil.
func (g *Graph) beforeBroadcast(f Binary, a, b *Value) *Value {
	ab, bb := a.Op == OpBroadcast, b.Op == OpBroadcast
	switch {
	case ab && bb && slices.Equal(a.Args[0].Shape, b.Args[0].Shape) && slices.Equal(a.Shape, b.Shape):
		return g.Broadcast(g.Binary(f, a.Args[0], b.Args[0]), a.Shape)
	case ab && scalar(a.Args[0]) && !scalar(b) && b.Size() >= a.Size():
		return g.Binary(f, a.Args[0], b) // a scalar operand broadcasts implicitly
	case bb && scalar(b.Args[0]) && !scalar(a) && a.Size() >= b.Size():
		return g.Binary(f, a, b.Args[0])
	case ab && len(b.Shape) == 0:
		return g.Broadcast(g.Binary(f, a.Args[0], b), a.Shape)
	case bb && len(a.Shape) == 0:
		return g.Broadcast(g.Binary(f, a, b.Args[0]), b.Shape)
	}
	return nil
}

// Broadcast repeats a along its axes of size 1 up to the shape; a scalar is repeated
// along all axes.
func (g *Graph) Broadcast(a *Value, shape []int) *Value {
	if slices.Equal(a.Shape, shape) {
		return a
	}
	if a.Op == OpBroadcast {
		return g.Broadcast(a.Args[0], shape)
	}
	if a.Size() == 1 && len(a.Shape) > 0 {
		return g.Broadcast(g.Reshape(a, []int{}), shape)
	}
	return g.add(&Value{Op: OpBroadcast, Shape: slices.Clone(shape), Args: []*Value{a}})
}

// Reshape gives a another shape of the same size.
func (g *Graph) Reshape(a *Value, shape []int) *Value {
	switch {
	case slices.Equal(a.Shape, shape):
		return a
	case a.Op == OpReshape:
		return g.Reshape(a.Args[0], shape)
	case len(a.Shape) == 0:
		return g.Broadcast(a, shape)
	case a.Op == OpBroadcast && len(a.Args[0].Shape) == 0:
		return g.Broadcast(a.Args[0], shape)
	case a.elementwise() && len(shape) > 0 && len(a.Shape) > 0 && a.Args[0].Size() == a.Size() && a.Rows() == (&Value{Shape: shape}).Rows():
		// Push the reshape up to where it is free, so that the element-wise operations
		// on both sides have one shape.
		return g.reshapeArgs(a, shape)
	}
	return g.add(&Value{Op: OpReshape, Shape: slices.Clone(shape), Args: []*Value{a}})
}

func (g *Graph) reshapeArgs(a *Value, shape []int) *Value {
	args := make([]*Value, len(a.Args))
	for i, x := range a.Args {
		switch {
		case len(x.Shape) == 0:
			args[i] = x
		case x.Size() == a.Size() && x.Op != OpBroadcast:
			args[i] = g.Reshape(x, shape)
		default:
			return g.add(&Value{Op: OpReshape, Shape: slices.Clone(shape), Args: []*Value{a}})
		}
	}
	if a.Op == OpUnary {
		return g.Unary(a.Func, a.Const, args[0])
	}
	return g.Binary(a.Binary, args[0], args[1])
}

// powerOfTwo reports whether dividing by c is exactly multiplying by 1/c.
func powerOfTwo(c float64) bool {
	frac, exp := math.Frexp(c)
	return math.Abs(frac) == 0.5 && exp > -100 && exp < 100
}
