package layers

import (
	"math"
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// The activation functions. Each maps a tensor of any shape to one of the same
// shape, number by number.
type (
	// Identity is f(x) = x.
	Identity struct{}
	// Sigmoid is f(x) = 1/(1+e⁻ˣ).
	Sigmoid struct{}
	// Tanh is f(x) = tanh x.
	Tanh struct{}
	// ReLU is f(x) = max(0, x), with f′(0) = 0.
	ReLU struct{}
	// GELU is f(x) = x·Φ(x), with the normal distribution function Φ itself, not
	// its approximation by tanh. Source: Hendrycks and Gimpel, arXiv:1606.08415.
	GELU struct{}
	// SiLU is f(x) = x·σ(x).
	SiLU struct{}
	// Softplus is f(x) = log(1+eˣ).
	Softplus struct{}
	// HardTanh is f(x) = min(1, max(−1, x)), with f′(±1) = 0.
	HardTanh struct{}
)

// LeakyReLU is f(x) = x where x > 0, else Slope·x.
type LeakyReLU struct {
	// Slope for negative x. Zero means 0.01; use ReLU for a slope of 0.
	Slope float64 `json:"slope,omitempty"`
}

// Build returns x.
func (Identity) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	return single("identity", in)
}

// Build returns σ(x).
func (Sigmoid) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	return elementwise(ops.Sigmoid, 0, in)
}

// Build returns tanh x.
func (Tanh) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	x, err := single("tanh", in)
	if err != nil {
		return nil, err
	}
	y, err := gorgonia.Tanh(x)
	return y, errors.Wrap(err, "layers: tanh")
}

// Build returns max(0, x).
func (ReLU) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	return elementwise(ops.ReLU, 0, in)
}

// Build returns x·Φ(x).
func (GELU) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	return elementwise(ops.GELU, 0, in)
}

// Build returns x·σ(x).
func (SiLU) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	return elementwise(ops.SiLU, 0, in)
}

// Build returns log(1+eˣ).
func (Softplus) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	return elementwise(ops.Softplus, 0, in)
}

// Build returns min(1, max(−1, x)).
func (HardTanh) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	return elementwise(ops.HardTanh, 0, in)
}

// Build returns x or Slope·x.
func (l LeakyReLU) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	slope := l.slope()
	if math.IsNaN(slope) || math.IsInf(slope, 0) {
		return nil, errors.Errorf("layers: leaky ReLU: Slope, got %v, want a finite number", l.Slope)
	}
	return elementwise(ops.LeakyReLU, slope, in)
}

func (l LeakyReLU) slope() float64 {
	if l.Slope == 0 {
		return 0.01
	}
	return l.Slope
}

func elementwise(f ops.Function, p float64, in []*gorgonia.Node) (*gorgonia.Node, error) {
	x, err := single(f.String(), in)
	if err != nil {
		return nil, err
	}
	y, err := ops.Apply(f, p, x)
	return y, errors.Wrap(err, "layers")
}

// activations is the table of names: what the command line accepts, and the
// gain that keeps the variance of activities through a Xavier-initialised layer.
var activations = []struct {
	name  string
	layer graph.Layer
	gain  float64
}{
	{"identity", Identity{}, 1},
	{"sigmoid", Sigmoid{}, 1},
	{"tanh", Tanh{}, 5.0 / 3},
	{"relu", ReLU{}, math.Sqrt2},
	{"leaky-relu", LeakyReLU{}, math.Sqrt(2 / (1 + 0.01*0.01))},
	{"gelu", GELU{}, math.Sqrt2},
	{"silu", SiLU{}, math.Sqrt2},
	{"softplus", Softplus{}, 1},
	{"hard-tanh", HardTanh{}, 5.0 / 3},
}

// ActivationNames returns the names that [ActivationByName] knows.
func ActivationNames() []string {
	names := make([]string, len(activations))
	for i, a := range activations {
		names[i] = a.name
	}
	return names
}

// ActivationByName returns an activation function by its name on the command
// line, such as "tanh", and the gain usually given to a Xavier or Kaiming
// initialiser with it.
func ActivationByName(name string) (layer graph.Layer, gain float64, err error) {
	for _, a := range activations {
		if a.name == name {
			return a.layer, a.gain, nil
		}
	}
	return nil, 0, errors.Errorf("layers: activation, got %q, want one of %s", name, strings.Join(ActivationNames(), ", "))
}
