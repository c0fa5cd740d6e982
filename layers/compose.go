package layers

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// Sequential applies layers one after another. The first takes all inputs, every other
// layer the output of the previous one. Parameters are named by position: "1/weight".
// An empty Sequential is the identity.
type Sequential []graph.Layer

// Build adds the layers in order.
func (s Sequential) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	for i, l := range s {
		if l == nil {
			return nil, errors.Errorf("layers: sequential: layer %d is nil", i)
		}
		out, err := l.Build(b.SubIndex(i), in...)
		if err != nil {
			return nil, errors.WithMessagef(err, "layer %d (%T)", i, l)
		}
		in = []*gorgonia.Node{out}
	}
	return single("sequential", in)
}

// Sum predicts from several nodes: each input passes through the layer at its position,
// and the results are added,
//
//	μ = Σ_i layer_i(x_i)
//
// Parameters are named by position: "1/weight".
type Sum []graph.Layer

// Build adds the layers and their sum; it takes as many inputs as layers.
func (s Sum) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	if len(in) != len(s) || len(s) == 0 {
		return nil, errors.Errorf("layers: sum: got %d inputs for %d layers, want one layer for each input", len(in), len(s))
	}
	var sum *gorgonia.Node
	for i, l := range s {
		if l == nil {
			return nil, errors.Errorf("layers: sum: layer %d is nil", i)
		}
		out, err := l.Build(b.SubIndex(i), in[i])
		if err != nil {
			return nil, errors.WithMessagef(err, "summand %d (%T)", i, l)
		}
		if sum == nil {
			sum = out
			continue
		}
		if !sum.Shape().Eq(out.Shape()) {
			return nil, errors.Errorf("layers: sum: summand %d, got shape %v for each sample, want %v like the ones before; change the output of that layer", i, graph.Shape(out.Shape()[1:]), graph.Shape(sum.Shape()[1:]))
		}
		if sum, err = gorgonia.Add(sum, out); err != nil {
			return nil, errors.Wrap(err, "layers: sum")
		}
	}
	return sum, nil
}

// Reshape gives every sample another shape of the same size.
//
//	x: (batch, ...)   μ: (batch, Shape...)
type Reshape struct {
	Shape graph.Shape `json:"shape"`
}

// Build adds the reshape.
func (r Reshape) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	x, err := single("reshape", in)
	if err != nil {
		return nil, err
	}
	if len(r.Shape) == 0 || storable("reshape", r.Shape) != nil || r.Shape.Size()*b.Batch() != x.Shape().TotalSize() {
		return nil, errors.Errorf("layers: reshape: from %v to %v for each sample, want shapes of equal size; change Shape or what comes before it", graph.Shape(x.Shape()[1:]), r.Shape)
	}
	return reshaped("reshape", x, r.Shape.Batched(b.Batch()))
}

// Flatten gives every sample one axis.
//
//	x: (batch, ...)   μ: (batch, size)
type Flatten struct{}

// Build adds the reshape.
func (Flatten) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	x, err := single("flatten", in)
	if err != nil {
		return nil, err
	}
	return Reshape{Shape: graph.Shape{x.Shape().TotalSize() / b.Batch()}}.Build(b, x)
}

// rows reshapes a tensor to a matrix whose rows are its last axis.
func rows(layer string, x *gorgonia.Node) (*gorgonia.Node, error) {
	s := x.Shape()
	width := s[len(s)-1]
	return reshaped(layer, x, tensor.Shape{s.TotalSize() / width, width})
}

// reshaped gives a node another shape of the same size, batch axis included.
func reshaped(layer string, x *gorgonia.Node, shape tensor.Shape) (*gorgonia.Node, error) {
	if slices.Equal(x.Shape(), shape) {
		return x, nil
	}
	y, err := ops.ApplyReshape(x, shape...)
	return y, errors.WithMessagef(err, "layers: %s", layer)
}
