package engine

import (
	"fmt"

	"github.com/seed-be841da4/prospect/internal/kernel"
)

// matmul is op(A)·op(B) + bias, split by rows of the result.
type matmul[T float] struct {
	dst, bias []T
	a, b      kernel.View[T]
	m, k, n   int
	shape     kernel.Shape[T]
	packed    *kernel.Packed[T] // op(B), packed at a refresh; nil: B is read as it is
	call      *kernel.Call[T]   // of all rows; nil if it is not prepared
}

func (x *matmul[T]) run(w *worker[T], lo, hi int) {
	if x.call != nil && hi-lo == x.m {
		x.call.Run()
		return
	}
	if lo < hi {
		x.product(w, x.dst[lo*x.n:hi*x.n], lo, hi)
	}
}

// product computes rows lo … hi−1 into dst.
func (x *matmul[T]) product(w *worker[T], dst []T, lo, hi int) {
	a := x.a
	a.Data = a.Data[lo*a.Row:]
	start := kernel.Start[T]{Bias: x.bias}
	if x.packed != nil {
		kernel.GemmPacked(dst, x.n, hi-lo, a, x.packed, start, &w.scratch)
		return
	}
	kernel.GemmOnce(dst, x.n, hi-lo, a, x.b, &x.shape, start, &w.scratch)
}

// pack packs a matrix for the kernels at a refresh.
type pack[T float] struct {
	dst   *kernel.Packed[T]
	src   []T
	k, n  int
	trans bool
}

func (p *pack[T]) run(_ *worker[T], lo, hi int) {
	if p.trans {
		p.dst.PackTransposedRows(p.src, p.k, lo, hi)
		return
	}
	p.dst.PackRows(p.src, p.n, lo, hi)
}

// packKey identifies a packed matrix.
type packKey struct {
	value *Value
	trans bool
}

// frozen reports whether v changes only at refreshes.
func (c *compiler[T]) frozen(v *Value) bool {
	v = storage(v)
	return v.Op == OpInput && v.class < Free || c.hoisted(v)
}

// packable reports whether a stage may read v packed at a refresh: it is packed at the
// end of the refresh of its class.
func (c *compiler[T]) packable(s *stagePlan[T], v *Value) bool {
	return c.frozen(v) && (!s.refresh || storage(v).class < s.class)
}

// choosePacks chooses the matrices worth packing: the weights that a loop multiplies
// with. A product that runs once reads B as it is, see [kernel.GemmOnce].
func (c *compiler[T]) choosePacks(bodies [][]*stagePlan[T], hoisted []*stagePlan[T]) {
	for i, stages := range bodies {
		for _, s := range stages {
			c.chooseStagePacks(s, c.src.Programs[i].Loop)
		}
	}
	for _, s := range hoisted {
		c.chooseStagePacks(s, false)
	}
}

func (c *compiler[T]) chooseStagePacks(s *stagePlan[T], loop bool) {
	c.chooseConvPacks(s)
	for _, t := range s.tasks {
		v := t.value
		if t.root != nil || v.Op != OpMatMul || v.TransA || !loop || !c.packable(s, v.Args[1]) {
			continue
		}
		key := packKey{storage(v.Args[1]), v.TransB}
		if c.packs[key] == nil {
			c.packs[key] = &pack[T]{dst: &kernel.Packed[T]{}, k: v.Args[0].Shape[1], n: v.Shape[1], trans: v.TransB}
			c.packOrder = append(c.packOrder, key)
		}
	}
}

// emitPacks emits the pack instructions into the refreshes of their classes.
func (c *compiler[T]) emitPacks(hoisted []*stagePlan[T]) {
	for _, key := range c.packOrder {
		p := c.packs[key]
		p.src = c.mem(hoisted[1], key.value)
		c.unit.packs = append(c.unit.packs, p)
		p.dst.Reset(p.k, p.n)
		into := c.unit.refresh[min(key.value.class, Clamped)]
		into.moved += float64(4 * p.k * p.n)
		into.phases = append(into.phases, phaseCode[T]{rows: p.k, fine: p.k, scale: []int{1}, instrs: []instr[T]{p}, extent: []int{p.k}, segments: []segment{{to: 1}}, notes: []string{fmt.Sprintf("pack %v as %d×%d", key.value, p.k, p.n)}})
	}
}

func (c *compiler[T]) matmul(s *stagePlan[T], v *Value) matmul[T] {
	a, b := v.Args[0], v.Args[1]
	x := matmul[T]{
		dst: c.mem(s, v), m: v.Shape[0], n: v.Shape[1], k: a.Shape[1],
		a: kernel.Rows(c.mem(s, a), a.Shape[1]), b: kernel.Rows(c.mem(s, b), b.Shape[1]),
	}
	if v.TransA {
		x.k = a.Shape[0]
		x.a = kernel.Transposed(c.mem(s, a), a.Shape[1])
	}
	if v.TransB {
		x.b = kernel.Transposed(c.mem(s, b), b.Shape[1])
	}
	x.shape = kernel.ShapeOf[T](x.k, x.n)
	if v.Bias {
		bias := v.Args[2]
		if bias.Op == OpBroadcast {
			bias = bias.Args[0]
		}
		x.bias = c.mem(s, bias)
	}
	if p := c.packs[packKey{storage(b), v.TransB}]; p != nil && !v.TransA && c.packable(s, b) {
		x.packed = p.dst
		if x.m == 1 {
			x.call = p.dst.Prepare(x.dst, x.n, 1, x.a, x.bias)
		}
	}
	return x
}
