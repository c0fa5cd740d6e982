package hlo

import (
	"fmt"
	"math"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/engine"
)

// binaries are the operations that are not comparisons.
var binaries = map[engine.Binary]string{
	engine.Add: "add", engine.Sub: "subtract", engine.Mul: "multiply", engine.Div: "divide", engine.Pow: "power",
}

// comparisons give 1 or 0.
var comparisons = map[engine.Binary]string{
	engine.Less: "LT", engine.LessEqual: "LE", engine.Greater: "GT", engine.GreaterEqual: "GE",
	engine.Equal: "EQ", engine.NotEqual: "NE",
}

// write writes the operation of a value, given its arguments.
func (s *Scope) write(v *engine.Value, args []Ref) (Ref, error) {
	switch v.Op {
	case engine.OpInput:
		return Ref{}, errors.Errorf("hlo: input %q: has no value here", v.Name)
	case engine.OpCoefficient:
		return Ref{}, errors.New("hlo: coefficient: has no value here")
	case engine.OpConst:
		return s.Number(v.Const), nil
	case engine.OpUnary:
		return s.function(v.Func, v.Const, args[0])
	case engine.OpBinary:
		if op, ok := binaries[v.Binary]; ok {
			return s.Binary(op, args[0], args[1]), nil
		}
		return s.Convert(s.Compare(comparisons[v.Binary], args[0], args[1]), s.builder.Element), nil
	case engine.OpBroadcast:
		return s.Repeat(args[0], v.Shape), nil
	case engine.OpReshape:
		return s.Reshape(args[0], v.Shape), nil
	case engine.OpMatMul:
		return s.product(v, args), nil
	case engine.OpSumAll:
		return s.Sum(args[0]), nil
	case engine.OpSumRows:
		return s.SumAxes(args[0], 0), nil
	case engine.OpSumCols:
		return s.SumAxes(args[0], 1), nil
	case engine.OpLogSoftmax:
		return s.logSoftmax(args[0]), nil
	case engine.OpLogSoftmaxGrad:
		return s.logSoftmaxGrad(args[0], args[1]), nil
	case engine.OpForeign:
		return Ref{}, errors.Errorf("hlo: operation %s: has no form for devices, only a Do, which runs on the host; build it from operations that have one, or use the engine \"compiled\"", v.Name)
	case engine.OpPrimitive:
		return s.primitive(v, args)
	}
	return Ref{}, errors.Errorf("hlo: %v: unknown kind of operation", v)
}

// product writes op(A)·op(B) plus a row.
func (s *Scope) product(v *engine.Value, args []Ref) Ref {
	inner := func(transposed bool, plain int) int {
		if transposed {
			return 1 - plain
		}
		return plain
	}
	a, b, precision := s.factors(args[0], args[1])
	y := s.statement(Type{s.builder.Element, v.Shape}, "stablehlo.dot_general %s, %s, contracting_dims = [%d] x [%d]%s : (%s, %s) -> %s",
		a.Name, b.Name, inner(v.TransA, 1), inner(v.TransB, 0), precision, a.Type, b.Type, Type{s.builder.Element, v.Shape})
	if v.Bias {
		row := s.Reshape(args[2], []int{v.Shape[1]})
		return s.Add(y, s.along(row, []int{1}, v.Shape))
	}
	return y
}

// factors returns the factors of a product in the precision asked for, and the attribute
// that says so.
func (s *Scope) factors(a, b Ref) (x, y Ref, precision string) {
	switch {
	case s.builder.Precision == Brain && s.builder.Element == F32:
		return s.Convert(a, BF16), s.Convert(b, BF16), ""
	case s.builder.Precision == Default:
		return a, b, ", precision = [DEFAULT, DEFAULT]"
	}
	return a, b, ", precision = [HIGHEST, HIGHEST]"
}

// rows returns a function that repeats an element for each row along the last axis.
func (s *Scope) rows(shape []int) (last int, repeat func(Ref) Ref) {
	last = len(shape) - 1
	return last, func(r Ref) Ref { return s.along(r, axesFrom(0, last), shape) }
}

// logSoftmax is x − m − log Σ exp(x − m), at least the smallest finite number.
func (s *Scope) logSoftmax(x Ref) Ref {
	last, repeat := s.rows(x.Type.Shape)
	d := s.Sub(x, repeat(s.reduce("maximum", x, math.Inf(-1), []int{last})))
	total := s.SumAxes(s.Unary("exponential", d), last)
	y := s.Sub(d, repeat(s.Unary("log", total)))
	return s.Binary("maximum", y, s.Like(y, -s.largest()))
}

// largest is the largest finite number of the graph's type.
func (s *Scope) largest() float64 {
	if s.builder.Element == F32 {
		return math.MaxFloat32
	}
	return math.MaxFloat64
}

