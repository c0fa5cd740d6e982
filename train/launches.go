package train

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
)

// launchTime is about how long a launch of many updates takes: so long a training does
// not see that it is cancelled.
const launchTime = 500 * time.Millisecond

// launches are updates of a data set that a device holds, many as one launch.
type launches struct {
	rule      deviceRule
	optimizer deviceOptimizer
	source    resident
	data      *graph.DataSet
	shapes    map[string][]int // of a sample, by clamped node

	epoch   int     // of batches
	batches [][]int // the places of the samples
}

// OneByOne returns why the updates of Fit on the engine [graph.XLA] are a launch each, or
// several. It is empty if many are one launch, and if the engine is another one, to which
// it does not matter. That the memory of a device is too small for the data set is found
// by Fit alone, which logs it.
func (t *Trainer) OneByOne(src Source) (string, error) {
	if err := t.check(); err != nil {
		return "", err
	}
	if _, device := t.Network.Settings().Engine.(graph.XLA); !device {
		return "", nil
	}
	if t.Group != nil || t.Blocks != 0 {
		return "a batch in blocks", nil
	}
	b, err := First(src)
	if err != nil {
		return "", err
	}
	if reason, err := StepByStep(t.Network, t.Rule, t.Optimizer, b); reason != "" || err != nil {
		return reason, err
	}
	if slices.ContainsFunc(t.stepHooks, func(h stepHook) bool { return h.each() }) {
		return "a hook after every update; OnUpdates calls it after a launch", nil
	}
	if _, ok := src.(resident); !ok {
		return fmt.Sprintf("the source %T, whose batches are made on the host", src), nil
	}
	return "", nil
}

// launchesOf copies the data set to the device if many updates of Fit are to be one
// launch, and else says why not. What is an error here is one of the first batch too, and
// left to it. The caller closes the result.
func (t *Trainer) launchesOf(src Source) (*launches, string) {
	if _, device := t.Network.Settings().Engine.(graph.XLA); !device {
		return nil, ""
	}
	reason, err := t.OneByOne(src)
	if err != nil || reason != "" {
		return nil, reason
	}
	m := &launches{
		rule: deviceRuleOf(t.Rule), optimizer: t.Optimizer.(deviceOptimizer), source: src.(resident), shapes: map[string][]int{}, epoch: -1,
	}
	first, err := First(m.source.ordered())
	if err != nil {
		return nil, err.Error()
	}
	for _, name := range first.clamped() {
		m.shapes[name] = slices.Clone(first.Shapes[name])
	}
	if m.data, err = t.Network.NewDataSet(m.source.samples(), first.clamped(), m.read); err != nil {
		return nil, err.Error()
	}
	return m, ""
}

// read reads the data of all samples.
func (m *launches) read(data map[string][]float32) error {
	done := map[string]int{}
	for b, err := range m.source.ordered().Batches(0, 0) {
		if err != nil {
			return err
		}
		for name, to := range data {
			done[name] += copy(to[done[name]:], b.Values[name])
		}
	}
	return nil
}

func (m *launches) close() {
	if m != nil {
		m.data.Close()
	}
}

// of returns the batches of an epoch.
func (m *launches) of(epoch int) ([][]int, error) {
	if m.epoch == epoch {
		return m.batches, nil
	}
	m.epoch, m.batches = -1, m.batches[:0]
	for places, err := range m.source.places(epoch) {
		if err != nil {
			return nil, err
		}
		m.batches = append(m.batches, slices.Clone(places))
	}
	m.epoch = epoch
	return m.batches, nil
}

// template is a batch without data.
func (m *launches) template(size int) *Batch {
	b := &Batch{Size: size, Values: map[string][]float32{}, Shapes: map[string][]int{}}
	for name, shape := range m.shapes {
		b.Values[name] = nil
		if shape != nil {
			b.Shapes[name] = shape
		}
	}
	return b
}

// launched learns batches of the current epoch, many as one launch, until its end, or
// until one that has to be learned alone. It returns the stats of the last.
func (t *Trainer) launched(ctx context.Context, total int, last Stats) (Stats, error) {
	m := t.launches
	batches, err := m.of(t.Progress.Epoch)
	if err != nil {
		return last, err
	}
	for t.Progress.Batch < len(batches) {
		if err := t.stopped(ctx); err != nil {
			return last, errors.Wrap(err, "stopped")
		}
		ahead := t.ahead(batches[t.Progress.Batch:])
		if len(ahead) == 0 {
			return last, nil
		}
		begin := time.Now()
		stats, n, err := t.launch(ahead, total)
		if err != nil || n == 0 {
			return last, err
		}
		last = stats
		each := time.Since(begin) / time.Duration(n)
		t.most = max(1, min(4*max(1, t.most), int(launchTime/max(1, each))))
		for _, h := range t.stepHooks {
			if h.sparse {
				if err := h.hook(ctx, t, last); err != nil {
					return last, err
				}
			}
		}
	}
	return last, nil
}

