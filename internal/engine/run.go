package engine

import (
	"sync"

	"github.com/seed-be841da4/prospect/internal/conv"
	"github.com/seed-be841da4/prospect/internal/kernel"
	"github.com/seed-be841da4/prospect/internal/threads"
)

// Unit is a compiled source: programs that share hoisted values and memory. Its
// programs run one at a time.
type Unit[T float] struct {
	kernels      *vector[T]
	arena        []T
	scalars      map[*Value]*float64
	step         float64
	refresh      [2]*code[T] // by class: Parameter, Clamped
	programs     []*Compiled[T]
	workers      []*worker[T]
	current      *code[T] // the code that the workers run
	parallelFrom float64
	failure      sync.Mutex
	err          error
	packs        []*pack[T]
	packed       int // elements of packed weights of convolutions
	fallbacks    []string
}

// Compiled is a program ready to run.
type Compiled[T float] struct {
	unit   *Unit[T]
	name   string
	stages []*code[T]
}

// code is a list of phases.
type code[T float] struct {
	name   string
	phases []phaseCode[T]
	work   float64 // floating-point operations
	moved  float64 // elements that are packed, in operations that take as long
}

// phaseCode is the instructions between two barriers.
type phaseCode[T float] struct {
	rows   int // 0: one worker does it all
	instrs []instr[T]
	extent []int // by instruction: its rows, for a phase that is not split
	notes  []string
	// segments cut the instructions of a phase that is split.
	segments []segment
}

// worker is the state of one thread.
type worker[T float] struct {
	unit    *Unit[T]
	kernels *vector[T]
	temps   [][]T
	sums    [tile]float64
	totals  [tile]float64
	scratch kernel.Scratch[T]
	packed  kernel.Packed[T]
	conv    conv.Scratch[T]
}

// run runs the code, on several workers if it is worth it.
func (c *code[T]) run(u *Unit[T]) {
	if len(u.workers) > 1 && c.work+c.moved >= u.parallelFrom {
		u.current = c
		if threads.Shared.Begin(len(u.workers), u) {
			for i := range c.phases {
				blocks := blocksOf(c.phases[i].rows, len(u.workers))
				threads.Shared.Step(blocks)
				if blocks == 0 {
					c.phases[i].alone(u.workers[0])
				}
			}
			threads.Shared.End()
			return
		}
	}
	for i := range c.phases {
		c.phases[i].alone(u.workers[0])
	}
}

// alone runs the whole phase on one worker.
func (s *phaseCode[T]) alone(w *worker[T]) {
	if s.rows > 0 {
		s.runRows(w, 0, s.rows)
		return
	}
	for k, in := range s.instrs {
		in.run(w, 0, s.extent[k])
	}
}

// parallelFrom is the number of floating-point operations from which on a second
// thread is worth waking, unless the source says otherwise.
const parallelFrom = 500e3

// blocksOf is the number of blocks that rows are cut into for some workers: up to
// two for each, so that a slow one can be helped, if that leaves blocks of enough
// rows for the matrix kernels; 0 means that cutting is not worth it.
func blocksOf(rows, workers int) int {
	const goodRows, minRows = 56, 8
	n := min(2*workers, max(workers, rows/goodRows), rows/minRows, threads.MaxBlocks)
	if n < 2 {
		return 0
	}
	return n
}

// RunBlock runs one worker's share of a phase of the current code.
func (u *Unit[T]) RunBlock(member, step, block, blocks int) {
	w, s := u.workers[member], &u.current.phases[step]
	s.runRows(w, s.rows*block/blocks, s.rows*(block+1)/blocks)
}

// Refresh recomputes the hoisted values after inputs other than the free ones changed;
// parameters says whether parameters did too.
func (u *Unit[T]) Refresh(parameters bool) error {
	if parameters {
		u.refresh[Parameter].run(u)
	}
	u.refresh[Clamped].run(u)
	return u.take()
}

// fail keeps the first error of an instruction, on any thread.
func (u *Unit[T]) fail(err error) {
	u.failure.Lock()
	defer u.failure.Unlock()
	if u.err == nil {
		u.err = err
	}
}

// take returns and forgets the first error of an instruction.
func (u *Unit[T]) take() error {
	err := u.err
	u.err = nil
	return err
}

// RunProgram runs a program, by its position in the source: it computes the
// stages in order.
func (u *Unit[T]) RunProgram(i int) error {
	for _, s := range u.programs[i].stages {
		s.run(u)
	}
	return u.take()
}

// StepProgram runs a program whose roots descend, with a step size.
func (u *Unit[T]) StepProgram(i int, size float64) error {
	u.step = size
	return u.RunProgram(i)
}
