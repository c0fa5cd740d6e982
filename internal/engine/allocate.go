package engine

import "slices"

// liveRange is the interval of phases in which a value needs memory, with its offset
// there.
type liveRange struct {
	value      *Value
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
				x := &liveRange{value: v, from: k, to: k, size: v.Size()}
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
