package engine

import (
	"fmt"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/kernel"
)

// LaneMultiple divides the number of lanes of a unit: the widest vector of float32.
const LaneMultiple = 16

// Lanes is a compiled source in which every number of a program is a vector over
// lanes: as many networks of one graph, each with inputs, results and scalars of its
// own, run as one program. Lane i of every result has the bits that [Compile] gives for
// the numbers of lane i; coefficients are common to all.
//
// An operation without a form for lanes runs lane by lane.
type Lanes[T float] struct {
	*laning[T]
	unit *Unit[T]
}

// laning is the lane memory of a compiler.
type laning[T float] struct {
	lanes   int
	memory  map[*T][]T             // by the first element of the source's memory
	scalars map[*float64][]float64 // by the source's address of a scalar result
	varying map[*Value][]float64   // scalars that differ between lanes
	steps   []T                    // step sizes
}

// CompileLanes compiles a source for a number of lanes, a multiple of [LaneMultiple].
// The memory of the source names the memory of the unit, see [Lanes.Memory], all of whose
// lanes start with its numbers. It uses one thread.
func CompileLanes[T float](src Source, lanes int) (*Lanes[T], error) {
	if lanes <= 0 || lanes%LaneMultiple != 0 {
		return nil, errors.Errorf("engine: lanes, got %d, want a multiple of %d", lanes, LaneMultiple)
	}
	src.Threads = 1
	l := &laning[T]{
		lanes: lanes, memory: map[*T][]T{}, scalars: map[*float64][]float64{}, varying: map[*Value][]float64{},
		steps: aligned[T](lanes),
	}
	u, err := compile(src, l)
	if err != nil {
		return nil, err
	}
	return &Lanes[T]{l, u}, nil
}

// Memory returns the memory that stands for memory of the source, of an input or a
// result: element i of lane j is number i·lanes + j. It is nil if no program has it.
func (l *Lanes[T]) Memory(source []T) []T {
	if len(source) == 0 {
		return nil
	}
	return l.memory[&source[0]]
}

// Scalar returns the results of a scalar by lane, nil if no program computes it.
func (l *Lanes[T]) Scalar(source *float64) []float64 { return l.scalars[source] }

// Refresh recomputes the hoisted values, as [Unit.Refresh] does.
func (l *Lanes[T]) Refresh(parameters bool) error { return l.unit.Refresh(parameters) }

// RunProgram runs program i of the source.
func (l *Lanes[T]) RunProgram(i int) error { return l.unit.RunProgram(i) }

// StepProgram runs a program whose roots descend, with a step size for each lane.
func (l *Lanes[T]) StepProgram(i int, sizes []float64) error {
	kernel.Narrow(l.steps, sizes)
	return l.unit.RunProgram(i)
}

// Explain describes the unit, as [Unit.Explain] does, for one lane.
func (l *Lanes[T]) Explain() string {
	return fmt.Sprintf("lanes      %d\n%s", l.lanes, l.unit.Explain())
}

// width returns the numbers that stand for one.
func (l *laning[T]) width() int {
	if l == nil {
		return 1
	}
	return l.lanes
}

// bind returns the memory that stands for memory of the source.
func (l *laning[T]) bind(m []T) []T {
	if l == nil || len(m) == 0 {
		return m
	}
	lane, ok := l.memory[&m[0]]
	if !ok {
		lane = aligned[T](len(m) * l.lanes)
		for i, x := range m {
			fill(lane[i*l.lanes:(i+1)*l.lanes], x)
		}
		l.memory[&m[0]] = lane
	}
	return lane
}

// target returns the memory into which a root is stored, nil if it has none.
func (l *laning[T]) target(r Root) []T {
	m, _ := r.Store.([]T)
	return l.bind(m)
}

// result returns the memory that stands for the result of a scalar root.
func (l *laning[T]) result(source *float64) []float64 {
	m, ok := l.scalars[source]
	if !ok {
		m = make([]float64, l.lanes)
		l.scalars[source] = m
	}
	return m
}

