package engine

// Program is a list of stages that run one after another. A stage sees the inputs as
// earlier stages left them.
type Program struct {
	Name string
	// Loop marks a program that runs many times between refreshes.
	Loop bool
	// Parts asks that large results of a single stage that are products can be computed
	// in parts, see [Unit.RunParts].
	Parts  bool
	Stages []Stage
}

// Stage is a set of roots computed from one state of the inputs.
type Stage []Root

// Root is a requested value and its target. Exactly one target is set.
type Root struct {
	Value *Value
	// Store is the memory, []float32 or []float64, that receives the value.
	Store any
	// Scalar receives the value of a scalar.
	Scalar *float64
	// Descend is a free input x that is updated in place, x ← x − step·value, after
	// everything else in the stage has read it.
	Descend *Value
}

// Source is the input of the compiler: programs over the same inputs that run at
// different times.
type Source struct {
	Graph *Graph
	// Memory holds every input in the order of Graph.Input: []float32 for a
	// unit of float32, []float64 for one of float64.
	Memory   []any
	Programs []Program
	// Samples is the number of samples of the batch that the inputs hold which are
	// marked by [Value.Sampled]. Zero means that samples are not told apart.
	Samples int
	// Threads is the largest number of threads to use; at least 1.
	Threads int
	// ParallelFrom is the number of floating-point operations from which a stage runs
	// on more than one thread. Zero means 500,000.
	ParallelFrom float64
}

// section is a straight piece of code: a refresh, or one stage of a program.
type section struct {
	name   string
	roots  []Root
	wanted []*Value // computed but not delivered
	wants  map[*Value]bool
	tasks  []*task
}

func (s *section) want(values []*Value) {
	s.wanted, s.wants = values, make(map[*Value]bool, len(values))
	for _, v := range values {
		s.wants[v] = true
	}
}

// descents returns the number of roots before r that descend.
func (s *section) descents(r *Root) int {
	n := 0
	for i := range s.roots {
		if &s.roots[i] == r {
			break
		}
		if s.roots[i].Descend != nil {
			n++
		}
	}
	return n
}

// task is a unit of work of a section: computing a value or delivering a root.
type task struct {
	value  *Value
	root   *Root // not nil: deliver the value instead of computing it
	serial bool  // not split over workers
	late   bool  // computed after all else, in parts
	level  int
	order  int // position in the section
	group  *group
	deps   []*task
	users  []*task
}

// space is the extent of an element-wise value.
type space struct{ rows, cols int }

func spaceOf(v *Value) space { return space{v.Rows(), v.Cols()} }

// storage strips reshapes, which share their argument's memory; but a scalar is loaded
// from memory instead.
func storage(v *Value) *Value {
	for v.Op == OpReshape && !scalar(v) {
		v = v.Args[0]
	}
	return v
}

// scalar reports whether v is a scalar, which is a float64 outside the arena.
func scalar(v *Value) bool { return len(v.Shape) == 0 }

// repeat says how an operand of a fused loop is broadcast over rows and columns.
type repeat uint8

const (
	repeatNone   repeat = iota // not broadcast
	repeatScalar               // a scalar
	repeatRow                  // one row for all rows
	repeatCol                  // one element per row
	repeatOther                // any other broadcast: must be expanded
)

// repeats returns how v is broadcast as an operand of a fused loop.
func repeats(v *Value) repeat {
	if scalar(v) {
		return repeatScalar
	}
	if v.Op != OpBroadcast {
		return repeatNone
	}
	base := v.Args[0]
	switch {
	case scalar(base):
		return repeatScalar
	case len(base.Shape) == len(v.Shape) && base.Shape[0] == 1 && base.Size() == v.Cols() && v.Rows() == v.Shape[0]:
		return repeatRow
	case len(base.Shape) == len(v.Shape) && base.Shape[0] == v.Shape[0] && base.Size() == v.Rows():
		return repeatCol
	}
	return repeatOther
}

// fused reports whether the task runs as part of a fused loop, and over which extent.
func (t *task) fused() (space, bool) {
	v := t.value
	if t.root != nil {
		if t.root.Scalar != nil || repeats(v) == repeatOther {
			return space{}, false
		}
		return spaceOf(v), true
	}
	switch v.Op {
	case OpUnary, OpBinary:
		return spaceOf(v), !scalar(v)
	case OpBroadcast:
		return spaceOf(v), repeats(v) != repeatOther
	case OpSumAll, OpSumCols:
		return spaceOf(v.Args[0]), true
	}
	return space{}, false
}

// implicit reports whether the task reads argument i without expanding it if it is a
// broadcast.
func (t *task) implicit(i int) bool {
	switch v := t.value; v.Op {
	case OpUnary, OpBinary, OpSumAll, OpSumCols:
		return repeats(v.Args[i]) != repeatOther
	case OpMatMul:
		return i == 2
	}
	return false
}

// operands returns the values that the task reads, with reshapes and implicit
// broadcasts replaced by their arguments.
func (t *task) operands() []*Value {
	v := t.value
	if t.root != nil {
		if v.Op == OpBroadcast && repeats(v) != repeatOther {
			v = v.Args[0]
		}
		return []*Value{storage(v)}
	}
	var out []*Value
	for i, a := range v.Args {
		if a.Op == OpBroadcast && t.implicit(i) {
			a = a.Args[0]
		}
		out = append(out, storage(a))
	}
	return out
}
