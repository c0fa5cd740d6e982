package layers

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// BatchedProduct multiplies the matrices in the last two axes of its two inputs, for
// every index of the axes before,
//
//	μ = a·b      a: (batch, ..., m, k)   b: (batch, ..., k, n)   μ: (batch, ..., m, n)
//	    a·bᵀ                             b: (batch, ..., n, k)   if TransposeB
//	    aᵀ·b     a: (batch, ..., k, m)                           if TransposeA
//
// It has no parameters; for those see [Dense]. In a custom layer it is a function of
// any two nodes of three axes or more, such as queries and keys:
// layers.BatchedProduct{TransposeB: true}.Build(b, q, k).
type BatchedProduct struct {
	TransposeA bool `json:"transpose_a,omitempty"`
	TransposeB bool `json:"transpose_b,omitempty"`
}

// Build adds the products; it takes two inputs with samples of at least two axes.
func (l BatchedProduct) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	const layer = "batched product"
	if len(in) != 2 {
		return nil, errors.Errorf("layers: batched product: got %d inputs, want 2: a and b", len(in))
	}
	a, b := in[0].Shape(), in[1].Shape()
	last := len(a) - 1
	if last < 2 || len(b)-1 != last || !slices.Equal(a[:last-1], b[:last-1]) {
		return nil, errors.Errorf("layers: batched product: inputs, got shapes %v and %v, samples first, want matrices along the last two axes and equal axes before them; bring them to that form by layers.Reshape or layers.Permute", a, b)
	}
	m, k, k2, n := a[last-1], a[last], b[last-1], b[last]
	if l.TransposeA {
		m, k = k, m
	}
	if l.TransposeB {
		k2, n = n, k2
	}
	if k != k2 {
		return nil, errors.Errorf("layers: batched product: inputs, got shapes %v and %v for each sample, which sum over axes of %d and %d; want equal ones, or another TransposeA or TransposeB", perSample(in[0]), perSample(in[1]), k, k2)
	}
	outer := a[:last-1].TotalSize()
	x, err := reshaped(layer, in[0], tensor.Shape{outer, a[last-1], a[last]})
	if err != nil {
		return nil, err
	}
	y, err := reshaped(layer, in[1], tensor.Shape{outer, b[last-1], b[last]})
	if err != nil {
		return nil, err
	}
	if err := storable(layer, append(graph.Shape(slices.Clone(a[1:last-1])), m, n)); err != nil {
		return nil, err
	}
	mu, err := ops.ApplyBatchMatMul(l.TransposeA, l.TransposeB, x, y)
	if err != nil {
		return nil, errors.WithMessage(err, "layers: batched product")
	}
	return reshaped(layer, mu, append(a[:last-1].Clone(), m, n))
}
