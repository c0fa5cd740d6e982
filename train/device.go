package train

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/hlo"
	"github.com/seed-be841da4/prospect/relax"
)

// deviceOptimizer is an optimizer whose step has a form for a device.
type deviceOptimizer interface {
	Optimizer
	// deviceStep returns the step, after the checks of Step.
	deviceStep(params []*graph.Param, lr float64) (graph.DeviceStep, error)
	remembered() *memory
}

// remembered of an SGD is empty.
func (o *SGD) remembered() *memory { return nil }

// StepByStep returns why updates of a rule and an optimizer on the engine [graph.XLA] are
// not one launch each: what has no form for that. It is empty if they are, or if the
// engine is another one, to which it does not matter. [Trainer.OneByOne] says why many
// are not one launch.
func StepByStep(net *graph.Network, rule Rule, optimizer Optimizer, b *Batch) (string, error) {
	if _, ok := net.Settings().Engine.(graph.XLA); !ok {
		return "", nil
	}
	r := deviceRuleOf(rule)
	if r == nil {
		return fmt.Sprintf("the rule %T", rule), nil
	}
	if reason := unsteppable(optimizer); reason != "" {
		return reason, nil
	}
	return r.unlaunchable(net, b)
}

// deviceRule is a rule whose updates have a form as one launch.
type deviceRule interface {
	// unlaunchable returns what of an update has no such form; empty if all has.
	unlaunchable(net *graph.Network, b *Batch) (string, error)
	// whole learns a batch as one launch, completely or not at all. It is not done if
	// something has no form for that, or if a number would not be finite: then nothing
	// has changed, and the batch is to be learned step by step.
	whole(ctx context.Context, net *graph.Network, b *Batch, o deviceOptimizer, lr float64) (stats Stats, done bool, err error)
	// wholes learns batches like b, which has no data, as one launch: it sets what the
	// rule knows of the updates, and calls done for each. It returns how many were
	// learned: none if something has no form for that, or if a number of the first
	// would not be finite.
	wholes(net *graph.Network, b *Batch, u graph.WholeUpdates, done func(i int, s Stats)) (int, error)
}

// deviceRuleOf returns a rule of this package that a device can run, nil for others, also
// for one that embeds it: its Gradients may do more.
func deviceRuleOf(rule Rule) deviceRule {
	switch r := rule.(type) {
	case *Prospective:
		return r
	case *Backprop:
		return r
	}
	return nil
}

func (p *Prospective) unlaunchable(net *graph.Network, b *Batch) (string, error) {
	s, err := p.session(net, b)
	if err != nil {
		return "", err
	}
	return s.stepByStep(p), nil
}

func (r *Backprop) unlaunchable(net *graph.Network, b *Batch) (string, error) {
	s, err := r.session(net, b)
	if err != nil {
		return "", err
	}
	return s.Unlaunchable(), nil
}

// unsteppable returns what of an optimizer has no form for a device; empty if all has.
func unsteppable(o Optimizer) string {
	if c, ok := o.(Chain); ok {
		return c.unsteppable()
	}
	if stepperOf(o) == nil { // also of one that embeds one of this package: its Step may do more
		return fmt.Sprintf("the optimizer %T", o)
	}
	return ""
}

// stepByStep returns what of an update of the rule has no form as one launch.
func (s *prospectiveSession) stepByStep(p *Prospective) string {
	if p.WarmStart {
		return "a warm start"
	}
	if len(s.made.stages) > 0 {
		return "several stages"
	}
	if s.made.coordinates != Activities {
		return "error coordinates"
	}
	return s.Unlaunchable(s.launched())
}

// launched are the settings of the relaxation as the driver has them.
func (s *prospectiveSession) launched() relax.Settings {
	r := s.made.relax
	if s.made.state == BeforeLast {
		r.Steps--
	}
	return r
}

