package replace

import (
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/internal/ops"
)

// unary replaces the functions whose derivatives are wrong in Gorgonia.
func unary(_ *Pass, n node, in []node) (node, error) {
	switch n.Op().String() {
	case "log2":
		return ops.Apply(ops.Log2, 0, in[0])
	case "invSqrt":
		return ops.Apply(ops.InverseSqrt, 0, in[0])
	}
	return nil, nil
}

// binary refuses operations that are not element-wise, and shapes that package tensor
// considers equal: a vector and a column.
func binary(p *Pass, n node, in []node) (node, error) {
	name, _, _ := strings.Cut(n.Op().String(), " ")
	a, b := in[0].Shape(), in[1].Shape()
	switch {
	case n.Dtype() != in[0].Dtype():
		return nil, errors.Errorf("comparison %s gives truth values, of which a network has none; pass retSame = true for 1 and 0", name)
	case !a.IsScalar() && !b.IsScalar() && !exactly(a, b):
		return nil, errors.Errorf("operation %s of shapes %v and %v: Gorgonia takes them for equal, and they are not; reshape one of them or use the Broadcast form", name, a, b)
	case name == "^" && p.odd(in):
		return nil, errors.New("gorgonia.Norm with odd p takes no absolute values; apply gorgonia.Abs before it")
	}
	return nil, nil
}

// odd reports whether a power is the root (Σ xᵖ)^(1/p) of an odd p, where x may be
// negative: gorgonia.Norm builds it for any p but 2.
func (p *Pass) odd(in []node) bool {
	root, ok := constantOf(in[1])
	if !ok || kindOfNode(in[0]) != "sumOp" && !isOp[*ops.Sum](in[0]) {
		return false
	}
	power := Operands(p.graph, in[0])[0]
	if power.Op() == nil || !strings.HasPrefix(power.Op().String(), "^ ") {
		return false
	}
	of := Operands(p.graph, power)
	exponent, ok := constantOf(of[1])
	if !ok || int(exponent)%2 == 0 || float32(root) != float32(1/exponent) {
		return false
	}
	return of[0].Op() == nil || of[0].Op().String() != "abs"
}

func kindOfNode(n node) string {
	if n.Op() == nil {
		return ""
	}
	return kindOf(n.Op())
}

// isOp reports whether a node applies an operation of type T.
func isOp[T gorgonia.Op](n node) bool {
	_, ok := n.Op().(T)
	return ok
}

// constantOf returns the value of a scalar constant.
func constantOf(n node) (float64, bool) {
	if kindOfNode(n) != "constantScalar" {
		return 0, false
	}
	switch v := n.Value().(type) {
	case *gorgonia.F32:
		return float64(*v), true
	case *gorgonia.F64:
		return float64(*v), true
	}
	return 0, false
}

// between is the element-wise maximum or minimum of two tensors: the maximum of rows of
// two elements, negated before and after for the minimum.
func between(_ *Pass, n node, in []node) (node, error) {
	var m must
	if !exactly(in[0].Shape(), in[1].Shape()) || in[0].IsScalar() {
		return nil, errors.Errorf("operation %v of shapes %v and %v, want equal shapes of at least one axis", n.Op(), in[0].Shape(), in[1].Shape())
	}
	shape := in[0].Shape()
	negate := kindOf(n.Op()) == "minBetween"
	pair := make([]node, 2)
	for i, x := range in {
		if negate {
			x = m.apply(gorgonia.Neg, x)
		}
		pair[i] = m.reshape(x, shape.TotalSize(), 1)
	}
	x := m.apply(func(node) (node, error) { return ops.ApplyConcat(1, pair...) }, pair[0])
	x = m.reshape(m.largest(x), shape...)
	if negate {
		x = m.apply(gorgonia.Neg, x)
	}
	return x, m.err
}

// largest is the maximum of every row of a matrix, as a vector.
func (m *must) largest(x node) node {
	if m.err != nil {
		return nil
	}
	s := x.Shape()
	win := ops.Window{Kernel: [2]int{1, s[1]}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}}
	x = m.reshape(x, s[0], 1, 1, s[1])
	x = m.apply(func(x node) (node, error) { return ops.ApplyMaxPool2D(win, x) }, x)
	return m.reshape(x, s[0])
}
