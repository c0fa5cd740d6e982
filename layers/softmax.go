package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// Softmax makes a distribution of every row, along the last axis,
//
//	μ[…,i] = exp(x[…,i]) / Σ_j exp(x[…,j])
//
//	x, μ: (batch, ..., n)
//
// computed so that no finite x overflows. For a loss on classes leave it out and give
// the logits to energy.CrossEntropy. In a layer of your own it is a function of any
// node of two axes or more: layers.Softmax{}.Build(b, scores); for another axis than
// the last use [Permute] before and after it.
type Softmax struct {
	// Causal is for square matrices, x: (batch, ..., n, n): row r sees only its first
	// r+1 numbers, and μ is 0 at the others.
	Causal bool `json:"causal,omitempty"`
}

// LogSoftmax is the logarithm of [Softmax], finite for any finite x,
//
//	μ[…,i] = x[…,i] − log Σ_j exp(x[…,j])
//
//	x, μ: (batch, ..., n)
type LogSoftmax struct{}

// Build adds the softmax; it wants one input.
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

// Build adds the log-softmax; it wants one input.
func (LogSoftmax) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	x, err := batched("log-softmax", in)
	if err != nil {
		return nil, err
	}
	y, err := ops.ApplyLogSoftmax(x)
	return y, errors.WithMessage(err, "layers")
}

// batched returns the only input of a layer that wants a first axis for the samples
// and at least one more.
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
