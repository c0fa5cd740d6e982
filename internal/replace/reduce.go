package replace

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/internal/ops"
)

// along returns the reduced axes and the remaining ones. Gorgonia silently accepts axes
// beyond the last, and repeated ones.
func along(n node, x tensor.Shape) (hit, left []int, err error) {
	hit = fieldsOf(n.Op()).integers("along")
	for i, a := range hit {
		if a < 0 || a >= len(x) || slices.Contains(hit[:i], a) {
			return nil, nil, errors.Errorf("%s of shape %v, want axes of it, each once", label(n.Op()), x)
		}
	}
	for i := range x {
		if !slices.Contains(hit, i) {
			left = append(left, i)
		}
	}
	return hit, left, nil
}

// sum keeps the sum of all elements, and the sum along an axis of a matrix.
func sum(_ *Pass, n node, in []node) (node, error) {
	x := in[0].Shape()
	hit, left, err := along(n, x)
	if err != nil || len(left) == 0 || len(x) == 2 {
		return nil, err
	}
	var m must
	y := m.apply(func(x node) (node, error) { return ops.ApplySum(hit, x) }, in[0])
	return m.fit(y, n), m.err
}

// fit reshapes x to the shape that Gorgonia gave n: axes of size 1 are added or
// dropped.
func (m *must) fit(x, n node) node {
	if n.Shape().IsScalar() {
		return m.scalar(x)
	}
	return m.reshape(x, n.Shape()...)
}

// maximum is the maximum along axes; its gradient goes to the first of several equal
// elements.
func maximum(_ *Pass, n node, in []node) (node, error) {
	x := in[0].Shape()
	hit, left, err := along(n, x)
	if err != nil {
		return nil, err
	}
	rows := 1
	for _, a := range left {
		rows *= x[a]
	}
	hit = slices.Sorted(slices.Values(hit))
	var m must
	y := m.permute(in[0], append(left, hit...))
	y = m.largest(m.reshape(y, rows, x.TotalSize()/rows))
	return m.fit(y, n), m.err
}

// softmax is along the last axis unless another is named; for a column Gorgonia's uses
// the first.
func softmax(_ *Pass, n node, in []node) (node, error) {
	f := fieldsOf(n.Op())
	last := in[0].Dims() - 1
	axis := f.integer("axis")
	if axis == -1 {
		axis = last
	}
	if axis < 0 || axis > last {
		return nil, errors.Errorf("%s: axis, got %d for an input of shape %v, want one of its axes", label(n.Op()), axis, in[0].Shape())
	}
	order := make([]int, last+1) // its own inverse
	for i := range order {
		order[i] = i
	}
	order[axis], order[last] = last, axis
	var m must
	x := m.permute(in[0], order)
	if f.truth("isLog") {
		x = m.apply(ops.ApplyLogSoftmax, x)
	} else {
		x = m.apply(func(x node) (node, error) { return ops.ApplySoftmax(false, x) }, x)
	}
	return m.permute(x, order), m.err
}

// groupNorm normalises groups of channels, sample by sample; scale and shift are
// separate operations.
func groupNorm(_ *Pass, n node, in []node) (node, error) {
	f, x := fieldsOf(n.Op()), in[0].Shape()
	groups := f.integer("numGroups")
	if len(x) < 2 || groups < 1 || x[1]%groups != 0 || f.integer("numChannels") != x[1] {
		return nil, errors.Errorf("gorgonia.GroupNorm: got %d groups of %d channels for an input of shape %v, want its channels, and a divisor of them", groups, f.integer("numChannels"), x)
	}
	planes := x[0] * groups
	return ops.ApplyNormalize([3]int{1, planes, x.TotalSize() / planes}, f.float("epsilon"), in[0])
}
