package lower

import (
	"slices"

	"github.com/seed-be841da4/prospect/internal/engine"
)

// run is adjacent axes of one kind, merged into one axis.
type run struct {
	size int
	hit  bool // the axis is summed, or broadcast
}

// runs groups the axes of a shape by whether they are hit; axes of size 1 join either
// kind.
func runs(shape []int, hit func(axis int) bool) (out []run) {
	for i, d := range shape {
		switch h := hit(i); {
		case d == 1:
		case len(out) > 0 && out[len(out)-1].hit == h:
			out[len(out)-1].size *= d
		default:
			out = append(out, run{d, h})
		}
	}
	return out
}

// form encodes which axes are hit, in order: "x" for hit, "." for not.
func form(rs []run) string {
	s := make([]byte, len(rs))
	for i, r := range rs {
		s[i] = '.'
		if r.hit {
			s[i] = 'x'
		}
	}
	return string(s)
}

// sizes returns the shape of the runs, the order that puts the remaining axes before
// the hit ones, and the sizes of both.
func sizes(rs []run) (shape, order []int, left, hit int) {
	left, hit = 1, 1
	var last []int
	for i, r := range rs {
		shape = append(shape, r.size)
		if r.hit {
			last, hit = append(last, i), hit*r.size
			continue
		}
		order, left = append(order, i), left*r.size
	}
	return shape, append(order, last...), left, hit
}

// sumAxes sums along axes; the caller gives the result its shape. The engine has sums
// of rows, columns and channels; anything else is transposed first.
func (l *Lowerer) sumAxes(axes []int, a *engine.Value) *engine.Value {
	g := l.Graph
	rs := runs(a.Shape, func(i int) bool { return slices.Contains(axes, i) })
	shape, order, left, hit := sizes(rs)
	switch form(rs) {
	case "", ".":
		return a
	case "x":
		return g.SumAll(a)
	case "x.":
		return g.SumRows(g.Reshape(a, shape))
	case ".x":
		return g.SumCols(g.Reshape(a, shape))
	case "x.x":
		return g.SumChannels(g.Reshape(a, shape))
	}
	return g.SumCols(g.Reshape(g.Permute(order, g.Reshape(a, shape)), []int{left, hit}))
}

// expand broadcasts along axes of size 1.
func (l *Lowerer) expand(a *engine.Value, to []int) *engine.Value {
	g := l.Graph
	from := a.Shape
	rs := runs(to, func(i int) bool { return from[i] != to[i] })
	shape, order, left, hit := sizes(rs)
	var v *engine.Value
	switch form(rs) {
	case "", ".":
		v = a
	case "x":
		return g.Broadcast(a, to)
	case "x.":
		v = g.Broadcast(g.Reshape(a, []int{1, left}), shape)
	case ".x":
		v = g.Broadcast(g.Reshape(a, []int{left, 1}), shape)
	case "x.x":
		v = g.ExpandChannels(g.Reshape(a, []int{left}), shape)
	default:
		v = g.Broadcast(g.Reshape(a, []int{left, 1}), []int{left, hit})
		transposed, back := make([]int, len(order)), make([]int, len(order))
		for i, axis := range order {
			transposed[i], back[axis] = shape[axis], i
		}
		v = g.Permute(back, g.Reshape(v, transposed))
	}
	return g.Reshape(v, to)
}
