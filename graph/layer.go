package graph

import (
	"math/rand/v2"

	"gorgonia.org/gorgonia"
)

// Layer builds a prediction. It is plain data; parameters belong to the network
// and are asked for by name.
//
// Build adds the layer to the graph under construction: from input nodes of
// shape (batch, ...) it returns the prediction, of shape (batch, ...). It is
// ordinary Gorgonia code. It is called once when the network is declared and
// again for every batch size, so it must ask for the same parameters each time.
//
// What Gorgonia 0.9.18 gets wrong is put right in what Build returns, or is an error
// of [New] that names the operation and what to use instead: docs/operations.md
// lists every function of Gorgonia's. All numbers that Build uses come from the
// Builder: a leaf that it makes by itself, as with gorgonia.NewMatrix, is an error,
// because it would be neither trained nor saved. A panic of an operation of your own
// is an error of the run. gorgonia.Read of an inner node is refused; [Builder.Probe]
// reads it.
type Layer interface {
	Build(b *Builder, in ...*gorgonia.Node) (*gorgonia.Node, error)
}

// Energy compares an activity with its prediction.
//
// Build returns a scalar node: the energy of activity x and prediction mu, both
// (batch, ...), summed over units and samples.
type Energy interface {
	Build(b *Builder, x, mu *gorgonia.Node) (*gorgonia.Node, error)
}

// ErrorEnergy is an [Energy] of the difference of activity and prediction alone.
// In error coordinates (see [Session.ErrorCoordinates]) that difference is what
// relaxation moves, and this saves taking it apart again.
//
// BuildError returns the scalar node that Build would for an error e = x − μ.
type ErrorEnergy interface {
	BuildError(b *Builder, e *gorgonia.Node) (*gorgonia.Node, error)
}

// Prior is an energy on an activity alone.
//
// Build returns a scalar node: the energy of activity x, (batch, ...), summed
// over units and samples.
type Prior interface {
	Build(b *Builder, x *gorgonia.Node) (*gorgonia.Node, error)
}

// Meaner is an [Energy] whose prediction is not the expected activity itself,
// such as the cross-entropy, whose prediction is a row of logits.
//
// Mean returns the activity that a feedforward pass gives the node: the softmax
// of the logits, for example. Without it that is the prediction itself.
type Meaner interface {
	Mean(b *Builder, mu *gorgonia.Node) (*gorgonia.Node, error)
}

// ClampedOnly is an [Energy] that has no minimum in the activity, because it is
// linear in it. A node that it compares cannot be free.
type ClampedOnly interface {
	ClampedOnly() bool
}

// Initializer draws the initial value of a parameter.
//
// Fill writes into dst, row-major, which has p.Shape.Size() numbers.
type Initializer interface {
	Fill(dst []float64, p ParamSpec, rng *rand.Rand) error
}

// ParamSpec is what a layer asks for when it needs a parameter.
type ParamSpec struct {
	// Name is unique within the layer, such as "weight".
	Name string
	// Shape of the parameter, at least one axis.
	Shape Shape
	// FanIn and FanOut are the numbers of connections into and out of one unit,
	// by which initialisers scale. Zero means the first and the last axis.
	FanIn, FanOut int
	// Init draws the initial value. Nil means all zeros.
	Init Initializer
	// NoDecay excludes the parameter from weight decay.
	NoDecay bool
	// Log says that the parameter is the logarithm of what the layer uses, as a
	// log-precision is, so that an optimizer refuses a step to where the
	// exponential is not finite.
	Log bool
	// Axes says what the axes are, for files of weights of other frameworks. Zero
	// means that the layer does not say. The first layer that asks decides.
	Axes Axes
}
