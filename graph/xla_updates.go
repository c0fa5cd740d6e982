package graph

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/hlo"
	"github.com/seed-be841da4/prospect/relax"
)

// WholeUpdates are updates one after another that are one launch; see [Session.Updates].
type WholeUpdates struct {
	// Relax, Start and Scale are those of each, as in [WholeUpdate].
	Relax relax.Settings
	Start Start
	Scale float64
	// Data holds the samples. Its nodes are those that the session clamps.
	Data *DataSet
	// Step is the optimizer's step of the first update.
	Step DeviceStep
	// Each has what differs between the updates.
	Each []EachUpdate
}

// EachUpdate is an update of [WholeUpdates].
type EachUpdate struct {
	// Samples are the places in the data set of the samples of the batch.
	Samples []int
	// Random is that of [Session.Initialize].
	Random *rand.Rand
	// Factors are those of the optimizer's step.
	Factors []float64
	// Norms asks for the gradient norms of the samples after the relaxation.
	Norms bool
}

// The bounds of a launch: the number of its updates, and the bytes of what the host draws
// for them, such as noise.
const (
	maxUpdates = 256
	maxDrawn   = 32 << 20
)

// drawn are values that the host draws for every update.
type drawn struct {
	memory any   // of the session, where they are drawn
	shape  []int // of an update, on a device
	size   int
	values []any // by device: of all updates of a launch
}

// put keeps what was drawn for update j.
func (d *drawn) put(l *launcher, j int) {
	for r := range l.devices {
		switch from := l.share(d.memory, r).(type) {
		case []float32:
			copy(d.values[r].([]float32)[j*d.size:], from)
		case []float64:
			copy(d.values[r].([]float64)[j*d.size:], from)
		}
	}
}

// Updates takes updates one after another as one launch, each as [Session.Update] does,
// from batches that the device gathers. Those are as many as the launch has room for,
// at most 256, and end before the first that is refused because a number would not be
// finite. It returns how many were taken, and calls done for each of them, in order;
// norms and energies are valid until the next call.
//
// Parameters and the optimizer's state are those after the updates taken.
// [Session.Unlaunchable] must be empty.
func (s *Session) Updates(u WholeUpdates, done func(i int, r WholeResult, energies []float64)) (int, error) {
	if err := s.begin(); err != nil {
		return 0, err
	}
	l, err := s.launcher()
	if err != nil {
		return 0, err
	}
	draw := func(e EachUpdate) error { return s.prepareStart(u.Start, e.Random) }
	n, err := l.takeAll(u, s.roles.clamped, draw, done)
	return n, errors.WithMessage(err, "graph: xla: updates")
}

// Updates takes updates one after another as one launch, as [Session.Updates] does, each
// as [BackpropSession.Update] does.
func (s *BackpropSession) Updates(u WholeUpdates, done func(i int, r WholeResult, energies []float64)) (int, error) {
	if err := s.terms.check(); err != nil {
		return 0, err
	}
	l, err := launcherOf(&s.launches, s.launchable(), s.shared)
	if err != nil {
		return 0, err
	}
	u.Relax, u.Start = relax.Settings{}, Start{}
	draw := func(EachUpdate) error {
		drawn, err := s.state.draw(s.plan)
		if drawn {
			s.inputs++
		}
		return err
	}
	n, err := l.takeAll(u, s.clamped, draw, done)
	return n, errors.WithMessage(err, "graph: xla: backprop")
}

// takeAll takes updates; draw draws what the host draws for one.
func (l *launcher) takeAll(u WholeUpdates, clamped []bool, draw func(EachUpdate) error, done func(i int, r WholeResult, energies []float64)) (int, error) {
	if err := l.checkData(u, clamped); err != nil {
		return 0, err
	}
	net := l.whole.net
	key := fmt.Sprintf("updates %d %s %d %s", u.Data.samples, u.Step.Kind, len(u.Step.Factors), settingsKey(u.Relax))
	p, ok := l.programs.Get(key)
	if !ok {
		var err error
		if p, err = l.updates(u, clamped); err != nil {
			return 0, err
		}
		l.programs.Put(key, p)
	}
	before := l.whole.state.update
	n, err := l.prepareAll(p, u, draw)
	if err != nil {
		l.whole.state.update = before
		return 0, err
	}
	p.remember(net, slices.Concat(u.Step.Slots...))
	out, err := p.run(l, u.Step.Version)
	if err != nil {
		net.mirrors.forget(p.results)
		l.whole.state.update = before
		return 0, err
	}
	at := len(p.results)
	defer func() {
		for _, device := range out {
			closeAll(device[at:])
		}
	}()
	if err := p.receive(out, at); err != nil {
		return 0, err
	}
	width, taken := len(p.numbers)/p.capacity, 0
	for taken < n && p.numbers[taken*width+receivedOK] != 0 {
		taken++
	}
	if l.whole.state.update != before {
		l.whole.state.update = before + uint64(taken)
	}
	net.adopt(p, out, u.Step.Version, uint64(taken))
	var norms []float64
	if slices.Contains(p.wanted[:taken], 1) {
		if norms, err = p.allNorms(out, at+1); err != nil {
			return taken, err
		}
	}
	batch := make([]float64, 0, l.whole.plan.batch)
	for i := range taken {
		batch = batch[:0]
		if p.wanted[i] != 0 {
			samples := l.session.plan.batch
			for r := range l.devices {
				from := (r*p.capacity + i) * samples
				batch = append(batch, norms[from:from+samples]...)
			}
		}
		numbers := p.numbers[i*width : (i+1)*width]
		done(i, wholeResult(u.Relax, numbers, batch), numbers[numReceived:])
	}
	return taken, nil
}

