package hlo

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// literal is a number as the text has it.
func literal(e Element, x float64) string {
	switch {
	case e == I32:
		return strconv.FormatInt(int64(x), 10)
	case e == I1:
		return strconv.FormatBool(x != 0)
	case e == F32 && (math.IsNaN(x) || math.Abs(x) > math.MaxFloat32):
		return fmt.Sprintf("0x%08X", math.Float32bits(float32(x)))
	case math.IsNaN(x) || math.IsInf(x, 0):
		return fmt.Sprintf("0x%016X", math.Float64bits(x))
	}
	bits := 64
	if e == F32 {
		bits = 32
	}
	text := strconv.FormatFloat(x, 'e', -1, bits)
	if !strings.Contains(text, ".") {
		text = strings.Replace(text, "e", ".0e", 1)
	}
	return text
}

// Const is an array of one number.
func (s *Scope) Const(t Type, x float64) Ref {
	return s.statement(t, "stablehlo.constant dense<%s> : %s", literal(t.Element, x), t)
}

// scalar is the type of a number of the graph.
func (b *Builder) scalar() Type { return Type{Element: b.Element} }

// Number is a number of the type of the graph's.
func (s *Scope) Number(x float64) Ref { return s.Const(s.builder.scalar(), x) }

// Like is an array of one number, of the type of r.
func (s *Scope) Like(r Ref, x float64) Ref { return s.Const(r.Type, x) }

// Unary writes an element-wise operation: "stablehlo.tanh".
func (s *Scope) Unary(op string, a Ref) Ref {
	return s.statement(a.Type, "stablehlo.%s %s : %s", op, a.Name, a.Type)
}

// Binary writes an element-wise operation, "add", of two arrays of one shape, or of an
// array and a scalar.
func (s *Scope) Binary(op string, a, b Ref) Ref {
	a, b = s.agree(a, b)
	return s.statement(a.Type, "stablehlo.%s %s, %s : %s", op, a.Name, b.Name, a.Type)
}

// agree repeats a scalar if the other is an array.
func (s *Scope) agree(a, b Ref) (x, y Ref) {
	switch {
	case len(a.Type.Shape) < len(b.Type.Shape):
		return s.Repeat(a, b.Type.Shape), b
	case len(b.Type.Shape) < len(a.Type.Shape):
		return a, s.Repeat(b, a.Type.Shape)
	}
	return a, b
}

// Add, Sub, Mul, Div, Max and Min are element-wise, see [Scope.Binary].
func (s *Scope) Add(a, b Ref) Ref { return s.Binary("add", a, b) }

// Sub is a − b.
func (s *Scope) Sub(a, b Ref) Ref { return s.Binary("subtract", a, b) }

// Mul is a·b.
func (s *Scope) Mul(a, b Ref) Ref { return s.Binary("multiply", a, b) }

// Div is a/b.
func (s *Scope) Div(a, b Ref) Ref { return s.Binary("divide", a, b) }

// Compare writes a comparison, "LT", with a result of elements of 1 bit.
func (s *Scope) Compare(direction string, a, b Ref) Ref {
	a, b = s.agree(a, b)
	t := Type{I1, a.Type.Shape}
	return s.statement(t, "stablehlo.compare %s, %s, %s : (%s, %s) -> %s", direction, a.Name, b.Name, a.Type, b.Type, t)
}

// Select is a where a condition, of its shape or a scalar, holds, and b elsewhere.
func (s *Scope) Select(condition, a, b Ref) Ref {
	a, b = s.agree(a, b)
	return s.statement(a.Type, "stablehlo.select %s, %s, %s : %s, %s", condition.Name, a.Name, b.Name, condition.Type, a.Type)
}

// Convert changes the type of the elements.
func (s *Scope) Convert(a Ref, e Element) Ref {
	if a.Type.Element == e {
		return a
	}
	t := Type{e, a.Type.Shape}
	return s.statement(t, "stablehlo.convert %s : (%s) -> %s", a.Name, a.Type, t)
}

// Repeat repeats a scalar, or the axes of size 1 of an array of the same rank.
func (s *Scope) Repeat(a Ref, shape []int) Ref {
	axes := make([]int, len(a.Type.Shape))
	for i := range axes {
		axes[i] = i
	}
	return s.along(a, axes, shape)
}

// along repeats an array whose axes are those of the result at some places.
func (s *Scope) along(a Ref, axes, shape []int) Ref {
	if slices.Equal(a.Type.Shape, shape) {
		return a
	}
	t := a.as(shape)
	return s.statement(t, "stablehlo.broadcast_in_dim %s, dims = [%s] : (%s) -> %s", a.Name, ints(axes), a.Type, t)
}

// Reshape gives an array another shape.
func (s *Scope) Reshape(a Ref, shape []int) Ref {
	if slices.Equal(a.Type.Shape, shape) {
		return a
	}
	t := a.as(shape)
	return s.statement(t, "stablehlo.reshape %s : (%s) -> %s", a.Name, a.Type, t)
}

// reduce combines the elements along axes by an operation, from a first value.
func (s *Scope) reduce(op string, a Ref, first float64, axes []int) Ref {
	var shape []int
	for i, d := range a.Type.Shape {
		if !slices.Contains(axes, i) {
			shape = append(shape, d)
		}
	}
	if len(axes) == 0 {
		return a
	}
	init := s.Const(Type{Element: a.Type.Element}, first)
	t := a.as(shape)
	return s.statement(t, "stablehlo.reduce(%s init: %s) applies stablehlo.%s across dimensions = [%s] : (%s, %s) -> %s",
		a.Name, init.Name, op, ints(axes), a.Type, init.Type, t)
}

// SumAxes sums along axes.
func (s *Scope) SumAxes(a Ref, axes ...int) Ref { return s.reduce("add", a, 0, axes) }

