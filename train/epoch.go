package train

import (
	"context"
	"math"

	"github.com/pkg/errors"
)

// epoch learns the rest of the current epoch.
func (t *Trainer) epoch(ctx context.Context, src Source, total int) error {
	last, err := t.rest(ctx, src, total)
	if err != nil {
		return err
	}
	if len(t.epochHooks) > 0 {
		if err := t.Network.Sync(); err != nil {
			return err
		}
	}
	stop := false
	for _, h := range t.epochHooks {
		err := h(ctx, t, last)
		if stop = errors.Is(err, ErrStop); stop {
			break
		}
		if err != nil {
			return err
		}
	}
	if t.division != nil {
		var err error
		if stop, err = t.division.any(stop); err != nil {
			return err
		}
	}
	if stop {
		return ErrStop
	}
	return nil
}

// rest learns the rest of the batches of the current epoch and returns the stats of the
// last.
func (t *Trainer) rest(ctx context.Context, src Source, total int) (last Stats, err error) {
	if t.launches == nil {
		return t.batches(ctx, src, total, last, math.MaxInt)
	}
	for {
		if last, err = t.launched(ctx, total, last); err != nil || t.Progress.Batch >= src.Steps() {
			return last, err
		}
		if last, err = t.batches(ctx, src, total, last, 1); err != nil {
			return last, err
		}
	}
}

// batches learns at most n of the next batches of the current epoch, one by one.
func (t *Trainer) batches(ctx context.Context, src Source, total int, last Stats, n int) (Stats, error) {
	for b, err := range src.Batches(t.Progress.Epoch, t.Progress.Batch) {
		if err != nil {
			return last, err
		}
		if err := t.stopped(ctx); err != nil {
			return last, errors.Wrap(err, "stopped")
		}
		if last, err = t.update(ctx, b, total); err != nil {
			return last, err
		}
		for _, h := range t.stepHooks {
			if h.due(t.Progress.Updates) {
				if !h.blind {
					if err := t.Network.Sync(); err != nil {
						return last, err
					}
				}
				if err := h.hook(ctx, t, last); err != nil {
					return last, err
				}
			}
		}
		if n--; n == 0 {
			break
		}
	}
	return last, nil
}

// stopped returns why the training ends before the next batch. The processes of a group
// have to agree on it.
func (t *Trainer) stopped(ctx context.Context) error {
	switch d := t.division; {
	case d == nil || d.size() == 1:
		return ctx.Err()
	case d.cancelled:
		return context.Canceled
	}
	return nil
}

// update learns one batch.
func (t *Trainer) update(ctx context.Context, b *Batch, total int) (Stats, error) {
	p := &t.Progress
	rate := t.rate(p.Updates, total)
	if p.Batch == 0 {
		t.Observed = Observed{}
	}
	if m, ok := t.Rule.(Measurer); ok {
		m.Measure(measured(p.Batch, total/t.Epochs))
	}
	if t.division != nil {
		t.division.measure(measured(p.Batch, total/t.Epochs))
	}
	stats, err := t.learn(ctx, rate, b, t.gradients(total/t.Epochs))
	if err != nil {
		return stats, err
	}
	t.count(b.Size, rate, stats)
	t.warnOfReach(b, stats)
	return stats, nil
}

// rate is the learning rate of an update.
func (t *Trainer) rate(update, total int) float64 {
	if t.Schedule == nil {
		return t.Rate
	}
	return t.Rate * t.Schedule.Factor(update, total)
}

// count counts a batch that was learned.
func (t *Trainer) count(size int, rate float64, stats Stats) {
	t.Observed.add(size, rate, stats, descends(t.Rule))
	p := &t.Progress
	p.Batch++
	p.Updates++
	p.RelaxSteps += stats.Relaxation.Steps
	p.Samples += size
	p.Energy += stats.Energy
}

// learn learns one batch, whole or in blocks.
func (t *Trainer) learn(ctx context.Context, rate float64, b *Batch, want gradients) (Stats, error) {
	d := t.division
	if d == nil {
		return t.learning.batch(ctx, t.Network, t.Rule, t.Optimizer, rate, b, want)
	}
	if !d.divides(b) {
		setUpdates(t.Rule, t.Progress.Updates)
		return d.alike(ctx, &t.learning, t.Rule, rate, b, gradients{keep: true, read: want.read})
	}
	d.setUpdates(t.Progress.Updates)
	return d.batch(ctx, &t.learning, rate, b)
}

// setUpdates tells a rule that draws how many batches went before.
func setUpdates(rule Rule, n int) {
	if s, ok := rule.(interface{ SetUpdates(uint64) }); ok {
		s.SetUpdates(uint64(n))
	}
}
