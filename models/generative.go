package models

import (
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// Generative declares a network that predicts data from causes: from a label "y", from
// a latent code "z", or from both, through hidden nodes "h1", "h2" ... to the data "x".
//
//	μ_h1 = y·V + f(z)·W_1 + b_1
//	μ_hl = f(h_{l−1})·W_l + b_l
//	μ_x  = g(f(h_last)·W + b)
//
// f is not applied to the label, which is data. y and z are not predicted, so when free
// they start as [graph.Start] says, and their priors constrain them.
//
// Train it with x and y clamped; z and the hidden nodes relax. The same network
// then answers in any direction:
//
//   - generate: clamp y (and z, drawn from its prior), run a feedforward pass to x
//   - classify: clamp x, relax y and read its largest unit, or clamp x to the image
//     and y to each label in turn and take the label of minimum energy
//   - encode: clamp x, relax, read z
//
// With Classes 0 it is an unsupervised latent model, with Latent 0 a plain
// decoder of labels.
type Generative struct {
	// Size is the number of values of x. Zero is an error.
	Size int `json:"size"`
	// Classes is the size of y. Zero means no label; then Latent must be set.
	Classes int `json:"classes,omitempty"`
	// Latent is the size of z. Zero means no code; then Classes must be set.
	Latent int `json:"latent,omitempty"`
	// Hidden are the sizes of the hidden nodes, from the causes to the data.
	// Empty means none.
	Hidden []int `json:"hidden,omitempty"`
	// Activation is f. Nil means the identity.
	Activation graph.Layer `json:"activation,omitempty"`
	// Squash is g, which bounds the prediction of x, for example layers.Sigmoid for
	// pixels in [0, 1]. Nil means the identity.
	Squash graph.Layer `json:"squash,omitempty"`
	// LabelPrior is the prior of y where it is free. Nil means none.
	LabelPrior graph.Prior `json:"label_prior,omitempty"`
	// LatentPrior is the prior of z. Nil means energy.L2{Weight: 1}: N(0, 1).
	LatentPrior graph.Prior `json:"latent_prior,omitempty"`
	// Init draws the weights; biases start at 0 with it. Nil means layers.FanIn
	// for weights and biases.
	Init graph.Initializer `json:"init,omitempty"`
	// Output is the energy of x. Nil means the squared error.
	Output graph.Energy `json:"output,omitempty"`
	// HiddenEnergy is the energy of the hidden nodes. Nil means the squared error.
	HiddenEnergy graph.Energy `json:"hidden_energy,omitempty"`
}

// Declaration returns the network as data, for [graph.New].
func (m Generative) Declaration() (graph.Declaration, error) {
	var d graph.Declaration
	if err := checkSize("Generative", "Size", m.Size); err != nil {
		return d, err
	}
	if m.Classes < 0 || m.Latent < 0 || m.Classes+m.Latent == 0 {
		return d, errors.Errorf("models: Generative: Classes and Latent, got %d and %d, want at least one of them above 0 and none below", m.Classes, m.Latent)
	}
	if err := checkWidths("Generative", "Hidden", m.Hidden, 0, ""); err != nil {
		return d, err
	}
	var causes []string
	if m.Classes > 0 {
		causes = append(causes, "y")
		d.Nodes = append(d.Nodes, graph.Node{Name: "y", Shape: graph.Shape{m.Classes}, Prior: m.LabelPrior})
	}
	if m.Latent > 0 {
		causes = append(causes, "z")
		d.Nodes = append(d.Nodes, graph.Node{Name: "z", Shape: graph.Shape{m.Latent}, Prior: m.LatentPrior})
		if m.LatentPrior == nil {
			d.Nodes[len(d.Nodes)-1].Prior = energy.L2{Weight: 1}
		}
	}
	names := append(numbered("h", len(m.Hidden)), "x")
	widths := append(slices.Clone(m.Hidden), m.Size)
	for i, name := range names {
		p := graph.Prediction{Of: name, From: causes, Layer: m.fromCauses(widths[i]), Energy: m.HiddenEnergy}
		if i > 0 {
			p.From, p.Layer = names[i-1:i], after(m.Activation, denseTo(widths[i], m.Init, false))
		}
		if i == len(names)-1 {
			p.Layer, p.Energy = after(p.Layer, m.Squash), m.Output
		}
		d.Nodes = append(d.Nodes, graph.Node{Name: name, Shape: graph.Shape{widths[i]}})
		d.Predictions = append(d.Predictions, p)
	}
	return d, nil
}

// fromCauses predicts from label and code.
func (m Generative) fromCauses(out int) graph.Layer {
	label, code := denseTo(out, m.Init, false), denseTo(out, m.Init, m.Classes > 0)
	switch {
	case m.Latent == 0:
		return label
	case m.Classes == 0:
		return after(m.Activation, code)
	}
	return layers.Sum{label, after(m.Activation, code)}
}

// New declares the network and draws its parameters.
func (m Generative) New(s graph.Settings) (*graph.Network, error) { return build(m, s) }