// logSoftmaxGrad is g − exp(y)·Σg.
func (s *Scope) logSoftmaxGrad(y, g Ref) Ref {
	last, repeat := s.rows(y.Type.Shape)
	return s.Sub(g, s.Mul(s.Unary("exponential", y), repeat(s.SumAxes(g, last))))
}

// primitive writes an operation of its own.
func (s *Scope) primitive(v *engine.Value, args []Ref) (Ref, error) {
	switch p := v.Operation().(type) {
	case engine.Convolution:
		return s.convolution(v, p, args), nil
	case engine.ConvolutionWeight:
		return s.convolutionWeight(v, p, args), nil
	case engine.MaxPool:
		return s.maxPool(v, p, args), nil
	case engine.AvgPool:
		return s.avgPool(v, p, args[0]), nil
	case engine.Channels:
		return s.channels(v, p, args), nil
	case engine.ChannelSums:
		rank := len(args[0].Type.Shape)
		return s.SumAxes(args[0], append([]int{0}, axesFrom(2, rank)...)...), nil
	case engine.Normalization:
		return s.normalization(v, p, args), nil
	case engine.RowSoftmax:
		return s.softmax(p, args), nil
	case engine.BatchProduct:
		return s.batchProduct(v, p, args), nil
	case engine.Permutation:
		t := Type{s.builder.Element, v.Shape}
		return s.statement(t, "stablehlo.transpose %s, dims = [%s] : (%s) -> %s", args[0].Name, ints(p.Axes), args[0].Type, t), nil
	case engine.Joining:
		return s.joining(v, p, args), nil
	case engine.Table:
		if p.Scatter {
			return s.scatter(v, args), nil
		}
		return s.gather(v, args), nil
	}
	return Ref{}, errors.Errorf("hlo: %v: has no form for devices", v)
}

// channels writes x·s + b for each channel.
func (s *Scope) channels(v *engine.Value, p engine.Channels, args []Ref) Ref {
	each := func(r Ref) Ref { return s.along(r, []int{1}, v.Shape) }
	if p.Expand {
		return each(args[0])
	}
	y := args[0]
	if p.Scale {
		y = s.Mul(y, each(args[1]))
	}
	if p.Shift {
		y = s.Add(y, each(args[len(args)-1]))
	}
	return y
}

// normalization gives groups mean 0 and variance 1, or writes the gradient.
func (s *Scope) normalization(v *engine.Value, p engine.Normalization, args []Ref) Ref {
	view := p.View[:]
	for i := range args {
		args[i] = s.Reshape(args[i], view)
	}
	n := s.Number(float64(p.View[0] * p.View[2]))
	mean := func(r Ref) Ref { return s.along(s.Div(s.SumAxes(r, 0, 2), n), []int{1}, view) }
	x := args[0]
	d := s.Sub(x, mean(x))
	variance := mean(s.Mul(d, d))
	scale := s.Unary("rsqrt", s.Add(variance, s.Like(variance, p.Eps)))
	if !p.Gradient {
		return s.Reshape(s.Mul(d, scale), v.Shape)
	}
	y, g := args[1], args[2]
	rest := s.Sub(s.Sub(g, mean(g)), s.Mul(y, mean(s.Mul(g, y))))
	return s.Reshape(s.Mul(rest, scale), v.Shape)
}

// softmax is the softmax along the last axis, or its gradient.
func (s *Scope) softmax(p engine.RowSoftmax, args []Ref) Ref {
	x := args[0]
	last, repeat := s.rows(x.Type.Shape)
	if p.Gradient {
		g := args[1]
		return s.Mul(x, s.Sub(g, repeat(s.SumAxes(s.Mul(g, x), last))))
	}
	if p.Causal {
		t := Type{I32, x.Type.Shape}
		row := s.statement(t, "stablehlo.iota dim = %d : %s", last-1, t)
		col := s.statement(t, "stablehlo.iota dim = %d : %s", last, t)
		x = s.Select(s.Compare("LE", col, row), x, s.Like(x, math.Inf(-1)))
	}
	e := s.Unary("exponential", s.Sub(x, repeat(s.reduce("maximum", x, math.Inf(-1), []int{last}))))
	return s.Div(e, repeat(s.SumAxes(e, last)))
}

// batchProduct multiplies matrices pairwise.
func (s *Scope) batchProduct(v *engine.Value, p engine.BatchProduct, args []Ref) Ref {
	inner := func(transposed bool, plain int) int {
		if transposed {
			return 3 - plain
		}
		return plain
	}
	a, b, precision := s.factors(args[0], args[1])
	t := Type{s.builder.Element, v.Shape}
	return s.statement(t, "stablehlo.dot_general %s, %s, batching_dims = [0] x [0], contracting_dims = [%d] x [%d]%s : (%s, %s) -> %s",
		a.Name, b.Name, inner(p.TransA, 2), inner(p.TransB, 1), precision, a.Type, b.Type, t)
}

