package engine

import "slices"

// phase is a list of groups between two barriers. The rows of each are a multiple of
// the phase's: a row of the phase, such as a sample, is several of a group, such as the
// places of an image or of a text.
type phase struct {
	rows   int // 0: run by one worker
	fine   int // the largest number of rows of a group
	parts  bool
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
		late := gr.tasks[0].late
		if late {
			flush()
		}
		for _, t := range gr.tasks {
			if slices.ContainsFunc(t.operands(), func(v *Value) bool { return pending[v] }) {
				flush()
			}
		}
		last := len(out) - 1
		if last < 0 || out[last].late() != late || out[last].common(gr) < 0 || gr.waits(made) || gr.overwrites(read) {
			out = append(out, phase{rows: split(gr), parts: true})
			last++
			made, read = map[*Value]bool{}, map[*Value]bool{}
		}
		out[last].add(gr)
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

// late reports whether the phase computes late products.
func (s *phase) late() bool {
	return len(s.groups) > 0 && len(s.groups[0].tasks) > 0 && s.groups[0].tasks[0].late
}

// common returns the number of rows of the phase if gr joins it, −1 if gr cannot.
func (s *phase) common(gr *group) int {
	n := split(gr)
	switch {
	case n == s.rows:
		return n
	case n == 0 || s.rows == 0 || !s.parts || !gr.parts():
		return -1
	case n%s.rows == 0:
		return s.rows
	case s.rows%n == 0:
		return n
	}
	return -1
}

func (s *phase) add(gr *group) {
	s.rows = s.common(gr)
	s.fine = max(s.fine, split(gr))
	s.parts = s.parts && gr.parts()
	s.groups = append(s.groups, gr)
}

// parts reports whether any division of the rows divides every result, and every operand
// that is read at the same rows, into as many consecutive parts.
func (gr *group) parts() bool {
	return gr.local && !slices.ContainsFunc(gr.tasks, func(t *task) bool { return !t.ownRows() })
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
			case !gr.local, t.elsewhere(i), v.scattered():
				return true
			case gr.fused && t.repeatsRow(v):
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

// repeatsRow reports whether the task of a fused loop reads all of v at every row.
func (t *task) repeatsRow(v *Value) bool {
	if t.root != nil {
		return repeats(t.value) == repeatRow && storage(t.value.Args[0]) == v
	}
	return slices.ContainsFunc(append(slices.Clone(t.value.Args), t.value), func(a *Value) bool {
		return repeats(a) == repeatRow && storage(a.Args[0]) == v
	})
}
