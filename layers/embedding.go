package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// Embedding looks up a learned vector for every symbol: μ[…,d] = W[x[…], d].
//
//	x: (batch, ...), whole numbers from 0 to Symbols−1   W: (Symbols, Width)
//	μ: (batch, ..., Width)
//
// Symbols are data: μ is piecewise constant in x, so a node that holds them is clamped,
// not relaxed. Any other value is an error when it is clamped, or, if the input is not
// a node itself, an error of the run.
type Embedding struct {
	// Symbols is the number of symbols. Zero is an error.
	Symbols int `json:"symbols"`
	// Width is the size of a vector. Zero is an error.
	Width int `json:"width"`
	// Weight draws the initial W. Nil means Normal{Std: 1}.
	Weight graph.Initializer `json:"weight,omitempty"`
}

// Position adds a learned vector to each position, the same for all samples: μ = x + P.
// Without it attention does not know the order of a sequence.
//
//	x, μ: (batch, length, width)   P: (length, width)
//
// Source: Vaswani et al., NeurIPS 2017, section 3.5.
type Position struct {
	// Weight draws the initial P. Nil means Normal{Std: 0.02}.
	Weight graph.Initializer `json:"weight,omitempty"`
}

// Build adds the layer; it takes one input.
func (l Embedding) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	x, err := single("embedding", in)
	if err != nil {
		return nil, err
	}
	if l.Symbols < 1 || l.Width < 1 {
		return nil, errors.Errorf("layers: embedding: Symbols and Width, got %d and %d, want at least 1", l.Symbols, l.Width)
	}
	if err := b.Expect(x, graph.Domain{Max: float64(l.Symbols - 1), Whole: true, Remedy: "number the symbols from 0, or give the embedding more Symbols"}); err != nil {
		return nil, err
	}
	w, err := b.Param(graph.ParamSpec{
		Name: "weight", Shape: graph.Shape{l.Symbols, l.Width}, FanIn: 1, FanOut: l.Width, Init: orDefault(l.Weight, Normal{Std: 1}), Axes: graph.AxesTable,
	})
	if err != nil {
		return nil, err
	}
	y, err := ops.ApplyGather(w, x)
	return y, errors.WithMessage(err, "layers: embedding")
}

// Build adds the layer; it takes one input with samples of at least two axes.
func (l Position) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	x, err := sequence("position", in)
	if err != nil {
		return nil, err
	}
	shape := x.Shape().Clone()
	p, err := b.Param(graph.ParamSpec{Name: "weight", Shape: perSample(x), Init: orDefault(l.Weight, Normal{Std: 0.02}), Axes: graph.AxesTable})
	if err != nil {
		return nil, err
	}
	size := perSample(x).Size()
	if p, err = reshaped("position", p, []int{size}); err != nil {
		return nil, err
	}
	if x, err = reshaped("position", x, []int{shape[0], size}); err != nil {
		return nil, err
	}
	if x, err = gorgonia.BroadcastAdd(x, p, nil, []byte{0}); err != nil {
		return nil, errors.Wrap(err, "layers: position")
	}
	return reshaped("position", x, shape)
}

// sequence returns the only input of a layer on sequences.
func sequence(layer string, in []*gorgonia.Node) (*gorgonia.Node, error) {
	x, err := single(layer, in)
	if err != nil {
		return nil, err
	}
	if x.Dims() != 3 {
		return nil, errors.Errorf("layers: %s: input, got shape %v for each sample, want two axes: length, width; put layers.Reshape or layers.Embedding before it", layer, perSample(x))
	}
	return x, nil
}
