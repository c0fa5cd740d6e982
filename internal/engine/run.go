package engine

// Unit is a compiled source: programs that share hoisted values and memory. Its
// programs run one at a time.
type Unit[T float] struct {
	kernels  *vector[T]
	arena    []T
	numbers  map[*Value]*float64
	step     float64
	refresh  [2]*code[T] // by class: Parameter, Clamped
	programs []*Compiled[T]
	workers  []*worker[T]
	packs    []*packed[T]
	err      error
	report   []string
}

// Compiled is a program ready to run.
type Compiled[T float] struct {
	unit   *Unit[T]
	name   string
	stages []*code[T]
	moves  bool // some root descends
}

// code is a list of steps.
type code[T float] struct {
	steps []codeStep[T]
}

// codeStep is a run of instructions between which workers need not meet.
type codeStep[T float] struct {
	rows   int // 0: one worker does it all
	instrs []instr[T]
	extent []int // by instruction: its rows, for a step that is not split
}

// worker is what one thread computes with.
type worker[T float] struct {
	unit    *Unit[T]
	kernels *vector[T]
	temps   [][]T
}

// run runs the code on one worker.
func (c *code[T]) run(w *worker[T]) {
	for i := range c.steps {
		s := &c.steps[i]
		for k, in := range s.instrs {
			in.run(w, 0, s.extent[k])
		}
	}
}

// Refresh recomputes what was hoisted after inputs other than the free ones
// changed; parameters says whether those did too.
func (u *Unit[T]) Refresh(parameters bool) error {
	w := u.workers[0]
	if parameters {
		u.refresh[Parameter].run(w)
	}
	u.refresh[Clamped].run(w)
	return u.take()
}

// take returns and forgets the first error of a foreign operation.
func (u *Unit[T]) take() error {
	err := u.err
	u.err = nil
	return err
}

// RunProgram runs a program, by its position in the source: it computes the
// stages in order.
func (u *Unit[T]) RunProgram(i int) error {
	for _, s := range u.programs[i].stages {
		s.run(u.workers[0])
	}
	return u.take()
}

// StepProgram runs a program whose roots descend, with a step size.
func (u *Unit[T]) StepProgram(i int, size float64) error {
	u.step = size
	return u.RunProgram(i)
}
