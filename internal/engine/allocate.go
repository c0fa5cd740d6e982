package engine

import "slices"

// lifetime is the phases during which a value needs memory, and its place there.
type lifetime struct {
	value      *Value
	from, to   int
	size, base int
}

// assignOffsets gives every lifetime an offset such that no two that overlap in time
// overlap in memory: largest first, each at the lowest offset that is free. Offsets are
// multiples of align. It returns the total size.
func assignOffsets(intervals []*lifetime, align int) int {
	order := slices.Clone(intervals)
	slices.SortStableFunc(order, func(a, b *lifetime) int { return b.size - a.size })
	total := 0
	placed := make([]*lifetime, 0, len(order)) // by base
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
		at, _ := slices.BinarySearchFunc(placed, x.base+1, func(p *lifetime, base int) int { return p.base - base })
		placed = slices.Insert(placed, at, x)
		total = max(total, x.base+size)
	}
	return total
}

// lifetimes returns the values that need memory in a section, with the phases from the
// one that computes them to the last that reads them. Bound values have memory of their
// own, and wanted ones need it whoever reads them.
func lifetimes(steps []phase, wanted map[*Value]bool, bound func(*Value) bool) []*lifetime {
	byValue := map[*Value]*lifetime{}
	var out []*lifetime
	for k, s := range steps {
		for _, gr := range s.groups {
			for _, t := range gr.tasks {
				v := t.value
				if t.root != nil || scalar(v) || bound(v) || !needsMemory(t, gr) && !wanted[v] {
					continue
				}
				x := &lifetime{value: v, from: k, to: k, size: v.Size()}
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
