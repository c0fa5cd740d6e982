package engine

import (
	"cmp"
	"math"
	"slices"

	"github.com/seed-be841da4/prospect/internal/kernel"
)

// Taker takes parts of the results of [Unit.RunParts]: elements at … at+len−1 of a root
// of the last stage, by its index there. The part is valid during the call. Calls for
// different elements may come from several goroutines at once.
type Taker interface {
	TakeFloat32(root int, part []float32, at int)
	TakeFloat64(root int, part []float64, at int)
	// The part is the outer product of a column and a row. If the taker returns false,
	// it has not taken it, and is given its elements.
	TakeOuterFloat32(root int, column, row []float32, at int) bool
	TakeOuterFloat64(root int, column, row []float64, at int) bool
}

// partElements is about the number of elements of a part: it stays in the L1 cache,
// where it is not less than a strip of rows.
const partElements = 1 << 12

// partProduct is a product whose rows go to the unit's taker, if there is one, instead
// of the root's memory.
type partProduct[T float] struct {
	matmul[T]
	root int
	rows int // of a part
}

func (x *partProduct[T]) run(w *worker[T], lo, hi int) {
	taker := w.unit.taker
	if taker == nil {
		x.matmul.run(w, lo, hi)
		return
	}
	if x.k == 1 && x.outer(taker, lo, hi) {
		return
	}
	for at := lo; at < hi; at += x.rows {
		end := min(at+x.rows, hi)
		part := w.part[:(end-at)*x.n]
		x.product(w, part, at, end)
		switch part := any(part).(type) {
		case []float32:
			taker.TakeFloat32(x.root, part, at*x.n)
		case []float64:
			taker.TakeFloat64(x.root, part, at*x.n)
		}
	}
}

// outer offers the rows lo … hi−1 as an outer product.
func (x *partProduct[T]) outer(taker Taker, lo, hi int) bool {
	switch a := any(x.a.Data[lo:hi]).(type) {
	case []float32:
		return taker.TakeOuterFloat32(x.root, a, any(x.b.Data[:x.n]).([]float32), lo*x.n)
	case []float64:
		return taker.TakeOuterFloat64(x.root, a, any(x.b.Data[:x.n]).([]float64), lo*x.n)
	}
	return false
}

// bound is an upper bound of the magnitudes of the result: by Cauchy and Schwarz, the
// norm of A times that of B. It is +Inf or NaN if A or B is not finite.
func (x *partProduct[T]) bound() float64 {
	var a, b [1]float64
	kernel.RowSquares(a[:], x.a.Data[:x.m*x.k], 1, x.m*x.k)
	kernel.RowSquares(b[:], x.b.Data[:x.k*x.n], 1, x.k*x.n)
	// The rounding of the squares, of their sums and of the product, and underflow.
	return math.Sqrt(a[0])*math.Sqrt(b[0])*(1+1e-4) + 1e-18*(math.Sqrt(a[0])+math.Sqrt(b[0])) + 1e-36
}

// late reports whether a task is a product that can be computed in parts after all else:
// a result that nothing else reads, larger than what it is computed from.
func (s *stagePlan[T]) late(t *task) bool {
	v := t.value
	if t.root != nil || v.Op != OpMatMul || !v.TransA || v.TransB || v.Bias || len(t.users) > 0 {
		return false
	}
	for _, a := range v.Args {
		if a = storage(a); a.Op == OpInput && a.class == Parameter {
			return false // parts may be what changes parameters
		}
	}
	_, inPlace := s.inPlace[v]
	return inPlace && v.Size() > v.Args[0].Size()+v.Args[1].Size()
}

// postpone moves the late products to the end.
func (s *stagePlan[T]) postpone() {
	last := 0
	for _, t := range s.tasks {
		last = max(last, t.level)
	}
	for _, t := range s.tasks {
		if t.late = s.late(t); t.late {
			t.level = last + 1
		}
	}
	slices.SortStableFunc(s.tasks, func(a, b *task) int { return cmp.Compare(a.level, b.level) })
}

// partProduct emits a late product.
func (c *compiler[T]) partProduct(s *stagePlan[T], v *Value) instr[T] {
	const strip = 14 // rows of the largest micro-kernel
	x := &partProduct[T]{matmul: c.matmul(s, v), root: s.inPlace[v]}
	x.rows = max(1, partElements/x.n/strip) * strip
	c.part = max(c.part, min(x.rows, x.m)*x.n)
	s.parts = append(s.parts, x)
	return x
}

// RunFirst runs a program with parts, see [Program], up to the late products, and stores
// an upper bound of the magnitudes of each in bounds, by the index of its root in the
// last stage; it sets the others to −1. A bound that is not finite means that there is
// none. RunParts may follow, before any other run.
func (u *Unit[T]) RunFirst(i int, bounds []float64) error {
	p := u.programs[i]
	for _, s := range p.stages {
		s.run(u)
	}
	for k := range bounds {
		bounds[k] = -1
	}
	for _, x := range p.parts {
		bounds[x.root] = x.bound()
	}
	return u.take()
}

// RunParts computes the late products of a program that [Unit.RunFirst] has run: part by
// part for a taker, or, if it is nil, into the memory of their roots.
func (u *Unit[T]) RunParts(i int, taker Taker) {
	u.taker = taker
	if p := u.programs[i]; p.last != nil {
		p.last.run(u)
	}
	u.taker = nil
}
