package graph

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/internal/engine"
	"github.com/seed-be841da4/prospect/internal/hlo"
	"github.com/seed-be841da4/prospect/internal/launch"
	"github.com/seed-be841da4/prospect/internal/lower"
	"github.com/seed-be841da4/prospect/internal/pjrt"
	"github.com/seed-be841da4/prospect/relax"
)

// DeviceStep is the step of an optimizer as a device takes it. Package train makes it.
type DeviceStep struct {
	// Kind identifies what Write writes.
	Kind string
	// Factors are numbers that differ from step to step, such as the learning rate.
	Factors []float64
	// Slots holds the optimizer's state of each parameter, all of equal number.
	Slots [][]*tensor.Dense
	// Version counts the changes of the state.
	Version uint64
	// Gradients, if it is set, replaces the gradients of all parameters, which are scaled
	// and summed over the devices, before Write.
	Gradients func(s *hlo.Scope, gradients []hlo.Ref) []hlo.Ref
	// Write writes the next value and state of parameter i. Factors are numbers of the
	// parameter's type.
	Write func(s *hlo.Scope, i int, w, gradient hlo.Ref, slots, factors []hlo.Ref) (next hlo.Ref, state []hlo.Ref)
}

// WholeUpdate is an update that is one launch; see [Session.Update].
type WholeUpdate struct {
	// Relax is the relaxation; of 0 steps it is none.
	Relax relax.Settings
	// Start and Random are those of [Session.Initialize].
	Start  Start
	Random *rand.Rand
	// Scale multiplies the gradients.
	Scale float64
	// Step is the optimizer's step.
	Step DeviceStep
	// Norms asks for the gradient norms of the samples after the relaxation.
	Norms bool
}

// WholeResult is the result of a [WholeUpdate].
type WholeResult struct {
	// Relaxation says how the relaxation ended.
	Relaxation relax.Result
	// Energy is the energy from which the weights learned.
	Energy float64
	// Norms are the gradient norms of the samples, if they were asked for.
	Norms []float64
}

// Unlaunchable returns what of an update has no form as one launch, so that it runs step
// by step; empty if all has. The optimizer is the caller's to look at.
func (s *Session) Unlaunchable(r relax.Settings) string {
	if reason := s.unlaunchable(); reason != "" {
		return reason
	}
	if r.Steps > 0 {
		return launch.Unknown(r)
	}
	return ""
}

// Update takes a whole update as one launch on a device: it starts every free node at its
// prediction, relaxes, learns from the state reached and steps the parameters, whose new
// values stay on the device; see [Network.Sync]. The gradients of the parameters are not
// kept. [Session.Unlaunchable] must be empty.
//
// done is false if a number would not be finite. Then neither a parameter nor the
// optimizer's state has changed, and the same update step by step says which.
func (s *Session) Update(u WholeUpdate, energies []float64) (result WholeResult, done bool, err error) {
	if err := s.begin(); err != nil {
		return result, false, err
	}
	if len(energies) != len(s.terms.active) {
		return result, false, errors.Errorf("graph: session: energies, got room for %d terms, want %d, one for each of Terms()", len(energies), len(s.terms.active))
	}
	before := s.state.update
	if err := s.prepareStart(u.Start, u.Random); err != nil {
		return result, false, err
	}
	l, err := s.launcher()
	if err == nil {
		result, done, err = l.take(u, energies)
	}
	if !done {
		s.state.update = before
	}
	return result, done, errors.WithMessage(err, "graph: xla: update")
}

// take takes an update.
func (l *launcher) take(u WholeUpdate, energies []float64) (result WholeResult, done bool, err error) {
	net := l.whole.net
	key := fmt.Sprintf("update %s %d %s", u.Step.Kind, len(u.Step.Factors), settingsKey(u.Relax))
	p, ok := l.programs.Get(key)
	if !ok {
		if p, err = l.update(u); err != nil {
			return result, false, err
		}
		l.programs.Put(key, p)
	}
	p.remember(net, slices.Concat(u.Step.Slots...))
	l.setNumbers(p, u)
	out, err := p.run(l, u.Step.Version)
	if err != nil {
		net.mirrors.forget(p.results)
		return result, false, err
	}
	n := len(p.results)
	defer func() {
		for _, device := range out {
			closeAll(device[n:])
		}
	}()
	if err := p.receive(out, n); err != nil {
		return result, false, err
	}
	ok = p.numbers[receivedOK] != 0
	net.adopt(p, out, u, ok)
	if !ok {
		return result, false, nil
	}
	copy(energies, p.numbers[numReceived:])
	for _, e := range energies {
		result.Energy += e
	}
	if p.wanted != 0 {
		if result.Norms, err = p.allNorms(out, n+1); err != nil {
			return result, false, err
		}
	}
	if u.Relax.Steps > 0 {
		r := p.result()
		r.GradNorm, r.GradNormWorstSample = math.NaN(), -1
		if !u.Relax.SkipFinal {
			r.GradNorm = slices.Max(result.Norms)
			r.GradNormWorstSample = slices.Index(result.Norms, r.GradNorm)
		}
		result.Relaxation = r
	}
	return result, true, nil
}

