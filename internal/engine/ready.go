package engine

import (
	"github.com/seed-be841da4/prospect/internal/kernel"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// ready is a micro-operation over all rows of a loop that is a single tile. At batch 1
// finding the kernel and laying out its arguments takes longer than the kernel.
type ready[T float] struct {
	call   *kernel.VectorCall[T] // nil: the micro-operation as it is
	scalar *float64              // of the call, if it has one that may change
	micro  *micro[T]
}

// runReady runs the whole loop, with arguments laid out at its first run by w.
func (p *fusedLoop[T]) runReady(w *worker[T]) {
	if p.readyFor != w {
		p.prepare(w)
	}
	for i := range p.ready {
		x := &p.ready[i]
		switch {
		case x.call == nil:
			x.micro.rowwise(w, 0, p.space.rows, p.space.cols)
			continue
		case x.scalar != nil:
			x.call.SetScalar(T(*x.scalar))
		}
		x.call.Run()
	}
}

// single reports whether a run of rows lo … hi−1 is the whole loop and one tile of it.
// A motion takes its own arguments.
func (p *fusedLoop[T]) single(w *worker[T], lo, hi int) bool {
	return lo == 0 && hi == p.space.rows && hi*p.space.cols <= tile && (!p.moves || w.unit.motion == nil)
}

func (p *fusedLoop[T]) prepare(w *worker[T]) {
	p.ready, p.readyFor = make([]ready[T], len(p.ops)), w
	for i := range p.ops {
		m := &p.ops[i]
		p.ready[i].micro = m
		if !m.repeats() {
			p.ready[i].call, p.ready[i].scalar = m.prepare(w, p.space.rows, p.space.cols)
		}
	}
}

// prepare returns the call of one kernel that the micro-operation is, and the scalar to
// set before it, or nil.
func (m *micro[T]) prepare(w *worker[T], rows, cols int) (*kernel.VectorCall[T], *float64) {
	if kernel.Active() == kernel.Portable {
		return nil, nil
	}
	n := rows * cols
	of := func(o *operand[T]) []T { return o.slice(w, 0, n) }
	scalars := m.a.repeat == repeatScalar || m.b.repeat == repeatScalar || m.c.repeat == repeatScalar
	switch {
	case m.kind == microUnary && !scalars && m.fn != Own(ops.ReLUD):
		if op, ok := functionKernel(m.fn); ok {
			call := kernel.PrepareVector(op, m.target(w, 0, n), of(&m.a))
			if call != nil {
				call.SetScalar(m.param)
			}
			return call, nil
		}
	case m.kind == microBinary:
		return m.prepareBinary(w, n)
	case m.kind == microFMA && !scalars:
		return kernel.PrepareVector(kernel.MulAdd, m.target(w, 0, n), of(&m.a), of(&m.b), of(&m.c)), nil
	case m.kind == microFMS && !scalars:
		return kernel.PrepareVector(kernel.SubMul, m.target(w, 0, n), of(&m.c), of(&m.a), of(&m.b)), nil
	case m.kind == microDescend && !scalars:
		return kernel.PrepareVector(kernel.Descend, m.dst[:n], of(&m.a)), m.step
	case m.kind == microGradient && !scalars:
		return kernel.PrepareGradient(m.slope, m.target(w, 0, n), of(&m.a), of(&m.b), of(&m.c)), nil
	case m.kind == microError && !scalars:
		return kernel.PrepareError(m.rows[:rows], m.target(w, 0, n), of(&m.a), of(&m.b), rows, cols), nil
	}
	return nil, nil
}

// prepareBinary is prepare for a binary function.
func (m *micro[T]) prepareBinary(w *worker[T], n int) (*kernel.VectorCall[T], *float64) {
	k, ok := arithmeticKernels[m.binary]
	if !ok {
		return nil, nil
	}
	dst := m.target(w, 0, n)
	switch a, b := m.a.repeat == repeatScalar, m.b.repeat == repeatScalar; {
	case a && b:
		return nil, nil
	case a:
		return kernel.PrepareVector(k.sv, dst, m.b.slice(w, 0, n)), m.a.scalar
	case b:
		return kernel.PrepareVector(k.vs, dst, m.a.slice(w, 0, n)), m.b.scalar
	}
	return kernel.PrepareVector(k.vv, dst, m.a.slice(w, 0, n), m.b.slice(w, 0, n)), nil
}
