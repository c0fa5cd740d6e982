package engine

import "slices"

// interval is the time, in steps, during which a value needs memory.
type interval struct {
	value      *Value
	from, to   int
	size, base int
}

// place gives every interval an offset such that no two that overlap in time
// overlap in memory: largest first, each at the lowest offset that is free.
// Offsets are multiples of align. It returns the total size.
func place(intervals []*interval, align int) int {
	order := slices.Clone(intervals)
	slices.SortStableFunc(order, func(a, b *interval) int { return b.size - a.size })
	total := 0
	placed := make([]*interval, 0, len(order)) // by base
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
		at, _ := slices.BinarySearchFunc(placed, x.base+1, func(p *interval, base int) int { return p.base - base })
		placed = slices.Insert(placed, at, x)
		total = max(total, x.base+size)
	}
	return total
}

// intervals returns the values that need memory in a section, with the steps
// from the one that computes them to the last that reads them. bound values have
// memory of their own, and wanted ones need it whoever reads them.
func intervals(steps []step, wanted map[*Value]bool, bound func(*Value) bool) []*interval {
	byValue := map[*Value]*interval{}
	var out []*interval
	for k, s := range steps {
		for _, it := range s.items {
			for _, t := range it.tasks {
				v := t.value
				if t.root != nil || scalar(v) || bound(v) || !needsMemory(t, it) && !wanted[v] {
					continue
				}
				x := &interval{value: v, from: k, to: k, size: v.Size()}
				byValue[v] = x
				out = append(out, x)
			}
		}
	}
	for k, s := range steps {
		for _, it := range s.items {
			for _, t := range it.tasks {
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

// needsMemory reports whether anything outside the item reads the task's value.
func needsMemory(t *task, it *item) bool {
	if !it.fused || t.value.Op == OpSumCols {
		return true
	}
	for _, u := range t.users {
		if u.item != it {
			return true
		}
	}
	return false
}
