package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
)

// TransformerBlock is attention and a multilayer perceptron, each with a normalisation
// before it and a skip connection,
//
//	h = x + attention(norm(x))
//	μ = h + f(norm(h)·W₁ + b₁)·W₂ + b₂
//
//	x, h, μ: (batch, length, width)   W₁: (width, Hidden)   W₂: (Hidden, width)
//
// Parameters are named below "attention" and "mlp". To put a value node between the two
// halves, write them as two predictions of [Residual]. Source: Vaswani et al., NeurIPS
// 2017, with the normalisation first, as in Xiong et al., ICML 2020.
type TransformerBlock struct {
	// Heads of the attention. Zero means 1.
	Heads int `json:"heads,omitempty"`
	// Hidden is the number of hidden units per position. Zero means four times the
	// width.
	Hidden int `json:"hidden,omitempty"`
	// Causal lets a position read only itself and earlier ones.
	Causal bool `json:"causal,omitempty"`
	// Mask names a data node that is 0 where there is padding, which positions do not
	// read; see [MultiHeadAttention]. Empty means that there is none.
	Mask string `json:"mask,omitempty"`
	// Dropout is the dropout rate of the output of each half in training. Zero means
	// none.
	Dropout float64 `json:"dropout,omitempty"`
	// Activation is f. Nil means GELU{}.
	Activation graph.Layer `json:"activation,omitempty"`
}

// Build adds the block; it takes one input with samples of two axes.
func (l TransformerBlock) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	x, err := sequence("transformer block", in)
	if err != nil {
		return nil, err
	}
	if l.Hidden < 0 {
		return nil, errors.Errorf("layers: transformer block: Hidden, got %d, want at least 1, or 0 for four times the width", l.Hidden)
	}
	width, hidden := x.Shape()[2], l.Hidden
	if hidden == 0 {
		hidden = 4 * width
	}
	f := l.Activation
	if f == nil {
		f = GELU{}
	}
	for _, half := range []struct {
		name string
		body Sequential
	}{
		{"attention", Sequential{LayerNorm{}, MultiHeadAttention{Heads: l.Heads, Causal: l.Causal, Mask: l.Mask}, Dropout{Rate: l.Dropout}}},
		{"mlp", Sequential{LayerNorm{}, Dense{Out: hidden}, f, Dense{Out: width}, Dropout{Rate: l.Dropout}}},
	} {
		if x, err = (Residual{Body: half.body}).Build(b.Sub(half.name), x); err != nil {
			return nil, errors.WithMessagef(err, "layers: transformer block: %s", half.name)
		}
	}
	return x, nil
}
