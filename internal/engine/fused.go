package engine

import (
	"fmt"

	"github.com/seed-be841da4/prospect/internal/kernel"
)

// tile is the number of elements that a fused loop processes at a time, so that its
// temporaries stay in the L1 cache.
const tile = 1024

// operand is an argument of a micro-operation.
type operand[T float] struct {
	repeat repeat
	mem    []T      // memory, one row, or one element per row
	temp   int      // 1 + index of a temporary; 0: mem
	scalar *float64 // repeatScalar: the scalar
}

// micro is a micro-operation of a fused loop: one vector kernel, applied tile by tile.
type micro[T float] struct {
	kind    microKind
	binary  Binary
	fn      Func
	param   T
	a, b, c operand[T]
	dst     []T // memory; nil: a temporary
	temp    int // 1 + index of the temporary
	rows    []float64
	step    *float64  // descend: the step size
	input   int       // descend: the index of the input among those that descend
	slope   kernel.Op // gradient: f
}

type microKind uint8

const (
	microUnary    microKind = iota // dst = F(a)
	microBinary                    // dst = a ∘ b
	microFMA                       // dst = c + a·b
	microFMS                       // dst = c − a·b
	microCopy                      // dst = a
	microDescend                   // dst = dst − step·a, or a motion
	microSum                       // rows[r] = Σ a
	microDot                       // rows[r] = Σ a·b
	microSumCols                   // dst[r] = Σ a
	microError                     // dst = a − b, rows[r] = Σ dst²
	microGradient                  // dst = a − f′(b)·c, f′ from the value of f
)

// fusedLoop is a loop over rows × cols elements that applies its micro-operations tile
// by tile.
type fusedLoop[T float] struct {
	space space
	ops   []micro[T]
	moves bool // an input descends: the rows of samples that are not in force stay
	byRow bool // an operand is broadcast or a sum is taken along rows

	ready    []ready[T] // the micro-operations with the temporaries of readyFor
	readyFor *worker[T]
}

// run computes the rows lo … hi−1.
func (p *fusedLoop[T]) run(w *worker[T], lo, hi int) {
	if p.moves {
		hi = min(hi, w.unit.share(p.space.rows))
	}
	if p.single(w, lo, hi) {
		p.runReady(w)
		return
	}
	p.runTiles(w, lo, hi)
}

// runTiles computes the rows lo … hi−1 tile by tile.
func (p *fusedLoop[T]) runTiles(w *worker[T], lo, hi int) {
	cols := p.space.cols
	if !p.byRow {
		for at := lo * cols; at < hi*cols; at += tile {
			n := min(tile, hi*cols-at)
			for i := range p.ops {
				p.ops[i].flat(w, at, n)
			}
		}
		return
	}
	block := max(1, tile/cols)
	for r := lo; r < hi; r += block {
		end := min(r+block, hi)
		for i := range p.ops {
			p.ops[i].rowwise(w, r, end, cols)
		}
	}
}

// slice returns elements at … at+n−1 of the operand.
func (o *operand[T]) slice(w *worker[T], at, n int) []T {
	if o.temp > 0 {
		return w.temps[o.temp-1][:n]
	}
	return o.mem[at : at+n]
}

func (m *micro[T]) target(w *worker[T], at, n int) []T {
	if m.temp > 0 {
		return w.temps[m.temp-1][:n]
	}
	return m.dst[at : at+n]
}

// flat applies the kernel to n elements from at on; operands are memory, temporaries or
// scalars.
func (m *micro[T]) flat(w *worker[T], at, n int) {
	k := w.kernels
	switch m.kind {
	case microBinary:
		dst := m.target(w, at, n)
		switch {
		case m.a.repeat == repeatScalar:
			k.sv[m.binary](dst, T(*m.a.scalar), m.b.slice(w, at, n))
		case m.b.repeat == repeatScalar:
			k.vs[m.binary](dst, m.a.slice(w, at, n), T(*m.b.scalar))
		default:
			k.vv[m.binary](dst, m.a.slice(w, at, n), m.b.slice(w, at, n))
		}
	case microUnary:
		k.un[m.fn](m.target(w, at, n), m.a.slice(w, at, n), m.param)
	case microFMA:
		k.fma(m.target(w, at, n), m.c.slice(w, at, n), m.a.slice(w, at, n), m.b.slice(w, at, n))
	case microFMS:
		if m.c.repeat == repeatScalar {
			k.sms(m.target(w, at, n), T(*m.c.scalar), m.a.slice(w, at, n), m.b.slice(w, at, n))
			return
		}
		k.fms(m.target(w, at, n), m.c.slice(w, at, n), m.a.slice(w, at, n), m.b.slice(w, at, n))
	case microCopy:
		m.copy(w, m.target(w, at, n), at, n)
	case microDescend:
		m.descend(w, at, n)
	case microGradient:
		k.gradient(m.slope, m.target(w, at, n), m.a.slice(w, at, n), m.b.slice(w, at, n), m.c.slice(w, at, n))
	default:
		panic(fmt.Sprintf("engine: micro-operation %d in a flat loop", m.kind))
	}
}

