package models

import (
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
)

// MLP declares a multilayer perceptron as a chain of value nodes "x", "h1",
// "h2" ... "y".
//
//	before: μ_l = f(x_{l−1})·W_l + b_l, without f on the input   (the paper's)
//	after:  μ_l = f(x_{l−1}·W_l + b_l), without f on the output
//
// As feedforward networks both compute the same; as energies they differ.
type MLP struct {
	// Widths are the sizes of input, hidden nodes and output: at least two.
	Widths []int `json:"widths"`
	// Activation is f. Nil means the identity.
	Activation graph.Layer `json:"activation,omitempty"`
	// NoBias omits the biases.
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

// Placement is the position of the value node of a population relative to f.
type Placement int

// The placements.
const (
	Before Placement = iota // before the activation function: x is its input
	After                   // after it: x is its output
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
	switch strings.ToLower(string(text)) {
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
	if err := checkWidths("MLP", "Widths", m.Widths, 2, "at least an input and an output, for example [784 256 10]"); err != nil {
		return graph.Declaration{}, err
	}
	return chain{
		names:  slices.Concat([]string{"x"}, numbered("h", len(m.Widths)-2), []string{"y"}),
		shapes: rows(m.Widths), activation: m.Activation, placement: m.Placement,
		maps:   func(i int) graph.Layer { return denseTo(m.Widths[i], m.Init, m.NoBias) },
		hidden: m.Hidden, output: m.Output,
	}.declaration(), nil
}

// New declares the network and draws its parameters.
func (m MLP) New(s graph.Settings) (*graph.Network, error) { return build(m, s) }
