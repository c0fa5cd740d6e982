package models

import (
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// Transformer declares a small transformer over sequences of symbols, such as
// characters: the symbols "x", their vectors "h1", a value node after each block
// "h2", "h3" ..., and the logits of a symbol at every position, "y".
//
//	x: (batch, Length), whole numbers   h: (batch, Length, Width)
//	y: (batch, Length, Symbols), one-hot or a distribution; a row of zeros is a
//	   position that is not asked for
//
//	h1 = embedding(x) + position
//	h_l = block(h_{l−1})               see layers.TransformerBlock
//	y   = softmax(norm(h_last)·W + b)
//
// For language modelling, leave NotCausal false and clamp y to the symbols that follow
// the symbols in x.
//
// Source: Vaswani et al., NeurIPS 2017; for predictive coding, Pinchetti et al.
// 2022, "Predictive coding beyond Gaussian distributions".
type Transformer struct {
	// Symbols is the number of symbols. Zero is an error.
	Symbols int `json:"symbols"`
	// Length is the number of positions. Zero is an error.
	Length int `json:"length"`
	// Width is the size of a position's vector. Zero means 64.
	Width int `json:"width,omitempty"`
	// Depth is the number of blocks. Zero means 2.
	Depth int `json:"depth,omitempty"`
	// Heads of the attention divide Width. Zero means 4.
	Heads int `json:"heads,omitempty"`
	// Hidden is the number of hidden units per position of a block. Zero means four
	// times the width.
	Hidden int `json:"hidden,omitempty"`
	// NotCausal lets positions read later ones.
	NotCausal bool `json:"not_causal,omitempty"`
	// Masked adds a data node, "mask", for sequences of several lengths, padded to Length
	// by any symbols.
	//
	//	mask: (batch, Length), 1 where there is a symbol and 0 where there is padding
	//
	// Padding is not read by other positions and takes no part in any energy. Without it
	// all sequences have Length symbols.
	Masked bool `json:"masked,omitempty"`
	// Nodes selects where value nodes are. Zero means PerBlock; PerLayer adds one
	// between attention and perceptron.
	Nodes Granularity `json:"nodes"`
	// Activation of the perceptrons. Nil means layers.GELU{}.
	Activation graph.Layer `json:"activation,omitempty"`
	// Output is the energy of y. Nil means energy.CrossEntropy{}.
	Output graph.Energy `json:"output,omitempty"`
	// HiddenEnergy is the energy of the other nodes. Nil means the squared error.
	HiddenEnergy graph.Energy `json:"hidden_energy,omitempty"`
}

// withDefaults returns the settings with zeros replaced by the defaults.
func (m Transformer) withDefaults() Transformer {
	if m.Width == 0 {
		m.Width = 64
	}
	if m.Depth == 0 {
		m.Depth = 2
	}
	if m.Heads == 0 {
		m.Heads = 4
	}
	if m.Hidden == 0 {
		m.Hidden = 4 * m.Width
	}
	if m.Activation == nil {
		m.Activation = layers.GELU{}
	}
	if m.Output == nil {
		m.Output = energy.CrossEntropy{}
	}
	return m
}

// Declaration returns the network as data, for [graph.New].
func (m Transformer) Declaration() (graph.Declaration, error) {
	var d graph.Declaration
	m = m.withDefaults()
	for _, size := range []struct {
		field string
		n     int
	}{
		{"Symbols", m.Symbols}, {"Length", m.Length}, {"Width", m.Width}, {"Heads", m.Heads}, {"Hidden", m.Hidden},
	} {
		if err := checkSize("Transformer", size.field, size.n); err != nil {
			return d, err
		}
	}
	if err := checkDepth("Transformer", "Depth", m.Depth); err != nil {
		return d, err
	}
	if m.Width%m.Heads != 0 {
		return d, errors.Errorf("models: Transformer: Heads, got %d for a Width of %d, want a divisor", m.Heads, m.Width)
	}
	steps := m.steps()
	names := slices.Concat([]string{"x"}, numbered("h", len(steps)-1), []string{"y"})
	d.Nodes = append(d.Nodes, graph.Node{Name: "x", Shape: graph.Shape{m.Length}, Data: true})
	if m.Masked {
		d.Nodes = append(d.Nodes, graph.Node{Name: m.mask(), Shape: graph.Shape{m.Length}, Data: true})
	}
	for i, layer := range steps {
		shape, e := graph.Shape{m.Length, m.Width}, m.HiddenEnergy
		if i == len(steps)-1 {
			shape, e = graph.Shape{m.Length, m.Symbols}, m.Output
		}
		d.Nodes = append(d.Nodes, graph.Node{Name: names[i+1], Shape: shape, Mask: m.mask()})
		d.Predictions = append(d.Predictions, graph.Prediction{Of: names[i+1], From: names[i : i+1], Layer: layer, Energy: e})
	}
	return d, nil
}

// mask is the name of the mask; empty without one.
func (m Transformer) mask() string {
	if m.Masked {
		return "mask"
	}
	return ""
}

// steps returns the layers between the value nodes.
func (m Transformer) steps() []graph.Layer {
	steps := []graph.Layer{layers.Sequential{layers.Embedding{Symbols: m.Symbols, Width: m.Width}, layers.Position{}}}
	for range m.Depth {
		if m.Nodes == PerBlock {
			steps = append(steps, layers.TransformerBlock{Heads: m.Heads, Hidden: m.Hidden, Causal: !m.NotCausal, Mask: m.mask(), Activation: m.Activation})
			continue
		}
		steps = append(steps,
			layers.Residual{Body: layers.Sequential{layers.LayerNorm{}, layers.MultiHeadAttention{Heads: m.Heads, Causal: !m.NotCausal, Mask: m.mask()}}},
			layers.Residual{Body: layers.Sequential{layers.LayerNorm{}, layers.Dense{Out: m.Hidden}, m.Activation, layers.Dense{Out: m.Width}}})
	}
	return append(steps, layers.Sequential{layers.LayerNorm{}, layers.Dense{Out: m.Symbols}})
}

// New declares the network and draws its parameters.
func (m Transformer) New(s graph.Settings) (*graph.Network, error) { return build(m, s) }
