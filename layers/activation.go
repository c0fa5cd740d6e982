package layers

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// Activation is a row of the table of activation functions.
type Activation struct {
	// Name is the function's name in files and on the command line, such as "tanh".
	Name string
	// Layer is the function, with its default parameters.
	Layer graph.Layer
	// Gain preserves the variance of activities through a layer with a Xavier or
	// Kaiming initialiser.
	Gain float64
}

var activations = []Activation{
	{"identity", Identity{}, 1},
	{"sigmoid", Sigmoid{}, 1},
	{"tanh", Tanh{}, 5.0 / 3},
	{"relu", ReLU{}, math.Sqrt2},
	{"leaky-relu", LeakyReLU{}, LeakyReLU{}.Gain()},
	{"elu", ELU{}, math.Sqrt(1.55)}, // 1/√E f(z)² of a standard normal z
	{"gelu", GELU{}, math.Sqrt2},
	{"silu", SiLU{}, math.Sqrt2},
	{"softplus", Softplus{}, 1},
	{"hard-tanh", HardTanh{}, 5.0 / 3},
}

// Activations returns the table of activation functions. Each is element-wise, for
// tensors of any shape, and is [Pointwise].
func Activations() []Activation { return slices.Clone(activations) }

// Gainer is an activation function with a known gain for initialisers.
type Gainer interface {
	// Gain preserves the variance of activities through a layer with a Xavier or
	// Kaiming initialiser.
	Gain() float64
}

// Gain returns the customary gain of a Xavier or Kaiming initialiser for an activation
// function: the gain of a [Gainer], or of the table of [Activations], or else 1.
func Gain(activation graph.Layer) float64 {
	if g, ok := activation.(Gainer); ok {
		return g.Gain()
	}
	for _, a := range activations {
		if a.Layer == activation {
			return a.Gain
		}
	}
	return 1
}

// Pointwise is an activation function of a scalar, for code that does not run on a
// graph: the learning rules of package baselines. All activation functions of this
// package implement it.
type Pointwise interface {
	// At returns f(x) and f′(x).
	At(x float64) (value, slope float64)
}

// elementwise applies a function of package ops with parameter p.
func elementwise(f ops.Function, p float64, in []*gorgonia.Node) (*gorgonia.Node, error) {
	x, err := single(f.String(), in)
	if err != nil {
		return nil, err
	}
	y, err := ops.Apply(f, p, x)
	return y, errors.Wrap(err, "layers")
}

// at evaluates a function of package ops and its derivative, which must exist.
func at(f ops.Function, x, p float64) (value, slope float64) {
	d, _ := f.Derivative()
	return f.At(x, p), d.At(x, p)
}

// Identity is f(x) = x.
type Identity struct{}

// Build returns x.
func (Identity) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	return single("identity", in)
}

// At returns x and 1.
func (Identity) At(x float64) (value, slope float64) { return x, 1 }

// Sigmoid is f(x) = 1/(1+e⁻ˣ).
type Sigmoid struct{}

// Build returns σ(x).
func (Sigmoid) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	return elementwise(ops.Sigmoid, 0, in)
}

// At returns σ(x) and σ′(x).
func (Sigmoid) At(x float64) (value, slope float64) { return at(ops.Sigmoid, x, 0) }

// Tanh is f(x) = tanh x.
type Tanh struct{}

// Build returns tanh x.
func (Tanh) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	x, err := single("tanh", in)
	if err != nil {
		return nil, err
	}
	y, err := gorgonia.Tanh(x)
	return y, errors.Wrap(err, "layers: tanh")
}

// At returns tanh x and 1 − tanh² x.
func (Tanh) At(x float64) (value, slope float64) {
	y := math.Tanh(x)
	return y, 1 - y*y
}

// ReLU is f(x) = max(0, x), with f′(0) = 0.
type ReLU struct{}

