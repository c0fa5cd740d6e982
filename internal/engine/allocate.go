package engine

import "slices"

// liveRange is the interval of phases in which values that share memory need it, with
// its offset there.
type liveRange struct {
	values     []*Value
	from, to   int
	size, base int
}

// assignOffsets gives every live range an offset such that no two ranges that overlap
// in time overlap in memory: largest first, each at the lowest free offset. Offsets are
// multiples of align. It returns the total size.
func assignOffsets(intervals []*liveRange, align int) int {
	order := slices.Clone(intervals)
	slices.SortStableFunc(order, func(a, b *liveRange) int { return b.size - a.size })
	total := 0
	placed := make([]*liveRange, 0, len(order)) // by base
	for _, x := range order {
		x.base = 0
		size := (x.size + align - 1) / align * align
		for _, p := range placed {
			if p.to < x.from || x.to < p.from {
				continue
			}
			if x.base+size <= p.base {
				break
			}
			x.base = max(x.base, (p.base+p.size+align-1)/align*align)
		}
		at, _ := slices.BinarySearchFunc(placed, x.base+1, func(p *liveRange, base int) int { return p.base - base })
		placed = slices.Insert(placed, at, x)
		total = max(total, x.base+size)
	}
	return total
}

// liveRanges returns the live ranges of a section's values, from the phase that
// computes a value to the last that reads it. Bound values already have memory; wanted
// values need memory even if no task reads them.
func liveRanges(steps []phase, wanted map[*Value]bool, bound func(*Value) bool) []*liveRange {
	byValue := map[*Value]*liveRange{}
	var out []*liveRange
	for k, s := range steps {
		for _, gr := range s.groups {
			for _, t := range gr.tasks {
				v := t.value
				if t.root != nil || scalar(v) || bound(v) || !needsMemory(t, gr) && !wanted[v] {
					continue
				}
				x := &liveRange{values: []*Value{v}, from: k, to: k, size: v.Size()}
				byValue[v] = x
				out = append(out, x)
			}
		}
	}
	for k, s := range steps {
		for _, gr := range s.groups {
			for _, t := range gr.tasks {
				for _, v := range t.operands() {
					if x, ok := byValue[v]; ok {
						x.to = max(x.to, k)
					}
				}
			}
		}
	}
	return out
}

// needsMemory reports whether a task of another group reads the value.
func needsMemory(t *task, gr *group) bool {
	if !gr.fused || t.value.Op == OpSumCols {
		return true
	}
	for _, u := range t.users {
		if u.group != gr {
			return true
		}
	}
	return false
}

// shareRows lets values of one size that live within one phase, one after the other,
// share memory, which so stays in the cache. Workers are at different groups of a phase
// at the same time, but each only at its own rows, which are the same part of every
// value of one size.
func shareRows(phases []phase, ranges []*liveRange, wanted map[*Value]bool) []*liveRange {
	of := map[*Value]*liveRange{}
	for _, x := range ranges {
		if x.from == x.to && !wanted[x.values[0]] && phases[x.from].placesRows(x.size) {
			of[x.values[0]] = x
		}
	}
	merged := map[*liveRange]bool{}
	for _, p := range phases {
		last := map[*Value]int{}
		for i, gr := range p.groups {
			for _, t := range gr.tasks {
				for _, v := range t.operands() {
					last[v] = i
				}
			}
		}
		free := map[int][]*liveRange{} // by size
		ends := map[int][]*liveRange{} // by the index of the last group that reads
		for i, gr := range p.groups {
			for _, t := range gr.tasks {
				x := of[t.value]
				if x == nil || t.root != nil || !t.ownRows() {
					continue
				}
				end := max(i, last[t.value])
				if f := free[x.size]; len(f) > 0 {
					room := f[len(f)-1]
					free[x.size] = f[:len(f)-1]
					room.values = append(room.values, t.value)
					merged[x] = true
					x = room
				}
				ends[end] = append(ends[end], x)
			}
			for _, x := range ends[i] {
				free[x.size] = append(free[x.size], x)
			}
		}
	}
	return slices.DeleteFunc(ranges, func(x *liveRange) bool { return merged[x] })
}

// placesRows reports whether the rows of the phase divide a value of some size.
func (s *phase) placesRows(size int) bool { return s.rows == 0 || size%s.rows == 0 }

// ownRows reports whether row r of the phase is part r of the task's result.
func (t *task) ownRows() bool {
	v := t.value
	return v.Op != OpPrimitive || v.Primitive.local(v, 0)
}
