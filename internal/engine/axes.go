package engine

import (
	"fmt"
	"slices"

	"github.com/seed-be841da4/prospect/internal/kernel"
)

// permutation reorders axes: axis i of the result is axis axes[i] of args[0].
type permutation struct{ axes string } // one byte per axis: a primitive must be comparable

// joining concatenates its arguments along an axis, starting at index first of the
// result, or copies a part of its one argument; the rest of the result is zero.
type joining struct {
	axis  int
	first int // index of args[0] in the result; −n skips the first n of args[0]
}

// Permute adds a with its axes reordered.
func (g *Graph) Permute(order []int, a *Value) *Value {
	shape, text := make([]int, len(order)), make([]byte, len(order))
	same := true
	for i, k := range order {
		shape[i], text[i] = a.Shape[k], byte(k)
		same = same && i == k
	}
	if same {
		return a
	}
	return g.linear(permutation{string(text)}, shape, 0, a)
}

// Concat adds the arguments joined along an axis.
func (g *Graph) Concat(axis int, args ...*Value) *Value {
	if len(args) == 1 {
		return args[0]
	}
	shape := slices.Clone(args[0].Shape)
	for _, a := range args[1:] {
		shape[axis] += a.Shape[axis]
	}
	return g.primitive(joining{axis: axis}, shape, args...)
}

// Slice adds the elements from … to−1 of an axis.
func (g *Graph) Slice(axis, from, to int, a *Value) *Value {
	shape := slices.Clone(a.Shape)
	shape[axis] = to - from
	if shape[axis] == a.Shape[axis] {
		return a
	}
	return g.linear(joining{axis: axis, first: -from}, shape, 0, a)
}

// Pad adds zeros before and after an axis.
func (g *Graph) Pad(axis, before, after int, a *Value) *Value {
	shape := slices.Clone(a.Shape)
	shape[axis] += before + after
	if before+after == 0 {
		return a
	}
	return g.linear(joining{axis: axis, first: before}, shape, 0, a)
}

func (p permutation) rows(v *Value) int      { return v.Shape[0] }
func (p permutation) local(*Value, int) bool { return p.axes[0] == 0 }
func (p permutation) work(v *Value) float64  { return float64(v.Size()) }
func (p permutation) String() string         { return fmt.Sprintf("permute %v", []byte(p.axes)) }

// Concatenation along the first axis is a single copy.
func (j joining) rows(v *Value) int {
	if j.axis == 0 {
		return 1
	}
	return v.Shape[0]
}

func (j joining) local(*Value, int) bool { return j.axis > 0 }
func (j joining) work(v *Value) float64  { return float64(v.Size()) }
func (j joining) String() string         { return fmt.Sprintf("copy along axis %d from %d", j.axis, j.first) }

// permute runs a permutation, split by the first axis of the result. The innermost two
// loops transpose the last axis of the result with the last axis of the argument.
type permute[T float] struct {
	dst, src []T
	shape    []int // of the result
	strides  []int // of the argument, by axis of the result
	steps    []int // of the result
	turn     int   // axis of the result that is the argument's last axis
}

func newPermute[T float](v *Value, p permutation, dst []T, args [][]T) instr[T] {
	x := &permute[T]{dst: dst, src: args[0], shape: v.Shape}
	strides := stridesOf(v.Args[0].Shape)
	for i := range p.axes {
		x.strides = append(x.strides, strides[p.axes[i]])
		if int(p.axes[i]) == len(p.axes)-1 {
			x.turn = i
		}
	}
	x.steps = stridesOf(v.Shape)
	return x
}

func stridesOf(shape []int) []int {
	out := make([]int, len(shape))
	n := 1
	for i := len(shape) - 1; i >= 0; i-- {
		out[i] = n
		n *= shape[i]
	}
	return out
}

func (x *permute[T]) run(_ *worker[T], lo, hi int) {
	if lo < hi {
		x.axis(0, lo, hi, lo*x.steps[0], lo*x.strides[0])
	}
}

// axis loops over the indices lo … hi−1 of axis k; dst and src are the offsets of the
// first.
func (x *permute[T]) axis(k, lo, hi, dst, src int) {
	last := len(x.shape) - 1
	if k == x.turn && k < last { // transposed with the last axis
		x.transposed(k+1, dst, src, hi-lo)
		return
	}
	if k == last-1 && x.turn == last {
		kernel.CopyRows(x.dst[dst:], x.steps[k], x.src[src:], x.strides[k], hi-lo, x.shape[last])
		return
	}
	for range hi - lo {
		x.axis(k+1, 0, x.shape[k+1], dst, src)
		dst, src = dst+x.steps[k], src+x.strides[k]
	}
}

// transposed loops over axes k and higher, and transposes the last one with n elements of
// axis turn.
func (x *permute[T]) transposed(k, dst, src, n int) {
	last := len(x.shape) - 1
	if k == last {
		kernel.Transpose(x.dst[dst:], x.steps[x.turn], x.src[src:], x.strides[last], x.shape[last], n)
		return
	}
	for range x.shape[k] {
		x.transposed(k+1, dst, src, n)
		dst, src = dst+x.steps[k], src+x.strides[k]
	}
}

// join runs joining, split by rows.
type join[T float] struct {
	dst   []T
	parts []part[T]
	outer int // pieces per row
	step  int // distance between pieces of the result
}

// part is an argument of a join.
type part[T float] struct {
	src            []T
	step           int // distance between pieces of src
	skip, to, size int // elements skipped in a piece; offset and length of the copy
}

func newJoin[T float](v *Value, j joining, dst []T, args [][]T) instr[T] {
	inner := stridesOf(v.Shape)[j.axis]
	x := &join[T]{dst: dst, step: v.Shape[j.axis] * inner}
	x.outer = v.Size() / x.step / j.rows(v)
	at := j.first
	for i, a := range v.Args {
		n := a.Shape[j.axis]
		skip, to := max(0, -at), max(0, at)
		x.parts = append(x.parts, part[T]{args[i], n * inner, skip * inner, to * inner, min(n-skip, v.Shape[j.axis]-to) * inner})
		at += n
	}
	return x
}

func (x *join[T]) run(_ *worker[T], lo, hi int) {
	for k := lo * x.outer; k < hi*x.outer; k++ {
		x.piece(k)
	}
}

func (x *join[T]) piece(k int) {
	dst := x.dst[k*x.step : (k+1)*x.step]
	done := 0
	for _, p := range x.parts {
		clear(dst[done:p.to])
		copy(dst[p.to:p.to+p.size], p.src[k*p.step+p.skip:])
		done = p.to + p.size
	}
	clear(dst[done:])
}
