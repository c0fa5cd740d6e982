package replace

import (
	"slices"
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/internal/ops"
)

// product keeps the product of two matrices. Products of batches of matrices, of a
// matrix and a vector, and of two vectors become batched matrix products.
func product(_ *Pass, n node, in []node) (node, error) {
	f := fieldsOf(n.Op())
	transA, transB := f.truth("transA"), f.truth("transB")
	a, b := in[0].Shape(), in[1].Shape()
	var batch int
	var ma, mb [2]int // the matrices
	switch name := n.Op().String(); {
	case strings.Contains(name, "×××"):
		batch = a[:len(a)-2].TotalSize()
		ma, mb = [2]int(a[len(a)-2:]), [2]int(b[len(b)-2:])
	case strings.Contains(name, "⋅"): // aᵀb
		batch, ma, mb = 1, [2]int{1, a.TotalSize()}, [2]int{b.TotalSize(), 1}
	case strings.Contains(name, "⊗"): // abᵀ
		batch, ma, mb = 1, [2]int{a.TotalSize(), 1}, [2]int{1, b.TotalSize()}
	case strings.HasSuffix(name, "b"):
		batch, ma, mb = 1, [2]int(a), [2]int{b.TotalSize(), 1}
	case len(a) == 2 && len(b) == 2:
		return nil, nil
	default:
		return nil, errors.Errorf("%s of shapes %v and %v, want two matrices", label(n.Op()), a, b)
	}
	var m must
	y := m.batches(transA, transB, m.reshape(in[0], batch, ma[0], ma[1]), m.reshape(in[1], batch, mb[0], mb[1]))
	return m.fit(y, n), m.err
}

func (m *must) batches(transA, transB bool, a, b node) node {
	return m.apply(func(a node) (node, error) { return ops.ApplyBatchMatMul(transA, transB, a, b) }, a)
}

// tensordot moves the contracted axes to the end of one factor and the front of the
// other, and multiplies them as matrices.
func tensordot(_ *Pass, n node, in []node) (node, error) {
	f := fieldsOf(n.Op())
	hitA, hitB := f.integers("aAxes"), f.integers("bAxes")
	rest := func(s tensor.Shape, hit []int) (axes []int, size int) {
		size = 1
		for i, d := range s {
			if !slices.Contains(hit, i) {
				axes, size = append(axes, i), size*d
			}
		}
		return axes, size
	}
	a, b := in[0].Shape(), in[1].Shape()
	restA, rows := rest(a, hitA)
	restB, cols := rest(b, hitB)
	inner := a.TotalSize() / rows
	var m must
	x := m.reshape(m.permute(in[0], append(restA, hitA...)), 1, rows, inner)
	y := m.reshape(m.permute(in[1], append(slices.Clone(hitB), restB...)), 1, inner, cols)
	return m.fit(m.batches(false, false, x, y), n), m.err
}
