package graph

import (
	"runtime"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/engine"
	"github.com/seed-be841da4/prospect/internal/lower"
)

// Compiled is the default engine. It compiles the differentiated graph for the
// relaxation loop: what depends only on parameters and clamped nodes is computed
// once per refresh, weights are packed for the kernels, element-wise work is
// fused, memory is planned once, and no run allocates. An operation it does not
// know runs through its own Do.
//
// A graph that it cannot compile at all, for example one with integers in it,
// is run by [Tape].
type Compiled struct {
	// Threads is the largest number of threads that work on one batch. Zero means
	// one for each processor; small work stays on one thread. Results do not
	// depend on it.
	Threads int `json:"threads,omitempty"`
	// ParallelFrom is the work of a program, in floating-point operations, from
	// which on more than one thread is used. Zero means 500,000.
	ParallelFrom float64 `json:"parallel_from,omitempty"`
}

// Name returns "compiled".
func (Compiled) Name() string { return "compiled" }

// Workers returns how many threads work on one batch.
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

// onTape is a module that could not be compiled.
type onTape struct {
	Executable
	reason error
}

// Explain says why.
func (t *onTape) Explain() string {
	return "runs on Gorgonia's tape machine, because it could not be compiled: " + t.reason.Error() + "\n"
}

// compiledModule is a compiled module of either precision. Coefficients are
// folded into the program, so it is compiled anew when one changes.
type compiledModule struct {
	module       Module
	engine       Compiled
	coefficients []float64
	unit         unit
}

// unit is an engine.Unit of either precision.
type unit interface {
	Refresh(parameters bool) error
	RunProgram(i int) error
	StepProgram(i int, size float64) error
	Explain() string
}

func newCompiledModule(m Module, c Compiled) (*compiledModule, error) {
	x := &compiledModule{module: m, engine: c}
	return x, x.compile()
}

// compile lowers the module with the coefficients of now.
func (x *compiledModule) compile() (err error) {
	defer func() {
		if r := recover(); r != nil { // a mistake of the engine must not end a training run that the tape can do
			err = errors.Errorf("graph: compiled: internal error: %v; please report this network", r)
		}
	}()
	x.coefficients = x.coefficients[:0]
	var inputs []lower.Input
	for _, in := range x.module.Inputs {
		if in.Scalar != nil {
			x.coefficients = append(x.coefficients, *in.Scalar)
		}
		inputs = append(inputs, lower.Input{Node: in.Node, Class: classOf(in.Kind), Tensor: in.Tensor, Scalar: in.Scalar})
	}
	l := lower.New(x.module.Graph, x.module.Precision.Dtype(), inputs)
	src := engine.Source{Graph: l.Graph, Threads: x.engine.Workers(), ParallelFrom: x.engine.ParallelFrom}
	for _, job := range x.module.Jobs {
		p, err := lowerJob(l, job)
		if err != nil {
			return errors.WithMessagef(err, "graph: compiled: program %q", job.Name)
		}
		src.Programs = append(src.Programs, p)
	}
	src.Memory = l.Memory
	if x.module.Precision == Float64 {
		x.unit, err = engine.Compile[float64](src)
	} else {
		x.unit, err = engine.Compile[float32](src)
	}
	return err
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
	p := engine.Program{Name: job.Name, Loop: job.Loop}
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

// Refresh recomputes what was hoisted.
func (x *compiledModule) Refresh(parameters bool) error {
	if x.coefficientsChanged() {
		if err := x.compile(); err != nil {
			return err
		}
		parameters = true
	}
	return x.unit.Refresh(parameters)
}

func (x *compiledModule) coefficientsChanged() bool {
	k := 0
	for _, in := range x.module.Inputs {
		if in.Scalar != nil {
			if *in.Scalar != x.coefficients[k] {
				return true
			}
			k++
		}
	}
	return false
}

// Explain describes the compiled program.
func (x *compiledModule) Explain() string { return x.unit.Explain() }

// Run runs a job.
func (x *compiledModule) Run(job int) error { return x.unit.RunProgram(job) }

// Step runs a job whose outputs descend.
func (x *compiledModule) Step(job int, size float64) error { return x.unit.StepProgram(job, size) }

var _ Stepper = (*compiledModule)(nil)
