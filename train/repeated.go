package train

import (
	"context"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
)

// Repeated learns every batch several times in a row, with as many weight steps. With
// [Backprop] it is the fair baseline for incremental predictive coding, which makes as
// many weight steps.
//
// Source: Song et al. 2024, Fig. 4i ("RBP").
type Repeated struct {
	// Rule is the repeated rule. Required.
	Rule Rule `json:"rule"`
	// Times is the number of repetitions. Zero is an error.
	Times int `json:"times"`
}

// Gradients fills the gradients of the first weight step.
func (r *Repeated) Gradients(ctx context.Context, net *graph.Network, b *Batch) (Stats, error) {
	if r.Rule == nil || r.Times < 1 {
		return Stats{}, errors.Errorf("train: repeated: Rule, got %T, and Times, got %d, want a rule and at least 1", r.Rule, r.Times)
	}
	return r.Rule.Gradients(ctx, net, b)
}

// Learn learns one batch. After the first pass it continues to the last one even if ctx
// is cancelled.
func (r *Repeated) Learn(ctx context.Context, net *graph.Network, b *Batch, step func() error) (stats Stats, err error) {
	if c := r.counter(); c != nil {
		defer restoreCounter(c, *c, &err)
	}
	for i := range max(1, r.Times) {
		if l, ok := r.Rule.(Learner); ok && r.Times >= 1 {
			stats, err = l.Learn(ctx, net, b, step)
		} else if stats, err = r.Gradients(ctx, net, b); err == nil {
			err = step()
		}
		if err != nil {
			return stats, errors.WithMessagef(err, "train: repeated: pass %d", i)
		}
		ctx = context.WithoutCancel(ctx) // the weights have moved
	}
	return stats, nil
}

func (r *Repeated) counter() *uint64 { return counterOf(r.Rule) }

// SetUpdates forwards how many batches went before.
func (r *Repeated) SetUpdates(n uint64) {
	if s, ok := r.Rule.(interface{ SetUpdates(uint64) }); ok {
		s.SetUpdates(n * uint64(max(0, r.Times)))
	}
}
