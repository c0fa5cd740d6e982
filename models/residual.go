package models

import (
	"math"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// MLPResidual declares a residual multilayer perceptron that trains at a depth of a
// hundred layers and more, as a chain of value nodes "x", "h1" ... "y", one after each
// block:
//
//	μ_1 = a·x·W_1
//	μ_l = h_{l−1} + b·f(h_{l−1})·W_l        1 < l ≤ Depth
//	μ_y = c·f(h_Depth)·W_{Depth+1}
//
// without biases. With the [MuPC] parametrisation (N is the width, D the number
// of inputs, L = Depth+1 the number of matrices)
//
//	W ~ N(0, 1)   a = D^−½   b = (N·L)^−½   c = 1/N
//
// activities, energies and the best learning rate of Adam do not depend on width and
// depth, so a rate found on a small network is valid for a large one. With [Standard]
//
//	W ~ U(−1/√fan_in, 1/√fan_in)   a = b = c = 1
//
// The error travels one node per step, so relax for at least Depth steps.
//
// Source: Innocenti, Achour and Buckley 2025, "μPC: scaling predictive coding to
// 100+ layer networks", table 1.
type MLPResidual struct {
	// Inputs, Width, Depth and Outputs are the sizes of x, of every hidden node, the
	// number of hidden nodes, and the size of y. All at least 1.
	Inputs  int `json:"inputs"`
	Width   int `json:"width"`
	Depth   int `json:"depth"`
	Outputs int `json:"outputs"`
	// Activation is f. Nil means the identity.
	Activation graph.Layer `json:"activation,omitempty"`
	// Parametrization scales the weights. Zero means MuPC.
	Parametrization Parametrization `json:"parametrization"`
	// NoSkip omits the skip connections.
	NoSkip bool `json:"no_skip,omitempty"`
	// Output is the energy of the output. Nil means the squared error.
	Output graph.Energy `json:"output,omitempty"`
	// Hidden is the energy of the hidden nodes. Nil means the squared error.
	Hidden graph.Energy `json:"hidden,omitempty"`
}

// Parametrization says how the weights of a [MLPResidual] are drawn and scaled.
type Parametrization int

// The parametrisations.
const (
	MuPC     Parametrization = iota // scaled so that learning rates transfer
	Standard                        // the default of other frameworks
)

// String returns "mupc" or "standard".
func (p Parametrization) String() string {
	if p == Standard {
		return "standard"
	}
	return "mupc"
}

// MarshalText returns "mupc" or "standard".
func (p Parametrization) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads "mupc" or "standard".
func (p *Parametrization) UnmarshalText(text []byte) error {
	switch strings.ToLower(string(text)) {
	case "mupc":
		*p = MuPC
	case "standard":
		*p = Standard
	default:
		return errors.Errorf("models: parametrization, got %q, want mupc or standard", text)
	}
	return nil
}

// Declaration returns the network as data, for [graph.New].
func (m MLPResidual) Declaration() (graph.Declaration, error) {
	var d graph.Declaration
	for _, size := range []struct {
		field string
		n     int
	}{{"Inputs", m.Inputs}, {"Width", m.Width}, {"Outputs", m.Outputs}} {
		if err := checkSize("MLPResidual", size.field, size.n); err != nil {
			return d, err
		}
	}
	if err := checkDepth("MLPResidual", "Depth", m.Depth); err != nil {
		return d, err
	}
	names := slices.Concat([]string{"x"}, numbered("h", m.Depth), []string{"y"})
	for i, name := range names {
		width := m.Width
		switch i {
		case 0:
			width = m.Inputs
		case m.Depth + 1:
			width = m.Outputs
		}
		d.Nodes = append(d.Nodes, graph.Node{Name: name, Shape: graph.Shape{width}})
		if i > 0 {
			d.Predictions = append(d.Predictions, m.prediction(names, i))
		}
	}
	return d, nil
}

// prediction declares the prediction of node i.
func (m MLPResidual) prediction(names []string, i int) graph.Prediction {
	n, l := float64(m.Width), float64(m.Depth+1)
	p := graph.Prediction{Of: names[i], From: []string{names[i-1]}, Energy: m.Hidden}
	switch {
	case i == 1:
		p.Layer = m.scaled(m.Width, 1/math.Sqrt(float64(m.Inputs)))
	case i > m.Depth:
		p.Layer = after(m.Activation, m.scaled(m.Outputs, 1/n))
		p.Energy = m.Output
	default:
		p.Layer = after(m.Activation, m.scaled(m.Width, 1/math.Sqrt(n*l)))
		if !m.NoSkip {
			p.From = append(p.From, names[i-1])
			p.Layer = layers.Sum{layers.Identity{}, p.Layer}
		}
	}
	return p
}

// scaled is a matrix with its muPC factor.
func (m MLPResidual) scaled(out int, factor float64) graph.Layer {
	if m.Parametrization == Standard {
		return layers.Dense{Out: out, NoBias: true}
	}
	return layers.Sequential{layers.Dense{Out: out, NoBias: true, Weight: layers.Normal{Std: 1}}, layers.Scale{Factor: factor}}
}

// New declares the network and draws its parameters.
func (m MLPResidual) New(s graph.Settings) (*graph.Network, error) { return build(m, s) }
