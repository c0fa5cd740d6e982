package replace

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/internal/ops"
)

// size returns a size of a shape as a constant, or n if it is not one.
func (p *Pass) size(n node) node {
	if kindOfNode(n) != "sizeOp" {
		return n
	}
	size := 1
	if s := Operands(p.graph, n)[0].Shape(); !s.IsScalar() {
		size = s[fieldsOf(n.Op()).integer("axis")]
	}
	if n.Dtype() == tensor.Float64 {
		return p.graph.Constant(gorgonia.NewF64(float64(size)))
	}
	return p.graph.Constant(gorgonia.NewF32(float32(size)))
}

// reshape copies: on the tape machine, Gorgonia's reshape shares memory with its
// operand, into which the next operation may write.
func reshape(_ *Pass, n node, in []node) (node, error) {
	var m must
	if n.Shape().IsScalar() || in[0].Shape().IsScalar() {
		return nil, nil
	}
	return m.reshape(in[0], n.Shape()...), m.err
}

// transpose keeps the transposition of a matrix, which is part of a product.
func transpose(_ *Pass, n node, in []node) (node, error) {
	axes := fieldsOf(n.Op()).integers("pattern")
	if len(axes) == 2 {
		return nil, nil
	}
	var m must
	return m.permute(in[0], axes), m.err
}

// repeat keeps the repetition of a scalar, of a scalar's gradient, and along an axis of
// a matrix, whose derivatives are right.
func repeat(p *Pass, n node, in []node) (node, error) {
	from, to := in[0].Shape(), n.Shape()
	one := from.TotalSize() == 1
	if from.IsScalar() || one && p.Differentiated || !one && len(from) == 2 && len(to) == 2 && repeatsOnes(from, to) {
		return nil, nil
	}
	if len(from) != len(to) {
		return nil, errors.Errorf("%s: from shape %v to %v, want as many axes; reshape before it", label(n.Op()), from, to)
	}
	var m must
	x := in[0]
	if !repeatsOnes(from, to) { // each element along the axis several times
		axis := fieldsOf(n.Op()).integer("along")
		wide := append(slices.Clone(from[:axis+1]), 1)
		wide = append(wide, from[axis+1:]...)
		x = m.reshape(x, wide...)
		wide[axis+1] = to[axis] / from[axis]
		x = m.expand(x, wide)
		return m.reshape(x, to...), m.err
	}
	return m.expand(x, to), m.err
}

func repeatsOnes(from, to tensor.Shape) bool {
	for i := range from {
		if from[i] != to[i] && from[i] != 1 {
			return false
		}
	}
	return true
}

func (m *must) expand(x node, to tensor.Shape) node {
	return m.apply(func(x node) (node, error) {
		if exactly(x.Shape(), to) {
			return x, nil
		}
		return ops.ApplyExpand(to, x)
	}, x)
}

// slice takes a range of an axis. Gorgonia drops the axis if one element is left.
func slice(_ *Pass, n node, in []node) (node, error) {
	x, axis := in[0], fieldsOf(n.Op()).integer("along")
	s := x.Shape()
	length := s[axis]
	from, to, step := bounds(n.Op(), length)
	switch {
	case from >= 256 || to+256 <= length:
		return nil, errors.Errorf("gorgonia.Slice from %d to %d of an axis of %d: Gorgonia takes slices for one whose bounds agree modulo 256; use layers.Slice", from, to, length)
	case step > 1 && (to-from)%step != 0:
		return nil, errors.Errorf("gorgonia.Slice from %d to %d in steps of %d, want steps that divide the range", from, to, step)
	}
	var m must
	x = m.slice(x, axis, from, to)
	if step > 1 {
		wide := append(slices.Clone(s[:axis]), (to-from)/step, step)
		wide = append(wide, s[axis+1:]...)
		x = m.slice(m.reshape(x, wide...), axis+1, 0, 1)
	}
	if n.Shape().IsScalar() {
		return m.scalar(x), m.err
	}
	return m.reshape(x, n.Shape()...), m.err
}

func (m *must) slice(x node, axis, from, to int) node {
	return m.apply(func(x node) (node, error) {
		if from == 0 && to == x.Shape()[axis] {
			return x, nil
		}
		return ops.ApplySlice(axis, from, to, x)
	}, x)
}

func concat(_ *Pass, n node, in []node) (node, error) {
	return ops.ApplyConcat(fieldsOf(n.Op()).integer("axis"), in...)
}

// at selects an element, differentiably.
func at(_ *Pass, n node, in []node) (node, error) {
	var m must
	x, place := in[0], fieldsOf(n.Op()).integers("coordinates")
	if len(place) != x.Dims() {
		return nil, errors.Errorf("gorgonia.At: got %d coordinates for shape %v, want one for each axis", len(place), x.Shape())
	}
	for axis, i := range place {
		x = m.slice(x, axis, i, i+1)
	}
	return m.scalar(x), m.err
}
