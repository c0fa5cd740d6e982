package engine

import (
	"cmp"
	"math"
	"slices"
)

// collect makes the tasks of a section: one for every value that its roots depend on
// and that is not ready at its start, and one for every root.
func (s *section) collect(ready func(*Value) bool) {
	byValue := map[*Value]*task{}
	var visit func(v *Value) *task
	visit = func(v *Value) *task {
		if ready(v) || v.given() {
			return nil
		}
		if t, ok := byValue[v]; ok {
			return t
		}
		t := &task{value: v}
		byValue[v] = t
		for _, a := range t.operands() {
			t.needs(visit(a))
		}
		s.add(t)
		return t
	}
	for _, v := range s.wanted {
		visit(v)
	}
	for i := range s.roots {
		r := &s.roots[i]
		t := &task{value: r.Value, root: r}
		for _, a := range t.operands() {
			t.needs(visit(a))
		}
		s.add(t)
	}
	s.writeAfterRead()
	s.schedule()
}

func (s *section) add(t *task) {
	t.order = len(s.tasks)
	s.tasks = append(s.tasks, t)
}

func (t *task) needs(dep *task) {
	if dep != nil && dep != t && !slices.Contains(t.deps, dep) {
		t.deps = append(t.deps, dep)
		dep.users = append(dep.users, t)
	}
}

// writeAfterRead makes a root that writes into an input depend on the input's readers.
func (s *section) writeAfterRead() {
	readers := map[*Value][]*task{}
	for _, w := range s.tasks {
		if w.root != nil && w.root.Descend != nil {
			readers[w.root.Descend] = nil
		}
	}
	if len(readers) == 0 {
		return
	}
	for _, r := range s.tasks {
		for _, v := range r.operands() {
			if before, ok := readers[v]; ok && (len(before) == 0 || before[len(before)-1] != r) {
				readers[v] = append(before, r)
			}
		}
	}
	for _, w := range s.tasks {
		if w.root == nil || w.root.Descend == nil {
			continue
		}
		for _, r := range readers[w.root.Descend] {
			w.needs(r)
		}
	}
}

// schedule gives every task a level such that tasks of one level do not depend on one
// another, except within a fused loop.
//
//  1. As soon as possible: every task follows its dependencies.
//  2. Element-wise tasks sink to the level of their first user, so that a cheap value
//     stays in a temporary of that user's loop instead of being stored.
//  3. Scalar tasks that only scalar tasks use, such as the weighted sum of the energies,
//     sink below all tensors, so that one barrier serves them all.
//  4. Sums, and the element-wise tasks that only feed them, rise to the level where
//     their operands are computed and still in the cache.
func (s *section) schedule() {
	order := s.topological()
	for i, t := range order {
		t.order = i
		t.level = t.earliest()
	}
	last := 0
	for _, t := range order {
		last = max(last, t.level)
	}
	sums := map[*task]bool{} // sums, and tasks that only feed sums
	tail := map[*task]bool{} // scalars used only by scalars
	for i := len(order) - 1; i >= 0; i-- {
		t := order[i]
		if _, fused := t.fused(); !fused && !scalarTask(t) {
			continue
		}
		if scalarTask(t) && !slices.ContainsFunc(t.users, func(u *task) bool { return !tail[u] }) {
			tail[t] = true
			t.level += last + 1 // after every tensor
			continue
		}
		latest, feedsSums := math.MaxInt, len(t.users) > 0
		for _, u := range t.users {
			latest = min(latest, u.level-u.gap(t))
			feedsSums = feedsSums && (sums[u] || scalarTask(u))
		}
		sums[t] = t.root == nil && (t.reduces() || feedsSums) && !scalarTask(t)
		if latest != math.MaxInt {
			t.level = max(t.level, latest)
		}
	}
	for _, t := range order {
		if sums[t] {
			t.level = t.earliest()
		}
	}
	slices.SortStableFunc(s.tasks, func(a, b *task) int {
		return cmp.Or(cmp.Compare(a.level, b.level), cmp.Compare(a.order, b.order))
	})
}

// earliest returns the lowest level that the task's dependencies allow.
func (t *task) earliest() int {
	level := 0
	for _, d := range t.deps {
		level = max(level, d.level+t.gap(d))
	}
	return level
}

func (t *task) reduces() bool {
	return t.root == nil && (t.value.Op == OpSumAll || t.value.Op == OpSumCols)
}

// scalarTask reports whether t computes or delivers a scalar.
func scalarTask(t *task) bool {
	if t.root != nil {
		return t.root.Scalar != nil
	}
	return scalar(t.value) && t.value.Op != OpSumAll
}

// gap returns how many levels t must come after its dependency d: 0 if both can run in
// one fused loop.
func (t *task) gap(d *task) int {
	st, ft := t.fused()
	sd, fd := d.fused()
	if !ft || !fd || st != sd || d.reduces() {
		return 1
	}
	size := st.rows * st.cols
	if t.root != nil && t.root.Descend != nil && storage(t.value) != d.value {
		// t overwrites the input after d has read it, at the same element or anywhere.
		if d.root == nil && !slices.ContainsFunc(d.value.Args, func(a *Value) bool { return storage(a) == t.root.Descend && a.Op != OpBroadcast }) {
			return 1
		}
		return 0
	}
	if d.root == nil && d.value.Size() != size {
		return 1
	}
	return 0
}

// topological orders the tasks so that each follows its dependencies.
func (s *section) topological() []*task {
	var out []*task
	seen := map[*task]bool{}
	var visit func(t *task)
	visit = func(t *task) {
		if seen[t] {
			return
		}
		seen[t] = true
		for _, d := range t.deps {
			visit(d)
		}
		out = append(out, t)
	}
	for _, t := range s.tasks {
		visit(t)
	}
	return out
}
