package engine

import (
	"slices"

	"github.com/seed-be841da4/prospect/internal/kernel"
)

// laneSums is dst[j] = Σ_r a[r][j] of every lane: sumRows with the lanes as columns.
type laneSums[T float] struct {
	sumRows[T]
	lanes int
}

func (s *laneSums[T]) run(_ *worker[T], lo, hi int) {
	kernel.ColumnSums(s.dst, s.a, s.rows, s.cols*s.lanes, lo*s.lanes, hi*s.lanes)
}

// laneFinish adds up the partial sums of the rows.
type laneFinish[T float] struct{ rows, dst []float64 }

func (f *laneFinish[T]) run(*worker[T], int, int) {
	clear(f.dst)
	for at := 0; at < len(f.rows); at += len(f.dst) {
		add64(f.dst, f.dst, f.rows[at:])
	}
}

// add64 is dst = a + b.
func add64(dst, a, b []float64) {
	if kernel.Vector2(kernel.Add, dst, a, b) {
		return
	}
	for i := range dst {
		dst[i] = a[i] + b[i]
	}
}

// laneLoad loads scalars from memory.
type laneLoad[T float] struct {
	dst []float64
	src []T
}

func (x *laneLoad[T]) run(*worker[T], int, int) { kernel.Widen(x.dst, x.src) }

// laneFill delivers a scalar that is the same in all lanes.
type laneFill[T float] struct {
	dst []float64
	src *float64
}

func (x *laneFill[T]) run(*worker[T], int, int) { fill(x.dst, *x.src) }

// laneCopy delivers scalars.
type laneCopy[T float] struct{ dst, src []float64 }

func (x *laneCopy[T]) run(*worker[T], int, int) { copy(x.dst, x.src) }

// laneScalar computes a scalar of every lane. An operand is a vector over lanes or the
// address of a scalar that is the same in all.
type laneScalar[T float] struct {
	dst          []float64
	binary       Binary
	fn           Func
	param        float64
	two          bool
	a, b         []float64
	aSame, bSame *float64
	vector       *vector[float64]
}

// laneScalar emits the computation of a scalar that differs between lanes.
func (c *compiler[T]) laneScalar(s *stagePlan[T], v *Value) instr[T] {
	dst := c.perLane(v)
	if v.Op == OpReshape {
		return &laneLoad[T]{dst: dst, src: c.mem(s, v.Args[0])}
	}
	x := &laneScalar[T]{dst: dst, binary: v.Binary, fn: v.Func, param: v.Const, two: v.Op == OpBinary, vector: vectors[float64]()}
	if x.a = c.perLane(v.Args[0]); x.a == nil {
		x.aSame = c.scalarOf(v.Args[0])
	}
	if x.two {
		if x.b = c.perLane(v.Args[1]); x.b == nil {
			x.bSame = c.scalarOf(v.Args[1])
		}
	}
	return x
}

func (x *laneScalar[T]) run(*worker[T], int, int) {
	k := x.vector
	switch {
	case !x.two:
		for i, a := range x.a {
			x.dst[i] = x.fn.At(a, x.param)
		}
	case x.a == nil:
		k.sv[x.binary](x.dst, *x.aSame, x.b)
	case x.b == nil:
		k.vs[x.binary](x.dst, x.a, *x.bSame)
	default:
		k.vv[x.binary](x.dst, x.a, x.b)
	}
}

// laneProduct is op(A)·op(B) + bias of every lane.
type laneProduct[T float] struct{ kernel.LaneProduct[T] }

func (x *laneProduct[T]) run(_ *worker[T], lo, hi int) { x.Rows(lo, hi) }

func (c *compiler[T]) laneProduct(s *stagePlan[T], v *Value) instr[T] {
	a, b := v.Args[0], v.Args[1]
	p := kernel.LaneProduct[T]{
		Lanes: c.lanes, C: c.mem(s, v), N: v.Shape[1], K: a.Shape[1],
		A: kernel.Rows(c.mem(s, a), a.Shape[1]), B: kernel.Rows(c.mem(s, b), b.Shape[1]),
	}
	if v.TransA {
		p.K, p.A = a.Shape[0], kernel.Transposed(c.mem(s, a), a.Shape[1])
	}
	if v.TransB {
		p.B = kernel.Transposed(c.mem(s, b), b.Shape[1])
	}
	if v.Bias {
		bias := v.Args[2]
		if bias.Op == OpBroadcast {
			bias = bias.Args[0]
		}
		p.Bias = c.mem(s, bias)
	}
	return &laneProduct[T]{p}
}

