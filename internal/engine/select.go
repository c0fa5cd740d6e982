package engine

import (
	"slices"

	"github.com/seed-be841da4/prospect/internal/kernel"
)

// selector selects the micro-operations of one fused loop: the pass "select".
type selector[T float] struct {
	*compiler[T]
	stage *stagePlan[T]
	group *group
	out   *fusedLoop[T]
	makes map[*Value]*task // the task of the group that computes a value
	held  map[*Value]int   // 1 + index of a value's temporary
	free  []int
	used  int
	folds map[*task]bool    // tasks folded into another
	sums  map[*task]*task   // the sum of squares of a difference
	slope map[*task]slopeOf // differences c − f′·g
	left  map[*Value]int    // remaining readers of a value in a temporary
}

// fusedLoop emits the instruction of a fused group.
func (c *compiler[T]) fusedLoop(s *stagePlan[T], gr *group) instr[T] {
	p := &selector[T]{
		compiler: c, stage: s, group: gr,
		out:   &fusedLoop[T]{space: gr.space},
		makes: make(map[*Value]*task, len(gr.tasks)),
		held:  map[*Value]int{},
		used:  1, // the first temporary belongs to microDescend
		folds: map[*task]bool{},
		sums:  map[*task]*task{},
		slope: map[*task]slopeOf{},
		left:  map[*Value]int{},
	}
	for _, t := range gr.tasks {
		if t.root == nil {
			p.makes[t.value] = t
		}
	}
	p.findFolds()
	for _, t := range gr.tasks {
		if p.folds[t] {
			continue
		}
		for _, v := range p.reads(t) {
			p.left[v]++
		}
	}
	for _, t := range gr.tasks {
		if !p.folds[t] {
			p.emit(t)
		}
	}
	c.temps = max(c.temps, p.used)
	if p.out.byRow {
		c.temp = max(c.temp, gr.space.cols)
	}
	return p.out
}

// producer returns the task of the group that computes v, or nil.
func (p *selector[T]) producer(v *Value) *task {
	return p.makes[v]
}

// findFolds finds the products x·y with a single reader in the group that can be folded
// into c − x·y, c + x·y or Σ x·y, and the larger patterns below.
func (p *selector[T]) findFolds() {
	for _, t := range p.group.tasks {
		if m := p.foldable(t); m != nil {
			p.folds[m] = true
		}
	}
	for _, t := range p.group.tasks {
		p.findError(t)
		p.findSlope(t)
	}
}

// findError finds Σ e² of a difference e that this loop computes: a prediction error
// and its energy.
func (p *selector[T]) findError(t *task) {
	m := p.folded(t)
	if m == nil || t.value.Op != OpSumAll || storage(m.value.Args[0]) != storage(m.value.Args[1]) {
		return
	}
	e := p.producer(storage(m.value.Args[0]))
	if e == nil || e.value.Op != OpBinary || e.value.Binary != Sub || p.folded(e) != nil || p.sums[e] != nil {
		return
	}
	if repeats(e.value.Args[0]) == repeatNone && repeats(e.value.Args[1]) == repeatNone {
		p.sums[e], p.folds[t] = t, true
	}
}

// slopeOf is the derivative of an activation function, computed from its value.
type slopeOf struct {
	f    kernel.Op
	y, g *Value
}

// findSlope finds c − d·g where d = 1 − y² or y − y², the derivative of tanh or the
// sigmoid, has no other use.
func (p *selector[T]) findSlope(t *task) {
	m := p.folded(t)
	if m == nil || t.value.Op != OpBinary || t.value.Binary != Sub || scalar(t.value.Args[0]) {
		return
	}
	for i, x := range m.value.Args {
		d := p.producer(storage(x))
		if d == nil || d.value.Op != OpBinary || d.value.Binary != Sub || len(d.users) != 1 || d.users[0] != m || p.stage.wants[d.value] {
			continue
		}
		square := p.folded(d)
		if square == nil || storage(square.value.Args[0]) != storage(square.value.Args[1]) {
			continue
		}
		s := slopeOf{y: square.value.Args[0], g: m.value.Args[1-i]}
		switch c := d.value.Args[0]; {
		case c.isConst(1):
			s.f = kernel.Tanh
		case storage(c) == storage(s.y):
			s.f = kernel.Sigmoid
		default:
			continue
		}
		p.slope[t], p.folds[d] = s, true
		return
	}
}

// foldable returns the product that can be folded into t, or nil.
func (p *selector[T]) foldable(t *task) *task {
	if t.root != nil {
		return nil
	}
	v := t.value
	var x, other *Value
	switch {
	case v.Op == OpSumAll:
		x = v.Args[0]
	case v.Op == OpBinary && v.Binary == Sub:
		x, other = v.Args[1], v.Args[0]
	case v.Op == OpBinary && v.Binary == Add:
		x, other = v.Args[1], v.Args[0]
		if !p.isProduct(x) {
			x, other = other, x
		}
		if scalar(other) {
			return nil
		}
	default:
		return nil
	}
	if !p.isProduct(x) || other != nil && (storage(other) == storage(x) || !scalar(other) && repeats(other) != repeatNone) {
		return nil
	}
	m := p.producer(storage(x))
	if len(m.users) != 1 || m.users[0] != t || p.stage.wants[m.value] || slices.ContainsFunc(m.operands(), movable) {
		return nil
	}
	return m
}

// movable reports whether v is an input that a root may descend. A product with such an
// input is never folded: the descent has to wait for its readers, and results must have
// the same bits with and without the descent.
func movable(v *Value) bool { return v.Op == OpInput && v.class == Free }

