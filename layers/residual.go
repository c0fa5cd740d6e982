package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
)

// Residual adds the output of a layer to its input, or to a projection of it,
//
//	μ = body(x) + skip(x)
//
//	x: (batch, ...)   body(x), skip(x), μ: of one shape
//
// Parameters are named below "body" and "skip". Source: He et al., CVPR 2016.
type Residual struct {
	// Body is required.
	Body graph.Layer `json:"body"`
	// Skip is the skip connection. Nil means the identity; where the body changes the
	// shape, it is a projection, for example
	// Conv2D{Out: 128, Kernel: Pair{1}, Stride: Pair{2}}.
	Skip graph.Layer `json:"skip,omitempty"`
}

// Build adds both branches and their sum. Body and Skip get all inputs; without a Skip
// there must be one.
func (r Residual) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	if r.Body == nil {
		return nil, errors.New("layers: residual: Body is nil, want a layer")
	}
	body, err := r.Body.Build(b.Sub("body"), in...)
	if err != nil {
		return nil, errors.WithMessagef(err, "body (%T)", r.Body)
	}
	var skip *gorgonia.Node
	if r.Skip == nil {
		skip, err = single("residual", in)
	} else {
		skip, err = r.Skip.Build(b.Sub("skip"), in...)
		err = errors.WithMessagef(err, "skip (%T)", r.Skip)
	}
	if err != nil {
		return nil, err
	}
	if !body.Shape().Eq(skip.Shape()) {
		return nil, errors.Errorf("layers: residual: body, got shape %v for each sample, want %v, the shape of the skip; give Skip a projection to the body's shape, such as a Dense, or a Conv2D with Kernel {1} and the body's Stride",
			perSample(body), perSample(skip))
	}
	sum, err := gorgonia.Add(body, skip)
	return sum, errors.Wrap(err, "layers: residual")
}
