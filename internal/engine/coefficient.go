package engine

import "math"

// Coefficient adds a number that may change between refreshes, but never to 0. It
// moves out of sums and products as constants do, so that the results are those of
// the same number as a constant, but for what a constant of 1 saves.
func (g *Graph) Coefficient(source *float64) *Value {
	v := &Value{Op: OpCoefficient, Shape: []int{}, source: source, class: Clamped, id: len(g.values)}
	g.values = append(g.values, v)
	return v
}

// isNumber reports whether v is a constant, a coefficient, or made of them.
func (v *Value) isNumber() bool {
	return v.Op == OpConst || v.Op == OpCoefficient || v.computed
}

// given reports whether v is there without being computed.
func (v *Value) given() bool {
	return v.Op == OpInput || v.Op == OpConst || v.Op == OpCoefficient
}

// rank orders the factors of a product: constants last, other numbers before them.
func (v *Value) rank() int {
	switch {
	case v.Op == OpConst:
		return 2
	case v.isNumber():
		return 1
	}
	return 0
}

// numbersLast reports whether a and b are to change places, so that products and
// sums are written in one order.
func numbersLast(a, b *Value) bool {
	if a.rank() != b.rank() {
		return a.rank() > b.rank()
	}
	return a.Op != OpConst && a.id > b.id
}

// below reports whether a number is below 0 where every coefficient is above it.
func (v *Value) below() bool {
	switch {
	case v.Op == OpConst:
		return v.Number < 0
	case v.Op == OpBinary && (v.Binary == Mul || v.Binary == Div):
		return v.Args[0].below() != v.Args[1].below()
	}
	return false
}

// numbers simplifies the product of two numbers that are not both constants, where
// that is exact, or returns nil: rounding is as if a constant were in the
// coefficient's place. b is a constant if one of them is.
func (g *Graph) numbers(a, b *Value) *Value {
	if b.Op != OpConst || a.Op != OpBinary || a.Binary != Mul || a.Args[1].Op != OpConst {
		return nil
	}
	if c := a.Args[1].Number; b.Number == -1 || exactFactor(b.Number) && exactFactor(c) {
		return g.Binary(Mul, a.Args[0], g.Const(c*b.Number))
	}
	return nil
}

// exactFactor reports whether multiplication by c changes the sign and the exponent
// only.
func exactFactor(c float64) bool { return powerOfTwo(math.Abs(c)) }