// laneExpand writes out a broadcast value along any axes.
type laneExpand[T float] struct {
	dst, src []T
	from     []int // element of src, by element of dst
	lanes    int
}

// laneExpand emits the copy of a broadcast value.
func (c *compiler[T]) laneExpand(s *stagePlan[T], v *Value, dst []T) instr[T] {
	base := v.Args[0]
	if scalar(base) {
		if m := c.perLane(base); m != nil {
			return &laneSpread[T]{dst: dst, src: m}
		}
		return &spread[T]{dst: dst, src: c.scalarOf(base)}
	}
	strides := stridesOf(base.Shape)
	for i, d := range base.Shape {
		if d == 1 {
			strides[i] = 0
		}
	}
	x := &laneExpand[T]{dst: dst, src: c.mem(s, base), lanes: c.lanes}
	steps := stridesOf(v.Shape)
	for i := range v.Size() {
		at := 0
		for k, step := range steps {
			at += i / step % v.Shape[k] * strides[k]
		}
		x.from = append(x.from, at)
	}
	return x
}

func (x *laneExpand[T]) run(*worker[T], int, int) {
	for i, from := range x.from {
		copy(x.dst[i*x.lanes:(i+1)*x.lanes], x.src[from*x.lanes:])
	}
}

// spread writes a scalar into every element; laneSpread one of every lane.
type spread[T float] struct {
	dst []T
	src *float64
}

func (x *spread[T]) run(*worker[T], int, int) { fill(x.dst, T(*x.src)) }

type laneSpread[T float] struct {
	dst []T
	src []float64
}

func (x *laneSpread[T]) run(*worker[T], int, int) {
	for at := 0; at < len(x.dst); at += len(x.src) {
		for i, v := range x.src {
			x.dst[at+i] = T(v)
		}
	}
}

// byLane runs an instruction lane by lane.
type byLane[T float] struct {
	inner   instr[T]
	args    []oneLane[T]
	scalars []laneArg
	dst     oneLane[T]
	result  []float64 // the result is a scalar: by lane
	one     *float64  // and of the lane that runs
	lanes   int
}

// oneLane is the memory of one lane and that of all.
type oneLane[T float] struct{ one, all []T }

// laneArg is a scalar argument of one lane and of all.
type laneArg struct {
	one *float64
	all []float64
}

// byLane emits the instruction of a task for a single network, to be run lane by lane.
func (c *compiler[T]) byLane(s *stagePlan[T], t *task) instr[T] {
	v := t.value
	single := &compiler[T]{src: c.src, unit: &Unit[T]{kernels: c.unit.kernels, scalars: map[*Value]*float64{}}, memory: map[*Value][]T{}}
	plan := &stagePlan[T]{section: section{name: s.name}, memory: map[*Value][]T{}}
	x := &byLane[T]{lanes: c.lanes}
	for _, a := range t.operands() {
		switch {
		case single.memory[a] != nil:
		case !scalar(a):
			one := oneLane[T]{aligned[T](a.Size()), c.mem(s, a)}
			single.memory[a] = one.one
			x.args = append(x.args, one)
		case a.invariant():
			single.unit.scalars[a] = c.scalarOf(a)
		default:
			x.scalars = append(x.scalars, laneArg{single.scalarOf(a), c.perLane(a)})
		}
	}
	if scalar(v) {
		x.result, x.one = c.perLane(v), single.scalarOf(v)
	} else {
		x.dst = oneLane[T]{aligned[T](v.Size()), c.mem(s, v)}
		single.memory[v] = x.dst.one
	}
	x.inner = single.single(plan, t)
	for _, name := range single.unit.fallbacks {
		if !slices.Contains(c.unit.fallbacks, name) {
			c.unit.fallbacks = append(c.unit.fallbacks, name)
		}
	}
	return x
}

func (x *byLane[T]) run(w *worker[T], lo, hi int) {
	for lane := range x.lanes {
		for _, a := range x.args {
			for i := range a.one {
				a.one[i] = a.all[i*x.lanes+lane]
			}
		}
		for _, a := range x.scalars {
			*a.one = a.all[lane]
		}
		x.inner.run(w, lo, hi)
		for i, v := range x.dst.one {
			x.dst.all[i*x.lanes+lane] = v
		}
		if x.one != nil {
			x.result[lane] = *x.one
		}
	}
}
