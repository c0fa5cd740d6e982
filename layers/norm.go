package layers

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// LayerNorm normalises the last axes of every sample to mean 0 and variance 1, then
// applies a learned scale and shift to each unit,
//
//	μ = γ ⊙ (x − mean x)/√(var x + Eps) + β
//
//	x, μ: (batch, ..., units...)   γ, β: (units...)
//
// where the mean and the variance are over the units, separately at each position.
// Unlike [BatchNorm] it is the same in training and evaluation and needs no state. γ is
// initially 1 and β 0. Source: Ba et al., arXiv:1607.06450.
type LayerNorm struct {
	// Axes is the number of last axes that form the units. Zero means 1; 3 normalises a
	// whole image.
	Axes int `json:"axes,omitempty"`
	// Eps is added to the variance. Zero means 1e-5.
	Eps float64 `json:"eps,omitempty"`
	// NoAffine omits γ and β.
	NoAffine bool `json:"no_affine,omitempty"`
}

// GroupNorm normalises groups of channels of every sample to mean 0 and variance 1,
// then applies a learned scale and shift to each channel,
//
//	μ[c,…] = γ[c]·(x[c,…] − mean)/√(var + Eps) + β[c]
//
//	x, μ: (batch, C, ...)   γ, β: (C)
//
// where the mean and the variance are over the channels of c's group and all positions.
// With as many groups as channels it is instance normalisation. γ is initially 1 and β
// 0. Source: Wu and He, ECCV 2018.
type GroupNorm struct {
	// Groups divides the number of channels. Zero is an error.
	Groups int `json:"groups"`
	// Eps is added to the variance. Zero means 1e-5.
	Eps float64 `json:"eps,omitempty"`
	// NoAffine omits γ and β.
	NoAffine bool `json:"no_affine,omitempty"`
}

// Build adds the layer; it takes one input with samples of at least Axes axes.
func (l LayerNorm) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	const layer = "layernorm"
	x, eps, err := normInput(layer, l.Eps, in)
	if err != nil {
		return nil, err
	}
	axes := l.Axes
	if axes == 0 {
		axes = 1
	}
	shape := x.Shape().Clone()
	if axes < 1 || axes >= len(shape) {
		return nil, errors.Errorf("layers: layernorm: Axes, got %d for an input of shape %v for each sample, want at most its number of axes", l.Axes, perSample(x))
	}
	units := graph.Shape(shape[len(shape)-axes:])
	width := units.Size()
	groups := shape.TotalSize() / width
	y, err := ops.ApplyNormalize([3]int{1, groups, width}, eps, x)
	if err != nil || l.NoAffine {
		return y, errors.WithMessage(err, "layers: layernorm")
	}
	if y, err = reshaped(layer, y, []int{groups, width}); err != nil {
		return nil, err
	}
	if y, err = affine(b, layer, units, y); err != nil {
		return nil, err
	}
	return reshaped(layer, y, shape)
}

// Build adds the layer; it takes one input, channels first.
func (l GroupNorm) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	const layer = "groupnorm"
	x, eps, err := normInput(layer, l.Eps, in)
	if err != nil {
		return nil, err
	}
	channels := x.Shape()[1]
	if l.Groups < 1 || channels%l.Groups != 0 {
		return nil, errors.Errorf("layers: groupnorm: Groups, got %d for an input of shape %v for each sample, want a divisor of its %d channels", l.Groups, perSample(x), channels)
	}
	groups := b.Batch() * l.Groups
	y, err := ops.ApplyNormalize([3]int{1, groups, x.Shape().TotalSize() / groups}, eps, x)
	if err != nil || l.NoAffine {
		return y, errors.WithMessage(err, "layers: groupnorm")
	}
	return affine(b, layer, graph.Shape{channels}, y)
}

// normInput returns the input of a normalisation and its epsilon.
func normInput(layer string, eps float64, in []*gorgonia.Node) (*gorgonia.Node, float64, error) {
	x, err := single(layer, in)
	if err != nil {
		return nil, 0, err
	}
	if eps == 0 {
		eps = 1e-5
	}
	if !(eps > 0) || math.IsInf(eps, 1) {
		return nil, 0, errors.Errorf("layers: %s: Eps, got %v, want a positive number", layer, eps)
	}
	return x, eps, nil
}

// affine applies a learned scale, initially 1, and shift, initially 0, to each channel,
// the second axis of x.
func affine(b *graph.Builder, layer string, shape graph.Shape, x *gorgonia.Node) (*gorgonia.Node, error) {
	size := shape.Size()
	for _, p := range []struct {
		name  string
		init  graph.Initializer
		apply func(x, p *gorgonia.Node) (*gorgonia.Node, error)
	}{{"scale", Constant{Value: 1}, ops.ApplyMulChannels}, {"bias", Constant{}, ops.ApplyAddChannels}} {
		n, err := b.Param(graph.ParamSpec{Name: p.name, Shape: shape, Init: p.init, NoDecay: true, Axes: graph.AxesTable})
		if err != nil {
			return nil, err
		}
		if n, err = reshaped(layer, n, []int{size}); err != nil {
			return nil, err
		}
		if x, err = p.apply(x, n); err != nil {
			return nil, errors.WithMessagef(err, "layers: %s", layer)
		}
	}
	return x, nil
}