// perLane returns the memory of a scalar that differs between lanes, nil for one that
// does not: a constant, a coefficient, or what is computed from them.
func (l *laning[T]) perLane(v *Value) []float64 {
	if v.invariant() {
		return nil
	}
	m, ok := l.varying[v]
	if !ok {
		m = make([]float64, l.lanes)
		l.varying[v] = m
	}
	return m
}

// segmentsOf divides a phase; lanes are not blocked by samples.
func (c *compiler[T]) segmentsOf(s *phase) []segment {
	if c.laning != nil {
		return []segment{{to: len(s.groups)}}
	}
	return s.segments()
}

// laneInstructions emits the instructions of a group for all lanes.
func (c *compiler[T]) laneInstructions(s *stagePlan[T], gr *group) []instr[T] {
	switch {
	case gr.final != nil:
		var out []instr[T]
		for _, v := range gr.final {
			if rows := s.partial[v]; len(rows) == c.lanes && c.varying[v] == nil { // a single row
				c.varying[v] = rows
				continue
			}
			out = append(out, &laneFinish[T]{rows: s.partial[v], dst: c.perLane(v)})
		}
		return out
	case gr.fused:
		return []instr[T]{c.laneLoop(s, gr)}
	}
	if t := gr.tasks[0]; t.root != nil && scalar(t.value) && c.laning.gives(t) {
		return nil
	}
	return []instr[T]{c.laneSingle(s, gr.tasks[0])}
}

// gives delivers a scalar root by giving the memory of its value, which needs no
// instruction. It reports false if the root has other memory already.
func (l *laning[T]) gives(t *task) bool {
	m := l.perLane(t.value)
	if m == nil {
		return false
	}
	if old, ok := l.scalars[t.root.Scalar]; ok {
		return &old[0] == &m[0]
	}
	l.scalars[t.root.Scalar] = m
	return true
}

// laneSingle emits the instruction of a task that is not fused.
func (c *compiler[T]) laneSingle(s *stagePlan[T], t *task) instr[T] {
	v := t.value
	if t.root != nil {
		if t.root.Scalar == nil {
			return c.laneExpand(s, v, c.target(*t.root))
		}
		dst := c.laning.result(t.root.Scalar)
		switch {
		case !scalar(v):
			return &laneLoad[T]{dst: dst, src: c.mem(s, v)}
		case v.invariant():
			return &laneFill[T]{dst: dst, src: c.scalarOf(v)}
		}
		return &laneCopy[T]{dst: dst, src: c.perLane(v)}
	}
	if scalar(v) && v.Op != OpForeign {
		if v.invariant() {
			return c.scalarInstr(s, v)
		}
		return c.laneScalar(s, v)
	}
	switch v.Op {
	case OpMatMul:
		return c.laneProduct(s, v)
	case OpSumRows:
		return &laneSums[T]{sumRows[T]{dst: c.mem(s, v), a: c.mem(s, v.Args[0]), rows: v.Args[0].Shape[0], cols: v.Size()}, c.lanes}
	case OpBroadcast:
		return c.laneExpand(s, v, c.mem(s, v))
	case OpPrimitive:
		switch p := v.Primitive.(type) {
		case permutation:
			return newPermute(c.inLanes(v), permutation{p.axes + string(rune(len(p.axes)))}, c.mem(s, v), [][]T{c.mem(s, v.Args[0])})
		case joining:
			var args [][]T
			for _, a := range v.Args {
				args = append(args, c.mem(s, a))
			}
			return newJoin(c.inLanes(v), p, c.mem(s, v), args)
		}
	}
	return c.byLane(s, t)
}

// inLanes returns a value of the same shape as v, with the lanes as the last axis of
// it and of its arguments.
func (c *compiler[T]) inLanes(v *Value) *Value {
	with := func(shape []int) []int { return append(append([]int(nil), shape...), c.lanes) }
	out := &Value{Shape: with(v.Shape)}
	for _, a := range v.Args {
		out.Args = append(out.Args, &Value{Shape: with(a.Shape)})
	}
	return out
}