// isProduct reports whether this loop computes x as a product of two operands that are
// not broadcast.
func (p *selector[T]) isProduct(x *Value) bool {
	x = storage(x)
	return x.Op == OpBinary && x.Binary == Mul && p.producer(x) != nil &&
		repeats(x.Args[0]) == repeatNone && repeats(x.Args[1]) == repeatNone
}

// reads returns the values that t reads, including the factors of folded products.
func (p *selector[T]) reads(t *task) []*Value {
	if s, ok := p.slope[t]; ok {
		return []*Value{storage(t.value.Args[0]), storage(s.y), storage(s.g)}
	}
	var out []*Value
	for _, v := range t.operands() {
		if m := p.producer(v); m != nil && p.folds[m] {
			out = append(out, m.operands()...)
			continue
		}
		out = append(out, v)
	}
	return out
}

// emit emits the micro-operation of a task.
func (p *selector[T]) emit(t *task) {
	v := t.value
	var m micro[T]
	switch {
	case t.root != nil && t.root.Descend != nil:
		m = micro[T]{kind: microDescend, a: p.operand(v), dst: p.mem(p.stage, t.root.Descend), step: &p.unit.step, input: p.stage.descents(t.root)}
	case t.root != nil:
		m = micro[T]{kind: microCopy, a: p.operand(v), dst: p.compiler.target(*t.root)}
	case v.Op == OpBroadcast:
		m = micro[T]{kind: microCopy, a: p.operand(v)}
	case v.Op == OpUnary:
		m = micro[T]{kind: microUnary, fn: v.Func, param: T(v.Const), a: p.operand(v.Args[0])}
	case v.Op == OpSumCols:
		m = micro[T]{kind: microSumCols, a: p.operand(v.Args[0]), dst: p.mem(p.stage, v)}
	case v.Op == OpSumAll:
		m = micro[T]{kind: microSum, rows: p.partials(v)}
		if x := p.folded(t); x != nil {
			m.kind, m.a, m.b = microDot, p.operand(x.value.Args[0]), p.operand(x.value.Args[1])
		} else {
			m.a = p.operand(v.Args[0])
		}
	default:
		m = p.binary(t)
	}
	p.out.moves = p.out.moves || m.kind == microDescend
	p.release(t)
	if t.root == nil && v.Op != OpSumAll && v.Op != OpSumCols {
		p.target(t, &m)
	}
	p.out.byRow = p.out.byRow || m.repeats() || m.byRow()
	p.out.ops = append(p.out.ops, m)
}

// folded returns the product that was folded into t, or nil.
func (p *selector[T]) folded(t *task) *task {
	if m := p.foldable(t); m != nil && p.folds[m] {
		return m
	}
	return nil
}

func (p *selector[T]) binary(t *task) micro[T] {
	v := t.value
	m := micro[T]{kind: microBinary, binary: v.Binary}
	if s, ok := p.slope[t]; ok {
		return micro[T]{kind: microGradient, slope: s.f, a: p.operand(v.Args[0]), b: p.operand(s.y), c: p.operand(s.g)}
	}
	if sum := p.sums[t]; sum != nil {
		return micro[T]{kind: microError, a: p.operand(v.Args[0]), b: p.operand(v.Args[1]), rows: p.partials(sum.value)}
	}
	x := p.folded(t)
	if x == nil {
		m.a, m.b = p.operand(v.Args[0]), p.operand(v.Args[1])
		return m
	}
	m.kind = microFMS
	c := v.Args[0]
	if v.Binary == Add {
		m.kind = microFMA
		if storage(c) == x.value {
			c = v.Args[1]
		}
	}
	m.a, m.b, m.c = p.operand(x.value.Args[0]), p.operand(x.value.Args[1]), p.operand(c)
	return m
}

// partials returns the memory of the per-row partial sums.
func (p *selector[T]) partials(v *Value) []float64 {
	if p.stage.partial == nil {
		p.stage.partial = map[*Value][]float64{}
	}
	rows := make([]float64, p.group.space.rows*p.width())
	p.stage.partial[v] = rows
	return rows
}

// operand returns v as an argument of a micro-operation.
func (p *selector[T]) operand(v *Value) operand[T] {
	kind := repeats(v)
	if kind == repeatOther {
		kind = repeatNone // expanded earlier
	}
	if kind == repeatScalar {
		if !scalar(v) {
			v = v.Args[0]
		}
		return operand[T]{repeat: kind, scalar: p.scalarOf(v)}
	}
	if kind != repeatNone {
		v = v.Args[0]
	}
	v = storage(v)
	if k, ok := p.held[v]; ok {
		return operand[T]{repeat: kind, temp: k}
	}
	return operand[T]{repeat: kind, mem: p.mem(p.stage, v)}
}

// release frees the temporaries whose last reader was t.
func (p *selector[T]) release(t *task) {
	for _, v := range p.reads(t) {
		p.left[v]--
		if k, ok := p.held[v]; ok && p.left[v] == 0 {
			p.free = append(p.free, k)
			delete(p.held, v)
		}
	}
}

// target assigns the result of t memory, if another group reads it, or a temporary.
func (p *selector[T]) target(t *task, m *micro[T]) {
	v := t.value
	if dst, ok := p.stage.memory[v]; ok {
		m.dst = dst
		return
	}
	if dst, ok := p.memory[v]; ok {
		m.dst = dst
		return
	}
	var k int
	if n := len(p.free); n > 0 {
		k, p.free = p.free[n-1], p.free[:n-1]
	} else {
		p.used++
		k = p.used
	}
	m.temp = k
	p.held[v] = k
}
