package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// Add predicts the sum of its inputs, two or more of one shape.
//
//	x_i: (batch, ...)   μ: (batch, ...)
//
// [Sum] first applies a layer to each of them.
type Add struct{}

// Concat joins two or more inputs along an axis; all other axes are equal.
//
//	x_i: (batch, n_i, ...)   μ: (batch, Σ n_i, ...)
type Concat struct {
	// Axis of a sample along which they are joined. Zero is the first: units, or
	// the channels of images.
	Axis int `json:"axis,omitempty"`
}

// Build adds the sum.
func (Add) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	if len(in) < 2 {
		return nil, errors.Errorf("layers: add: got %d inputs, want at least 2", len(in))
	}
	sum := in[0]
	for i, x := range in[1:] {
		if !sum.Shape().Eq(x.Shape()) {
			return nil, errors.Errorf("layers: add: input %d, got shape %v for each sample, want %v like the first; use layers.Sum with a layer for each", i+1, perSample(x), perSample(sum))
		}
		var err error
		if sum, err = gorgonia.Add(sum, x); err != nil {
			return nil, errors.Wrap(err, "layers: add")
		}
	}
	return sum, nil
}

// Build adds the joined inputs.
func (l Concat) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	if len(in) < 2 {
		return nil, errors.Errorf("layers: concat: got %d inputs, want at least 2", len(in))
	}
	first := perSample(in[0])
	if l.Axis < 0 || l.Axis >= len(first) {
		return nil, errors.Errorf("layers: concat: Axis, got %d for inputs of shape %v for each sample, want one of its axes, counted from 0", l.Axis, first)
	}
	for i, x := range in[1:] {
		fit := perSample(x)
		if fit = append(graph.Shape(nil), fit...); len(fit) == len(first) {
			fit[l.Axis] = first[l.Axis]
		}
		if !fit.Equal(first) {
			return nil, errors.Errorf("layers: concat: input %d, got shape %v for each sample, want %v but for axis %d; bring it to that shape first, for example in a Sum of layers", i+1, perSample(x), first, l.Axis)
		}
	}
	y, err := ops.ApplyConcat(l.Axis+1, in...)
	return y, errors.WithMessage(err, "layers")
}