// descend moves n elements of an input from at on.
func (m *micro[T]) descend(w *worker[T], at, n int) {
	x := m.dst[at : at+n]
	switch {
	case w.unit.motion != nil && m.a.repeat == repeatScalar:
		g := w.temps[0][:n]
		fill(g, T(*m.a.scalar))
		w.unit.motion.Apply(m.input, at, x, g)
	case w.unit.motion != nil:
		w.unit.motion.Apply(m.input, at, x, m.a.slice(w, at, n))
	case m.a.repeat == repeatScalar:
		w.kernels.vs[Sub](x, x, T(T(*m.a.scalar)*T(*m.step)))
	default:
		w.kernels.descend(x, m.a.slice(w, at, n), T(*m.step))
	}
}

func (m *micro[T]) copy(w *worker[T], dst []T, at, n int) {
	if m.a.repeat == repeatScalar {
		x := T(*m.a.scalar)
		for i := range dst {
			dst[i] = x
		}
		return
	}
	copy(dst, m.a.slice(w, at, n))
}

// rowwise applies the kernel to rows r … end−1: row by row if an operand is broadcast
// or a sum is taken, else in one call.
func (m *micro[T]) rowwise(w *worker[T], r, end, cols int) {
	switch {
	case m.byRow():
		m.sums(w, r, end, cols)
	case m.repeats():
		for i := r; i < end; i++ {
			m.row(w, i, i-r, cols)
		}
	default:
		m.flat(w, r*cols, (end-r)*cols)
	}
}

// byRow reports whether the kernel takes sums along rows.
func (m *micro[T]) byRow() bool {
	return m.kind == microSum || m.kind == microDot || m.kind == microSumCols || m.kind == microError
}

func (m *micro[T]) repeats() bool {
	for _, o := range []*operand[T]{&m.a, &m.b, &m.c} {
		if o.repeat == repeatRow || o.repeat == repeatCol {
			return true
		}
	}
	return false
}

// sums computes the sums of rows r … end−1.
func (m *micro[T]) sums(w *worker[T], r, end, cols int) {
	n := end - r
	a := m.a.rows(w, r, n, cols)
	switch m.kind {
	case microSum:
		kernel.RowSums(m.rows[r:end], a, n, cols)
	case microDot:
		kernel.RowDots(m.rows[r:end], a, m.b.rows(w, r, n, cols), n, cols)
	case microError:
		w.kernels.err(m.rows[r:end], m.target(w, r*cols, n*cols), a, m.b.rows(w, r, n, cols), n, cols)
	case microSumCols:
		out := w.sums[:n]
		kernel.RowSums(out, a, n, cols)
		for i, v := range out {
			m.dst[r+i] = T(v)
		}
	}
}

// rows returns n rows of an operand that is not broadcast.
func (o *operand[T]) rows(w *worker[T], r, n, cols int) []T {
	if o.temp > 0 {
		return w.temps[o.temp-1][:n*cols]
	}
	return o.mem[r*cols : (r+n)*cols]
}

// rowSlice returns one row of an operand.
func (o *operand[T]) rowSlice(w *worker[T], row, tempAt, cols int) []T {
	switch {
	case o.temp > 0:
		return w.temps[o.temp-1][tempAt : tempAt+cols]
	case o.repeat == repeatRow:
		return o.mem
	}
	return o.mem[row*cols : (row+1)*cols]
}

// row applies the kernel to one row with a broadcast operand.
func (m *micro[T]) row(w *worker[T], row, local, cols int) {
	k := w.kernels
	dst := m.dst
	if m.temp > 0 {
		dst = w.temps[m.temp-1][local*cols : (local+1)*cols]
	} else {
		dst = dst[row*cols : (row+1)*cols]
	}
	scalarOf := func(o *operand[T]) (T, bool) {
		switch o.repeat {
		case repeatScalar:
			return T(*o.scalar), true
		case repeatCol:
			return o.mem[row], true
		}
		return 0, false
	}
	at := local * cols
	switch m.kind {
	case microBinary:
		if s, ok := scalarOf(&m.a); ok {
			if t, ok := scalarOf(&m.b); ok {
				fill(dst, T(m.binary.At(float64(s), float64(t))))
				return
			}
			k.sv[m.binary](dst, s, m.b.rowSlice(w, row, at, cols))
		} else if s, ok := scalarOf(&m.b); ok {
			k.vs[m.binary](dst, m.a.rowSlice(w, row, at, cols), s)
		} else {
			k.vv[m.binary](dst, m.a.rowSlice(w, row, at, cols), m.b.rowSlice(w, row, at, cols))
		}
	case microCopy:
		if s, ok := scalarOf(&m.a); ok {
			fill(dst, s)
			return
		}
		copy(dst, m.a.rowSlice(w, row, at, cols))
	case microDescend:
		step, motion := T(*m.step), w.unit.motion
		s, ok := scalarOf(&m.a)
		switch {
		case ok && motion != nil:
			g := w.temps[0][:cols]
			fill(g, s)
			motion.Apply(m.input, row*cols, dst, g)
		case ok:
			k.vs[Sub](dst, dst, T(s*step))
		case motion != nil:
			motion.Apply(m.input, row*cols, dst, m.a.rowSlice(w, row, at, cols))
		default:
			k.descend(dst, m.a.rowSlice(w, row, at, cols), step)
		}
	default:
		panic(fmt.Sprintf("engine: micro-operation %d with a repeated operand", m.kind))
	}
}

func fill[T float](dst []T, v T) {
	for i := range dst {
		dst[i] = v
	}
}
