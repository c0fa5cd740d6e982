package train

import (
	"context"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
)

// Learner is a [Rule] that itself triggers the weight steps, because they occur while
// the activities still move, or several times per batch. Its Gradients are the
// gradients of the first weight step.
type Learner interface {
	Rule
	// Learn learns one batch. It calls step each time the gradients in the parameters
	// are to be applied; step changes the parameters and notifies the network. Once it
	// has called step, Learn continues to the end of the batch even if ctx is
	// cancelled: a run cannot be resumed within a batch.
	Learn(ctx context.Context, net *graph.Network, b *Batch, step func() error) (Stats, error)
}

// Learn learns one batch, completely or not at all: the rule fills the gradients and
// the optimizer applies them at the given learning rate, once, or as often as a
// [Learner] demands. An update that is one launch on a device leaves no gradients. After
// an error, including cancellation, parameters, buffers, the optimizer's state and the
// rule's update counter are restored. That excludes the moments of a [GorgoniaSolver],
// and private state of custom optimizers and rules.
//
// The rules of this package stop while nothing has changed yet, and otherwise finish
// the batch. A custom rule is not cancelled within a batch, unless it is [Abortable].
func Learn(ctx context.Context, net *graph.Network, rule Rule, optimizer Optimizer, rate float64, b *Batch) (Stats, error) {
	stats, err := new(learning).batch(ctx, net, rule, optimizer, rate, b, gradients{keep: true})
	if err == nil {
		err = net.Sync()
	}
	return stats, err
}

// learning learns batches and owns the memory for undoing one.
type learning struct {
	buffers, weights saved
	optimizer        optimizerSaved
	counter          *uint64
	count            uint64
	parts            partStep
}

// gradients says who wants the gradients of a batch.
type gradients struct {
	// keep stores them in the parameters, unless the update is one launch on a device.
	keep bool
	// read stores them on a device, too: they are certain to be read.
	read bool
}

// batch learns one batch, completely or not at all.
func (l *learning) batch(ctx context.Context, net *graph.Network, rule Rule, optimizer Optimizer, rate float64, b *Batch, want gradients) (Stats, error) {
	if !want.read {
		if stats, done, err := whole(ctx, net, rule, optimizer, rate, b); done || err != nil {
			return stats, err
		}
	}
	if err := net.Sync(); err != nil {
		return Stats{}, err
	}
	abortable := isAbortable(rule)
	if !abortable {
		if err := ctx.Err(); err != nil {
			return Stats{}, errors.Wrap(err, "train: before the batch")
		}
		ctx = context.WithoutCancel(ctx)
	}
	learner, steps := rule.(Learner)
	if err := l.mark(net, rule, optimizer, steps || !abortable || !isBuiltinOptimizer(optimizer)); err != nil {
		return Stats{}, err
	}
	stats, err := l.learn(ctx, net, rule, learner, optimizer, rate, b, want.keep)
	if err == nil {
		return stats, nil
	}
	if backErr := l.back(net); backErr != nil {
		return stats, errors.WithMessagef(err, "train: what the optimizer remembers could not be taken back (%v)", backErr)
	}
	return stats, err
}

// learn learns one batch.
func (l *learning) learn(ctx context.Context, net *graph.Network, rule Rule, learner Learner, optimizer Optimizer, rate float64, b *Batch, keep bool) (Stats, error) {
	if learner != nil {
		stats, err := learner.Learn(ctx, net, b, func() error { return apply(net, optimizer, rate) })
		if err == nil {
			err = checkEnergy(stats)
		}
		return stats, err
	}
	stats, stepped, err := l.gradients(ctx, net, rule, optimizer, rate, b, keep)
	if err == nil && !stepped {
		err = checkEnergy(stats)
	}
	if err != nil {
		return stats, err
	}
	if stepped {
		net.ParamsChanged()
		return stats, l.parts.optimizer.end(nil)
	}
	return stats, apply(net, optimizer, rate)
}

