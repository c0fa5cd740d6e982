package graph

import (
	"slices"

	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/relax"
)

// tapeUnit runs on [Tape] a module that was compiled for other coefficients, but cannot
// be compiled for the current ones.
type tapeUnit struct {
	module Module
	reason error
	exec   Executable         // nil until first use
	moves  [][]relax.Activity // by job: the inputs that descend, each as a single sample
}

// prepare compiles the module, with a tensor for each gradient that an input descends.
func (t *tapeUnit) prepare() error {
	if t.exec != nil {
		return nil
	}
	m := t.module
	m.Jobs = slices.Clone(m.Jobs)
	t.moves = make([][]relax.Activity, len(m.Jobs))
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
				t.moves[j] = append(t.moves[j], relax.Activity{Samples: 1, X: vector(x), Grad: vector(o.Tensor)})
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
		m.X.AddScaled(-size, m.Grad)
	}
	return nil
}

// moveProgram runs a job and then moves the inputs.
func (t *tapeUnit) moveProgram(i int, m *relax.Motion) error {
	if err := t.RunProgram(i); err != nil {
		return err
	}
	m.Apply(t.moves[i])
	return nil
}

// Explain gives the reason.
func (t *tapeUnit) Explain() string { return (&onTape{reason: t.reason}).Explain() }

// Work returns 0: the tape machine does not count.
func (*tapeUnit) Work(int) float64 { return 0 }
