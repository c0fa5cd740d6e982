package graph

import (
	"slices"

	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/internal/engine"
)

// tapeUnit runs on [Tape] a module that was compiled for other coefficients, but cannot
// be compiled for the current ones.
type tapeUnit struct {
	module Module
	reason error
	exec   Executable // nil until first use
	moves  [][]move   // by job: the outputs that descend
}

// move is an input that descends.
type move struct{ x, gradient *tensor.Dense }

// prepare compiles the module, with a tensor for each gradient that an input descends.
func (t *tapeUnit) prepare() error {
	if t.exec != nil {
		return nil
	}
	m := t.module
	m.Jobs = slices.Clone(m.Jobs)
	t.moves = make([][]move, len(m.Jobs))
	for j := range m.Jobs {
		stages := slices.Clone(m.Jobs[j].Stages)
		for i := range stages {
			stages[i] = slices.Clone(stages[i])
			for k := range stages[i] {
				o := &stages[i][k]
				if o.Descend == nil {
					continue
				}
				at := slices.IndexFunc(m.Inputs, func(in Input) bool { return in.Node == o.Descend })
				x := m.Inputs[at].Tensor
				o.Tensor, o.Descend = tensor.New(tensor.Of(x.Dtype()), tensor.WithShape(x.Shape().Clone()...)), nil
				t.moves[j] = append(t.moves[j], move{x, o.Tensor})
			}
		}
		m.Jobs[j].Stages = stages
	}
	var err error
	t.exec, err = Tape{}.Compile(m)
	return err
}

// Refresh does nothing: the tape reads every input at every run.
func (t *tapeUnit) Refresh(bool) error { return nil }

// RunProgram runs a job.
func (t *tapeUnit) RunProgram(i int) error {
	if err := t.prepare(); err != nil {
		return err
	}
	return t.exec.Run(i)
}

// StepProgram runs a job and then descends the inputs.
func (t *tapeUnit) StepProgram(i int, size float64) error {
	if err := t.RunProgram(i); err != nil {
		return err
	}
	for _, m := range t.moves[i] {
		vector(m.x).AddScaled(-size, vector(m.gradient))
	}
	return nil
}

// RunFirst runs a job, all of it.
func (t *tapeUnit) RunFirst(i int, bounds []float64) error {
	for k := range bounds {
		bounds[k] = -1
	}
	return t.RunProgram(i)
}

// RunParts does nothing: there are no parts.
func (*tapeUnit) RunParts(int, engine.Taker) {}

// Explain gives the reason.
func (t *tapeUnit) Explain() string { return (&onTape{reason: t.reason}).Explain() }

// Work returns 0: the tape machine does not count.
func (*tapeUnit) Work(int) float64 { return 0 }
