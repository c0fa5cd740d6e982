package engine

import (
	"sync"
	"time"

	"github.com/seed-be841da4/prospect/internal/conv"
	"github.com/seed-be841da4/prospect/internal/kernel"
	"github.com/seed-be841da4/prospect/internal/threads"
)

// Unit is a compiled source: programs that share hoisted values and memory. Only one
// program may run at a time.
type Unit[T float] struct {
	kernels      *vector[T]
	arena        []T
	scalars      map[*Value]*float64
	step         float64
	motion       *Motion[T]  // nil: x ← x − step·g
	refresh      [2]*code[T] // indexed by class: Parameter, Clamped
	programs     []*Compiled[T]
	workers      []*worker[T]
	current      *code[T] // the code being run
	parallelFrom float64
	failure      sync.Mutex
	err          error
	taker        Taker // of the late products being computed; nil: the memory of their roots
	packs        []*pack[T]
	samples      int // of the batch, 0 if they are not told apart
	kept         int // samples in force; 0 means all
	parts        []samplePart[T]
	about        string // samples, for explanations
	packed       int    // elements of packed convolution weights
	fallbacks    []string
}

// Compiled is a program ready to run.
type Compiled[T float] struct {
	unit   *Unit[T]
	name   string
	stages []*code[T]
	last   *code[T]          // the late products; nil if there are none
	parts  []*partProduct[T] // the same
}

// code is a list of phases.
type code[T float] struct {
	name   string
	phases []phaseCode[T]
	work   float64 // floating-point operations
	moved  float64 // cost of packing, in equivalent floating-point operations
	payoff threads.Payoff
}

// phaseCode is the instructions of a phase.
type phaseCode[T float] struct {
	rows    int  // 0: run by one worker
	fine    int  // the largest number of rows of an instruction
	sampled bool // the first rows are those of the first samples
	instrs  []instr[T]
	extent  []int // rows of each instruction, if the phase is not split
	scale   []int // rows of each instruction to a row of the phase, if it is
	notes   []string
	// segments divide the instructions of a split phase.
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
	part    []T // of a late product
	conv    conv.Scratch[T]
	lane    []float64 // of sums along rows, with lanes
}

// run runs the code, on several workers if it is worth it: if it is work enough, and as
// long as helpers pay, which is measured.
func (c *code[T]) run(u *Unit[T]) {
	if len(u.workers) < 2 || (c.work+c.moved)*u.fraction() < u.parallelFrom {
		c.runAlone(u)
		return
	}
	helpers, tell := c.payoff.Next()
	var start time.Time
	if tell {
		start = time.Now()
	}
	if !helpers {
		c.runAlone(u)
	} else if !c.runShared(u) {
		c.runAlone(u) // the pool is busy, which tells nothing
		return
	}
	if tell {
		c.payoff.Done(helpers, time.Since(start).Seconds()/u.fraction())
	}
}

// runAlone runs the code on the caller's thread.
func (c *code[T]) runAlone(u *Unit[T]) {
	for i := range c.phases {
		c.phases[i].alone(u.workers[0])
	}
}

// runShared runs the code with helpers; it returns false if the pool is busy.
func (c *code[T]) runShared(u *Unit[T]) bool {
	u.current = c
	if !threads.Shared.Begin(len(u.workers), u) {
		return false
	}
	for i := range c.phases {
		s := &c.phases[i]
		blocks := blocksOf(s.kept(u, s.rows), s.kept(u, s.fine), len(u.workers))
		threads.Shared.Step(blocks)
		if blocks == 0 {
			s.alone(u.workers[0])
		}
	}
	threads.Shared.End()
	return true
}

// alone runs the whole phase on one worker.
func (s *phaseCode[T]) alone(w *worker[T]) {
	if s.rows > 0 {
		s.runRows(w, 0, s.kept(w.unit, s.rows))
		return
	}
	for k, in := range s.instrs {
		in.run(w, 0, s.extent[k])
	}
}

// kept returns the number of n rows that are computed.
func (s *phaseCode[T]) kept(u *Unit[T], n int) int {
	if !s.sampled {
		return n
	}
	return u.share(n)
}

// parallelFrom is the number of floating-point operations from which a second thread is
// worth waking, unless the source says otherwise.
const parallelFrom = 500e3

// blocksOf returns the number of blocks into which rows are divided for some workers:
// up to two blocks per worker, so that a slow worker can be helped, if each then has
// enough rows for the matrix kernels, which see the fine ones; 0 means that dividing is
// not worth it.
func blocksOf(rows, fine, workers int) int {
	const goodRows, minRows = 56, 8
	n := min(2*workers, max(workers, fine/goodRows), fine/minRows, rows, threads.MaxBlocks)
	if n < 2 {
		return 0
	}
	return n
}

// RunBlock runs one worker's share of a phase of the current code.
func (u *Unit[T]) RunBlock(member, step, block, blocks int) {
	w, s := u.workers[member], &u.current.phases[step]
	rows := s.kept(u, s.rows)
	s.runRows(w, rows*block/blocks, rows*(block+1)/blocks)
}

// Refresh recomputes the hoisted values after an input other than a free one has
// changed; parameters says whether a parameter did.
func (u *Unit[T]) Refresh(parameters bool) error {
	defer u.Keep(u.kept)
	u.kept = 0
	if parameters {
		u.refresh[Parameter].run(u)
	}
	u.refresh[Clamped].run(u)
	return u.take()
}

// fail records the first error of an instruction, from any thread.
func (u *Unit[T]) fail(err error) {
	u.failure.Lock()
	defer u.failure.Unlock()
	if u.err == nil {
		u.err = err
	}
}

// take returns the recorded error and clears it.
func (u *Unit[T]) take() error {
	err := u.err
	u.err = nil
	return err
}

// RunProgram runs the stages of program i of the source in order.
func (u *Unit[T]) RunProgram(i int) error {
	p := u.programs[i]
	for _, s := range p.stages {
		s.run(u)
	}
	if p.last != nil {
		p.last.run(u)
	}
	return u.take()
}

// Work returns the floating-point operations of a program, without those of the
// refreshes.
func (u *Unit[T]) Work(i int) float64 {
	sum := 0.0
	for _, c := range u.programs[i].stages {
		sum += c.work
	}
	if last := u.programs[i].last; last != nil {
		sum += last.work
	}
	return sum
}

// StepProgram runs a program whose roots descend, with the given step size.
func (u *Unit[T]) StepProgram(i int, size float64) error {
	u.step = size
	return u.RunProgram(i)
}
