package layers_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

func sigma(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// activationCases are the activation functions with their defining formulas and their
// gains; those with a parameter have a case of another value, without a name.
var activationCases = []struct {
	name  string
	layer graph.Layer
	f     func(x float64) float64
	gain  float64
}{
	{"identity", layers.Identity{}, func(x float64) float64 { return x }, 1},
	{"sigmoid", layers.Sigmoid{}, sigma, 1},
	{"tanh", layers.Tanh{}, math.Tanh, 5. / 3},
	{"relu", layers.ReLU{}, func(x float64) float64 { return max(x, 0) }, math.Sqrt2},
	{"leaky-relu", layers.LeakyReLU{}, func(x float64) float64 { return max(x, 0.01*x) }, math.Sqrt(2 / (1 + 0.01*0.01))},
	{"", layers.LeakyReLU{Slope: -0.5}, func(x float64) float64 { return max(x, 0) - 0.5*min(x, 0) }, 0},
	{"", layers.LeakyReLU{Slope: 0.3}, func(x float64) float64 { return max(x, 0.3*x) }, 0},
	{"elu", layers.ELU{}, func(x float64) float64 { return max(x, 0) + math.Expm1(min(x, 0)) }, math.Sqrt(1.55)},
	{"", layers.ELU{Alpha: 0.5}, func(x float64) float64 { return max(x, 0) + math.Expm1(min(x, 0))/2 }, 0},
	{"gelu", layers.GELU{}, func(x float64) float64 { return x / 2 * (1 + math.Erf(x/math.Sqrt2)) }, math.Sqrt2},
	{"silu", layers.SiLU{}, func(x float64) float64 { return x * sigma(x) }, math.Sqrt2},
	{"softplus", layers.Softplus{}, func(x float64) float64 { return math.Log(1 + math.Exp(x)) }, 1},
	{"hard-tanh", layers.HardTanh{}, func(x float64) float64 { return max(-1, min(1, x)) }, 5. / 3},
}

// activationSlopes are slopes at kinks, as they are documented, and beside them.
var activationSlopes = []struct {
	f       layers.Pointwise
	x, want float64
}{
	{layers.ReLU{}, 0, 0},
	{layers.HardTanh{}, 1, 0},
	{layers.HardTanh{}, -1, 0},
	{layers.LeakyReLU{}, -2, 0.01},
	{layers.LeakyReLU{}, 2, 1},
	{layers.Identity{}, -7, 1},
	{layers.ELU{}, 0, 1},
	{layers.ELU{Alpha: 0.5}, 0, 0.5},
}

// activationLayerCases are the activation functions for the tests that every layer
// takes: finite differences, and the compiled engine against the tape machine.
func activationLayerCases() []layerCase {
	var out []layerCase
	for _, c := range activationCases {
		name := fmt.Sprintf("%T%+v", c.layer, c.layer)
		for _, n := range []int{1, 5, 9} {
			shape := graph.Shape{n}
			out = append(out, layerCase{fmt.Sprintf("%s of %d", name, n), c.layer, []graph.Shape{shape}, shape})
		}
		image := graph.Shape{2, 3, 1}
		out = append(out, layerCase{name + " of an image", c.layer, []graph.Shape{image}, image})
	}
	return out
}

func TestActivations(t *testing.T) {
	x := []float64{-2, -0.5, 0, 0.5, 3}
	for _, c := range activationCases {
		want := make([]float64, len(x))
		for i, v := range x {
			want[i] = c.f(v)
		}
		equal(t, fmt.Sprintf("%T", c.layer), predict(t, c.layer, graph.Shape{5}, graph.Shape{5}, 1, x), want)
	}
}

// Each name stands for its own function, with its own gain.
func TestActivationTable(t *testing.T) {
	table := map[string]layers.Activation{}
	for _, a := range layers.Activations() {
		table[a.Name] = a
	}
	named := 0
	for _, c := range activationCases {
		if c.name == "" {
			continue
		}
		named++
		if a := table[c.name]; a.Layer != c.layer || a.Gain != c.gain || layers.Gain(c.layer) != c.gain {
			t.Errorf("%s: got %T with gain %v and %v, want %T with %v", c.name, a.Layer, a.Gain, layers.Gain(c.layer), c.layer, c.gain)
		}
	}
	if named != len(table) {
		t.Errorf("got %d activations, want the %d of activationCases: a new one has a line there", len(table), named)
	}
}

// An activation that is no row of the table has the gain that it tells, or 1.
func TestGainOfOthers(t *testing.T) {
	if got, want := layers.Gain(layers.LeakyReLU{Slope: 1}), 1.0; got != want {
		t.Errorf("slope 1: got %v, want %v", got, want)
	}
	if got := layers.Gain(layers.Sequential{layers.Tanh{}}); got != 1 {
		t.Errorf("no activation: got %v, want 1", got)
	}
}

// At is what the layer computes on a graph.
func TestPointwiseIsTheLayer(t *testing.T) {
	x := []float64{-3, -1, -0.4, 0, 0.3, 1, 2.5}
	for _, c := range activationCases {
		f, ok := c.layer.(layers.Pointwise)
		if !ok {
			t.Errorf("%T is not Pointwise", c.layer)
			continue
		}
		want := make([]float64, len(x))
		for i, v := range x {
			want[i], _ = f.At(v)
		}
		equal(t, fmt.Sprintf("%T", f), predict(t, c.layer, graph.Shape{len(x)}, graph.Shape{len(x)}, 1, x), want)
	}
}

// The slope is the derivative of the value away from kinks, and what is documented at
// them.
func TestPointwiseSlope(t *testing.T) {
	const h = 1e-6
	for _, c := range activationCases {
		f := c.layer.(layers.Pointwise)
		for _, x := range []float64{-3, -.7, -.1, .1, .4, 2.5} {
			high, _ := f.At(x + h)
			low, _ := f.At(x - h)
			if _, slope := f.At(x); math.Abs(slope-(high-low)/(2*h)) > 1e-8 {
				t.Errorf("%T: slope at %g: got %v, want %v", f, x, slope, (high-low)/(2*h))
			}
		}
	}
	for _, c := range activationSlopes {
		if _, slope := c.f.At(c.x); slope != c.want {
			t.Errorf("%T: slope at %g, got %g, want %g", c.f, c.x, slope, c.want)
		}
	}
}
