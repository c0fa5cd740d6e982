package engine

import (
	"fmt"

	"github.com/seed-be841da4/prospect/internal/kernel"
)

// laneTile is the number of numbers that a fused loop over lanes processes at a time.
const laneTile = 2 * tile

// laneLoop is a fused loop over rows × cols elements of every lane. Its
// micro-operations are those of the loop of one network; an element is a vector over
// lanes.
type laneLoop[T float] struct {
	fusedLoop[T]
	lanes int
	ops   []laneMicro[T]
	steps []T // step sizes, by lane
}

// laneMicro is a micro-operation with the operands that differ between lanes, but are
// repeated over elements.
type laneMicro[T float] struct {
	micro[T]
	scalars [3][]float64 // of a, b, c: a scalar of every lane, or nil
	period  [3][]T       // scratch: the scalars in T
}

// laneLoop emits the instruction of a fused group.
func (c *compiler[T]) laneLoop(s *stagePlan[T], gr *group) instr[T] {
	loop := c.fusedLoop(s, gr).(*fusedLoop[T])
	x := &laneLoop[T]{fusedLoop: *loop, lanes: c.lanes, steps: c.steps}
	elements := max(1, laneTile/c.lanes)
	if loop.byRow {
		elements = max(elements, gr.space.cols)
	}
	c.temp = max(c.temp, elements*c.lanes)
	varying := map[*float64][]float64{}
	for v, p := range c.unit.scalars {
		varying[p] = c.perLane(v)
	}
	for _, m := range loop.ops {
		l := laneMicro[T]{micro: m}
		for i, o := range []*operand[T]{&l.a, &l.b, &l.c} {
			if o.repeat == repeatScalar {
				l.scalars[i] = varying[o.scalar]
			}
		}
		for i := range l.period {
			if l.scalars[i] != nil {
				l.period[i] = aligned[T](c.lanes)
			}
		}
		x.ops = append(x.ops, l)
	}
	return x
}

// run computes the rows lo … hi−1 of every lane.
func (p *laneLoop[T]) run(w *worker[T], lo, hi int) {
	cols := p.space.cols
	if !p.byRow {
		step := max(1, laneTile/p.lanes)
		for at := lo * cols; at < hi*cols; at += step {
			n := min(step, hi*cols-at)
			for i := range p.ops {
				p.flat(&p.ops[i], w, at, n)
			}
		}
		return
	}
	block := max(1, laneTile/p.lanes/cols)
	for r := lo; r < hi; r += block {
		end := min(r+block, hi)
		for i := range p.ops {
			switch m := &p.ops[i]; {
			case m.byRow():
				p.sums(m, w, r, end)
			case m.repeats():
				for row := r; row < end; row++ {
					p.row(m, w, row, row-r)
				}
			default:
				p.flat(m, w, r*cols, (end-r)*cols)
			}
		}
	}
}

// flat applies the kernel to n elements from at on.
func (p *laneLoop[T]) flat(m *laneMicro[T], w *worker[T], at, n int) {
	at, n = at*p.lanes, n*p.lanes
	switch {
	case m.kind == microDescend:
		g := m.a
		if g.repeat == repeatScalar { // the product is rounded, as descend does
			p.scalarDescend(m, w, at, n)
			return
		}
		kernel.LaneDescend(m.dst[at:at+n], g.slice(w, at, n), p.steps)
	case m.scalars[0] == nil && m.scalars[1] == nil && m.scalars[2] == nil:
		m.micro.flat(w, at, n)
	default:
		p.scalar(m, w, at, n)
	}
}

// scalarDescend descends along a gradient that is the same for all elements.
func (p *laneLoop[T]) scalarDescend(m *laneMicro[T], w *worker[T], at, n int) {
	for k := at; k < at+n; k += p.lanes {
		for i, step := range p.steps {
			g := T(*m.a.scalar)
			if s := m.scalars[0]; s != nil {
				g = T(s[i])
			}
			m.dst[k+i] -= T(g * step)
		}
	}
}

