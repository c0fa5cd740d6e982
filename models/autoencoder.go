package models

import (
	"slices"
	"strconv"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// Autoencoder declares an encoder and its mirror image as one chain of value nodes,
// from the data "x" through "e1", "e2" ... to the code "z", and through "d1", "d2" ...
// to the reconstruction "y", which has the size of x. Train it with x and y clamped to
// the same data. A feedforward pass computes code and reconstruction of other data.
//
//	before: μ_l = f(a_{l−1})·W_l + b_l, without f on the input
//	after:  μ_l = f(a_{l−1}·W_l + b_l), without f on the output
type Autoencoder struct {
	// Widths are the sizes of the data, of the encoder's nodes, and of the code: at
	// least two.
	Widths []int `json:"widths"`
	// Tied makes every matrix of the decoder the transpose of the encoder's.
	Tied bool `json:"tied,omitempty"`
	// Activation is f. Nil means the identity.
	Activation graph.Layer `json:"activation,omitempty"`
	// Placement of the value nodes with respect to f. Zero means Before.
	Placement Placement `json:"placement"`
	// Squash bounds the reconstruction, for example layers.Sigmoid for pixels in
	// [0, 1]. Nil means the identity.
	Squash graph.Layer `json:"squash,omitempty"`
	// Init draws the weights; biases start at 0 with it. Nil means layers.FanIn
	// for weights and biases.
	Init graph.Initializer `json:"init,omitempty"`
	// Output is the energy of the reconstruction. Nil means the squared error.
	Output graph.Energy `json:"output,omitempty"`
	// Hidden is the energy of the other nodes. Nil means the squared error.
	Hidden graph.Energy `json:"hidden,omitempty"`
}

// Declaration returns the network as data, for [graph.New].
func (m Autoencoder) Declaration() (graph.Declaration, error) {
	if err := checkWidths("Autoencoder", "Widths", m.Widths, 2, "at least data and code, for example [784 256 32]"); err != nil {
		return graph.Declaration{}, err
	}
	half := len(m.Widths) - 1 // number of layers of the encoder
	mirror := slices.Clone(m.Widths[:half])
	slices.Reverse(mirror)
	widths := slices.Concat(m.Widths, mirror)
	d := chain{
		names: slices.Concat(
			[]string{"x"}, numbered("e", half-1), []string{"z"}, numbered("d", half-1), []string{"y"}),
		shapes: rows(widths), activation: m.Activation, placement: m.Placement,
		maps:   func(i int) graph.Layer { return m.dense(widths[i], i, half) },
		hidden: m.Hidden, output: m.Output,
	}.declaration()
	last := &d.Predictions[len(d.Predictions)-1]
	last.Layer = after(last.Layer, m.Squash)
	return d, nil
}

// dense is the map to node i of 2·half.
func (m Autoencoder) dense(width, i, half int) graph.Layer {
	l := denseTo(width, m.Init, false)
	if !m.Tied {
		return l
	}
	k := i
	if l.Transposed = i > half; l.Transposed {
		k = 2*half + 1 - i
	}
	return layers.Shared{Name: "tied" + strconv.Itoa(k), Layer: l}
}

// New declares the network and draws its parameters.
func (m Autoencoder) New(s graph.Settings) (*graph.Network, error) { return build(m, s) }
