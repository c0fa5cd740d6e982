package engine

import "slices"

// phase is a list of groups between two barriers.
type phase struct {
	rows   int // 0: run by one worker
	groups []*group
}

// phases inserts the barriers between groups: before a group that reads rows another
// worker may be writing, that writes rows another worker may be reading, or that is
// split over another extent. The partial sums of the rows are added up by one worker,
// in a separate phase before the first task that reads the sum.
func phases(groups []*group) []phase {
	var out []phase
	made := map[*Value]bool{}    // computed in the current phase
	read := map[*Value]bool{}    // read in the current phase across rows
	pending := map[*Value]bool{} // sums whose partial sums are still to be added up
	var order []*Value
	flush := func() {
		if len(order) > 0 {
			out = append(out, phase{groups: []*group{{final: slices.Clone(order)}}})
			order = order[:0]
			pending = map[*Value]bool{}
			made, read = map[*Value]bool{}, map[*Value]bool{} // cheaper than clear, which visits the full capacity
		}
	}
	for _, gr := range groups {
		for _, t := range gr.tasks {
			if slices.ContainsFunc(t.operands(), func(v *Value) bool { return pending[v] }) {
				flush()
			}
		}
		last := len(out) - 1
		if last < 0 || out[last].rows != split(gr) || gr.waits(made) || gr.overwrites(read) {
			out = append(out, phase{rows: split(gr)})
			last++
			made, read = map[*Value]bool{}, map[*Value]bool{}
		}
		out[last].groups = append(out[last].groups, gr)
		for _, t := range gr.tasks {
			for i, v := range t.operands() {
				if !gr.local || t.elsewhere(i) {
					read[v] = true
				}
			}
			if t.root == nil {
				made[t.value] = true
			}
			if t.reduces() && t.value.Op == OpSumAll {
				pending[t.value] = true
				order = append(order, t.value)
			}
		}
	}
	flush()
	return out
}

// split returns the number of rows that workers share; a single row is not split.
func split(gr *group) int {
	if gr.rows <= 1 {
		return 0
	}
	return gr.rows
}

// waits reports whether the group needs a barrier because it reads, across rows, a
// value that this phase computes.
func (gr *group) waits(made map[*Value]bool) bool {
	if gr.rows <= 1 {
		return false
	}
	for _, t := range gr.tasks {
		for i, v := range t.operands() {
			if !made[v] {
				continue
			}
			switch {
			case !gr.local, t.elsewhere(i):
				return true
			case gr.fused && v.Size() != gr.space.rows*gr.space.cols && v.Size() != gr.space.rows:
				return true
			}
		}
	}
	return false
}

// overwrites reports whether the group descends an input that other workers may still
// be reading.
func (gr *group) overwrites(read map[*Value]bool) bool {
	return slices.ContainsFunc(gr.tasks, func(t *task) bool {
		return t.root != nil && t.root.Descend != nil && read[t.root.Descend]
	})
}