// Sum is the sum of all elements: over the samples, the first axis, in float64, so that
// its error does not grow with their number.
func (s *Scope) Sum(a Ref) Ref {
	rank := len(a.Type.Shape)
	if rank == 0 {
		return a
	}
	rows := a
	if rank > 1 {
		rows = s.SumAxes(a, axesFrom(1, rank)...)
	}
	return s.Convert(s.SumAxes(s.Convert(rows, F64), 0), a.Type.Element)
}

// Max is the largest element.
func (s *Scope) Max(a Ref) Ref {
	return s.reduce("maximum", a, math.Inf(-1), axesFrom(0, len(a.Type.Shape)))
}

// axesFrom lists the axes from … to−1.
func axesFrom(from, to int) []int {
	var axes []int
	for i := from; i < to; i++ {
		axes = append(axes, i)
	}
	return axes
}

// Finite is a bit: whether all elements of the arrays are finite.
func (s *Scope) Finite(refs ...Ref) Ref {
	all := s.Const(Type{Element: I1}, 1)
	for _, r := range refs {
		t := Type{I1, r.Type.Shape}
		bits := s.statement(t, "stablehlo.is_finite %s : (%s) -> %s", r.Name, r.Type, t)
		all = s.Binary("and", all, s.reduce("and", bits, 1, axesFrom(0, len(t.Shape))))
	}
	return all
}

// Sane is a bit: whether the sum of some arrays of one shape has no NaN and no infinity.
// It is false wherever Finite is, and, where finite numbers add up to more than there is,
// elsewhere too. It adds along the first axis first, which processors do in vectors.
func (s *Scope) Sane(refs ...Ref) Ref {
	total := refs[0]
	for _, r := range refs[1:] {
		total = s.Add(total, r)
	}
	total = s.Mul(total, s.Like(total, 0)) // 0, or NaN
	if len(total.Type.Shape) > 0 {
		total = s.SumAxes(total, 0)
	}
	return s.Finite(s.SumAxes(total, axesFrom(0, len(total.Type.Shape))...))
}

// AllReduce sums an array over the replicas; with one there is nothing to do.
func (s *Scope) AllReduce(a Ref) Ref {
	n := s.builder.Replicas
	if n == 1 {
		return a
	}
	e := Type{Element: a.Type.Element}
	op := "add"
	if e.Element == I1 {
		op = "and"
	}
	return s.statement(a.Type, `"stablehlo.all_reduce"(%s) ({
      ^bb0(%%x: %s, %%y: %s):
        %%z = stablehlo.%s %%x, %%y : %s
        stablehlo.return %%z : %s
      }) {replica_groups = dense<[[%s]]> : tensor<1x%dxi64>} : (%s) -> %s`,
		a.Name, e, e, op, e, e, ints(axesFrom(0, n)), n, a.Type, a.Type)
}

// While writes a loop. The values that it carries begin as first; condition, a bit, says
// whether there is another turn, and body returns the next values, of the same types.
func (s *Scope) While(first []Ref, condition func(*Scope, []Ref) (Ref, error), body func(*Scope, []Ref) ([]Ref, error)) ([]Ref, error) {
	carried := make([]Ref, len(first))
	heads := make([]string, len(first))
	for i, r := range first {
		s.builder.count++
		carried[i] = Ref{fmt.Sprintf("%%c%d", s.builder.count), r.Type}
		heads[i] = carried[i].Name + " = " + r.Name
	}
	test := s.inner(&strings.Builder{}, s.indent+"    ")
	more, err := condition(test, carried)
	if err != nil {
		return nil, err
	}
	turn := s.inner(&strings.Builder{}, s.indent+"    ")
	next, err := body(turn, carried)
	if err != nil {
		return nil, err
	}
	names, types := list(next)
	s.builder.count++
	result := fmt.Sprintf("%%w%d", s.builder.count)
	fmt.Fprintf(s.out, "%s%s:%d = stablehlo.while(%s) : %s\n%s  cond {\n%s%s    stablehlo.return %s : %s\n%s  } do {\n%s%s    stablehlo.return %s : %s\n%s  }\n",
		s.indent, result, len(first), strings.Join(heads, ", "), types,
		s.indent, test.out, s.indent, more.Name, more.Type,
		s.indent, turn.out, s.indent, names, types, s.indent)
	out := make([]Ref, len(first))
	for i, r := range first {
		out[i] = Ref{fmt.Sprintf("%s#%d", result, i), r.Type}
	}
	return out, nil
}

// Concatenate joins arrays along their first axis.
func (s *Scope) Concatenate(arrays []Ref) Ref {
	if len(arrays) == 1 {
		return arrays[0]
	}
	shape := slices.Clone(arrays[0].Type.Shape)
	for _, r := range arrays[1:] {
		shape[0] += r.Type.Shape[0]
	}
	t := arrays[0].as(shape)
	names, types := list(arrays)
	return s.statement(t, "stablehlo.concatenate %s, dim = 0 : (%s) -> %s", names, types, t)
}

// Power is a number to the power of x.
func (s *Scope) Power(base float64, x Ref) Ref { return s.Binary("power", s.Like(x, base), x) }

// All is a bit: whether all bits of an array are set.
func (s *Scope) All(bits Ref) Ref { return s.reduce("and", bits, 1, axesFrom(0, len(bits.Type.Shape))) }

// Rows repeats an element for each row, the first axis.
func (s *Scope) Rows(a Ref, shape []int) Ref { return s.along(a, []int{0}, shape) }

// Element is an element of a vector, as a number.
func (s *Scope) Element(vector Ref, i int) Ref {
	return s.Reshape(s.slice(vector, []int{i}, []int{i + 1}, nil), nil)
}
