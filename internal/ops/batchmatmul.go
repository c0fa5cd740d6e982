package ops

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// BatchMatMul multiplies batches of matrices pairwise: y[i] = op(a[i])·op(b[i]), where
// op transposes if the field says so.
//
//	op(a): (B, m, k)   op(b): (B, k, n)   y: (B, m, n)
type BatchMatMul struct {
	shaped
	// TransA and TransB transpose the matrices of a and of b.
	TransA, TransB bool
}

// ApplyBatchMatMul adds the products.
func ApplyBatchMatMul(transA, transB bool, a, b *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&BatchMatMul{TransA: transA, TransB: transB}, fmt.Sprintf("batch-matmul(%v,%v)", transA, transB), a, b)
}

// matrixShape returns the rows and columns of a matrix, transposed if trans is set.
func matrixShape(s tensor.Shape, trans bool) (rows, cols int) {
	if trans {
		return s[2], s[1]
	}
	return s[1], s[2]
}

func (o *BatchMatMul) shape(in []tensor.Shape) (tensor.Shape, error) {
	if err := want(in, 3, 3); err != nil {
		return nil, err
	}
	m, k := matrixShape(in[0], o.TransA)
	_, n := matrixShape(in[1], o.TransB)
	b := tensor.Shape{in[0][0], k, n}
	if o.TransB {
		b = tensor.Shape{in[0][0], n, k}
	}
	return tensor.Shape{in[0][0], m, n}, same("the second factor", in[1], b)
}

func (o *BatchMatMul) compute(dst []float64, out tensor.Shape, src [][]float64, in []tensor.Shape) error {
	at := func(x []float64, s tensor.Shape, trans bool, batch, i, j int) float64 {
		if trans {
			i, j = j, i
		}
		return x[(batch*s[1]+i)*s[2]+j]
	}
	_, inner := matrixShape(in[0], o.TransA)
	for b := range out[0] {
		for i := range out[1] {
			for j := range out[2] {
				sum := 0.0
				for k := range inner {
					sum += at(src[0], in[0], o.TransA, b, i, k) * at(src[1], in[1], o.TransB, b, k, j)
				}
				dst[(b*out[1]+i)*out[2]+j] = sum
			}
		}
	}
	return nil
}

// SymDiff returns the derivatives in a and b.
func (o *BatchMatMul) SymDiff(in gorgonia.Nodes, _, g *gorgonia.Node) (gorgonia.Nodes, error) {
	a, b := in[0], in[1]
	var da, db *gorgonia.Node
	var err error
	if o.TransA { // aᵀ is y's left factor: d(aᵀ) = g·op(b)ᵀ, transposed
		da, err = ApplyBatchMatMul(o.TransB, true, b, g)
	} else {
		da, err = ApplyBatchMatMul(false, !o.TransB, g, b)
	}
	if err != nil {
		return nil, err
	}
	if o.TransB {
		db, err = ApplyBatchMatMul(true, o.TransA, g, a)
	} else {
		db, err = ApplyBatchMatMul(!o.TransA, false, a, g)
	}
	return gorgonia.Nodes{da, db}, err
}
