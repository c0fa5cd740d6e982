package graph

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/internal/engine"
	"github.com/seed-be841da4/prospect/internal/hlo"
	"github.com/seed-be841da4/prospect/internal/launch"
	"github.com/seed-be841da4/prospect/internal/lower"
	"github.com/seed-be841da4/prospect/internal/pjrt"
	"github.com/seed-be841da4/prospect/internal/recent"
	"github.com/seed-be841da4/prospect/relax"
)

// launchable is what launches read and write of a session, of either kind.
type launchable struct {
	net   *Network
	plan  *plan
	state *state
	terms *terms
	acts  []*tensor.Dense // by node; nil where there is none
	free  []int           // the free nodes
	held  []int           // those that start at what is drawn
}

func (s *Session) launchable() launchable {
	return launchable{s.net, s.plan, s.state, &s.terms, s.acts, s.roles.free, s.held}
}

// The jobs of the module of a launcher.
const (
	launchPass = iota
	launchRelax
	launchLearn
)

// launcher has the programs of a session that are one launch each.
type launcher struct {
	whole    launchable // whose data are copied
	session  launchable // whose graph is run: that of a device's share of the batch
	engine   XLA
	devices  []*pjrt.Device
	lowered  *compiledModule // without a unit
	source   engine.Source
	programs recent.Cache[string, *launched]
	pinned   map[string]*pinned // arguments that seldom change, by name
}

// launched is a program with its arguments, in order.
type launched struct {
	builder *hlo.Builder
	args    []launchArg
	results []*tensor.Dense        // the tensors that the first results replace
	slots   map[*tensor.Dense]bool // those that are state of the optimizer
	factors []float64              // of an update
	wanted  []float64              // by update: 1 if the norms of the samples are
	exe     *pjrt.Executable
	numbers []float64 // the received counts and energies
	norms   []float64 // and norms of the samples of a device

	// Of many updates: the most of a launch, those of the next, and what they read.
	capacity int
	count    float64
	data     *DataSet
	drawn    []*drawn
	rows     [][]int32 // by device: the places of the samples
}

// newLauncher prepares a session for launches on devices, each of which has an equal
// share of the batch. share makes what a device runs of a batch of a size.
func newLauncher(whole launchable, x XLA, share func(batch int) (launchable, Module, error)) (*launcher, error) {
	devices, err := x.devices()
	if err != nil {
		return nil, err
	}
	l := &launcher{whole: whole, engine: x, devices: devices, pinned: map[string]*pinned{}}
	session, m, err := share(whole.plan.batch / len(devices))
	if err != nil {
		return nil, err
	}
	l.session = session
	m.network = whole.net
	l.lowered = uncompiledModule(m, x)
	l.lowered.pattern = nil // lowered at the first use
	return l, nil
}

// shared is the share of a session that has a number of samples: itself, if it has all.
func (s *Session) shared(batch int) (launchable, Module, error) {
	if batch != s.plan.batch {
		part, err := s.net.newSession(batch, s.roles)
		if err != nil {
			return launchable{}, Module{}, err
		}
		s = part
	}
	m := s.module()
	m.Jobs = []Job{launchPass: s.passJob(), launchRelax: m.Jobs[jobRelax], launchLearn: m.Jobs[jobLearn]}
	return s.launchable(), m, nil
}

// refresh lowers the module if what it assumes about the coefficients has changed.
func (l *launcher) refresh() error {
	if !l.lowered.patternChanged() {
		return nil
	}
	buildLock.Lock()
	defer buildLock.Unlock()
	src, err := l.lowered.source()
	if err != nil {
		return err
	}
	l.source = src
	l.programs.Clear()
	return nil
}

// inputs lists the inputs that hold a tensor's values.
func (l *launcher) inputs(data any) (list []*engine.Value) {
	for _, p := range l.source.Programs {
		for _, in := range inputsOf(p.Stages) {
			if in.Op == engine.OpInput && lower.SameMemory(l.source.Memory[in.Input], data) && !slices.Contains(list, in) {
				list = append(list, in)
			}
		}
	}
	return list
}