func (p *Prospective) whole(ctx context.Context, net *graph.Network, b *Batch, o deviceOptimizer, lr float64) (stats Stats, done bool, err error) {
	s, err := p.session(net, b)
	if err != nil || s.stepByStep(p) != "" {
		return stats, false, err
	}
	step, err := prepareLaunch(ctx, net, s, b, s.clamped, o, lr)
	if err != nil {
		return stats, false, err
	}
	u := graph.WholeUpdate{
		Relax: s.launched(), Start: p.Start, Scale: b.GradientScale(p.Average) / orDefault(p.Nudge, 1), Step: step, Norms: p.measures,
	}
	if p.Start.Std != 0 {
		u.Random = rand.New(rand.NewPCG(p.Seed, p.updates))
	}
	s.SetUpdate(p.updates)
	result, done, err := s.Update(u, s.energies)
	if !done {
		return stats, false, err
	}
	p.updates++
	stepped(o, net, 1)
	return s.stats(p, result, s.energies, p.measures), true, err
}

// stats are the observations of an update that was one launch, or a part of one.
func (s *prospectiveSession) stats(p *Prospective, r graph.WholeResult, energies []float64, norms bool) Stats {
	stats := Stats{
		Energy: r.Energy, Relaxation: r.Relaxation, Criterion: s.driver != nil && p.Relax.Stop != nil,
		Terms: s.Terms(), Energies: energies,
	}
	if norms && len(s.Activities()) > 0 {
		stats.Norms = r.Norms
	}
	return stats
}

// whole learns a batch as one launch on a device, if the rule and the optimizer can.
func whole(ctx context.Context, net *graph.Network, rule Rule, o Optimizer, lr float64, b *Batch) (stats Stats, done bool, err error) {
	r := deviceRuleOf(rule)
	if _, device := net.Settings().Engine.(graph.XLA); !device || r == nil || unsteppable(o) != "" {
		return stats, false, nil
	}
	return r.whole(ctx, net, b, o.(deviceOptimizer), lr)
}

// prepareLaunch clamps the nodes of a session and returns the optimizer's step.
func prepareLaunch(ctx context.Context, net *graph.Network, s clamper, b *Batch, clamped []string, o deviceOptimizer, lr float64) (graph.DeviceStep, error) {
	if err := ctx.Err(); err != nil {
		return graph.DeviceStep{}, errors.Wrap(err, "train: before the batch")
	}
	if err := clampAll(net, s, b, clamped); err != nil {
		return graph.DeviceStep{}, err
	}
	return o.deviceStep(net.Params(), lr)
}

// stepped notes steps that the device has taken.
func stepped(o deviceOptimizer, net *graph.Network, n int) {
	if m := o.remembered(); m != nil && n > 0 {
		m.steps += int64(n)
		m.ahead = net
	}
}

func (r *Backprop) whole(ctx context.Context, net *graph.Network, b *Batch, o deviceOptimizer, lr float64) (stats Stats, done bool, err error) {
	s, err := r.session(net, b)
	if err != nil || s.Unlaunchable() != "" {
		return stats, false, err
	}
	step, err := prepareLaunch(ctx, net, s, b, s.clamped, o, lr)
	if err != nil {
		return stats, false, err
	}
	s.SetUpdate(r.updates)
	result, done, err := s.Update(graph.WholeUpdate{Scale: b.GradientScale(r.Average), Step: step}, s.energies)
	if !done {
		return stats, false, err
	}
	r.updates++
	stepped(o, net, 1)
	stats.Energy = result.Energy
	return stats, true, err
}

// back makes the memory current if a device has a newer one, for a step on the host.
func (m *memory) back() error {
	if m.ahead == nil {
		return nil
	}
	if err := m.ahead.Sync(); err != nil {
		return err
	}
	m.ahead = nil
	for i := range m.entries {
		e := &m.entries[i]
		e.bound = largest(e.slots[0])
	}
	return nil
}

// slots lists the tensors of every parameter.
func (m *memory) slots() [][]*tensor.Dense {
	out := make([][]*tensor.Dense, len(m.entries))
	for i, e := range m.entries {
		out[i] = e.slots
	}
	return out
}

// decays writes c·x, or nothing for no decay.
func decays(s *hlo.Scope, g, w hlo.Ref, decay float64) hlo.Ref {
	if decay == 0 {
		return g
	}
	return s.Add(g, s.Mul(w, s.Like(w, decay)))
}