// remember makes the optimizer's state in the program that of a step, by parameter:
// another optimizer, or one whose state was set, has tensors of its own.
func (p *launched) remember(n *Network, slots []*tensor.Dense) {
	old := p.results[len(n.params):][:len(slots)]
	if slices.Equal(old, slots) {
		return
	}
	n.mirrors.forget(old)
	copy(old, slots)
	clear(p.slots)
	for _, t := range slots {
		p.slots[t] = true
	}
	k := 0
	for i := range p.args {
		if p.args[i].slot != nil {
			p.args[i].slot = slots[k]
			k++
		}
	}
}

// setNumbers sets the numbers of an update.
func (l *launcher) setNumbers(p *launched, u WholeUpdate) {
	p.factors = append(append(p.factors[:0], u.Scale), u.Step.Factors...)
	p.wanted = 0
	if u.Norms || u.Relax.Steps > 0 && !u.Relax.SkipFinal {
		p.wanted = 1
	}
}

// adopt makes the first results the copies of the tensors that they replace. If the
// update was refused they are what they were.
func (n *Network) adopt(p *launched, out [][]*pjrt.Buffer, u WholeUpdate, done bool) {
	m := n.mirrors
	if done {
		n.ParamsChanged()
	}
	for k, t := range p.results {
		version, old := *n.version, m.entries[t]
		if p.slots[t] {
			version = u.Step.Version
			if done {
				version++
			}
		}
		c := &mirror{version: version, ahead: done || old != nil && old.ahead}
		for _, device := range out {
			c.buffers = append(c.buffers, device[k])
		}
		m.put(t, c)
	}
	m.ahead = m.ahead || done
	for _, b := range n.buffers { // what the update only read is current too
		if c := m.entries[b.Value]; c != nil {
			c.version = *n.version
		}
	}
}

// update writes the program of an update.
func (l *launcher) update(u WholeUpdate) (*launched, error) {
	p := l.begin()
	b, s := p.builder, l.session
	main := b.Main()
	p.slots = map[*tensor.Dense]bool{}
	values := p.replaced(l, paramTensors(s.net))
	slots := make([][]hlo.Ref, len(values))
	for i, list := range u.Step.Slots {
		for _, t := range list {
			p.slots[t] = true
		}
		slots[i] = p.replaced(l, list)
	}
	followed, buffers := l.followed(p)
	sys := l.system(p)
	factors := p.vector("factors", 1+len(u.Step.Factors), func() []float64 { return p.factors })
	wanted := p.vector("wanted", 1, func() []float64 { return []float64{p.wanted} })

	scope, err := l.pass(main)
	if err != nil {
		return nil, err
	}
	x, err := freeIn(scope, sys)
	if err != nil {
		return nil, err
	}
	o, err := l.relaxed(scope, sys, u.Relax, x)
	if err != nil {
		return nil, err
	}
	at := sys.At(scope, o.X)
	terms, total, err := sys.Terms(at)
	if err != nil {
		return nil, err
	}
	next, err := l.steps(at, u.Step, values, slots, factors)
	if err != nil {
		return nil, err
	}
	moved, err := follow(scope, l, followed, buffers)
	if err != nil {
		return nil, err
	}
	next = append(next, moved...)
	ok := at.Binary("and", at.Finite(total), at.Compare("NE", o.Status, at.Like(o.Status, float64(relax.Diverged))))
	ok = at.Binary("and", ok, l.logarithms(at, next))
	rest := next[len(values):]
	for i, w := range next[:len(values)] { // with its state
		n := len(slots[i])
		ok, rest = at.Binary("and", ok, at.Sane(append([]hlo.Ref{w}, rest[:n]...)...)), rest[n:]
	}
	for _, b := range rest {
		ok = at.Binary("and", ok, at.Sane(b))
	}
	ok = at.AllReduce(ok)
	old := slices.Concat(values, slices.Concat(slots...), buffers)
	for i := range next {
		next[i] = at.Select(ok, next[i], old[i])
	}
	norms, err := at.While([]hlo.Ref{at.Const(hlo.Type{Element: hlo.F64}, 0), at.Const(hlo.Type{Element: hlo.F64, Shape: []int{sys.Samples}}, 0)},
		func(s *hlo.Scope, c []hlo.Ref) (hlo.Ref, error) {
			return s.Compare("LT", c[0], s.Element(wanted, 0)), nil
		},
		func(s *hlo.Scope, c []hlo.Ref) ([]hlo.Ref, error) {
			n, err := sys.Norms(s, o.X)
			return []hlo.Ref{s.Add(c[0], s.Like(c[0], 1)), n}, err
		})
	if err != nil {
		return nil, err
	}
	results := append(next, outcome(at, ok, o, terms), norms[1])
	return p, p.compile(l, "update", len(sys.Energies), results...)
}