// checkData returns an error unless the data set has the data of all clamped nodes.
func (l *launcher) checkData(u WholeUpdates, clamped []bool) error {
	net := l.whole.net
	if u.Data == nil || u.Data.network != net || u.Data.tables == nil {
		return errors.New("data set, got none, or one that is closed or of another network, want one of NewDataSet")
	}
	for i, on := range clamped {
		if name := net.decl.Nodes[i].Name; on && u.Data.tables[name] == nil {
			return errors.Errorf("data set: has no data of node %q, which is clamped", name)
		}
	}
	for _, e := range u.Each {
		if len(e.Samples) != l.whole.plan.batch {
			return errors.Errorf("samples of an update, got %d, want the batch of %d", len(e.Samples), l.whole.plan.batch)
		}
		for _, k := range e.Samples {
			if k < 0 || k >= u.Data.samples {
				return errors.Errorf("sample, got number %d, want 0 to %d", k, u.Data.samples-1)
			}
		}
	}
	return nil
}

// prepareAll sets the arguments of a launch and returns the number of its updates.
func (l *launcher) prepareAll(p *launched, u WholeUpdates, draw func(EachUpdate) error) (int, error) {
	n, share := min(len(u.Each), p.capacity), l.session.plan.batch
	p.data, p.count = u.Data, float64(n)
	width := 1 + len(u.Step.Factors)
	for j, e := range u.Each[:n] {
		p.factors[j*width] = u.Scale
		copy(p.factors[j*width+1:(j+1)*width], e.Factors)
		p.wanted[j] = wanted(u.Relax, e.Norms)
		for i, k := range e.Samples {
			p.rows[i/share][j*share+i%share] = int32(k)
		}
		if err := draw(e); err != nil {
			return 0, err
		}
		for _, d := range p.drawn {
			d.put(l, j)
		}
	}
	return n, nil
}

// The places of what the loop over updates carries; what an update replaces follows.
const (
	updatesDone = iota
	updatesOK
	updatesNumbers
	updatesNorms
	numUpdates
)

// updates writes the program of updates one after another.
func (l *launcher) updates(u WholeUpdates, clamped []bool) (*launched, error) {
	p := l.begin()
	main := p.builder.Main()
	old := l.replacing(p, u.Step)
	sys := l.system(p)
	tables, rows := l.tables(p, u.Data, clamped)
	stacks := l.stacks(p)
	width, values := 1+len(u.Step.Factors), numReceived+len(sys.Energies)
	p.factors, p.wanted = make([]float64, p.capacity*width), make([]float64, p.capacity)
	factors := main.Reshape(p.vector("all factors", p.capacity*width, func() []float64 { return p.factors }), []int{p.capacity, width})
	wanted := p.vector("all wanted", p.capacity, func() []float64 { return p.wanted })
	count := main.Convert(main.Element(p.vector("count", 1, func() []float64 { return []float64{p.count} }), 0), hlo.I32)

	first := make([]hlo.Ref, numUpdates)
	first[updatesDone] = main.Like(count, 0)
	first[updatesOK] = main.Const(hlo.Type{Element: hlo.I1}, 1)
	first[updatesNumbers] = main.Const(hlo.Type{Element: hlo.F64, Shape: []int{p.capacity, values}}, 0)
	first[updatesNorms] = main.Const(hlo.Type{Element: hlo.F64, Shape: []int{p.capacity, sys.Samples}}, 0)
	c, err := main.While(append(first, old.all()...), func(s *hlo.Scope, c []hlo.Ref) (hlo.Ref, error) {
		return s.Binary("and", s.Compare("LT", c[updatesDone], count), c[updatesOK]), nil
	}, func(s *hlo.Scope, c []hlo.Ref) ([]hlo.Ref, error) {
		i, now := c[updatesDone], old.as(c[numUpdates:])
		now.bind(l, s, p)
		ids := s.At(rows, i)
		for node, table := range tables {
			l.bind(s, l.session.acts[node].Data(), s.TakeRows(table, ids))
		}
		for k, stack := range stacks {
			l.bind(s, p.drawn[k].memory, s.At(stack, i))
		}
		w, err := l.write(s, sys, u.Relax, u.Step, now, s.At(factors, i), s.At(wanted, i))
		if err != nil {
			return nil, err
		}
		next := []hlo.Ref{
			s.Add(i, s.Like(i, 1)), w.ok, s.Put(c[updatesNumbers], i, w.numbers), s.Put(c[updatesNorms], i, w.norms),
		}
		return append(next, w.next...), nil
	})
	if err != nil {
		return nil, err
	}
	results := append(slices.Clone(c[numUpdates:]), main.Reshape(c[updatesNumbers], []int{p.capacity * values}), main.Reshape(c[updatesNorms], []int{p.capacity * sys.Samples}))
	return p, p.compile(l, "updates", p.capacity, len(sys.Energies), results...)
}

