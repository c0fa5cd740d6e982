package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// Softmax normalises every row, along the last axis, to a distribution,
//
//	μ[…,i] = exp(x[…,i]) / Σ_j exp(x[…,j])
//
//	x, μ: (batch, ..., n)
//
// without overflow for any finite x. For a loss on classes omit it and pass the logits
// to energy.CrossEntropy. In a custom layer it is a function of any node of two axes or
// more: layers.Softmax{}.Build(b, scores); for an axis other than the last use
// [Permute] before and after it.
type Softmax struct {
	// Causal is for square matrices, x: (batch, ..., n, n): row r is normalised over
	// its first r+1 elements, and μ is 0 at the others.
	Causal bool `json:"causal,omitempty"`
}

// LogSoftmax is the logarithm of [Softmax], finite for any finite x,
//
//	μ[…,i] = x[…,i] − log Σ_j exp(x[…,j])
//
//	x, μ: (batch, ..., n)
type LogSoftmax struct{}

// Build adds the softmax; it takes one input.
func (l Softmax) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	x, err := batched("softmax", in)
	if err != nil {
		return nil, err
	}
	if s := x.Shape(); l.Causal && (len(s) < 3 || s[len(s)-1] != s[len(s)-2]) {
		return nil, errors.Errorf("layers: softmax: Causal, got an input of shape %v for each sample, want square matrices along the last two axes", perSample(x))
	}
	y, err := ops.ApplySoftmax(l.Causal, x)
	return y, errors.WithMessage(err, "layers")
}

// Build adds the log-softmax; it takes one input.
func (LogSoftmax) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	x, err := batched("log-softmax", in)
	if err != nil {
		return nil, err
	}
	y, err := ops.ApplyLogSoftmax(x)
	return y, errors.WithMessage(err, "layers")
}

// batched returns the only input of a layer that requires a batch axis and at least one
// more.
func batched(layer string, in []*gorgonia.Node) (*gorgonia.Node, error) {
	x, err := single(layer, in)
	if err != nil {
		return nil, err
	}
	if x.Dims() < 2 {
		return nil, errors.Errorf("layers: %s: input, got shape %v, want an axis for the samples and at least one more; use layers.Reshape", layer, x.Shape())
	}
	return x, nil
}
