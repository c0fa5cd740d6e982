package engine

import "slices"

// phase is a run of groups between two barriers.
type phase struct {
	rows   int // 0: one worker does it all
	groups []*group
}

// phases puts barriers between the groups: one before a group that reads rows that
// another worker may be writing, that writes rows that another may be reading, or that
// is split over another extent. The partial sums of rows are added up, by one worker,
// in a phase of their own before the first task that reads the sum.
func phases(groups []*group) []phase {
	var out []phase
	made := map[*Value]bool{}    // computed in the current phase
	read := map[*Value]bool{}    // read in the current phase at other rows than the reader's
	pending := map[*Value]bool{} // sums whose partial sums are not added up yet
	var order []*Value
	flush := func() {
		if len(order) > 0 {
			out = append(out, phase{groups: []*group{{final: slices.Clone(order)}}})
			order = order[:0]
			pending = map[*Value]bool{}
			made, read = map[*Value]bool{}, map[*Value]bool{} // clearing costs as much as they ever held
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

// split is the number of rows that workers share; a single row is not shared.
func split(gr *group) int {
	if gr.rows <= 1 {
		return 0
	}
	return gr.rows
}

// waits reports whether the group needs a barrier because it reads, at other rows than
// its own, a value that is computed in this phase.
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

// overwrites reports whether the group moves an input that other workers may still be
// reading.
func (gr *group) overwrites(read map[*Value]bool) bool {
	return slices.ContainsFunc(gr.tasks, func(t *task) bool {
		return t.root != nil && t.root.Descend != nil && read[t.root.Descend]
	})
}
