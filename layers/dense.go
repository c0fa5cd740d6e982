package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
)

// Dense predicts μ = x·W + b, or x·Wᵀ + b if Transposed is set.
//
//	x: (batch, in)   W: (in, out)   b: (out)   μ: (batch, out)
//	                 W: (out, in) if transposed
//
// It acts on every position of a sequence: x: (batch, length, in) gives μ: (batch,
// length, out). An image must first be flattened, by [Flatten].
type Dense struct {
	// Out is the number of units of the prediction. Zero is an error.
	Out int `json:"out"`
	// Transposed multiplies by Wᵀ, for a matrix that is [Shared] with a layer of the
	// opposite direction. The bias is then named "bias_transposed".
	Transposed bool `json:"transposed,omitempty"`
	// NoBias omits b.
	NoBias bool `json:"no_bias,omitempty"`
	// Weight draws the initial W. Nil means FanIn{}: U(−1/√in, 1/√in).
	Weight graph.Initializer `json:"weight,omitempty"`
	// Bias draws the initial b. Nil means FanIn{}: U(−1/√in, 1/√in).
	Bias graph.Initializer `json:"bias,omitempty"`
}

// Build adds the layer; it takes one input with samples of one or two axes.
func (d Dense) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	x, err := single("dense", in)
	if err != nil {
		return nil, err
	}
	if d.Out < 1 {
		return nil, errors.Errorf("layers: dense: Out, got %d, want at least 1", d.Out)
	}
	if x.Dims() > 3 {
		return nil, errors.Errorf("layers: dense: input, got shape %v for each sample, want one axis, or two: length, units; put layers.Flatten{} before it", perSample(x))
	}
	shape := x.Shape().Clone()
	fanIn := shape[len(shape)-1]
	shape[len(shape)-1] = d.Out
	if x, err = rows("dense", x); err != nil {
		return nil, err
	}
	w, err := d.weight(b, fanIn)
	if err != nil {
		return nil, err
	}
	mu, err := gorgonia.Mul(x, w)
	if err != nil {
		return nil, errors.Wrap(err, "layers: dense: x·W")
	}
	if !d.NoBias {
		if mu, err = addBias(b, "dense", d.biasName(), d.Out, fanIn, d.Bias, mu); err != nil {
			return nil, err
		}
	}
	return reshaped("dense", mu, shape)
}

// weight returns W, transposed if requested.
func (d Dense) weight(b *graph.Builder, fanIn int) (*gorgonia.Node, error) {
	if !d.Transposed {
		return b.Param(graph.ParamSpec{
			Name: "weight", Shape: graph.Shape{fanIn, d.Out}, FanIn: fanIn, FanOut: d.Out, Init: orDefault(d.Weight, FanIn{}), Axes: graph.AxesInOut,
		})
	}
	w, err := b.Param(graph.ParamSpec{
		Name: "weight", Shape: graph.Shape{d.Out, fanIn}, FanIn: fanIn, FanOut: d.Out, Init: orDefault(d.Weight, FanIn{}), Axes: graph.AxesOutIn,
	})
	if err != nil {
		return nil, err
	}
	w, err = gorgonia.Transpose(w, 1, 0)
	return w, errors.Wrap(err, "layers: dense: Wᵀ")
}

func (d Dense) biasName() string {
	if d.Transposed {
		return "bias_transposed"
	}
	return "bias"
}

// addBias adds a learned bias to each unit of the matrix mu.
func addBias(b *graph.Builder, layer, name string, out, fanIn int, init graph.Initializer, mu *gorgonia.Node) (*gorgonia.Node, error) {
	bias, err := b.Param(graph.ParamSpec{
		Name: name, Shape: graph.Shape{out}, FanIn: fanIn, FanOut: out, Init: orDefault(init, FanIn{}), NoDecay: true,
	})
	if err != nil {
		return nil, err
	}
	mu, err = gorgonia.BroadcastAdd(mu, bias, nil, []byte{0})
	return mu, errors.Wrapf(err, "layers: %s: x·W + b", layer)
}

// orDefault returns i, or def if i is nil.
func orDefault(i, def graph.Initializer) graph.Initializer {
	if i == nil {
		return def
	}
	return i
}

// single returns the only input of a layer.
func single(layer string, in []*gorgonia.Node) (*gorgonia.Node, error) {
	if len(in) != 1 {
		return nil, errors.Errorf("layers: %s: got %d inputs, want 1; combine them first, for example with layers.Sum", layer, len(in))
	}
	return in[0], nil
}
