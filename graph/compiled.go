package graph

import (
	"runtime"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/engine"
	"github.com/seed-be841da4/prospect/internal/lower"
	"github.com/seed-be841da4/prospect/internal/recent"
)

// Compiled is the default engine. It compiles the differentiated graph for the
// relaxation loop: values that depend only on parameters and clamped nodes are computed
// once per refresh, weights are packed for the kernels, element-wise operations are
// fused, memory is planned once, and no run allocates. An operation that it does not
// know runs through its own Do.
//
// A graph that it cannot compile at all, for example one with integers, runs on [Tape].
type Compiled struct {
	// Threads is the maximum number of threads for one batch. Zero means one per
	// processor; small work stays on one thread, and so does work that is measured, as it
	// runs, to take longer on several. Results do not depend on it.
	Threads int `json:"threads,omitempty"`
	// ParallelFrom is the work of a program, in floating-point operations, from which
	// more than one thread is used. Zero means 500,000.
	ParallelFrom float64 `json:"parallel_from,omitempty"`
}

// Name returns "compiled".
func (Compiled) Name() string { return "compiled" }

// Workers returns the number of threads used for one batch.
func (c Compiled) Workers() int {
	if c.Threads > 0 {
		return c.Threads
	}
	return runtime.GOMAXPROCS(0)
}

// Steps reports that the engine can run jobs whose outputs descend.
func (Compiled) Steps() bool { return true }

// Compile lowers the module and compiles it.
func (c Compiled) Compile(m Module) (Executable, error) {
	x, err := newCompiledModule(m, c)
	if err == nil {
		return x, nil
	}
	tape, tapeErr := Tape{}.Compile(m)
	return &onTape{Executable: tape, reason: err}, tapeErr
}

// backend makes the executable of a lowered module.
type backend interface {
	// build compiles a source.
	build(m Module, src engine.Source) (unit, error)
	// substitute takes the place of a unit that cannot be built.
	substitute(m Module, reason error) (unit, error)
}

func (Compiled) build(m Module, src engine.Source) (unit, error) {
	if m.Precision == Float64 {
		return engine.Compile[float64](src)
	}
	return engine.Compile[float32](src)
}

func (Compiled) substitute(m Module, reason error) (unit, error) {
	return &tapeUnit{module: m, reason: reason}, nil
}

// onTape is a module that could not be compiled and runs on the tape.
type onTape struct {
	Executable
	reason error
}

// Explain gives the reason.
func (t *onTape) Explain() string {
	return "runs on Gorgonia's tape machine, because it could not be compiled: " + t.reason.Error() + "\n"
}

// compiledModule is a compiled module of either precision, with the programs for the
// most recent patterns of coefficients.
type compiledModule struct {
	module       Module
	backend      backend
	coefficients []*float64
	pattern      []byte   // of unit
	keys         []string // of the patterns used last
	programs     recent.Cache[string, unit]
	unit         unit
	motion       motion
	kept         int // samples in force; 0 means all
}

// unit is an engine.Unit of either precision, its substitute on the tape, or what runs on
// a device.
type unit interface {
	Refresh(parameters bool) error
	RunProgram(i int) error
	StepProgram(i int, size float64) error
	Work(i int) float64
	Explain() string
}

func newCompiledModule(m Module, b backend) (*compiledModule, error) {
	x := uncompiledModule(m, b)
	var err error
	x.unit, err = x.compile()
	x.programs.Put(string(x.pattern), x.unit)
	return x, err
}

// uncompiledModule returns a module with the pattern of its coefficients.
func uncompiledModule(m Module, b backend) *compiledModule {
	x := &compiledModule{module: m, backend: b}
	for _, in := range m.Inputs {
		if in.Scalar != nil {
			x.coefficients = append(x.coefficients, in.Scalar)
		}
	}
	x.patternChanged()
	return x
}

// The marks of coefficients in a pattern: what the compiled program assumes about them.
const (
	isZero    = '0'
	isOne     = '1'
	isNotZero = 'c' // and is read at a refresh
)

// mark returns the mark of a coefficient. If all nonzero coefficients are 1, as they
// are by default, they are folded into the program. Otherwise only whether they are 0
// is, so that their values may change without a new program.
func mark(c float64, ones bool) byte {
	switch {
	case c == 0:
		return isZero
	case ones:
		return isOne
	}
	return isNotZero
}

// patternChanged updates the pattern and reports whether it changed.
func (x *compiledModule) patternChanged() bool {
	ones := !slices.ContainsFunc(x.coefficients, func(c *float64) bool { return *c != 0 && *c != 1 })
	changed := len(x.pattern) != len(x.coefficients)
	if changed {
		x.pattern = make([]byte, len(x.coefficients))
	}
	for i, c := range x.coefficients {
		m := mark(*c, ones)
		changed = changed || m != x.pattern[i]
		x.pattern[i] = m
	}
	return changed
}

