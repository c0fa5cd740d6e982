package engine

// blocked is an operation that is fastest on a block of several samples.
type blocked interface{ block() int }

// segment is a run of instructions of a phase that processes the rows in blocks, so
// that the result of one instruction is still in the cache when the next reads it.
type segment struct {
	from, to int
	block    int // 0: all rows at once
}

// blockOf returns the block size at which a group is fastest, 0 for any.
func blockOf(gr *group) int {
	if gr.fused || gr.final != nil || gr.tasks[0].root != nil {
		return 0
	}
	if b, ok := gr.tasks[0].value.Primitive.(blocked); ok {
		return b.block()
	}
	return 0
}

// segments divides a phase with blocked operations into segments: a blocked operation
// with the groups that follow it.
func (s *phase) segments() []segment {
	any := false
	for _, gr := range s.groups {
		any = any || blockOf(gr) > 0
	}
	if s.rows == 0 || !any {
		return []segment{{to: len(s.groups)}}
	}
	var out []segment
	for k, gr := range s.groups {
		block, last := blockOf(gr), len(out)-1
		if block > 0 {
			block = max(1, block*s.rows/gr.rows)
		}
		switch {
		case last >= 0 && (block == 0 || block == out[last].block) && !gr.wide():
			out[last].to = k + 1
		default:
			out = append(out, segment{from: k, to: k + 1, block: block})
		}
	}
	return out
}

// wide reports whether a group reads large weights and therefore runs on all rows at
// once.
func (gr *group) wide() bool {
	return !gr.fused && gr.tasks[0].root == nil && gr.tasks[0].value.Op == OpMatMul
}

// runRows computes the rows lo … hi−1 of a phase.
func (s *phaseCode[T]) runRows(w *worker[T], lo, hi int) {
	for _, g := range s.segments {
		block := g.block
		if block == 0 {
			block = max(1, hi-lo)
		}
		for at := lo; at < hi; at += block {
			end := min(at+block, hi)
			for k := g.from; k < g.to; k++ {
				s.instrs[k].run(w, at*s.scale[k], end*s.scale[k])
			}
		}
	}
}