// begin starts a program and gives the parameters of the graph their arguments.
func (l *launcher) begin() *launched {
	p := &launched{builder: l.engine.builder(l.session.net.settings.Precision)}
	b := p.builder
	b.Replicas = len(l.devices)
	b.Input = func(v *engine.Value) hlo.Ref {
		r := b.Argument(hlo.Type{Element: b.Element, Shape: v.Shape})
		a := launchArg{input: v}
		if v.Op == engine.OpInput {
			if t := l.owned(l.source.Memory[v.Input]); t != nil {
				a = launchArg{tensor: t}
			}
		}
		p.args = append(p.args, a)
		return r
	}
	return p
}

// vector adds an argument of numbers in float64.
func (p *launched) vector(name string, n int, numbers func() []float64) hlo.Ref {
	p.args = append(p.args, launchArg{numbers: numbers, name: name})
	return p.builder.Argument(hlo.Type{Element: hlo.F64, Shape: []int{n}})
}

// system describes the energy of the session's graph.
func (l *launcher) system(p *launched) *launch.System {
	s := l.session
	sys := &launch.System{Samples: s.plan.batch}
	for _, r := range l.source.Programs[launchRelax].Stages[0] {
		if r.Scalar != nil {
			sys.Energies = append(sys.Energies, r.Value)
		} else {
			sys.Gradients = append(sys.Gradients, r.Value)
		}
	}
	for _, i := range s.free {
		sys.Free = append(sys.Free, l.inputs(s.acts[i].Data()))
	}
	sys.Gates = p.vector("gates", len(sys.Energies), func() []float64 {
		gates := make([]float64, len(s.terms.active))
		for j, k := range s.terms.active {
			gates[j] = s.terms.gates[k]
		}
		return gates
	})
	return sys
}

// pass writes the feedforward pass and returns a scope with its results.
func (l *launcher) pass(scope *hlo.Scope) (*hlo.Scope, error) {
	for _, stage := range l.source.Programs[launchPass].Stages {
		next := scope.Inner()
		for _, r := range stage {
			v, err := scope.Value(r.Value)
			if err != nil {
				return nil, err
			}
			for _, in := range l.inputs(r.Store) {
				next.Bind(in, scope.Reshape(v, in.Shape))
			}
		}
		scope = next
	}
	return scope, nil
}

// freeIn returns the free activities in a scope.
func freeIn(scope *hlo.Scope, sys *launch.System) (x []hlo.Ref, err error) {
	for _, inputs := range sys.Free {
		v, err := scope.Value(inputs[0])
		if err != nil {
			return nil, err
		}
		x = append(x, v)
	}
	return x, nil
}

// relaxed writes a relaxation, or, of no steps, none.
func (l *launcher) relaxed(scope *hlo.Scope, sys *launch.System, r relax.Settings, x []hlo.Ref) (launch.Outcome, error) {
	if r.Steps > 0 {
		return launch.Write(scope, sys, r, x)
	}
	whole := func(v float64) hlo.Ref { return scope.Const(hlo.Type{Element: hlo.I32}, v) }
	zero := scope.Const(hlo.Type{Element: hlo.F64}, 0)
	return launch.Outcome{
		X: x, Steps: whole(0), Evaluations: whole(0), Status: whole(float64(relax.Converged)), MeasuredAt: whole(-1),
		Start: zero, Energy: zero, Last: zero,
	}, nil
}

// The places of the received numbers; the energies of the terms follow.
const (
	receivedOK = iota
	receivedSteps
	receivedEvaluations
	receivedStatus
	receivedMeasured
	receivedStart
	receivedEnergy
	receivedLast
	numReceived
)

