package train

import (
	"context"
	"iter"
	"math/bits"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
)

// DefaultBlocks is the number of blocks of a trainer with a Group and no Blocks, if the
// group has no more members.
const DefaultBlocks = 8

// division learns batches in blocks: every process has as many of them, side by side, and
// what they share is added up along one binary tree over all blocks, whose lower levels
// are in the process and whose upper ones are those of the [collective].
//
// Every block is a view of the network with a copy of the rule. They take turns: a block
// runs until it needs something of the whole batch, then the next one does, and when all
// wait for it, it is there.
type division struct {
	*collective
	blocks    int // of all processes
	own       []*block
	net       *graph.Network
	optimizer Optimizer
	cancelled bool  // a process was asked to stop
	broken    error // what ended the division
	norms     []float64
}

// A block waits for one of these.
const (
	waitCombine = iota
	waitStep
	waitDone
)

// divide returns the division of a trainer, or nil if it learns whole batches.
func (t *Trainer) divide() (*division, error) {
	if t.Group == nil && t.Blocks == 0 {
		return nil, nil
	}
	c := newCollective(t.Group)
	n := t.Blocks
	if n == 0 {
		n = max(DefaultBlocks, c.size())
	}
	switch {
	case n < 1 || bits.OnesCount(uint(n)) != 1:
		return nil, errors.Errorf("train: trainer: Blocks, got %d, want a power of two", n)
	case bits.OnesCount(uint(c.size())) != 1:
		return nil, errors.Errorf("train: trainer: Group of %d, want a power of two, so that every process has as many blocks; start %d or %d", c.size(), 1<<(bits.Len(uint(c.size()))-1), 1<<bits.Len(uint(c.size())))
	case n < c.size():
		return nil, errors.Errorf("train: trainer: Blocks, got %d, want at least the %d processes of the Group", n, c.size())
	}
	if n == 1 {
		return nil, nil
	}
	if err := checkDivisible(t.Rule); err != nil {
		return nil, err
	}
	d := &division{collective: c, blocks: n, net: t.Network, optimizer: t.Optimizer}
	each := n / c.size()
	for i := range each {
		b := &block{index: c.rank()*each + i, rule: copySettings(t.Rule)}
		b.part.Lead = i == 0
		b.net = t.Network.Part(&b.part)
		b.learner, _ = b.rule.(Learner)
		b.batch.Values = map[string][]float32{}
		if each == 1 {
			b.part.Combine = c.combine
		} else {
			b.part.Combine = b.combine
			b.resume, b.stop = iter.Pull(b.turns)
		}
		d.own = append(d.own, b)
	}
	return d, nil
}

// close ends the blocks.
func (d *division) close() {
	for _, b := range d.own {
		if b.stop != nil {
			b.stop()
		}
	}
}

// batch learns one batch, completely or not at all, like [learning.batch].
func (d *division) batch(ctx context.Context, l *learning, rate float64, whole *Batch) (Stats, error) {
	if d.broken != nil {
		return Stats{}, d.broken
	}
	if err := d.net.Sync(); err != nil { // a small batch may have left its weights on a device
		return Stats{}, d.fail(err)
	}
	stats, err := d.attempt(ctx, l, rate, whole)
	if err == nil {
		return stats, nil
	}
	err = d.fail(err)
	d.broken = err
	if backErr := l.back(d.net); backErr != nil {
		return stats, errors.WithMessagef(err, "train: what the optimizer remembers could not be taken back (%v)", backErr)
	}
	return stats, err
}

// divides reports whether a batch is learned in blocks. A smaller one, such as the last
// of an epoch, is learned whole by every process, which gives all of them the same bits.
// Statistics of the batch need two samples in every block.
func (d *division) divides(b *Batch) bool {
	least := d.blocks
	if len(d.net.Buffers()) > 0 {
		least *= 2
	}
	return b.Size >= least
}

// alike learns a small batch, as every other process does.
func (d *division) alike(ctx context.Context, l *learning, rule Rule, rate float64, b *Batch, want gradients) (Stats, error) {
	if d.broken != nil {
		return Stats{}, d.broken
	}
	stats, err := l.batch(context.WithoutCancel(ctx), d.net, rule, d.optimizer, rate, b, want)
	if err != nil {
		return stats, err
	}
	stop, err := d.any(ctx.Err() != nil)
	d.cancelled = d.cancelled || stop
	return stats, err
}

// any reports whether something holds for a process of the group.
func (d *division) any(x bool) (bool, error) {
	flag := []float64{0}
	if x {
		flag[0] = 1
	}
	err := d.combine(nil, flag)
	return flag[0] > 0, err
}

// setUpdates tells the rules of all blocks how many batches went before.
func (d *division) setUpdates(n int) {
	for _, b := range d.own {
		setUpdates(b.rule, n)
	}
}

