package experiments

import (
	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/torchrand"
	"github.com/seed-be841da4/prospect/kinds"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
)

// Initial names how weights are drawn at first.
type Initial string

// The initialisers of the simulations. Xavier's have the gain of the activation
// in the paper: 1 for the identity and sigmoid, 5/3 for tanh, √2 for ReLU.
const (
	XavierUniform Initial = "xavier-uniform"
	XavierNormal  Initial = "xavier-normal"
	Orthogonal    Initial = "orthogonal"
	FanIn         Initial = "fan-in"
)

// chain describes a multilayer perceptron of constant width without biases.
type chain struct {
	widths     []int
	activation string // "" is the identity
	init       Initial
	atInput    bool // the activation is applied to the input, too
}

// model returns the network's settings.
func (c chain) model() (models.MLP, error) {
	m := models.MLP{Widths: c.widths, NoBias: true}
	gain := 1.0
	if c.activation != "" {
		f, err := activation(c.activation)
		if err != nil {
			return m, err
		}
		m.Activation, gain = f, layers.Gain(f)
	}
	if c.init == Orthogonal {
		gain = 1
	}
	init, err := kinds.Standard().Initializers.Find(string(c.init))
	if err != nil {
		return m, errors.WithMessage(err, "experiments: initialiser")
	}
	m.Init = kinds.With(init.New(), "gain", gain)
	return m, nil
}

// new declares the network.
func (c chain) new(s graph.Settings) (*graph.Network, error) {
	m, err := c.model()
	if err != nil {
		return nil, err
	}
	if !c.atInput || m.Activation == nil {
		return m.New(s)
	}
	d, err := m.Declaration()
	if err != nil {
		return nil, err
	}
	d.Predictions[0].Layer = layers.Sequential{m.Activation, d.Predictions[0].Layer}
	return graph.New(d, s)
}

// redraw draws the weights of a network of the chain as PyTorch does.
func (c chain) redraw(net *graph.Network, d Draws, g *torchrand.Generator) error {
	m, err := c.model()
	if err != nil {
		return err
	}
	init, err := torchInitializer(m.Init)
	if err != nil {
		return err
	}
	return d.weights(g, net, init)
}

// activation returns an activation function by its name.
func activation(name string) (graph.Layer, error) {
	k, err := kinds.Standard().Layers.Find(name)
	return k.Value, errors.WithMessage(err, "experiments: activation")
}

// pathways declares two inputs, "x1" and "x2", of one unit, that each feed a
// hidden unit of their own, "h1" and "h2", and an output "y" of some units that
// both hidden units feed, all linear and without biases. It is the layered net
// whose first matrix is kept diagonal. Its parameters are h1/weight, h2/weight,
// y/0/weight and y/1/weight, in that order.
func pathways(outputs int) graph.Declaration {
	one := layers.Dense{Out: 1, NoBias: true}
	out := layers.Dense{Out: outputs, NoBias: true}
	unit := func(name string) graph.Node { return graph.Node{Name: name, Shape: graph.Shape{1}} }
	return graph.Declaration{
		Nodes: []graph.Node{unit("x1"), unit("x2"), unit("h1"), unit("h2"), {Name: "y", Shape: graph.Shape{outputs}}},
		Predictions: []graph.Prediction{
			{Of: "h1", From: []string{"x1"}, Layer: one},
			{Of: "h2", From: []string{"x2"}, Layer: one},
			{Of: "y", From: []string{"h1", "h2"}, Layer: layers.Sum{out, out}},
		},
	}
}
