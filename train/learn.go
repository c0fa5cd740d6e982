package train

import (
	"context"

	"github.com/seed-be841da4/prospect/graph"
)

// Learner is a [Rule] that says when the weights step, because they do so while
// the activities still move, or several times for a batch. Its Gradients are
// those of its first weight step.
type Learner interface {
	Rule
	// Learn learns one batch. It calls step each time that the gradients in the
	// parameters are to be applied; step changes the parameters and tells the
	// network.
	Learn(ctx context.Context, net *graph.Network, b *Batch, step func() error) (Stats, error)
}

// Learn learns one batch: the rule fills the gradients and the optimizer applies
// them at the given learning rate, once, or as often as a [Learner] says. After
// an error, a rule that is not a Learner has changed no parameter.
func Learn(ctx context.Context, net *graph.Network, rule Rule, optimizer Optimizer, rate float64, b *Batch) (Stats, error) {
	if l, ok := rule.(Learner); ok {
		return l.Learn(ctx, net, b, func() error { return apply(net, optimizer, rate) })
	}
	stats, err := rule.Gradients(ctx, net, b)
	if err != nil {
		return stats, err
	}
	return stats, apply(net, optimizer, rate)
}

// apply steps every parameter.
func apply(net *graph.Network, optimizer Optimizer, rate float64) error {
	if err := optimizer.Step(net.Params(), rate); err != nil {
		return err
	}
	net.ParamsChanged()
	return nil
}
