package engine

import "slices"

// item is what runs as one instruction: a fused pass of several tasks, or one
// task alone.
type item struct {
	tasks  []*task
	fused  bool
	space  space
	rows   int  // the extent along which workers split it; 0 means not at all
	extent int  // its rows, split or not
	local  bool // row r of its results depends on row r of its operands only
	final  []*Value
}

// step is a run of items between which workers need not meet.
type step struct {
	rows  int // 0: one worker does it all
	items []*item
}

// items groups the scheduled tasks of a section.
func (s *section) items() []*item {
	var out []*item
	open := map[space]*item{} // fused passes of the current level
	level := -1
	for _, t := range s.tasks {
		if t.level != level {
			level = t.level
			clear(open)
		}
		sp, fused := t.fused()
		if fused {
			if it, ok := open[sp]; ok {
				it.tasks = append(it.tasks, t)
				t.item = it
				continue
			}
			it := &item{tasks: []*task{t}, fused: true, space: sp, rows: sp.rows, extent: sp.rows, local: true}
			open[sp] = it
			t.item = it
			out = append(out, it)
			continue
		}
		out = append(out, single(t))
	}
	return out
}

// single is the item of a task that is not fused.
func single(t *task) *item {
	it := &item{tasks: []*task{t}}
	t.item = it
	v := t.value
	if t.root != nil || scalar(v) {
		return it
	}
	switch v.Op {
	case OpMatMul:
		it.rows, it.local = v.Shape[0], !v.TransA
	case OpPrimitive:
		it.rows, it.local = v.Primitive.rows(v), true
	case OpLogSoftmax, OpLogSoftmaxGrad:
		it.rows, it.local = v.Size()/v.Shape[len(v.Shape)-1], v.Rows() == v.Size()/v.Shape[len(v.Shape)-1]
	case OpSumRows:
		it.rows = v.Size() // split by columns
	}
	it.extent = it.rows
	if t.serial {
		it.rows = 0
	}
	return it
}

// work is the number of floating-point operations, roughly.
func (it *item) work() float64 {
	w := 0.0
	for _, t := range it.tasks {
		v := t.value
		switch {
		case t.root == nil && v.Op == OpMatMul:
			k := v.Args[0].Shape[1]
			if v.TransA {
				k = v.Args[0].Shape[0]
			}
			w += 2 * float64(k) * float64(v.Size())
		case t.root == nil && v.Op == OpPrimitive:
			w += v.Primitive.work(v)
		case it.fused:
			w += float64(it.space.rows * it.space.cols)
		case t.root == nil && len(v.Args) > 0:
			w += float64(v.Args[0].Size())
		}
	}
	return w
}

// steps cuts the items into steps. Workers meet before an item that reads what
// another worker may be writing; sums are finished when a number is first needed.
func steps(items []*item) []step {
	var out []step
	made := map[*Value]bool{}    // computed in the current step
	read := map[*Value]bool{}    // read in the current step at other rows than the reader's
	pending := map[*Value]bool{} // sums whose rows are not added up yet
	var order []*Value
	flush := func() {
		if len(order) > 0 {
			out = append(out, step{items: []*item{{final: slices.Clone(order)}}})
			order = order[:0]
			pending = map[*Value]bool{}
			made, read = map[*Value]bool{}, map[*Value]bool{} // clearing costs as much as they ever held
		}
	}
	for _, it := range items {
		for _, t := range it.tasks {
			if slices.ContainsFunc(t.operands(), func(v *Value) bool { return pending[v] }) {
				flush()
			}
		}
		last := len(out) - 1
		if last < 0 || out[last].rows != split(it) || it.meets(made) || it.overwrites(read) {
			out = append(out, step{rows: split(it)})
			last++
			made, read = map[*Value]bool{}, map[*Value]bool{}
		}
		out[last].items = append(out[last].items, it)
		for _, t := range it.tasks {
			for i, v := range t.operands() {
				if !it.local || t.elsewhere(i) {
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
func split(it *item) int {
	if it.rows <= 1 {
		return 0
	}
	return it.rows
}

// meets reports whether the item must wait for all workers because it reads, at
// other rows than its own, what was made in this step.
func (it *item) meets(made map[*Value]bool) bool {
	if it.rows <= 1 {
		return false
	}
	for _, t := range it.tasks {
		for i, v := range t.operands() {
			if !made[v] {
				continue
			}
			switch {
			case !it.local, t.elsewhere(i):
				return true
			case it.fused && v.Size() != it.space.rows*it.space.cols && v.Size() != it.space.rows:
				return true
			}
		}
	}
	return false
}

// overwrites reports whether the item moves an input that other workers may
// still be reading.
func (it *item) overwrites(read map[*Value]bool) bool {
	return slices.ContainsFunc(it.tasks, func(t *task) bool {
		return t.root != nil && t.root.Descend != nil && read[t.root.Descend]
	})
}
