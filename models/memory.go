package models

import (
	"slices"

	"github.com/seed-be841da4/prospect/graph"
)

// AssociativeMemory declares a network that stores patterns and recalls them
// from a part or from a corrupted copy: a free cause "z" that predicts hidden
// nodes "h1", "h2" ..., which predict the pattern "x".
//
//	μ_hl = f(h_{l−1})·W_l + b_l    h_0 = z
//	μ_x  = f(h_last)·W + b
//
// Store by training with x clamped to the patterns. To recall from a part, clamp the
// known values of x, leave the others free and relax: the stored patterns are minima of
// the energy, and the free values move to the nearest. To repair a noisy copy, start x
// at it and leave all of it free.
//
// Source: Salvatori et al. 2021, "Associative memories via predictive coding".
type AssociativeMemory struct {
	// Size is the number of values of a pattern. Zero is an error.
	Size int `json:"size"`
	// Hidden are the sizes of z and of the hidden nodes, from the cause to the
	// pattern. At least one.
	Hidden []int `json:"hidden"`
	// Activation is f. Nil means the identity.
	Activation graph.Layer `json:"activation,omitempty"`
	// Prior is the prior of z. Nil means none.
	Prior graph.Prior `json:"prior,omitempty"`
	// Init draws the weights; biases start at 0 with it. Nil means layers.FanIn
	// for weights and biases.
	Init graph.Initializer `json:"init,omitempty"`
	// Output is the energy of x. Nil means the squared error.
	Output graph.Energy `json:"output,omitempty"`
}

// Declaration returns the network as data, for [graph.New].
func (m AssociativeMemory) Declaration() (graph.Declaration, error) {
	if err := checkSize("AssociativeMemory", "Size", m.Size); err != nil {
		return graph.Declaration{}, err
	}
	if err := checkWidths("AssociativeMemory", "Hidden", m.Hidden, 1, "at least the size of the cause, for example [256 512]"); err != nil {
		return graph.Declaration{}, err
	}
	widths := append(slices.Clone(m.Hidden), m.Size)
	d := chain{
		names:  slices.Concat([]string{"z"}, numbered("h", len(m.Hidden)-1), []string{"x"}),
		shapes: rows(widths),
		// The cause is a free node like the others, so f applies to it too.
		maps:   func(i int) graph.Layer { return after(m.Activation, denseTo(widths[i], m.Init, false)) },
		output: m.Output,
	}.declaration()
	d.Nodes[0].Prior = m.Prior
	return d, nil
}

// New declares the network and draws its parameters.
func (m AssociativeMemory) New(s graph.Settings) (*graph.Network, error) { return build(m, s) }
