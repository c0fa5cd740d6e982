package engine

import (
	"fmt"
	"slices"

	"github.com/seed-be841da4/prospect/internal/kernel"
)

// mem returns the memory of a value in a stage; a reshape shares its argument's.
func (c *compiler[T]) mem(s *stagePlan[T], v *Value) []T {
	v = storage(v)
	if m, ok := s.memory[v]; ok {
		return m
	}
	if m, ok := c.memory[v]; ok {
		return m
	}
	panic(fmt.Sprintf("engine: %v has no memory in %q", v, s.name))
}

// scalarOf returns the address of a scalar.
func (c *compiler[T]) scalarOf(v *Value) *float64 {
	if p, ok := c.unit.scalars[v]; ok {
		return p
	}
	p := new(float64)
	switch v.Op {
	case OpConst:
		*p = v.Const
	case OpCoefficient:
		p = v.source
	}
	c.unit.scalars[v] = p
	return p
}

// generate emits the instructions of some phases of a section.
func (c *compiler[T]) generate(s *stagePlan[T], phases []phase) *code[T] {
	out := &code[T]{name: s.name}
	for _, st := range phases {
		cs := phaseCode[T]{rows: st.rows, fine: st.fine, segments: c.segmentsOf(&st), sampled: c.layouts.sampleRows(&st)}
		for _, gr := range st.groups {
			for _, in := range c.instructions(s, gr) {
				cs.instrs = append(cs.instrs, in)
				cs.extent = append(cs.extent, max(1, gr.extent))
				cs.scale = append(cs.scale, split(gr)/max(1, st.rows))
			}
			out.work += gr.work()
			cs.notes = append(cs.notes, c.note(s, gr))
		}
		out.phases = append(out.phases, cs)
	}
	return out
}

func (c *compiler[T]) instructions(s *stagePlan[T], gr *group) []instr[T] {
	if c.laning != nil {
		return c.laneInstructions(s, gr)
	}
	switch {
	case gr.final != nil:
		var out []instr[T]
		for _, v := range gr.final {
			out = append(out, &finish[T]{rows: s.partial[v], dst: c.scalarOf(v)})
		}
		return out
	case gr.fused:
		return []instr[T]{c.fusedLoop(s, gr)}
	}
	return []instr[T]{c.single(s, gr.tasks[0])}
}

// single emits the instruction of a task that is not fused.
func (c *compiler[T]) single(s *stagePlan[T], t *task) instr[T] {
	v := t.value
	if t.root != nil {
		if t.root.Scalar != nil {
			if scalar(v) {
				return &deliver[T]{dst: t.root.Scalar, src: c.scalarOf(v)}
			}
			return &scalarInstr[T]{dst: t.root.Scalar, load: c.mem(s, v)}
		}
		return c.expand(s, v, c.target(*t.root))
	}
	if scalar(v) && v.Op != OpForeign {
		return c.scalarInstr(s, v)
	}
	switch v.Op {
	case OpMatMul:
		if t.late {
			return c.partProduct(s, v)
		}
		x := c.matmul(s, v)
		return &x
	case OpLogSoftmax:
		return &softmax[T]{dst: c.mem(s, v), a: c.mem(s, v.Args[0]), cols: v.Shape[len(v.Shape)-1]}
	case OpLogSoftmaxGrad:
		return &softmax[T]{dst: c.mem(s, v), a: c.mem(s, v.Args[0]), g: c.mem(s, v.Args[1]), cols: v.Shape[len(v.Shape)-1]}
	case OpSumRows:
		return &sumRows[T]{dst: c.mem(s, v), a: c.mem(s, v.Args[0]), rows: v.Args[0].Shape[0], cols: v.Size()}
	case OpForeign:
		return c.foreign(s, v)
	case OpBroadcast:
		return c.expand(s, v, c.mem(s, v))
	case OpPrimitive:
		return primitiveInstr(c, s, v)
	}
	panic(fmt.Sprintf("engine: no instruction for %v", v))
}

// scalarInstr emits the computation of a scalar from scalars, or its load from memory.
func (c *compiler[T]) scalarInstr(s *stagePlan[T], v *Value) instr[T] {
	n := &scalarInstr[T]{dst: c.scalarOf(v), binary: v.Binary, fn: v.Func, param: v.Const}
	switch v.Op {
	case OpReshape:
		n.load = c.mem(s, v.Args[0])
	case OpUnary:
		n.a = c.scalarOf(v.Args[0])
	case OpBinary:
		n.a, n.b = c.scalarOf(v.Args[0]), c.scalarOf(v.Args[1])
	default:
		panic(fmt.Sprintf("engine: no scalar instruction for %v", v))
	}
	return n
}

// expand emits the copy of a broadcast value along any axes.
func (c *compiler[T]) expand(s *stagePlan[T], v *Value, dst []T) instr[T] {
	base := v.Args[0]
	e := &expand[T]{dst: dst, src: c.mem(s, base), shape: v.Shape, strides: make([]int, len(v.Shape))}
	stride := 1
	for i := len(base.Shape) - 1; i >= 0; i-- {
		if base.Shape[i] > 1 {
			e.strides[i] = stride
		}
		stride *= base.Shape[i]
	}
	return e
}

func (c *compiler[T]) foreign(s *stagePlan[T], v *Value) instr[T] {
	f := &foreign[T]{call: v.Call}
	if !slices.Contains(c.unit.fallbacks, v.Name) {
		c.unit.fallbacks = append(c.unit.fallbacks, v.Name)
	}
	for _, a := range v.Args {
		if !scalar(a) {
			f.args = append(f.args, any(c.mem(s, a)))
			continue
		}
		m := make([]T, 1)
		f.args = append(f.args, any(m))
		f.scalars = append(f.scalars, scalarArg[T]{dst: m, src: c.scalarOf(a)})
	}
	if scalar(v) {
		f.dst, f.result = any(make([]T, 1)), c.scalarOf(v)
	} else {
		f.dst = any(c.mem(s, v))
	}
	return f
}

func (c *compiler[T]) worker() *worker[T] {
	w := &worker[T]{unit: c.unit, kernels: c.unit.kernels, part: aligned[T](c.part)}
	for range c.temps + 1 {
		w.temps = append(w.temps, aligned[T](c.temp))
	}
	return w
}

// aligned returns n zeros, aligned to 64 bytes.
func aligned[T float](n int) []T { return kernel.Aligned[T](n) }
