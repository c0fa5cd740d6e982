package energy

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// CrossEntropy is the energy of a categorical prediction given as logits:
//
//	E = −Σ x · log softmax(z)
//
//	x, z: (batch, ..., classes)   softmax over the last axis
//
// It is finite for any finite logits. A feedforward pass gives the node softmax(z). The
// energy is linear in x, so the node cannot be free. Every row of data is a
// distribution: values from 0 to 1 that sum to 1, one-hot or soft. A row of zeros does
// not contribute: its energy and its gradients are 0.
type CrossEntropy struct{}

// Build returns the energy of target probabilities x and logits mu.
func (CrossEntropy) Build(_ *graph.Builder, x, mu *gorgonia.Node) (*gorgonia.Node, error) {
	log, err := ops.ApplyLogSoftmax(mu)
	if err != nil {
		return nil, err
	}
	c := ops.Chain{}
	e := c.Do1(gorgonia.Neg, c.Sum(c.Hadamard(x, log)))
	return e, errors.Wrap(c.Err, "energy: cross-entropy")
}

// Mean returns softmax(z).
func (CrossEntropy) Mean(_ *graph.Builder, mu *gorgonia.Node) (*gorgonia.Node, error) {
	log, err := ops.ApplyLogSoftmax(mu)
	if err != nil {
		return nil, err
	}
	p, err := gorgonia.Exp(log)
	return p, errors.Wrap(err, "energy: cross-entropy: softmax")
}

// ClampedOnly reports true.
func (CrossEntropy) ClampedOnly() bool { return true }

// Domain restricts data to rows that are distributions.
func (CrossEntropy) Domain() graph.Domain {
	return graph.Domain{
		Distribution: true, Blank: true,
		Remedy: "encode classes as 0 and 1 and divide other rows by their sum, or use energy.Bernoulli for units that are independent",
	}
}

// KullbackLeibler is the divergence of a categorical prediction, given as logits,
// from the target:
//
//	E = Σ x · (log x − log softmax(z))
//
//	x, z: (batch, ..., classes)   softmax over the last axis   0·log 0 = 0
//
// It is the cross-entropy minus the entropy of the target, so its gradients in z equal
// those of [CrossEntropy], and it is 0 where the prediction equals the target. It is
// finite for any finite logits. A feedforward pass gives the node softmax(z). The node
// cannot be free: nothing would keep its activity a distribution, which every row of
// data must be, as for [CrossEntropy].
type KullbackLeibler struct{}

// Build returns the energy of target probabilities x and logits mu.
func (KullbackLeibler) Build(b *graph.Builder, x, mu *gorgonia.Node) (*gorgonia.Node, error) {
	cross, err := CrossEntropy{}.Build(b, x, mu)
	if err != nil {
		return nil, err
	}
	c := ops.Chain{}
	e := c.Add(c.Sum(c.Elementwise(ops.XLogX, 0, x)), cross)
	return e, errors.Wrap(c.Err, "energy: kullback-leibler")
}

// Mean returns softmax(z).
func (KullbackLeibler) Mean(b *graph.Builder, mu *gorgonia.Node) (*gorgonia.Node, error) {
	return CrossEntropy{}.Mean(b, mu)
}

// ClampedOnly reports true.
func (KullbackLeibler) ClampedOnly() bool { return true }

// Domain restricts data to rows that are distributions.
func (KullbackLeibler) Domain() graph.Domain { return CrossEntropy{}.Domain() }

// Bernoulli is the energy of independent binary predictions given as logits:
//
//	E = Σ x·log(1+e^−z) + (1−x)·log(1+e^z)
//
//	x, z: (batch, ...)   x in [0, 1], which data are held to
//
// It is finite for any finite logits. A feedforward pass gives the node σ(z).
// The energy is linear in x, so the node cannot be free.
type Bernoulli struct{}

// Build returns the energy of target probabilities x and logits mu.
func (Bernoulli) Build(b *graph.Builder, x, mu *gorgonia.Node) (*gorgonia.Node, error) {
	// A sum of two non-negative products: x·(on−off) + off would cancel where the
	// prediction is correct and confident.
	c := ops.Chain{}
	on := c.Softplus(c.Do1(gorgonia.Neg, mu)) // −log σ(z)
	off := c.Softplus(mu)                     // −log (1−σ(z))
	e := c.Sum(c.Add(c.Hadamard(x, on), c.Hadamard(c.Sub(b.Constant(1), x), off)))
	return e, errors.Wrap(c.Err, "energy: bernoulli")
}

// Mean returns σ(z).
func (Bernoulli) Mean(_ *graph.Builder, mu *gorgonia.Node) (*gorgonia.Node, error) {
	return ops.Apply(ops.Sigmoid, 0, mu)
}

// ClampedOnly reports true.
func (Bernoulli) ClampedOnly() bool { return true }

// AtZero returns log 2, the energy of x = 0 and z = 0.
func (Bernoulli) AtZero() (float64, error) { return math.Ln2, nil }

// Domain restricts data to values from 0 to 1.
func (Bernoulli) Domain() graph.Domain {
	return graph.Domain{Max: 1, Remedy: "scale pixels to 0 to 1 and encode classes as 0 and 1, or use energy.Gaussian for other numbers"}
}