// Build returns max(0, x).
func (ReLU) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	return elementwise(ops.ReLU, 0, in)
}

// At returns max(0, x) and its slope.
func (ReLU) At(x float64) (value, slope float64) { return at(ops.ReLU, x, 0) }

// LeakyReLU is f(x) = x where x > 0, else Slope·x.
type LeakyReLU struct {
	// Slope for negative x. Zero means 0.01; use ReLU for a slope of 0.
	Slope float64 `json:"slope,omitempty"`
}

func (l LeakyReLU) slope() float64 {
	if l.Slope == 0 {
		return 0.01
	}
	return l.Slope
}

// Gain returns √(2/(1+Slope²)).
func (l LeakyReLU) Gain() float64 { return math.Sqrt(2 / (1 + l.slope()*l.slope())) }

// Build returns x or Slope·x.
func (l LeakyReLU) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	slope := l.slope()
	if math.IsNaN(slope) || math.IsInf(slope, 0) {
		return nil, errors.Errorf("layers: leaky ReLU: Slope, got %v, want a finite number", l.Slope)
	}
	return elementwise(ops.LeakyReLU, slope, in)
}

// At returns x or Slope·x, and the slope.
func (l LeakyReLU) At(x float64) (value, slope float64) { return at(ops.LeakyReLU, x, l.slope()) }

// ELU is f(x) = x where x > 0, else Alpha·(eˣ − 1), which tends to −Alpha. Source:
// Clevert, Unterthiner and Hochreiter, arXiv:1511.07289.
type ELU struct {
	// Alpha is the negative of the limit at −∞. Zero means 1, where the slope is
	// continuous; use ReLU for 0.
	Alpha float64 `json:"alpha,omitempty"`
}

func (l ELU) alpha() float64 {
	if l.Alpha == 0 {
		return 1
	}
	return l.Alpha
}

// Build returns x or Alpha·(eˣ − 1).
func (l ELU) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	alpha := l.alpha()
	if math.IsNaN(alpha) || math.IsInf(alpha, 0) {
		return nil, errors.Errorf("layers: ELU: Alpha, got %v, want a finite number", l.Alpha)
	}
	return elementwise(ops.ELU, alpha, in)
}

// At returns x or Alpha·(eˣ − 1), and 1 or Alpha·eˣ.
func (l ELU) At(x float64) (value, slope float64) { return at(ops.ELU, x, l.alpha()) }

// GELU is f(x) = x·Φ(x), with the exact normal distribution function Φ, not its tanh
// approximation. Source: Hendrycks and Gimpel, arXiv:1606.08415.
type GELU struct{}

// Build returns x·Φ(x).
func (GELU) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	return elementwise(ops.GELU, 0, in)
}

// At returns x·Φ(x) and its slope.
func (GELU) At(x float64) (value, slope float64) { return at(ops.GELU, x, 0) }

// SiLU is f(x) = x·σ(x).
type SiLU struct{}

// Build returns x·σ(x).
func (SiLU) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	return elementwise(ops.SiLU, 0, in)
}

// At returns x·σ(x) and its slope.
func (SiLU) At(x float64) (value, slope float64) { return at(ops.SiLU, x, 0) }

// Softplus is f(x) = log(1+eˣ).
type Softplus struct{}

// Build returns log(1+eˣ).
func (Softplus) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	return elementwise(ops.Softplus, 0, in)
}

// At returns log(1+eˣ) and σ(x).
func (Softplus) At(x float64) (value, slope float64) { return at(ops.Softplus, x, 0) }

// HardTanh is f(x) = min(1, max(−1, x)), with f′(±1) = 0.
type HardTanh struct{}

// Build returns min(1, max(−1, x)).
func (HardTanh) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	return elementwise(ops.HardTanh, 0, in)
}

// At returns min(1, max(−1, x)) and its slope.
func (HardTanh) At(x float64) (value, slope float64) { return at(ops.HardTanh, x, 0) }
