package graph

import (
	"math/rand/v2"

	"gorgonia.org/gorgonia"
)

// Layer builds a prediction. It is plain data; its parameters belong to the network and
// are requested by name.
//
// Build adds the layer to the graph under construction: from input nodes of
// shape (batch, ...) it returns the prediction, of shape (batch, ...). It is
// ordinary Gorgonia code. It is called once when the network is declared and
// again for every batch size, so it must ask for the same parameters each time.
//
// Operations that Gorgonia 0.9.18 gets wrong are replaced in the nodes that Build
// returns, or are an error of [New] that names the operation and an alternative:
// docs/operations.md lists every function of Gorgonia. All values that Build uses come
// from the Builder: a leaf made otherwise, as by gorgonia.NewMatrix, is an error,
// because it would be neither trained nor saved. A panic of a custom operation becomes
// an error of the run. gorgonia.Read of an inner node is refused; use [Builder.Probe].
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

// ErrorEnergy is an [Energy] of the difference of activity and prediction alone. In
// error coordinates (see [Session.ErrorCoordinates]) relaxation moves that difference,
// and this avoids recomputing it.
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

// Meaner is an [Energy] whose prediction is not the expected activity itself, such as
// the cross-entropy, whose prediction is a row of logits.
//
// Mean returns the activity that a feedforward pass gives the node: the softmax of the
// logits, for example. Other energies use the prediction itself.
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
// Fill writes p.Shape.Size() elements into dst, row-major.
type Initializer interface {
	Fill(dst []float64, p ParamSpec, rng *rand.Rand) error
}

// ParamSpec is a layer's request for a parameter.
type ParamSpec struct {
	// Name is unique within the layer, such as "weight".
	Name string
	// Shape of the parameter, at least one axis.
	Shape Shape
	// FanIn and FanOut are the numbers of connections into and out of one unit, by
	// which initialisers scale. Zero means the size of the first and the last axis.
	FanIn, FanOut int
	// Init draws the initial value. Nil means all zeros.
	Init Initializer
	// NoDecay excludes the parameter from weight decay.
	NoDecay bool
	// Log marks the logarithm of the quantity that the layer uses, such as a
	// log-precision: an optimizer refuses a step after which the exponential is not
	// finite.
	Log bool
	// Axes is the order of the axes, for weight files of other frameworks. Zero means
	// unknown. The first layer that asks decides.
	Axes Axes
}