// gradients fills the gradients, or, if they need not be kept, and the rule and the
// optimizer can, steps the parameters at once.
func (l *learning) gradients(ctx context.Context, net *graph.Network, rule Rule, optimizer Optimizer, rate float64, b *Batch, keep bool) (stats Stats, stepped bool, err error) {
	if o := stepperOf(optimizer); o != nil && !keep {
		l.parts = partStep{optimizer: o, params: net.Params(), rate: rate}
		switch r := rule.(type) {
		case *Backprop:
			stats, err = r.gradients(ctx, net, b, &l.parts)
			return stats, l.parts.stepped, err
		case *Prospective:
			stats, err = r.gradients(ctx, net, b, &l.parts)
			return stats, l.parts.stepped, err
		}
	}
	stats, err = rule.Gradients(ctx, net, b)
	return stats, false, err
}

// checkEnergy returns an error unless the energy of a batch is finite: otherwise the
// sum of an epoch would not be, and no checkpoint could store it.
func checkEnergy(stats Stats) error {
	if stats.Energy-stats.Energy == 0 {
		return nil
	}
	return &relax.NonFiniteError{Step: stats.Relaxation.Steps, Node: "total", Kind: relax.KindEnergy, Sample: -1, Number: stats.Energy}
}

// mark saves the state that back restores: buffers and the update counter, and, if all
// is set, weights and the optimizer's state.
func (l *learning) mark(net *graph.Network, rule Rule, optimizer Optimizer, all bool) error {
	l.buffers.reset()
	for _, b := range net.Buffers() {
		l.buffers.add(b.Value)
	}
	if l.counter = counterOf(rule); l.counter != nil {
		l.count = *l.counter
	}
	l.weights.reset()
	l.optimizer.reset()
	if !all {
		return nil
	}
	for _, p := range net.Params() {
		l.weights.add(p.Value)
	}
	return l.optimizer.mark(net.Params(), optimizer)
}

// back restores the marked state.
func (l *learning) back(net *graph.Network) error {
	l.buffers.restore()
	l.weights.restore()
	if l.counter != nil {
		*l.counter = l.count
	}
	net.ParamsChanged()
	return l.optimizer.back()
}

// apply steps every parameter.
func apply(net *graph.Network, optimizer Optimizer, rate float64) error {
	if err := optimizer.Step(net.Params(), rate); err != nil {
		return err
	}
	net.ParamsChanged()
	return nil
}

// Abortable is a [Rule] that can be cancelled within a batch: its Gradients returns an
// error only if neither the network nor the rule's state has changed.
type Abortable interface {
	Rule
	// Abortable reports whether that holds for rule, which is the receiver or a rule
	// that embeds it. The latter may have more state, so the usual implementation is
	//
	//	func (r *MyRule) Abortable(rule train.Rule) bool { return rule == train.Rule(r) }
	Abortable(rule Rule) bool
}

// isAbortable reports whether a rule can be cancelled within a batch.
func isAbortable(rule Rule) bool {
	switch r := rule.(type) {
	case *Prospective, *Interleaved, *Backprop, *ZIL, *Contrastive, *FixedPredictions, *AugmentedLagrangian:
		return true
	case *Repeated:
		return isAbortable(r.Rule)
	case Abortable:
		return r.Abortable(rule)
	}
	return false
}

// isBuiltinOptimizer reports whether an optimizer belongs to this package, and so changes
// everything or nothing.
func isBuiltinOptimizer(o Optimizer) bool {
	switch o.(type) {
	case *SGD, *Momentum, *Adam, *AdamW, *GorgoniaSolver:
		return true
	}
	return false
}

// counted is a rule with an update counter, on which its noise depends.
type counted interface{ counter() *uint64 }

// counterOf returns the update counter of a rule, or nil.
func counterOf(rule Rule) *uint64 {
	if c, ok := rule.(counted); ok {
		return c.counter()
	}
	return nil
}

// restoreCounter restores a counter if there was an error.
func restoreCounter(counter *uint64, before uint64, err *error) {
	if *err != nil && counter != nil {
		*counter = before
	}
}
