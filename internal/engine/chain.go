package engine

// blocked is an operation that works best on so many samples at a time.
type blocked interface{ block() int }

// segment is a run of instructions of a step that goes over its rows in blocks, so that what one
// instruction makes is still in the cache when the next reads it.
type segment struct {
	from, to int
	block    int // 0: all rows at once
}

// blockOf is the number of rows that an item works best on, 0 for any.
func blockOf(it *item) int {
	if it.fused || it.final != nil || it.tasks[0].root != nil {
		return 0
	}
	if b, ok := it.tasks[0].value.Primitive.(blocked); ok {
		return b.block()
	}
	return 0
}

// chains orders the items of a step that has operations on blocks so that each follows what it reads
// as soon as it can, and cuts them into segments: an operation on blocks with what follows it.
func (s *step) chains() []segment {
	any := false
	for _, it := range s.items {
		any = any || blockOf(it) > 0
	}
	if s.rows == 0 || !any {
		return []segment{{to: len(s.items)}}
	}
	s.follow()
	var out []segment
	for k, it := range s.items {
		block, last := blockOf(it), len(out)-1
		switch {
		case last >= 0 && (block == 0 || block == out[last].block) && !it.wide():
			out[last].to = k + 1
		default:
			out = append(out, segment{from: k, to: k + 1, block: block})
		}
	}
	return out
}

// wide reports whether an item reads large weights, so that it is best run on all rows at once.
func (it *item) wide() bool {
	return !it.fused && it.tasks[0].root == nil && it.tasks[0].value.Op == OpMatMul
}

// follow orders the items: after each come those that only waited for it, before anything else.
func (s *step) follow() {
	of := map[*task]*item{}
	for _, it := range s.items {
		for _, t := range it.tasks {
			of[t] = it
		}
	}
	waits, users := map[*item]map[*item]bool{}, map[*item][]*item{}
	for _, it := range s.items {
		waits[it] = map[*item]bool{}
		for _, t := range it.tasks {
			for _, d := range t.deps {
				if other := of[d]; other != nil && other != it && !waits[it][other] {
					waits[it][other] = true
					users[other] = append(users[other], it)
				}
			}
		}
	}
	var out []*item
	done := map[*item]bool{}
	var take func(it *item)
	take = func(it *item) {
		if done[it] || len(waits[it]) > 0 {
			return
		}
		done[it] = true
		out = append(out, it)
		for _, u := range users[it] {
			delete(waits[u], it)
		}
		for _, u := range users[it] {
			take(u)
		}
	}
	for _, it := range s.items {
		take(it)
	}
	s.items = out
}

// runRows computes the rows lo … hi−1 of a step.
func (s *codeStep[T]) runRows(w *worker[T], lo, hi int) {
	for _, g := range s.segments {
		block := g.block
		if block == 0 {
			block = max(1, hi-lo)
		}
		for at := lo; at < hi; at += block {
			end := min(at+block, hi)
			for _, in := range s.instrs[g.from:g.to] {
				in.run(w, at, end)
			}
		}
	}
}
