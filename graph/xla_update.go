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
	steps := uint64(0)
	if ok {
		steps = 1
	}
	net.adopt(p, out, u.Step.Version, steps)
	if !ok {
		return result, false, nil
	}
	var norms []float64
	if p.wanted[0] != 0 {
		if norms, err = p.allNorms(out, n+1); err != nil {
			return result, false, err
		}
	}
	copy(energies, p.numbers[numReceived:])
	return wholeResult(u.Relax, p.numbers, norms), true, nil
}

// wholeResult is the result of an update with the numbers received of it, and the norms
// of the samples, or nil.
func wholeResult(r relax.Settings, numbers, norms []float64) (result WholeResult) {
	for _, e := range numbers[numReceived:] {
		result.Energy += e
	}
	result.Norms = norms
	if r.Steps > 0 {
		result.Relaxation = relaxation(numbers)
		result.Relaxation.GradNorm, result.Relaxation.GradNormWorstSample = math.NaN(), -1
		if !r.SkipFinal {
			worst := slices.Max(norms)
			result.Relaxation.GradNorm, result.Relaxation.GradNormWorstSample = worst, slices.Index(norms, worst)
		}
	}
	return result
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
	p.wanted = append(p.wanted[:0], wanted(u.Relax, u.Norms))
}

// wanted is 1 if the norms of the samples of an update are, and else 0.
func wanted(r relax.Settings, norms bool) float64 {
	if norms || r.Steps > 0 && !r.SkipFinal {
		return 1
	}
	return 0
}

// adopt makes the first results the copies of the tensors that they replace, after a
// number of updates. After none they are what they were.
func (n *Network) adopt(p *launched, out [][]*pjrt.Buffer, slotVersion, updates uint64) {
	m, done := n.mirrors, updates > 0
	if done {
		n.ParamsChanged()
	}
	for k, t := range p.results {
		version, old := *n.version, m.entries[t]
		if p.slots[t] {
			version = slotVersion + updates
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

// replacing are the values that an update replaces, in the order of its results.
type replacing struct {
	values  []hlo.Ref   // of the parameters
	slots   [][]hlo.Ref // the optimizer's state of each
	uses    []bufferUse // the buffers that follow the batches
	buffers []hlo.Ref
}

// all lists the values.
func (r replacing) all() []hlo.Ref {
	return slices.Concat(r.values, slices.Concat(r.slots...), r.buffers)
}

// replacing adds the arguments that an update replaces.
func (l *launcher) replacing(p *launched, step DeviceStep) (r replacing) {
	p.slots = map[*tensor.Dense]bool{}
	r.values = p.replaced(l, paramTensors(l.session.net))
	r.slots = make([][]hlo.Ref, len(r.values))
	for i, list := range step.Slots {
		for _, t := range list {
			p.slots[t] = true
		}
		r.slots[i] = p.replaced(l, list)
	}
	r.uses, r.buffers = l.followed(p)
	return r
}

// update writes the program of an update.
func (l *launcher) update(u WholeUpdate) (*launched, error) {
	p := l.begin()
	main := p.builder.Main()
	old := l.replacing(p, u.Step)
	sys := l.system(p)
	factors := p.vector("factors", 1+len(u.Step.Factors), func() []float64 { return p.factors })
	wanted := p.vector("wanted", 1, func() []float64 { return p.wanted })
	w, err := l.write(main, sys, u.Relax, u.Step, old, factors, main.Element(wanted, 0))
	if err != nil {
		return nil, err
	}
	return p, p.compile(l, "update", 1, len(sys.Energies), append(w.next, w.numbers, w.norms)...)
}

// written are the results of an update: the next values of what it replaces, the old
// ones if it is refused, whether it is not, the received numbers, and the norms of the
// samples.
type written struct {
	next               []hlo.Ref
	ok, numbers, norms hlo.Ref
}

// write writes an update in a scope, from the values of what it replaces. factors is a
// vector, and wanted is 1 if the norms of the samples are.
func (l *launcher) write(scope *hlo.Scope, sys *launch.System, r relax.Settings, step DeviceStep, old replacing, factors, wanted hlo.Ref) (w written, err error) {
	scope, err = l.pass(scope)
	if err != nil {
		return w, err
	}
	x, err := freeIn(scope, sys)
	if err != nil {
		return w, err
	}
	o, err := l.relaxed(scope, sys, r, x)
	if err != nil {
		return w, err
	}
	at := sys.At(scope, o.X)
	terms, total, err := sys.Terms(at)
	if err != nil {
		return w, err
	}
	next, err := l.steps(at, step, old.values, old.slots, factors)
	if err != nil {
		return w, err
	}
	moved, err := follow(scope, l, old.uses, old.buffers)
	if err != nil {
		return w, err
	}
	next = append(next, moved...)
	ok := at.Binary("and", at.Finite(total), at.Compare("NE", o.Status, at.Like(o.Status, float64(relax.Diverged))))
	ok = at.Binary("and", ok, l.logarithms(at, next))
	rest := next[len(old.values):]
	for i, w := range next[:len(old.values)] { // with its state
		n := len(old.slots[i])
		ok, rest = at.Binary("and", ok, at.Sane(append([]hlo.Ref{w}, rest[:n]...)...)), rest[n:]
	}
	for _, b := range rest {
		ok = at.Binary("and", ok, at.Sane(b))
	}
	w.ok = at.AllReduce(ok)
	for i, before := range old.all() {
		w.next = append(w.next, at.Select(w.ok, next[i], before))
	}
	norms, err := at.While([]hlo.Ref{at.Const(hlo.Type{Element: hlo.F64}, 0), at.Const(hlo.Type{Element: hlo.F64, Shape: []int{sys.Samples}}, 0)},
		func(s *hlo.Scope, c []hlo.Ref) (hlo.Ref, error) { return s.Compare("LT", c[0], wanted), nil },
		func(s *hlo.Scope, c []hlo.Ref) ([]hlo.Ref, error) {
			n, err := sys.Norms(s, o.X)
			return []hlo.Ref{s.Add(c[0], s.Like(c[0], 1)), n}, err
		})
	if err != nil {
		return w, err
	}
	w.numbers, w.norms = outcome(at, w.ok, o, terms), norms[1]
	return w, nil
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
		l.bind(p.builder.Main(), t.Data(), r)
		refs = append(refs, r)
	}
	return refs
}

// bind gives the inputs that hold a tensor's values a value in a scope.
func (l *launcher) bind(s *hlo.Scope, data any, r hlo.Ref) {
	for _, in := range l.inputs(data) {
		s.Bind(in, s.Reshape(r, in.Shape))
	}
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
