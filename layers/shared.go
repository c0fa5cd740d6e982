package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
)

// Shared is a layer whose parameters belong to the whole network under a name: every
// Shared of that name, in any prediction, uses the same ones. The layers must ask for
// the same parameters. With [Dense.Transposed] one matrix serves both directions:
//
//	{Of: "y", From: {"x"}, Layer: layers.Shared{"w", layers.Dense{Out: 10}}}
//	{Of: "x", From: {"y"}, Layer: layers.Shared{"w", layers.Dense{Out: 784, Transposed: true}}}
//
// Parameters are named below it: "w/weight". To share all parameters of a
// prediction, [graph.Prediction.Share] is simpler.
type Shared struct {
	// Name of the parameters. It must not be empty, nor the name of a prediction.
	Name string `json:"name"`
	// Layer is built with these parameters.
	Layer graph.Layer `json:"layer"`
}

// Build builds the layer.
func (s Shared) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	switch {
	case s.Name == "":
		return nil, errors.New("layers: shared: Name is empty, want a name for the parameters")
	case s.Layer == nil:
		return nil, errors.Errorf("layers: shared %q: Layer is nil", s.Name)
	}
	y, err := s.Layer.Build(b.Shared(s.Name), in...)
	return y, errors.WithMessagef(err, "shared %q", s.Name)
}
