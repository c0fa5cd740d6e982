package engine

import "slices"

// group is the tasks that run as one instruction: the element-wise tasks of a fused
// loop, or a single task.
type group struct {
	tasks  []*task
	fused  bool
	space  space
	rows   int  // number of rows that workers split; 0: not split
	extent int  // number of rows, split or not
	local  bool // row r of the results depends only on row r of the operands
	final  []*Value
}

// fuse groups the scheduled tasks of a section: element-wise tasks of one level and one
// extent that depend on one another, directly or by others of them, become a fused loop.
// Tasks of a level that do not, such as those of different layers, stay apart, so that
// the pass order may place each loop beside the operation that it reads; but a single
// row is in the cache anyway, and one loop costs less than several.
func (s *section) fuse() []*group {
	var out []*group
	row := map[space]*group{} // loops over one row, of the current level
	for i, t := range s.tasks {
		if i > 0 && t.level != s.tasks[i-1].level {
			clear(row)
		}
		sp, fused := t.fused()
		if !fused {
			out = append(out, single(t))
			continue
		}
		into := row[sp]
		for _, d := range t.deps {
			gr := d.group
			switch {
			case gr == into || d.level != t.level || !gr.fused || gr.space != sp:
			case into == nil:
				into = gr
			default:
				into.join(gr)
			}
		}
		if into == nil {
			into = &group{fused: true, space: sp, rows: sp.rows, extent: sp.rows, local: true}
			out = append(out, into)
			if sp.rows <= 1 {
				row[sp] = into
			}
		}
		into.tasks = append(into.tasks, t)
		t.group = into
	}
	return slices.DeleteFunc(out, func(gr *group) bool { return len(gr.tasks) == 0 })
}

// join moves the tasks of another fused loop of the same level and extent into gr.
func (gr *group) join(other *group) {
	for _, t := range other.tasks {
		t.group = gr
	}
	gr.tasks = append(gr.tasks, other.tasks...)
	other.tasks = nil
	slices.SortFunc(gr.tasks, func(a, b *task) int { return a.order - b.order })
}

// single returns the group of a task that is not fused.
func single(t *task) *group {
	gr := &group{tasks: []*task{t}}
	t.group = gr
	v := t.value
	if t.root != nil || scalar(v) {
		return gr
	}
	switch v.Op {
	case OpMatMul:
		gr.rows, gr.local = v.Shape[0], !v.TransA
	case OpPrimitive:
		gr.rows, gr.local = v.Primitive.rows(v), true
	case OpLogSoftmax, OpLogSoftmaxGrad:
		gr.rows, gr.local = v.Size()/v.Shape[len(v.Shape)-1], true
	case OpSumRows:
		gr.rows = v.Size() // split by columns
	}
	gr.extent = gr.rows
	if t.serial {
		gr.rows = 0
	}
	return gr
}

// work estimates the number of floating-point operations.
func (gr *group) work() float64 {
	w := 0.0
	for _, t := range gr.tasks {
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
		case gr.fused:
			w += float64(gr.space.rows * gr.space.cols)
		case t.root == nil && len(v.Args) > 0:
			w += float64(v.Args[0].Size())
		}
	}
	return w
}
