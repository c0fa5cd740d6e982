package layers

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// MultiHeadAttention lets every position of a sequence read the others. Each head h has
// a part of the width, Width/Heads = d,
//
//	A_h = softmax(Q_h·K_hᵀ/√d)      Q = x·W_Q + b_Q,  K = z·W_K + b_K,  V = z·W_V + b_V
//	μ = [A_1·V_1, …, A_H·V_H]·W_O + b_O
//
//	x: (batch, L, Width)   z: (batch, M, Width_z)   W_·: (Width or Width_z, Width)
//	A_h: (batch, L, M)     μ: (batch, L, Width)
//
// With one input z is x, which is self-attention; a second input is z, which is
// cross-attention. Parameters are named below "query", "key", "value" and "out". The
// probe "weights" holds the A_h of every sample, one head after another, as (batch·Heads,
// L, M); see [graph.Session.Probe].
//
// Source: Vaswani et al., NeurIPS 2017.
type MultiHeadAttention struct {
	// Heads divides the width. Zero means 1.
	Heads int `json:"heads,omitempty"`
	// Causal lets a position read only itself and earlier ones. It requires L = M.
	Causal bool `json:"causal,omitempty"`
	// Mask names a data node of shape (M) that is 1 where z has data and 0 where it has
	// padding, which is not read: its columns of A_h are 0. A sample of padding alone
	// reads numbers without a meaning. Empty means that everything is read.
	Mask string `json:"mask,omitempty"`
	// NoBias omits all four b.
	NoBias bool `json:"no_bias,omitempty"`
	// Weight draws the initial W. Nil means XavierUniform{}; all b are initially 0.
	Weight graph.Initializer `json:"weight,omitempty"`
}

// Build adds the layer; it takes one or two inputs with samples of two axes.
func (l MultiHeadAttention) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	const layer = "attention"
	if len(in) == 1 {
		in = []*gorgonia.Node{in[0], in[0]}
	}
	if len(in) != 2 {
		return nil, errors.Errorf("layers: attention: got %d inputs, want 1, or 2: what asks and what is read", len(in))
	}
	for _, x := range in {
		if _, err := sequence(layer, []*gorgonia.Node{x}); err != nil {
			return nil, err
		}
	}
	x, z := in[0], in[1]
	width, heads := x.Shape()[2], max(l.Heads, 1)
	if l.Heads < 0 || width%heads != 0 {
		return nil, errors.Errorf("layers: attention: Heads, got %d for an input of shape %v for each sample, want a divisor of its width %d", l.Heads, perSample(x), width)
	}
	if l.Causal && x.Shape()[1] != z.Shape()[1] {
		return nil, errors.Errorf("layers: attention: Causal, got inputs of shapes %v and %v for each sample, want equal lengths", perSample(x), perSample(z))
	}
	mask, z, err := l.masked(b, z)
	if err != nil {
		return nil, err
	}
	var parts [3]*gorgonia.Node
	for i, name := range []string{"query", "key", "value"} {
		from := z
		if i == 0 {
			from = x
		}
		p, err := l.dense(width).Build(b.Sub(name), from)
		if err != nil {
			return nil, errors.WithMessagef(err, "layers: attention: %s", name)
		}
		if parts[i], err = split(p, heads); err != nil {
			return nil, err
		}
	}
	y, err := l.attend(b, parts[0], parts[1], parts[2], mask)
	if err != nil {
		return nil, err
	}
	if y, err = join(y, heads); err != nil {
		return nil, err
	}
	return l.dense(width).Build(b.Sub("out"), y)
}

func (l MultiHeadAttention) dense(width int) Dense {
	return Dense{Out: width, NoBias: l.NoBias, Weight: orDefault(l.Weight, XavierUniform{}), Bias: Constant{}}
}