// compile lowers the module for the current pattern.
func (x *compiledModule) compile() (u unit, err error) {
	defer func() {
		if r := recover(); r != nil { // a bug of the engine must not end a training run that the tape can do
			err = errors.Errorf("graph: compiled: internal error: %v; please report this network", r)
		}
	}()
	src, err := x.source()
	if err != nil {
		return nil, err
	}
	return x.backend.build(x.module, src)
}

// source lowers the module for the current pattern.
func (x *compiledModule) source() (engine.Source, error) {
	var inputs []lower.Input
	k := 0
	for _, in := range x.module.Inputs {
		to := lower.Input{Node: in.Node, Class: classOf(in.Kind), Tensor: in.Tensor, Scalar: in.Scalar, Sampled: in.Sampled}
		if in.Scalar != nil {
			to.Live = x.pattern[k] == isNotZero
			k++
		}
		inputs = append(inputs, to)
	}
	l := lower.New(x.module.Graph, x.module.Precision.Dtype(), inputs)
	src := engine.Source{Graph: l.Graph, Samples: x.module.Batch}
	if c, ok := x.backend.(Compiled); ok {
		src.Threads, src.ParallelFrom = c.Workers(), c.ParallelFrom
	}
	for _, job := range x.module.Jobs {
		p, err := lowerJob(l, job)
		if err != nil {
			return src, errors.WithMessagef(err, "graph: compiled: program %q", job.Name)
		}
		src.Programs = append(src.Programs, p)
	}
	src.Memory = l.Memory
	return src, nil
}

func classOf(k InputKind) engine.Class {
	switch k {
	case FreeInput:
		return engine.Free
	case ClampedInput:
		return engine.Clamped
	}
	return engine.Parameter
}

func lowerJob(l *lower.Lowerer, job Job) (engine.Program, error) {
	p := engine.Program{Name: job.Name, Loop: job.Loop, Parts: job.Parts}
	for _, stage := range job.Stages {
		var out engine.Stage
		for _, o := range stage {
			r, err := lowerOutput(l, o)
			if err != nil {
				return p, err
			}
			out = append(out, r)
		}
		p.Stages = append(p.Stages, out)
	}
	return p, nil
}

func lowerOutput(l *lower.Lowerer, o Output) (engine.Root, error) {
	v, err := l.Value(o.Node)
	if err != nil {
		return engine.Root{}, err
	}
	r := engine.Root{Value: v, Scalar: o.Scalar}
	if o.Tensor != nil {
		r.Store = o.Tensor.Data()
	}
	if o.Descend != nil {
		if r.Descend, err = l.Value(o.Descend); err != nil {
			return r, err
		}
	}
	return r, nil
}

// Refresh recomputes the hoisted values, with the program for the current coefficients.
func (x *compiledModule) Refresh(parameters bool) error {
	if x.patternChanged() {
		u, err := x.program()
		if err != nil {
			return err
		}
		x.unit, parameters = u, true
		if k, ok := u.(SampleKeeper); ok {
			k.Keep(x.kept)
		}
	}
	return x.unit.Refresh(parameters)
}

// key returns the current pattern as a string, the same one each time, since a rule of
// several phases changes it in every update.
func (x *compiledModule) key() string {
	for _, k := range x.keys {
		if k == string(x.pattern) {
			return k
		}
	}
	const most = 16
	if len(x.keys) == most {
		x.keys = x.keys[:0]
	}
	x.keys = append(x.keys, string(x.pattern))
	return x.keys[len(x.keys)-1]
}

// program returns the program for the current pattern, or its substitute if it cannot be
// compiled.
func (x *compiledModule) program() (unit, error) {
	key := x.key()
	if u, ok := x.programs.Get(key); ok {
		return u, nil
	}
	buildLock.Lock()
	u, err := x.compile()
	buildLock.Unlock()
	if err != nil {
		if u, err = x.backend.substitute(x.module, err); err != nil {
			return nil, err
		}
	}
	x.programs.Put(key, u)
	return u, nil
}

// FLOPs returns the floating-point operations of a job.
func (x *compiledModule) FLOPs(job int) float64 { return x.unit.Work(job) }

// Explain describes the compiled program.
func (x *compiledModule) Explain() string { return x.unit.Explain() }

// Run runs a job.
func (x *compiledModule) Run(job int) error { return x.unit.RunProgram(job) }

// Step runs a job whose outputs descend.
func (x *compiledModule) Step(job int, size float64) error { return x.unit.StepProgram(job, size) }

// RunFirst runs a job up to its parts, all of it if the unit has none.
func (x *compiledModule) RunFirst(job int, bounds []float64) error {
	if u, ok := x.unit.(partly); ok {
		return u.RunFirst(job, bounds)
	}
	for k := range bounds {
		bounds[k] = -1
	}
	return x.unit.RunProgram(job)
}

// RunParts computes the parts of a job.
func (x *compiledModule) RunParts(job int, taker engine.Taker) {
	if u, ok := x.unit.(partly); ok {
		u.RunParts(job, taker)
	}
}

var (
	_ MotionStepper = (*compiledModule)(nil)
	_ partly        = (*compiledModule)(nil)
)
