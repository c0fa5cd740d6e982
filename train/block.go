package train

import (
	"context"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
)

// block is one block of every batch.
type block struct {
	index   int
	net     *graph.Network
	part    graph.Part
	rule    Rule
	learner Learner
	batch   Batch

	resume func() (struct{}, bool) // nil for a block that is alone
	stop   func()
	yield  func(struct{}) bool

	ctx           context.Context
	wait          int
	sums, largest []float64
	reply         error
	stats         Stats
	err           error

	energies []float64 // of combineStats: the total and the terms
	stopping [1]float64
}

// errClosed is what a block finds that is ended while it waits.
var errClosed = errors.New("train: trainer: has ended")

// turns learns batch after batch, whenever it is the block's turn.
func (b *block) turns(yield func(struct{}) bool) {
	b.yield = yield
	for {
		b.learn(b.step)
		b.wait = waitDone
		if !yield(struct{}{}) {
			return
		}
	}
}

// combine is [graph.Part]'s where other blocks of the process take part.
func (b *block) combine(sums, largest []float64) error {
	b.wait, b.sums, b.largest = waitCombine, sums, largest
	return b.await()
}

// step waits until the gradients of all blocks have been applied.
func (b *block) step() error {
	b.wait = waitStep
	return b.await()
}

func (b *block) await() error {
	if !b.yield(struct{}{}) {
		return errClosed
	}
	return b.reply
}

// learn learns the block's part of a batch.
func (b *block) learn(step func() error) {
	if b.learner != nil {
		b.stats, b.err = b.learner.Learn(b.ctx, b.net, &b.batch, step)
		return
	}
	if b.stats, b.err = b.rule.Gradients(b.ctx, b.net, &b.batch); b.err == nil {
		b.err = step()
	}
}

// take cuts the block's part out of a batch: block i of B has the samples from ⌊i·n/B⌋ to
// ⌊(i+1)·n/B⌋ − 1.
func (b *block) take(whole *Batch, blocks int) error {
	from, to := b.index*whole.Size/blocks, (b.index+1)*whole.Size/blocks
	b.part.First, b.part.Batch = from, whole.Size
	b.batch.Size, b.batch.whole, b.batch.Shapes = to-from, whole.Size, whole.Shapes
	for name := range b.batch.Values {
		if _, ok := whole.Values[name]; !ok {
			delete(b.batch.Values, name)
		}
	}
	for name, x := range whole.Values {
		if len(x)%whole.Size != 0 {
			return errors.Errorf("train: batch: node %q: data, got %d numbers, want as many for each of the %d samples", name, len(x), whole.Size)
		}
		width := len(x) / whole.Size
		b.batch.Values[name] = x[from*width : to*width]
	}
	b.batch.Labels, b.batch.Indices = nil, nil
	if n := len(whole.Labels) / whole.Size; n > 0 {
		b.batch.Labels = whole.Labels[from*n : to*n]
	}
	if len(whole.Indices) == whole.Size {
		b.batch.Indices = whole.Indices[from:to]
	}
	return nil
}