func (d *division) attempt(ctx context.Context, l *learning, rate float64, whole *Batch) (Stats, error) {
	learns := d.own[0].learner != nil
	if err := l.mark(d.net, nil, d.optimizer, learns || !isBuiltinOptimizer(d.optimizer)); err != nil {
		return Stats{}, err
	}
	for _, b := range d.own {
		b.ctx, b.err = context.WithoutCancel(ctx), nil
		if err := b.take(whole, d.blocks); err != nil {
			return Stats{}, err
		}
	}
	var stats Stats
	step := func() (err error) {
		if learns {
			err = d.combine(nil, nil) // nobody has failed
		} else {
			stats, err = d.combineStats(ctx, whole)
		}
		if err == nil {
			err = d.addGradients()
		}
		if err != nil {
			return err
		}
		return apply(d.net, d.optimizer, rate)
	}
	if err := d.run(step); err != nil || !learns {
		return stats, err
	}
	return d.combineStats(ctx, whole)
}

// run lets the blocks learn; step applies their gradients.
func (d *division) run(step func() error) error {
	if len(d.own) == 1 {
		b := d.own[0]
		b.learn(step)
		return b.err
	}
	for {
		if err := d.round(); err != nil {
			return err
		}
		var reply error
		switch d.own[0].wait {
		case waitDone:
			return nil
		case waitStep:
			reply = step()
		case waitCombine:
			reply = d.combineBlocks()
		}
		for _, b := range d.own {
			b.reply = reply
		}
	}
}

// round gives every block its turn. If one fails, the others end too.
func (d *division) round() error {
	var failure error
	for _, b := range d.own {
		b.resume()
		if b.wait == waitDone && b.err != nil && failure == nil {
			failure = b.err
		}
		if b.wait != d.own[0].wait && failure == nil {
			failure = errors.Errorf("train: trainer: Rule %T: blocks of one batch ask for different things; let it not be a Divisible", b.rule)
		}
	}
	if failure == nil {
		return nil
	}
	for _, b := range d.own {
		for b.reply = failure; b.wait != waitDone; {
			b.resume()
		}
	}
	return failure
}

// combineBlocks adds up what the blocks have asked for, in the process and then over all.
func (d *division) combineBlocks() error {
	first := d.own[0]
	for stride := 1; stride < len(d.own); stride *= 2 {
		for i := 0; i < len(d.own); i += 2 * stride {
			a, b := d.own[i], d.own[i+stride]
			if len(a.sums) != len(b.sums) || len(a.largest) != len(b.largest) {
				return errors.Errorf("train: trainer: Rule %T: blocks of one batch ask for different sums; let it not be a Divisible", a.rule)
			}
			for k, x := range b.sums {
				a.sums[k] += x
			}
			for k, x := range b.largest {
				a.largest[k] = relax.Larger(a.largest[k], x)
			}
		}
	}
	if err := d.combine(first.sums, first.largest); err != nil {
		return err
	}
	for _, b := range d.own[1:] {
		copy(b.sums, first.sums)
		copy(b.largest, first.largest)
	}
	return nil
}

// addGradients makes the gradients of the network of those of all blocks.
func (d *division) addGradients() error {
	for i, p := range d.net.Params() {
		for stride := 1; stride < len(d.own); stride *= 2 {
			for k := 0; k < len(d.own); k += 2 * stride {
				d.own[k].net.Params()[i].Grads().AddScaled(1, d.own[k+stride].net.Params()[i].Grads())
			}
		}
		if err := tensor.Copy(p.Grad, d.own[0].net.Params()[i].Grad); err != nil {
			return errors.Wrap(err, "train: trainer")
		}
	}
	return d.collective.addGradients(d.net.Params())
}

// combineStats returns the observations of the whole batch. It is also where processes
// agree to stop.
func (d *division) combineStats(ctx context.Context, whole *Batch) (Stats, error) {
	first := d.own[0].stats
	for i, b := range d.own {
		if len(b.stats.Energies) != len(first.Energies) {
			return Stats{}, errors.Errorf("train: trainer: Rule %T: blocks of one batch have different energies; let it not be a Divisible", b.rule)
		}
		b.energies = append(append(b.energies[:0], b.stats.Energy), b.stats.Energies...)
		if b.stopping[0] = 0; i == 0 && ctx.Err() != nil {
			b.stopping[0] = 1
		}
		b.sums, b.largest = b.energies, b.stopping[:]
	}
	if err := d.combineBlocks(); err != nil {
		return Stats{}, err
	}
	out := first
	out.Energy, out.Energies = d.own[0].energies[0], d.own[0].energies[1:]
	if first.Energies == nil {
		out.Energies = nil
	}
	d.cancelled = d.cancelled || d.own[0].largest[0] > 0
	if first.Norms != nil {
		d.norms = slices.Grow(d.norms[:0], whole.Size)[:whole.Size]
		clear(d.norms)
		for _, b := range d.own {
			copy(d.norms[b.part.First:], b.stats.Norms)
		}
		if err := d.combine(d.norms, nil); err != nil {
			return Stats{}, err
		}
		out.Norms = d.norms
	}
	return out, checkEnergy(out)
}

// measure sets whether the next batches fill Stats.Norms.
func (d *division) measure(on bool) {
	for _, b := range d.own {
		if m, ok := b.rule.(Measurer); ok {
			m.Measure(on)
		}
	}
}