func paramTensors(n *Network) (list []*tensor.Dense) {
	for _, p := range n.params {
		list = append(list, p.Value)
	}
	return list
}

// replaced adds arguments that results of the program replace, in the order of the
// results.
func (p *launched) replaced(l *launcher, tensors []*tensor.Dense) (refs []hlo.Ref) {
	for _, t := range tensors {
		r := p.builder.Donated(hlo.Type{Element: p.builder.Element, Shape: t.Shape()}, len(p.results))
		p.results = append(p.results, t)
		a := launchArg{tensor: t}
		if p.slots[t] {
			a = launchArg{slot: t}
		}
		p.args = append(p.args, a)
		for _, in := range l.inputs(t.Data()) {
			p.builder.Main().Bind(in, p.builder.Main().Reshape(r, in.Shape))
		}
		refs = append(refs, r)
	}
	return refs
}

// followed lists the buffers that follow the batches, with their arguments.
func (l *launcher) followed(p *launched) (uses []bufferUse, refs []hlo.Ref) {
	var tensors []*tensor.Dense
	for _, u := range l.session.plan.buffers {
		if _, ok := l.session.state.values[u.local]; ok && !slices.Contains(tensors, u.buffer.Value) {
			uses, tensors = append(uses, u), append(tensors, u.buffer.Value)
		}
	}
	return uses, p.replaced(l, tensors)
}

// follow writes the next values of buffers, from the batch's values in a scope; see
// state.follow.
func follow(s *hlo.Scope, l *launcher, uses []bufferUse, buffers []hlo.Ref) (next []hlo.Ref, err error) {
	for i, u := range uses {
		batch := l.batchValue(l.session.state.values[u.local].Data())
		if batch == nil {
			return nil, errors.Errorf("buffer %q: the batch's value is not in the program", u.Name)
		}
		v, err := s.Value(batch)
		if err != nil {
			return nil, err
		}
		b := buffers[i]
		kept, moved := s.Mul(b, s.Like(b, 1-u.Momentum)), s.Mul(s.Reshape(v, b.Type.Shape), s.Like(b, u.Momentum*u.correction(1)))
		next = append(next, s.Add(kept, moved))
	}
	return next, nil
}

// batchValue returns the batch's value of a buffer: an input that the feedforward pass
// gives its value, or, in backpropagation, what is stored there.
func (l *launcher) batchValue(data any) *engine.Value {
	if inputs := l.inputs(data); len(inputs) > 0 {
		return inputs[0]
	}
	for _, r := range l.source.Programs[launchLearn].Stages[0] {
		if r.Scalar == nil && lower.SameMemory(data, r.Store) {
			return r.Value
		}
	}
	return nil
}

// steps writes the next values of all parameters, and then their next states.
func (l *launcher) steps(at *hlo.Scope, step DeviceStep, values []hlo.Ref, slots [][]hlo.Ref, vector hlo.Ref) (next []hlo.Ref, err error) {
	factors := make([]hlo.Ref, 1+len(step.Factors))
	for i := range factors {
		factors[i] = at.Convert(at.Element(vector, i), elementOf(values))
	}
	var state []hlo.Ref
	roots, gradients := l.gradients(), make([]hlo.Ref, len(values))
	for i, w := range values {
		g := at.Like(w, 0)
		if v := roots[i]; v != nil {
			if g, err = at.Value(v); err != nil {
				return nil, err
			}
			g = at.Mul(at.AllReduce(at.Reshape(g, w.Type.Shape)), factors[0])
		}
		gradients[i] = g
	}
	if step.Gradients != nil {
		gradients = step.Gradients(at, gradients)
	}
	for i, w := range values {
		v, more := step.Write(at, i, w, gradients[i], slots[i], factors[1:])
		next, state = append(next, v), append(state, more...)
	}
	return append(next, state...), nil
}

func elementOf(refs []hlo.Ref) hlo.Element {
	if len(refs) == 0 {
		return hlo.F32
	}
	return refs[0].Type.Element
}

// gradients lists the derivative in each parameter; nil where there is none.
func (l *launcher) gradients() []*engine.Value {
	out := make([]*engine.Value, len(l.session.net.params))
	for _, r := range l.source.Programs[launchLearn].Stages[0] {
		if r.Scalar != nil {
			continue
		}
		for i, p := range l.session.net.params {
			if lower.SameMemory(p.Grad.Data(), r.Store) {
				out[i] = r.Value
			}
		}
	}
	return out
}

// logarithms writes whether the exponentials of parameters that are logarithms are
// finite.
func (l *launcher) logarithms(s *hlo.Scope, next []hlo.Ref) hlo.Ref {
	var refs []hlo.Ref
	for i, p := range l.session.net.params {
		if p.Log {
			refs = append(refs, s.Unary("exponential", next[i]))
		}
	}
	return s.Finite(refs...)
}
