package engine

import (
	"fmt"
	"slices"

	"github.com/seed-be841da4/prospect/internal/kernel"
)

// mem returns the memory of a value in a stage; reshapes share it.
func (c *compiler[T]) mem(s *stageOf[T], v *Value) []T {
	v = storage(v)
	if m, ok := s.memory[v]; ok {
		return m
	}
	if m, ok := c.memory[v]; ok {
		return m
	}
	panic(fmt.Sprintf("engine: %v has no memory in %q", v, s.name))
}

// number returns where a scalar stands.
func (c *compiler[T]) number(v *Value) *float64 {
	if p, ok := c.unit.numbers[v]; ok {
		return p
	}
	p := new(float64)
	switch v.Op {
	case OpConst:
		*p = v.Number
	case OpCoefficient:
		p = v.source
	}
	c.unit.numbers[v] = p
	return p
}

// code generates the instructions of a stage.
func (c *compiler[T]) code(s *stageOf[T]) *code[T] {
	out := &code[T]{name: s.name}
	for _, st := range s.steps {
		cs := codeStep[T]{rows: st.rows, segments: st.chains()}
		for _, it := range st.items {
			for _, in := range c.instructions(s, it) {
				cs.instrs = append(cs.instrs, in)
				cs.extent = append(cs.extent, max(1, it.extent))
			}
			out.work += it.work()
			cs.notes = append(cs.notes, c.note(s, it))
		}
		out.steps = append(out.steps, cs)
	}
	return out
}

func (c *compiler[T]) instructions(s *stageOf[T], it *item) []instr[T] {
	switch {
	case it.final != nil:
		var out []instr[T]
		for _, v := range it.final {
			out = append(out, &finish[T]{rows: s.partial[v], dst: c.number(v)})
		}
		return out
	case it.fused:
		return []instr[T]{c.pass(s, it)}
	}
	return []instr[T]{c.single(s, it.tasks[0])}
}

// single generates the instruction of a task that is not fused.
func (c *compiler[T]) single(s *stageOf[T], t *task) instr[T] {
	v := t.value
	if t.root != nil {
		if t.root.Scalar != nil {
			if scalar(v) {
				return &deliver[T]{dst: t.root.Scalar, src: c.number(v)}
			}
			return &number[T]{dst: t.root.Scalar, load: c.mem(s, v)}
		}
		return c.expand(s, v, t.root.Store.([]T))
	}
	if scalar(v) && v.Op != OpForeign {
		return c.numberInstr(s, v)
	}
	switch v.Op {
	case OpMatMul:
		return c.matmul(s, v)
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

// numberInstr computes a scalar from scalars, or loads it from memory.
func (c *compiler[T]) numberInstr(s *stageOf[T], v *Value) instr[T] {
	n := &number[T]{dst: c.number(v), binary: v.Binary, fn: v.Func, param: v.Number}
	switch v.Op {
	case OpReshape:
		n.load = c.mem(s, v.Args[0])
	case OpUnary:
		n.a = c.number(v.Args[0])
	case OpBinary:
		n.a, n.b = c.number(v.Args[0]), c.number(v.Args[1])
	default:
		panic(fmt.Sprintf("engine: no scalar instruction for %v", v))
	}
	return n
}

// expand writes out a broadcast along any axes.
func (c *compiler[T]) expand(s *stageOf[T], v *Value, dst []T) instr[T] {
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

func (c *compiler[T]) foreign(s *stageOf[T], v *Value) instr[T] {
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
		f.numbers = append(f.numbers, foreignNumber[T]{dst: m, src: c.number(a)})
	}
	if scalar(v) {
		f.dst, f.result = any(make([]T, 1)), c.number(v)
	} else {
		f.dst = any(c.mem(s, v))
	}
	return f
}

func (c *compiler[T]) worker() *worker[T] {
	w := &worker[T]{unit: c.unit, kernels: c.unit.kernels}
	for range c.temps + 1 {
		w.temps = append(w.temps, aligned[T](c.temp))
	}
	return w
}

// aligned returns n zeros that start at a multiple of 64 bytes.
func aligned[T float](n int) []T { return kernel.Aligned[T](n) }