// joining concatenates, cuts or pads along an axis.
func (s *Scope) joining(v *engine.Value, p engine.Joining, args []Ref) Ref {
	t := Type{s.builder.Element, v.Shape}
	if len(args) > 1 {
		names, types := list(args)
		return s.statement(t, "stablehlo.concatenate %s, dim = %d : (%s) -> %s", names, p.Axis, types, t)
	}
	x := args[0]
	from, to := make([]int, len(v.Shape)), append([]int{}, x.Type.Shape...)
	if p.First < 0 {
		from[p.Axis] = -p.First
	}
	to[p.Axis] = min(to[p.Axis], from[p.Axis]+v.Shape[p.Axis]-max(p.First, 0))
	x = s.slice(x, from, to, nil)
	low, high := make([]int, len(v.Shape)), make([]int, len(v.Shape))
	low[p.Axis] = max(p.First, 0)
	high[p.Axis] = v.Shape[p.Axis] - low[p.Axis] - x.Type.Shape[p.Axis]
	return s.pad(x, 0, low, high, nil)
}

// slice cuts out the elements from … to−1 of every axis, each step-th; nil is each.
func (s *Scope) slice(x Ref, from, to, step []int) Ref {
	shape, text, whole := make([]int, len(from)), "", true
	for i := range from {
		d := 1
		if step != nil {
			d = step[i]
		}
		shape[i] = (to[i] - from[i] + d - 1) / d
		whole = whole && shape[i] == x.Type.Shape[i]
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%d:%d:%d", from[i], to[i], d)
	}
	if whole {
		return x
	}
	t := x.as(shape)
	return s.statement(t, "stablehlo.slice %s [%s] : (%s) -> %s", x.Name, text, x.Type, t)
}

// pad adds elements of one value before, after and, if inner is not nil, between those of
// every axis. Negative numbers take elements away.
func (s *Scope) pad(x Ref, value float64, low, high, inner []int) Ref {
	if inner == nil {
		inner = make([]int, len(low))
	}
	shape, same := make([]int, len(low)), true
	for i, d := range x.Type.Shape {
		shape[i] = low[i] + d + max(d-1, 0)*inner[i] + high[i]
		same = same && low[i] == 0 && high[i] == 0 && shape[i] == d
	}
	if same {
		return x
	}
	fill, t := s.Const(Type{Element: x.Type.Element}, value), x.as(shape)
	return s.statement(t, "stablehlo.pad %s, %s, low = [%s], high = [%s], interior = [%s] : (%s, %s) -> %s",
		x.Name, fill.Name, ints(low), ints(high), ints(inner), x.Type, fill.Type, t)
}

// gather takes the rows of a table that ids, whole numbers, select.
func (s *Scope) gather(v *engine.Value, args []Ref) Ref {
	table, ids := args[0], s.Convert(args[1], I32)
	k, t := len(ids.Type.Shape), Type{s.builder.Element, v.Shape}
	return s.statement(t, `"stablehlo.gather"(%s, %s) {dimension_numbers = #stablehlo.gather<offset_dims = [%d], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = %d>, slice_sizes = array<i64: 1, %d>, indices_are_sorted = false} : (%s, %s) -> %s`,
		table.Name, ids.Name, k, k, table.Type.Shape[1], table.Type, ids.Type, t)
}

// oneHot is the number of elements up to which rows are scattered by a product, whose
// sums have an order; a device may add scattered rows in any.
const oneHot = 1 << 26

// scatter adds rows to those of the result that ids select.
func (s *Scope) scatter(v *engine.Value, args []Ref) Ref {
	ids, rows := s.Convert(args[0], I32), args[1]
	n, width := len(rows.Type.Shape)-1, v.Shape[1]
	count := 1
	for _, d := range ids.Type.Shape {
		count *= d
	}
	t := Type{s.builder.Element, v.Shape}
	if count*v.Shape[0] <= oneHot {
		flat := s.Reshape(ids, []int{count})
		grid := []int{count, v.Shape[0]}
		iota := s.statement(Type{I32, grid}, "stablehlo.iota dim = 1 : %s", Type{I32, grid})
		hot := s.Convert(s.Compare("EQ", s.along(flat, []int{0}, grid), iota), s.builder.Element)
		g := s.Reshape(rows, []int{count, width})
		return s.statement(t, "stablehlo.dot_general %s, %s, contracting_dims = [0] x [0], precision = [HIGHEST, HIGHEST] : (%s, %s) -> %s", hot.Name, g.Name, hot.Type, g.Type, t)
	}
	zero, e := s.Const(t, 0), s.builder.scalar()
	return s.statement(t, `"stablehlo.scatter"(%s, %s, %s) ({
      ^bb0(%%x: %s, %%y: %s):
        %%z = stablehlo.add %%x, %%y : %s
        stablehlo.return %%z : %s
      }) {scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [%d], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = %d>, indices_are_sorted = false, unique_indices = false} : (%s, %s, %s) -> %s`,
		zero.Name, ids.Name, rows.Name, e, e, e, e, n, n, t, ids.Type, rows.Type, t)
}
