package engine

import "fmt"

// layout says how a value depends on the samples of a batch.
type layout uint8

const (
	common   layout = iota // does not depend on samples
	repeated               // does not either, and consists of as many equal parts as there are samples
	sampled                // part n of as many as there are samples depends on sample n alone
	total                  // a scalar that is computed from sums over samples
	mixed                  // anything else
)

// layouts finds out how values depend on samples. A part is a run of consecutive
// elements that begins with a row of the first axis.
type layouts struct {
	samples int
	of      map[*Value]layout
	mixer   *Value // the first value found to be mixed whose arguments are not
}

// newLayouts returns nil for a source without samples, or with one.
func newLayouts(src Source) *layouts {
	if src.Samples < 2 {
		return nil
	}
	return &layouts{samples: src.Samples, of: map[*Value]layout{}}
}

func (l *layouts) value(v *Value) layout {
	if k, ok := l.of[v]; ok {
		return k
	}
	k := l.derive(v)
	if (k == sampled || k == repeated) && (len(v.Shape) == 0 || v.Shape[0]%l.samples != 0) {
		k = mixed
	}
	if k == mixed && l.mixer == nil {
		l.mixer = v
	}
	l.of[v] = k
	return k
}

// derive derives the layout of a value from those of its arguments.
func (l *layouts) derive(v *Value) layout {
	args := make([]layout, len(v.Args))
	most := common
	for i, a := range v.Args {
		args[i] = l.value(a)
		most = max(most, args[i])
	}
	switch {
	case v.Op == OpInput && v.Sampled:
		return sampled
	case len(v.Shape) == 0 && (v.Op == OpSumAll || v.elementwise() || v.Op == OpReshape):
		if most != common && most != mixed {
			return total
		}
		return most
	case most >= total: // of a value that is no scalar
		return mixed
	}
	switch v.Op {
	case OpUnary, OpReshape, OpSumCols:
		return most
	case OpBinary:
		for i, a := range v.Args {
			if most != common && args[i] == common && !scalar(a) {
				return mixed
			}
		}
		return most
	case OpBroadcast:
		a := v.Args[0]
		switch {
		case scalar(a), len(a.Shape) > 0 && a.Shape[0] == 1 && v.Shape[0] > 1 && args[0] == common:
			if v.Shape[0]%l.samples == 0 {
				return repeated
			}
			return common
		case a.Shape[0] == v.Shape[0]:
			return most
		}
	case OpMatMul:
		if !v.TransA && args[1] == common && (!v.Bias || args[2] <= repeated) {
			return args[0]
		}
	case OpLogSoftmax, OpLogSoftmaxGrad:
		if len(v.Shape) > 1 && (most == common || min(args[0], args[len(args)-1]) > common) {
			return most
		}
	case OpPrimitive:
		return l.primitive(v, args, most)
	}
	if most == common {
		return common
	}
	return mixed
}

// primitive derives the layout of an operation with its own instruction.
func (l *layouts) primitive(v *Value, args []layout, most layout) layout {
	if c, ok := v.Primitive.(channels); ok && c.expand && most == common && v.Shape[0]%l.samples == 0 {
		return repeated
	}
	if most == common {
		return common
	}
	for i, k := range args {
		if v.Primitive.local(v, i) != (k != common) {
			return mixed
		}
	}
	return most
}

// separate reports whether the roots of a stage depend on the samples one by one.
func (l *layouts) separate(stage Stage) bool {
	for _, r := range stage {
		k := l.value(r.Value)
		if k == mixed || r.Scalar == nil && (k == total || len(r.Value.Shape) < 2) {
			return false
		}
	}
	return true
}

// Interaction names the value through which the samples of a batch act on one another
// in a program; it is empty if they do not: every result of the program is a sum over
// the samples, or has a part for each that depends on that sample alone.
func (src Source) Interaction(program int) string {
	l := newLayouts(src)
	if l == nil {
		return ""
	}
	for _, stage := range src.Programs[program].Stages {
		if !l.separate(stage) {
			if l.mixer == nil {
				return "a sum over the batch"
			}
			return l.mixer.String()
		}
	}
	return ""
}

// sampleRows reports whether the rows of a phase are those of the samples, each the same
// number of consecutive ones, of which the first may be computed alone.
func (l *layouts) sampleRows(s *phase) bool {
	if l == nil || s.rows < l.samples || s.rows%l.samples != 0 {
		return false
	}
	for _, gr := range s.groups {
		for _, t := range gr.tasks {
			k := l.value(t.value)
			if t.root == nil && t.reduces() && t.value.Op == OpSumAll {
				k = l.value(t.value.Args[0])
			}
			if k != sampled && k != repeated {
				return false
			}
		}
	}
	return true
}

// part is a value that a refresh computes, with a part for each sample.
type samplePart[T float] struct {
	mem  []T
	size int // of the part of a sample
}

// sampleParts lists the parts that a refresh computes.
func (c *compiler[T]) sampleParts(s *stagePlan[T]) {
	if c.layouts == nil {
		return
	}
	for _, v := range s.wanted {
		if c.layouts.value(v) == sampled {
			c.unit.parts = append(c.unit.parts, samplePart[T]{c.memory[v], v.Size() / c.layouts.samples})
		}
	}
}

// Keep limits programs to the first n samples, as far as their work is divided by
// samples, until it is called with all of them. Sums over the batch are then sums over
// those n. It is for programs without [Source.Interaction].
func (u *Unit[T]) Keep(n int) { u.kept = n }

// Swap exchanges what the last refresh computed of two samples.
func (u *Unit[T]) Swap(i, j int) {
	for _, p := range u.parts {
		a, b := p.mem[i*p.size:(i+1)*p.size], p.mem[j*p.size:(j+1)*p.size]
		for k, x := range a {
			a[k], b[k] = b[k], x
		}
	}
}

// share returns the part of n, which is in proportion to the samples, that is kept.
func (u *Unit[T]) share(n int) int {
	if u.kept == 0 || u.kept == u.samples {
		return n
	}
	return n * u.kept / u.samples
}

// fraction is the fraction of the samples that is kept.
func (u *Unit[T]) fraction() float64 {
	if u.kept == 0 || u.samples == 0 {
		return 1
	}
	return float64(u.kept) / float64(u.samples)
}

// explainSamples says whether converged samples can leave the work of the programs that
// run in a loop.
func (src Source) explainSamples() string {
	for i, p := range src.Programs {
		if by := src.Interaction(i); p.Loop && by != "" {
			return fmt.Sprintf("samples    act on one another in %q through %s: they stop together\n", p.Name, by)
		}
	}
	return ""
}
