package graph

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Tape is the reference engine: Gorgonia's tape machine, one per stage. It runs every
// operation that Gorgonia knows, allocates at every run, and repeats redundant
// computations that symbolic differentiation left in the graph.
type Tape struct{}

// Name returns "tape".
func (Tape) Name() string { return "tape" }

// Compile prepares the module; each job is compiled when it first runs.
func (Tape) Compile(m Module) (Executable, error) {
	return &tapeModule{module: m, programs: make([]*tapeProgram, len(m.Jobs))}, nil
}

type tapeModule struct {
	module   Module
	programs []*tapeProgram
}

// Refresh does nothing: the machine reads every input at every run.
func (t *tapeModule) Refresh(bool) error { return nil }

// Run runs a job, compiling it the first time.
func (t *tapeModule) Run(job int) error {
	if t.programs[job] == nil {
		p, err := t.compile(t.module.Jobs[job])
		if err != nil {
			return err
		}
		t.programs[job] = p
	}
	return t.programs[job].run()
}

func (t *tapeModule) compile(job Job) (*tapeProgram, error) {
	buildLock.Lock()
	defer buildLock.Unlock()
	p := &tapeProgram{name: job.Name}
	for _, stage := range job.Stages {
		s, err := compileTapeStage(t.module, stage)
		if err != nil {
			return nil, errors.WithMessagef(err, "graph: tape: program %q", job.Name)
		}
		p.stages = append(p.stages, s)
	}
	return p, nil
}

type tapeProgram struct {
	name   string
	stages []*tapeStage
}

// tapeStage is one machine with its bindings. results[i] is set by the machine, which
// owns it until the next run.
type tapeStage struct {
	inputs  []tapeInput
	outputs Stage
	results []gorgonia.Value
	machine gorgonia.VM
}

type tapeInput struct {
	Input
	value gorgonia.Value
}

func compileTapeStage(m Module, stage Stage) (*tapeStage, error) {
	s := &tapeStage{outputs: stage, results: make([]gorgonia.Value, len(stage))}
	nodes := make([]*gorgonia.Node, len(stage))
	reads := make(gorgonia.Nodes, len(stage))
	for i, o := range stage {
		nodes[i] = o.Node
		reads[i] = gorgonia.Read(o.Node, &s.results[i])
	}
	reach := reachable(m.Graph, nodes...)
	var leaves gorgonia.Nodes
	for _, in := range m.Inputs {
		if !reach[in.Node] || in.Node.Op() != nil {
			continue // it is not read, or computed here
		}
		t := tapeInput{Input: in}
		switch {
		case in.Tensor != nil:
			t.value = in.Tensor
		case in.Node.Dtype() == tensor.Float64:
			t.value = gorgonia.NewF64(*in.Scalar)
		default:
			t.value = gorgonia.NewF32(float32(*in.Scalar))
		}
		s.inputs = append(s.inputs, t)
		leaves = append(leaves, in.Node)
	}
	if len(leaves) == 0 {
		return nil, errors.New("the outputs depend on no input; a prediction must use what it is predicted from")
	}
	prog, locs, err := gorgonia.CompileFunction(m.Graph, leaves, reads)
	if err != nil {
		return nil, errors.Wrap(err, "gorgonia.CompileFunction")
	}
	if err := s.bind(); err != nil {
		return nil, err
	}
	s.machine = gorgonia.NewTapeMachine(m.Graph, gorgonia.WithPrecompiled(prog, locs))
	return s, nil
}

// bind binds the leaves to this program's values. Programs of one graph share its
// leaves, so they are bound before every run.
func (s *tapeStage) bind() error {
	for _, in := range s.inputs {
		switch v := in.value.(type) {
		case *gorgonia.F32:
			*v = gorgonia.F32(*in.Scalar)
		case *gorgonia.F64:
			*v = gorgonia.F64(*in.Scalar)
		}
		if err := gorgonia.Let(in.Node, in.value); err != nil {
			return errors.Wrapf(err, "graph: tape: input %v", in.Node.Name())
		}
	}
	return nil
}

// run runs the machines and copies the results out immediately, because the next run
// reuses their registers.
func (p *tapeProgram) run() error {
	for _, s := range p.stages {
		if err := s.bind(); err != nil {
			return err
		}
		err := s.machine.RunAll()
		if err == nil {
			err = s.copyOut()
		}
		s.machine.Reset()
		if err != nil {
			return errors.Wrapf(err, "graph: tape: program %q", p.name)
		}
	}
	return nil
}

func (s *tapeStage) copyOut() error {
	for i, o := range s.outputs {
		switch v := s.results[i].(type) {
		case *gorgonia.F32:
			if err := copyScalar(o, float64(*v)); err != nil {
				return err
			}
		case *gorgonia.F64:
			if err := copyScalar(o, float64(*v)); err != nil {
				return err
			}
		case *tensor.Dense:
			if err := copyDense(o, v); err != nil {
				return err
			}
		default:
			return errors.Errorf("result of node %v, got %T, want a number or a dense tensor", o.Node.Name(), v)
		}
	}
	return nil
}

// copyScalar copies a scalar, which Gorgonia may return as a tensor of one element.
func copyScalar(o Output, v float64) error {
	if o.Scalar != nil {
		*o.Scalar = v
		return nil
	}
	dst := vector(o.Tensor)
	if dst.Len() != 1 {
		return errors.Errorf("result of node %v, got a scalar, want %d numbers", o.Node.Name(), dst.Len())
	}
	dst.Set(0, v)
	return nil
}

func copyDense(o Output, v *tensor.Dense) error {
	if v.RequiresIterator() || v.DataOrder().IsColMajor() {
		m, ok := v.Materialize().(*tensor.Dense)
		if !ok {
			return errors.Errorf("result of shape %v cannot be laid out row by row", v.Shape())
		}
		v = m
	}
	src := vector(v)
	if o.Scalar != nil {
		*o.Scalar = src.At(0)
		return nil
	}
	dst := vector(o.Tensor)
	if src.Len() != dst.Len() {
		return errors.Errorf("result of node %v, got %d numbers, want %d", o.Node.Name(), src.Len(), dst.Len())
	}
	dst.CopyFrom(src)
	return nil
}
