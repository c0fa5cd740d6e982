package models

import (
	"strconv"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// MLP declares a multilayer perceptron as a chain of value nodes "x", "h1",
// "h2" ... "y".
//
//	before: μ_l = f(x_{l−1})·W_l + b_l, without f on the input   (the paper's)
//	after:  μ_l = f(x_{l−1}·W_l + b_l), without f on the output
//
// As a feedforward net both compute the same; as energies they differ.
type MLP struct {
	// Widths are the sizes of input, hidden nodes and output: at least two.
	Widths []int `json:"widths"`
	// Activation is f. Nil means the identity.
	Activation graph.Layer `json:"activation,omitempty"`
	// NoBias leaves out the biases.
	NoBias bool `json:"no_bias,omitempty"`
	// Placement of the value node with respect to f. Zero means Before.
	Placement Placement `json:"placement"`
	// Init draws the weights; biases start at 0 with it. Nil means layers.FanIn
	// for weights and biases.
	Init graph.Initializer `json:"init,omitempty"`
	// Output is the energy of the output. Nil means the squared error.
	Output graph.Energy `json:"output,omitempty"`
	// Hidden is the energy of the hidden nodes. Nil means the squared error.
	Hidden graph.Energy `json:"hidden,omitempty"`
}

// Placement says where the value node of a population stands.
type Placement int

// The placements.
const (
	Before Placement = iota // before the activation function: x holds what f is applied to
	After                   // after it: x holds what f returned
)

// String returns "before" or "after".
func (p Placement) String() string {
	if p == After {
		return "after"
	}
	return "before"
}

// MarshalText returns "before" or "after".
func (p Placement) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads "before" or "after".
func (p *Placement) UnmarshalText(text []byte) error {
	switch string(text) {
	case "before":
		*p = Before
	case "after":
		*p = After
	default:
		return errors.Errorf("models: placement, got %q, want before or after", text)
	}
	return nil
}

// Declaration returns the network as data, for [graph.New].
func (m MLP) Declaration() (graph.Declaration, error) {
	var d graph.Declaration
	if len(m.Widths) < 2 {
		return d, errors.Errorf("models: MLP: Widths, got %v, want at least an input and an output, for example [784 256 10]", m.Widths)
	}
	last := len(m.Widths) - 1
	for i, w := range m.Widths {
		if w < 1 {
			return d, errors.Errorf("models: MLP: Widths, got %v, want every width at least 1", m.Widths)
		}
		d.Nodes = append(d.Nodes, graph.Node{Name: chainName(i, last), Shape: graph.Shape{w}})
	}
	for i := 1; i <= last; i++ {
		p := graph.Prediction{
			Of: chainName(i, last), From: []string{chainName(i-1, last)},
			Layer: m.layer(i, last), Energy: m.Hidden,
		}
		if i == last {
			p.Energy = m.Output
		}
		d.Predictions = append(d.Predictions, p)
	}
	return d, nil
}

// New declares the network and draws its parameters.
func (m MLP) New(s graph.Settings) (*graph.Network, error) {
	d, err := m.Declaration()
	if err != nil {
		return nil, err
	}
	return graph.New(d, s)
}

// chainName names node i of a chain that ends at last.
func chainName(i, last int) string {
	switch i {
	case 0:
		return "x"
	case last:
		return "y"
	}
	return "h" + strconv.Itoa(i)
}

// layer is what predicts node i.
func (m MLP) layer(i, last int) graph.Layer {
	dense := layers.Dense{Out: m.Widths[i], NoBias: m.NoBias, Weight: m.Init}
	if m.Init != nil {
		dense.Bias = layers.Constant{}
	}
	f := m.Activation
	if _, identity := f.(layers.Identity); f == nil || identity {
		return dense
	}
	switch {
	case m.Placement == Before && i > 1:
		return layers.Sequential{f, dense}
	case m.Placement == After && i < last:
		return layers.Sequential{dense, f}
	}
	return dense
}