func (o *SGD) deviceStep(params []*graph.Param, lr float64) (graph.DeviceStep, error) {
	if err := o.check(params, lr); err != nil {
		return graph.DeviceStep{}, err
	}
	return graph.DeviceStep{
		Kind: fmt.Sprintf("sgd %v %v", o.WeightDecay, o.DecayAll), Factors: []float64{lr}, Slots: make([][]*tensor.Dense, len(params)),
		Write: func(s *hlo.Scope, i int, w, g hlo.Ref, _, factors []hlo.Ref) (hlo.Ref, []hlo.Ref) {
			g = decays(s, g, w, decayOf(params[i], o.WeightDecay, o.DecayAll))
			return s.Sub(w, s.Mul(g, factors[0])), nil
		},
	}, nil
}

func (o *Momentum) deviceStep(params []*graph.Param, lr float64) (graph.DeviceStep, error) {
	if err := o.bind(params, lr); err != nil {
		return graph.DeviceStep{}, err
	}
	beta, keep := o.factors()
	return graph.DeviceStep{
		Kind:    fmt.Sprintf("momentum %v %v %v %v", beta, o.Nesterov, o.WeightDecay, o.DecayAll),
		Factors: []float64{lr, keep}, Slots: o.memory.slots(), Version: uint64(o.memory.steps),
		Write: func(s *hlo.Scope, i int, w, g hlo.Ref, slots, factors []hlo.Ref) (hlo.Ref, []hlo.Ref) {
			g = decays(s, g, w, decayOf(params[i], o.WeightDecay, o.DecayAll))
			v := s.Add(s.Mul(slots[0], s.Like(w, beta)), s.Mul(g, factors[1]))
			d := v
			if o.Nesterov {
				d = s.Add(g, s.Mul(v, s.Like(w, beta)))
			}
			return s.Sub(w, s.Mul(d, factors[0])), []hlo.Ref{v}
		},
	}, nil
}

func (o *Adam) deviceStep(params []*graph.Param, lr float64) (graph.DeviceStep, error) {
	if err := o.bind(params, lr); err != nil {
		return graph.DeviceStep{}, err
	}
	a := adamAt(o.memory.steps+1, lr, o.Beta1, o.Beta2, o.Epsilon)
	l2 := func(i int) float64 { return decayOf(params[i], o.WeightDecay, o.DecayAll) }
	return a.deviceStep(fmt.Sprintf("adam %v %v", o.WeightDecay, o.DecayAll), &o.memory, l2, func(int) float64 { return 0 }), nil
}

func (o *AdamW) deviceStep(params []*graph.Param, lr float64) (graph.DeviceStep, error) {
	if err := o.bind(params, lr); err != nil {
		return graph.DeviceStep{}, err
	}
	a := adamAt(o.memory.steps+1, lr, o.Beta1, o.Beta2, o.Epsilon)
	a.shrink = 1 - lr*o.WeightDecay
	decays := func(i int) float64 { return decayOf(params[i], o.WeightDecay, o.DecayAll) }
	return a.deviceStep(fmt.Sprintf("adamw %v %v", o.WeightDecay != 0, o.DecayAll), &o.memory, func(int) float64 { return 0 }, decays), nil
}

// deviceStep is the step of Adam, with the decay added to the gradient of each parameter
// and, where shrinks is not 0, the weights shrunk first.
func (a adamFactors) deviceStep(kind string, m *memory, l2, shrinks func(i int) float64) graph.DeviceStep {
	return graph.DeviceStep{
		Kind:    fmt.Sprintf("%s %v %v", kind, a.rate1, a.beta2),
		Factors: []float64{a.stepSize, a.epsilon, a.shrink}, Slots: m.slots(), Version: uint64(m.steps),
		Write: func(s *hlo.Scope, i int, w, g hlo.Ref, slots, factors []hlo.Ref) (hlo.Ref, []hlo.Ref) {
			c := func(x float64) hlo.Ref { return s.Like(w, x) }
			if shrinks(i) != 0 {
				w = s.Mul(w, factors[2])
			}
			g = decays(s, g, w, l2(i))
			mean := s.Add(slots[0], s.Mul(s.Sub(g, slots[0]), c(a.rate1)))
			square := s.Add(s.Mul(slots[1], c(a.beta2)), s.Mul(s.Mul(g, c(a.rate2)), g))
			d := s.Div(s.Mul(mean, factors[0]), s.Add(s.Unary("sqrt", square), factors[1]))
			return s.Sub(w, d), []hlo.Ref{mean, square}
		},
	}
}