// as are other values of the same kind, in the order of all.
func (r replacing) as(list []hlo.Ref) replacing {
	cut := func(n int) []hlo.Ref {
		head := list[:n:n]
		list = list[n:]
		return head
	}
	out := replacing{values: cut(len(r.values)), uses: r.uses}
	for _, s := range r.slots {
		out.slots = append(out.slots, cut(len(s)))
	}
	out.buffers = cut(len(r.buffers))
	return out
}

// bind gives the inputs of the graph the values in a scope.
func (r replacing) bind(l *launcher, s *hlo.Scope, p *launched) {
	for i, v := range r.all() {
		l.bind(s, p.results[i].Data(), v)
	}
}

// tables adds the data of the clamped nodes, by node, and the places of the samples, a
// row for every update.
func (l *launcher) tables(p *launched, d *DataSet, clamped []bool) (tables map[int]hlo.Ref, rows hlo.Ref) {
	tables = map[int]hlo.Ref{}
	nodes := l.whole.net.decl.Nodes
	for i, on := range clamped {
		if on {
			t := hlo.Type{Element: p.builder.Element, Shape: []int{d.samples, nodes[i].Shape.Size()}}
			p.args = append(p.args, launchArg{table: nodes[i].Name})
			tables[i] = p.builder.Argument(t)
		}
	}
	p.drawn = l.drawn()
	p.capacity = maxUpdates
	bytes := 0
	for _, d := range p.drawn {
		bytes += 8 * d.size * len(l.devices)
	}
	if bytes > 0 {
		p.capacity = max(1, min(maxUpdates, maxDrawn/bytes))
	}
	shape := []int{p.capacity, l.session.plan.batch}
	for range l.devices {
		p.rows = append(p.rows, make([]int32, shape[0]*shape[1]))
	}
	p.args = append(p.args, launchArg{fresh: func(r int) (any, []int) { return p.rows[r], shape }})
	return tables, p.builder.Argument(hlo.Type{Element: hlo.I32, Shape: shape})
}

// drawn lists what the host draws for every update: noise, and the start of nodes without
// a prediction.
func (l *launcher) drawn() (list []*drawn) {
	s := l.session
	add := func(memory any, shape []int) {
		if len(l.inputs(memory)) > 0 {
			d := &drawn{memory: memory, shape: shape, size: 1}
			for _, n := range shape {
				d.size *= n
			}
			list = append(list, d)
		}
	}
	for _, i := range s.held {
		add(s.acts[i].Data(), s.acts[i].Shape())
	}
	for _, u := range s.plan.noise {
		add(s.state.noise[u.local].Data(), u.Shape)
	}
	return list
}

// stacks adds what is drawn, with an axis for the updates.
func (l *launcher) stacks(p *launched) (refs []hlo.Ref) {
	for _, d := range p.drawn {
		shape := append([]int{p.capacity}, d.shape...)
		for range l.devices {
			var values any = make([]float32, p.capacity*d.size)
			if p.builder.Element == hlo.F64 {
				values = make([]float64, p.capacity*d.size)
			}
			d.values = append(d.values, values)
		}
		p.args = append(p.args, launchArg{fresh: func(r int) (any, []int) { return d.values[r], shape }})
		refs = append(refs, p.builder.Argument(hlo.Type{Element: p.builder.Element, Shape: shape}))
	}
	return refs
}
