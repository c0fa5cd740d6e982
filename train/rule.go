package train

import (
	"context"
	"maps"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
)

// Batch is the data that the nodes of a network are clamped to for one update.
type Batch struct {
	// Size is the number of samples.
	Size int
	// Values holds the data of each clamped node by name: (Size, size of the node),
	// row-major. The source may reuse the memory for the next batch.
	Values map[string][]float32
	// Shapes holds the shape of a sample of each node's data, where it is known, as for
	// sources of a dataset. Rules and evaluators then refuse images whose axes are in
	// another order than the node's. A node without an entry is assumed to be in order.
	Shapes map[string][]int
	// Labels are the classes of the samples, for evaluation, or of the positions of
	// sequences, where −1 is padding; nil if there are none.
	Labels []int
	// Indices are the places of the samples in their data set, where whoever made the
	// batch knows them; nil if not. They do not depend on the order of the epoch.
	Indices []int

	whole int // the size of the batch that this is a part of; 0 for a whole one
}

// Check returns an error unless the known shapes of the samples fit the nodes of a
// network; see [graph.Shape.CheckData]. Rules and evaluators call it.
func (b *Batch) Check(net *graph.Network) error {
	for name, shape := range b.Shapes {
		n, err := net.Node(name)
		if err != nil {
			return errors.WithMessage(err, "train: batch")
		}
		if err := n.Shape.CheckData(shape); err != nil {
			return errors.WithMessagef(err, "train: batch: node %q", name)
		}
	}
	return nil
}

// GradientScale is the factor of the gradients of a rule: 1/Size if it averages over
// the samples of the batch, else 1. In a part of a batch the Size is that of the whole.
func (b *Batch) GradientScale(average bool) float64 {
	switch {
	case !average:
		return 1
	case b.whole > 0:
		return 1 / float64(b.whole)
	}
	return 1 / float64(b.Size)
}

// clamped returns the names of the clamped nodes in a fixed order.
func (b *Batch) clamped() []string { return slices.Sorted(maps.Keys(b.Values)) }

// clamps reports whether the batch clamps exactly the named nodes.
func (b *Batch) clamps(names []string) bool {
	if len(b.Values) != len(names) {
		return false
	}
	for _, name := range names {
		if _, ok := b.Values[name]; !ok {
			return false
		}
	}
	return true
}

// Rule is a learning rule: it fills the gradients of a network's parameters from one
// batch and leaves the parameters unchanged.
//
// The rules of this package read their fields at every batch, so that a change takes
// effect at the next one. After an error, including cancellation, the next call is as
// if the failed one had not happened. A custom rule that draws random values needs a
// method SetUpdates(n uint64), by which [Trainer.Fit] tells it how many batches went
// before.
type Rule interface {
	Gradients(ctx context.Context, net *graph.Network, b *Batch) (Stats, error)
}

// Stats are a rule's observations while it computed the gradients.
type Stats struct {
	// Energy is the total energy, summed over the batch, at the state of the gradients;
	// for backprop it is the loss.
	Energy float64
	// Relaxation is the result of the relaxation; zero for rules without one.
	Relaxation relax.Result
	// Phases are the relaxations of a rule with several, which Relaxation sums up.
	// Nil for others. Like Norms they belong to the rule.
	Phases []Phase
	// Criterion means that the relaxation had a convergence test. Without one it ends
	// after a fixed number of steps, which says nothing about convergence.
	Criterion bool
	// Terms are the names of the energy terms, and Energies is Energy by term. Nil for
	// rules that report only the total. Like Norms they belong to the rule and are
	// valid until its next batch.
	Terms    []string
	Energies []float64
	// Norms are the gradient norms of the samples at the end of the relaxation, in its
	// coordinates; see [relax.GradientNorms]. Nil unless the batch was measured, see
	// [Measurer].
	Norms []float64
}

// scaleGradients multiplies every gradient by a.
func scaleGradients(net *graph.Network, a float64) {
	for _, p := range net.Params() {
		p.Grads().Scale(a)
	}
}

// clamper is a session of either kind.
type clamper interface {
	Clamp(node string, data []float32) error
}

// clampAll clamps a session to a batch that clamps the named nodes.
func clampAll(net *graph.Network, s clamper, b *Batch, clamped []string) error {
	if err := b.Check(net); err != nil {
		return err
	}
	for _, name := range clamped {
		if err := s.Clamp(name, b.Values[name]); err != nil {
			return err
		}
	}
	return nil
}
