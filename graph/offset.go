package graph

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// Offset adds its last input to what a layer predicts from the others,
//
//	μ = layer(x_1 ... x_n) + o        o: the shape of μ
//
// for rules that shift predictions by data. Parameters have the names of the layer's.
type Offset struct {
	// Layer is required.
	Layer Layer
}

// Build adds the layer and the sum.
func (s Offset) Build(b *Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	last := len(in) - 1
	if s.Layer == nil || last < 1 {
		return nil, errors.Errorf("graph: offset: got a Layer of type %T and %d inputs, want a layer and at least 2: its own and the offset", s.Layer, len(in))
	}
	mu, err := s.Layer.Build(b, in[:last]...)
	if err != nil {
		return nil, err
	}
	if got := in[last].Shape(); !got.Eq(mu.Shape()) {
		return nil, errors.Errorf("graph: offset: the offset, got shape %v for each sample, want %v, the shape of what the layer predicts; declare its node with that shape", Shape(got[1:]), Shape(mu.Shape()[1:]))
	}
	y, err := gorgonia.Add(mu, in[last])
	return y, errors.Wrap(err, "graph: offset")
}