// outcome writes the numbers of an outcome.
func outcome(s *hlo.Scope, ok hlo.Ref, o launch.Outcome, terms hlo.Ref) hlo.Ref {
	parts := []hlo.Ref{ok, o.Steps, o.Evaluations, o.Status, o.MeasuredAt, o.Start, o.Energy, o.Last}
	for i, r := range parts {
		parts[i] = s.Reshape(s.Convert(r, hlo.F64), []int{1})
	}
	return s.Concatenate(append(parts, terms))
}

// relaxation reads the numbers of an outcome.
func relaxation(n []float64) relax.Result {
	return relax.Result{
		Status: relax.Status(n[receivedStatus]), Steps: int(n[receivedSteps]), Evaluations: int(n[receivedEvaluations]),
		EnergyStart: n[receivedStart], Energy: n[receivedEnergy], MeasuredAt: int(n[receivedMeasured]), StepSize: n[receivedLast],
		MeanSteps: n[receivedSteps], // all samples stop together
	}
}

// compile compiles a program that returns results of a number of updates.
func (p *launched) compile(l *launcher, name string, updates, terms int, results ...hlo.Ref) error {
	text := p.builder.Module(name, results...)
	var err error
	if p.exe, err = compileFor(text, l.devices...); err != nil {
		return err
	}
	p.numbers = make([]float64, updates*(numReceived+terms))
	p.norms = make([]float64, updates*l.session.plan.batch)
	return nil
}

// run runs a program with data of the session, whose batch the devices share, and returns
// the results of every device.
func (p *launched) run(l *launcher, slotVersion uint64) ([][]*pjrt.Buffer, error) {
	args := make([][]*pjrt.Buffer, len(l.devices))
	var mine []*pjrt.Buffer
	defer func() { closeAll(mine) }()
	for _, a := range p.args {
		list, own, err := l.argument(p, a, slotVersion)
		if own {
			mine = append(mine, list...)
		}
		if err != nil {
			return nil, err
		}
		for r := range args {
			args[r] = append(args[r], list[r])
		}
	}
	return p.exe.RunReplicas(args)
}

// receive downloads the numbers; index is the number of results before them.
func (p *launched) receive(out [][]*pjrt.Buffer, index int) error {
	return out[0][index].Download(p.numbers)
}

// allNorms downloads the norms of the samples of all devices.
func (p *launched) allNorms(out [][]*pjrt.Buffer, index int) (all []float64, err error) {
	for _, device := range out {
		if err := device[index].Download(p.norms); err != nil {
			return nil, err
		}
		all = append(all, p.norms...)
	}
	return all, nil
}

// unlaunchable returns what of a session has no form as one launch; empty if all has.
func (s *Session) unlaunchable() string {
	if reason := s.launchable().unlaunchable(); reason != "" {
		return reason
	}
	if len(s.partly) > 0 {
		return "clamped units of a free node"
	}
	return ""
}

func (l launchable) unlaunchable() string {
	x, ok := l.net.settings.Engine.(XLA)
	switch {
	case !ok:
		return "the engine"
	case l.net.part != nil:
		return "a batch that several processes share"
	case len(l.terms.active) == 0:
		return "no energy term is in force"
	case x.Devices > 1 && l.plan.batch%x.Devices != 0:
		return "a batch that the devices cannot share equally"
	case x.Devices > 1 && l.state.measures():
		return "statistics of a batch that several devices share"
	}
	return ""
}

// launcher returns the session's launcher, with the coefficients of now.
func (s *Session) launcher() (*launcher, error) {
	return launcherOf(&s.launches, s.launchable(), s.shared)
}

// launcherOf returns a launcher, made at the first use, with the coefficients of now.
func launcherOf(at **launcher, whole launchable, share func(batch int) (launchable, Module, error)) (*launcher, error) {
	if *at == nil {
		l, err := newLauncher(whole, whole.net.settings.Engine.(XLA), share)
		if err != nil {
			return nil, errors.WithMessage(err, "graph: xla")
		}
		*at = l
	}
	l := *at
	copy(l.session.terms.gates, whole.terms.gates)
	return l, l.refresh()
}