// attend is softmax(q·kᵀ/√d)·v for every head of every sample. The queries are scaled
// because they have fewer elements than the scores.
func (l MultiHeadAttention) attend(b *graph.Builder, q, k, v, mask *gorgonia.Node) (*gorgonia.Node, error) {
	q, err := gorgonia.Mul(b.Constant(1/math.Sqrt(float64(q.Shape()[2]))), q)
	if err != nil {
		return nil, errors.Wrap(err, "layers: attention: scale")
	}
	scores, err := ops.ApplyBatchMatMul(false, true, q, k)
	if err != nil {
		return nil, errors.WithMessage(err, "layers: attention: scores")
	}
	if mask != nil {
		if scores, err = withoutPadding(b, scores, mask); err != nil {
			return nil, err
		}
	}
	a, err := ops.ApplySoftmax(l.Causal, scores)
	if err != nil {
		return nil, errors.WithMessage(err, "layers: attention")
	}
	if err := b.Probe("weights", a); err != nil {
		return nil, errors.WithMessage(err, "layers: attention")
	}
	y, err := ops.ApplyBatchMatMul(false, false, a, v)
	return y, errors.WithMessage(err, "layers: attention: reading")
}

// masked returns the mask and z with zeros in place of its padding, so that what is there
// cannot exceed the numbers of the precision; nil and z without one.
func (l MultiHeadAttention) masked(b *graph.Builder, z *gorgonia.Node) (mask, kept *gorgonia.Node, err error) {
	if l.Mask == "" {
		return nil, z, nil
	}
	if mask, err = b.Activity(l.Mask); err != nil {
		return nil, nil, errors.WithMessage(err, "layers: attention: Mask")
	}
	s := z.Shape()
	if !mask.Shape().Eq(s[:2]) {
		return nil, nil, errors.Errorf("layers: attention: Mask %q: shape, got %v, want %v, the length of what is read", l.Mask, perSample(mask), []int{s[1]})
	}
	if err := b.Expect(mask, graph.Domain{Max: 1, Whole: true, Remedy: "a mask is 1 where there are data and 0 where there is padding"}); err != nil {
		return nil, nil, err
	}
	c := ops.Chain{}
	column := c.Reshape(mask, s[0], s[1], 1)
	if c.Err == nil {
		kept = c.Hadamard(z, c.Do(ops.ApplyExpand(s, column)))
	}
	return mask, kept, errors.Wrap(c.Err, "layers: attention: mask")
}

// withoutPadding lowers the scores of padding so far that their softmax is 0.
//
//	scores: (batch·heads, L, M)   mask: (batch, M)
func withoutPadding(b *graph.Builder, scores, mask *gorgonia.Node) (*gorgonia.Node, error) {
	s, batch := scores.Shape(), mask.Shape()[0]
	all := tensor.Shape{batch, s[0] / batch * s[1], s[2]}
	c := ops.Chain{}
	low := c.Mul(b.Constant(1e30), c.Sub(mask, b.Constant(1)))
	low = c.Reshape(low, batch, 1, s[2])
	if c.Err == nil {
		low = c.Do(ops.ApplyExpand(all, low))
	}
	out := c.Reshape(c.Add(c.Reshape(scores, all...), low), s...)
	return out, errors.Wrap(c.Err, "layers: attention: mask")
}

// split reshapes (batch, L, heads·d) into (batch·heads, L, d).
func split(x *gorgonia.Node, heads int) (*gorgonia.Node, error) {
	s := x.Shape()
	batch, length, d := s[0], s[1], s[2]/heads
	x, err := reshaped("attention", x, []int{batch, length, heads, d})
	if err != nil {
		return nil, err
	}
	if heads > 1 {
		if x, err = ops.ApplyPermute([]int{0, 2, 1, 3}, x); err != nil {
			return nil, errors.WithMessage(err, "layers: attention")
		}
	}
	return reshaped("attention", x, []int{batch * heads, length, d})
}

// join is the inverse of split.
func join(x *gorgonia.Node, heads int) (*gorgonia.Node, error) {
	s := x.Shape()
	batch, length, d := s[0]/heads, s[1], s[2]
	x, err := reshaped("attention", x, []int{batch, heads, length, d})
	if err != nil {
		return nil, err
	}
	if heads > 1 {
		if x, err = ops.ApplyPermute([]int{0, 2, 1, 3}, x); err != nil {
			return nil, errors.WithMessage(err, "layers: attention")
		}
	}
	return reshaped("attention", x, []int{batch, length, heads * d})
}
