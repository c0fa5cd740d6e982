package engine

import "math"

// Coefficient adds a scalar that may change between refreshes, but never to 0.
// Simplification moves it out of sums and products like a constant, so that results
// have the same bits as with a constant of that value.
func (g *Graph) Coefficient(source *float64) *Value {
	v := &Value{Op: OpCoefficient, Shape: []int{}, source: source, class: Clamped, id: len(g.values)}
	g.values = append(g.values, v)
	return v
}

// invariant reports whether v is a scalar that no run changes: a constant, a coefficient,
// or one computed from them.
func (v *Value) invariant() bool {
	return v.Op == OpConst || v.Op == OpCoefficient || v.derived
}

// given reports whether v needs no computation.
func (v *Value) given() bool {
	return v.Op == OpInput || v.Op == OpConst || v.Op == OpCoefficient
}

// rank orders the factors of a product: constants last, other invariants before them.
func (v *Value) rank() int {
	switch {
	case v.Op == OpConst:
		return 2
	case v.invariant():
		return 1
	}
	return 0
}

// invariantsLast reports whether a and b must be swapped to put a sum or product into
// canonical order.
func invariantsLast(a, b *Value) bool {
	if a.rank() != b.rank() {
		return a.rank() > b.rank()
	}
	return a.Op != OpConst && a.id > b.id
}

// negative reports whether an invariant is negative, given that every coefficient is
// positive.
func (v *Value) negative() bool {
	switch {
	case v.Op == OpConst:
		return v.Const < 0
	case v.Op == OpBinary && (v.Binary == Mul || v.Binary == Div):
		return v.Args[0].negative() != v.Args[1].negative()
	}
	return false
}

// invariantProduct simplifies the product of two invariants that are not both
// constants, if that is exact, or returns nil. The result rounds as if a constant were
// in place of the coefficient. If one of them is a constant, it is b.
func (g *Graph) invariantProduct(a, b *Value) *Value {
	if b.Op != OpConst || a.Op != OpBinary || a.Binary != Mul || a.Args[1].Op != OpConst {
		return nil
	}
	if c := a.Args[1].Const; b.Const == -1 || exactFactor(b.Const) && exactFactor(c) {
		return g.Binary(Mul, a.Args[0], g.Const(c*b.Const))
	}
	return nil
}

// exactFactor reports whether multiplication by c changes only the sign and the
// exponent.
func exactFactor(c float64) bool { return powerOfTwo(math.Abs(c)) }
