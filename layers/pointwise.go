package layers

import (
	"math"

	"github.com/seed-be841da4/prospect/internal/ops"
)

// Pointwise is an activation function as plain numbers, for code that does not
// run on a graph: the learning rules that are written out by hand. All activation
// functions of this package are.
type Pointwise interface {
	// At returns f(x) and f′(x).
	At(x float64) (value, slope float64)
}

// At returns x and 1.
func (Identity) At(x float64) (value, slope float64) { return x, 1 }

// At returns σ(x) and σ′(x).
func (Sigmoid) At(x float64) (value, slope float64) { return at(ops.Sigmoid, x, 0) }

// At returns tanh x and 1 − tanh² x.
func (Tanh) At(x float64) (value, slope float64) {
	y := math.Tanh(x)
	return y, 1 - y*y
}

// At returns max(0, x) and its slope.
func (ReLU) At(x float64) (value, slope float64) { return at(ops.ReLU, x, 0) }

// At returns x·Φ(x) and its slope.
func (GELU) At(x float64) (value, slope float64) { return at(ops.GELU, x, 0) }

// At returns x·σ(x) and its slope.
func (SiLU) At(x float64) (value, slope float64) { return at(ops.SiLU, x, 0) }

// At returns log(1+eˣ) and σ(x).
func (Softplus) At(x float64) (value, slope float64) { return at(ops.Softplus, x, 0) }

// At returns min(1, max(−1, x)) and its slope.
func (HardTanh) At(x float64) (value, slope float64) { return at(ops.HardTanh, x, 0) }

// At returns x or Slope·x, and the slope.
func (l LeakyReLU) At(x float64) (value, slope float64) { return at(ops.LeakyReLU, x, l.slope()) }

// at evaluates a function that has a derivative.
func at(f ops.Function, x, p float64) (value, slope float64) {
	d, _ := f.Derivative()
	return f.At(x, p), d.At(x, p)
}