// scalar applies a kernel with a scalar operand that differs between lanes.
func (p *laneLoop[T]) scalar(m *laneMicro[T], w *worker[T], at, n int) {
	k := w.kernels
	for i, scalars := range m.scalars {
		for j, v := range scalars {
			m.period[i][j] = T(v)
		}
	}
	dst := m.target(w, at, n)
	switch m.kind {
	case microBinary:
		for i := 0; i < n; i += p.lanes {
			out := dst[i : i+p.lanes]
			switch {
			case m.scalars[0] != nil:
				k.vv[m.binary](out, m.period[0], m.b.slice(w, at, n)[i:])
			default:
				k.vv[m.binary](out, m.a.slice(w, at, n)[i:], m.period[1])
			}
		}
	case microCopy:
		for i := 0; i < n; i += p.lanes {
			copy(dst[i:], m.period[0])
		}
	case microFMS:
		k.vv[Mul](dst, m.a.slice(w, at, n), m.b.slice(w, at, n)) // rounded, as that of one network is
		for i := 0; i < n; i += p.lanes {
			k.vv[Sub](dst[i:i+p.lanes], m.period[2], dst[i:i+p.lanes])
		}
	default:
		panic(fmt.Sprintf("engine: micro-operation %d with a scalar of every lane", m.kind))
	}
}

// sums computes the sums of rows r … end−1.
func (p *laneLoop[T]) sums(m *laneMicro[T], w *worker[T], r, end int) {
	cols, lanes := p.space.cols, p.lanes
	n := (end - r) * cols * lanes
	a := m.a.rows(w, r*lanes, (end-r)*lanes, cols)
	var rows []float64
	if m.rows != nil {
		rows = m.rows[r*lanes : end*lanes]
	}
	switch m.kind {
	case microSum:
		kernel.LaneSums(rows, a, cols, lanes)
	case microDot:
		kernel.LaneDots(rows, a, m.b.rows(w, r*lanes, (end-r)*lanes, cols), cols, lanes)
	case microError:
		e := m.target(w, r*cols*lanes, n)
		kernel.LaneErrors(rows, e, a, m.b.rows(w, r*lanes, (end-r)*lanes, cols), cols, lanes)
	case microSumCols:
		out := w.laneSums(lanes)
		for i := range end - r {
			kernel.LaneSums(out, a[i*cols*lanes:(i+1)*cols*lanes], cols, lanes)
			dst := m.dst[(r+i)*lanes : (r+i+1)*lanes]
			for j, v := range out {
				dst[j] = T(v)
			}
		}
	}
}

// row applies the kernel to one row with an operand that is broadcast over rows or
// columns.
func (p *laneLoop[T]) row(m *laneMicro[T], w *worker[T], row, local int) {
	cols, lanes := p.space.cols, p.lanes
	width := cols * lanes
	dst := m.dst
	if m.temp > 0 {
		dst = w.temps[m.temp-1][local*width : (local+1)*width]
	} else {
		dst = dst[row*width : (row+1)*width]
	}
	k := w.kernels
	for j := range cols {
		at := j * lanes
		out := dst[at : at+lanes]
		a := p.element(m, 0, w, row, local, j)
		switch m.kind {
		case microCopy:
			copy(out, a)
		case microDescend:
			kernel.LaneDescend(out, a, p.steps)
		case microBinary:
			k.vv[m.binary](out, a, p.element(m, 1, w, row, local, j))
		default:
			panic(fmt.Sprintf("engine: micro-operation %d with a repeated operand", m.kind))
		}
	}
}

// element returns element j of a row of operand i.
func (p *laneLoop[T]) element(m *laneMicro[T], i int, w *worker[T], row, local, j int) []T {
	o, lanes := &m.a, p.lanes
	if i == 1 {
		o = &m.b
	}
	at := row*p.space.cols + j
	switch {
	case o.repeat == repeatScalar:
		if m.period[i] == nil {
			m.period[i] = aligned[T](lanes)
		}
		if s := m.scalars[i]; s != nil {
			for l := range m.period[i] {
				m.period[i][l] = T(s[l])
			}
		} else {
			fill(m.period[i], T(*o.scalar))
		}
		return m.period[i]
	case o.repeat == repeatCol:
		return o.mem[row*lanes : (row+1)*lanes]
	case o.repeat == repeatRow:
		return o.mem[j*lanes : (j+1)*lanes]
	case o.temp > 0:
		at = local*p.space.cols + j
		return w.temps[o.temp-1][at*lanes : (at+1)*lanes]
	}
	return o.mem[at*lanes : (at+1)*lanes]
}

// laneSums returns room for a sum of every lane.
func (w *worker[T]) laneSums(lanes int) []float64 {
	if len(w.lane) < lanes {
		w.lane = make([]float64, lanes)
	}
	return w.lane[:lanes]
}