// ahead cuts the next batches to those of the next launch: they have one size, no hook
// reads the gradients of one, and the last may be one after which a hook has to be
// called.
func (t *Trainer) ahead(batches [][]int) [][]int {
	most := min(len(batches), max(1, t.most))
	for i, b := range batches[:most] {
		next := t.Progress.Updates + i + 1
		if len(b) != len(batches[0]) {
			return batches[:i]
		}
		for _, h := range t.stepHooks {
			switch {
			case h.each(), !h.sparse && next%h.every == 0:
				return batches[:i]
			case h.sparse && h.every > 0 && next%h.every == 0:
				return batches[:i+1]
			}
		}
	}
	return batches[:most]
}

// launch learns batches of one size as one launch, and returns the stats of the last and
// how many were learned: not the first that is refused, and no more than the launch has
// room for.
func (t *Trainer) launch(batches [][]int, total int) (last Stats, n int, err error) {
	m, p := t.launches, &t.Progress
	b := m.template(len(batches[0]))
	if err := b.Check(t.Network); err != nil {
		return last, 0, err
	}
	rates := make([]float64, len(batches))
	for i := range batches {
		rates[i] = t.rate(p.Updates+i, total)
	}
	step, factors, err := deviceSteps(m.optimizer, t.Network.Params(), rates)
	if err != nil {
		return last, 0, err
	}
	u := graph.WholeUpdates{Data: m.data, Step: step}
	_, measures := t.Rule.(Measurer)
	for i, f := range factors {
		u.Each = append(u.Each, graph.EachUpdate{
			Samples: batches[i], Factors: f, Norms: measures && measured(p.Batch+i, total/t.Epochs),
		})
	}
	if p.Batch == 0 {
		t.Observed = Observed{}
	}
	n, err = m.rule.wholes(t.Network, b, u, func(i int, s Stats) {
		t.count(b.Size, rates[i], s)
		last = s
	})
	stepped(m.optimizer, t.Network, n)
	if err == nil && n > 0 && !t.warned {
		for first, err := range t.launches.source.Batches(p.Epoch, p.Batch-n) {
			if err != nil {
				return last, n, err
			}
			t.warnOfReach(first, last)
			break
		}
	}
	return last, n, err
}

// deviceSteps returns an optimizer's step and the factors of it and of those after it, at
// learning rates.
func deviceSteps(o deviceOptimizer, params []*graph.Param, rates []float64) (first graph.DeviceStep, factors [][]float64, err error) {
	m := o.remembered()
	for i, rate := range rates {
		step, err := o.deviceStep(params, rate)
		if err != nil {
			return first, nil, err
		}
		if i == 0 {
			first = step
			if m != nil {
				defer func(n int64) { m.steps = n }(m.steps)
			}
		}
		if step.Kind != first.Kind {
			break
		}
		factors = append(factors, step.Factors)
		if m != nil {
			m.steps++
		}
	}
	return first, factors, nil
}

func (p *Prospective) wholes(net *graph.Network, b *Batch, u graph.WholeUpdates, done func(i int, s Stats)) (int, error) {
	s, err := p.session(net, b)
	if err != nil || s.stepByStep(p) != "" {
		return 0, err
	}
	u.Relax, u.Start, u.Scale = s.launched(), p.Start, b.GradientScale(p.Average)/orDefault(p.Nudge, 1)
	for i := range u.Each {
		if p.Start.Std != 0 {
			u.Each[i].Random = rand.New(rand.NewPCG(p.Seed, p.updates+uint64(i)))
		}
	}
	s.SetUpdate(p.updates)
	n, err := s.Updates(u, func(i int, r graph.WholeResult, energies []float64) {
		done(i, s.stats(p, r, energies, u.Each[i].Norms))
	})
	p.updates += uint64(n)
	return n, err
}

func (r *Backprop) wholes(net *graph.Network, b *Batch, u graph.WholeUpdates, done func(i int, s Stats)) (int, error) {
	s, err := r.session(net, b)
	if err != nil || s.Unlaunchable() != "" {
		return 0, err
	}
	u.Scale = b.GradientScale(r.Average)
	s.SetUpdate(r.updates)
	n, err := s.Updates(u, func(i int, r graph.WholeResult, _ []float64) { done(i, Stats{Energy: r.Energy}) })
	r.updates += uint64(n)
	return n, err
}
