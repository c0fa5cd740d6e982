package hlo

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/engine"
)

// Type is the type of an array.
type Type struct {
	Element Element
	Shape   []int
}

// Element is the type of the elements of an array.
type Element string

// The types of elements.
const (
	F32  Element = "f32"
	F64  Element = "f64"
	BF16 Element = "bf16"
	I32  Element = "i32"
	I1   Element = "i1"
)

// String is the type as the text has it: "tensor<2x3xf32>".
func (t Type) String() string {
	var b strings.Builder
	b.WriteString("tensor<")
	for _, d := range t.Shape {
		fmt.Fprintf(&b, "%dx", d)
	}
	return b.String() + string(t.Element) + ">"
}

// Ref is a value of the text.
type Ref struct {
	Name string
	Type Type
}

// Precision is that of the products of float32 matrices and images.
type Precision int

// The precisions.
const (
	Highest Precision = iota // float32 throughout
	Default                  // what is fastest on the device: TF32 on NVIDIA
	Brain                    // factors rounded to bfloat16, sums in float32
)

// Builder writes a module of one function, main.
type Builder struct {
	// Element is that of all values of the graph.
	Element Element
	// Precision of products.
	Precision Precision
	// Replicas is the number of devices that run the program.
	Replicas int
	// Input, if it is set, gives an input or a coefficient that has no value its value
	// for the whole function: an argument.
	Input func(v *engine.Value) Ref

	count     int
	arguments []string
	main      *Scope
}

// NewBuilder returns a builder of a module.
func NewBuilder(e Element, p Precision) *Builder {
	b := &Builder{Element: e, Precision: p, Replicas: 1}
	b.main = &Scope{builder: b, out: &strings.Builder{}, refs: map[*engine.Value]Ref{}, indent: "    "}
	return b
}

// Main is the scope of the function.
func (b *Builder) Main() *Scope { return b.main }

// Argument adds an argument of the function.
func (b *Builder) Argument(t Type) Ref {
	r := Ref{fmt.Sprintf("%%arg%d", len(b.arguments)), t}
	b.arguments = append(b.arguments, r.Name+": "+t.String())
	return r
}

// Donated adds an argument whose memory becomes that of a result of the same type.
func (b *Builder) Donated(t Type, result int) Ref {
	r := b.Argument(t)
	b.arguments[len(b.arguments)-1] += fmt.Sprintf(" {tf.aliasing_output = %d : i32}", result)
	return r
}

// Module returns the text of a module whose function returns the results.
func (b *Builder) Module(name string, results ...Ref) string {
	names, types := list(results)
	return fmt.Sprintf("module @%q attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = %d : i32} {\n  func.func public @main(%s) -> (%s) {\n%s    return %s : %s\n  }\n}\n",
		name, b.Replicas, strings.Join(b.arguments, ", "), types, b.main.out, names, types)
}

// list joins the names and the types of refs.
func list(refs []Ref) (names, types string) {
	n, t := make([]string, len(refs)), make([]string, len(refs))
	for i, r := range refs {
		n[i], t[i] = r.Name, r.Type.String()
	}
	return strings.Join(n, ", "), strings.Join(t, ", ")
}

// Scope is a place where statements are written, and the values of the inputs there.
type Scope struct {
	builder *Builder
	parent  *Scope
	out     *strings.Builder
	indent  string
	refs    map[*engine.Value]Ref  // what has been written, and the inputs
	inputs  map[*engine.Value]bool // the inputs that have other values than in the parent
	depends map[*engine.Value]bool // whether a value depends on them
}

// Bind gives an input of the graph, or a coefficient, a value. It must come before what
// depends on it.
func (s *Scope) Bind(input *engine.Value, r Ref) {
	s.refs[input] = r
	if s.inputs != nil {
		s.inputs[input] = true
	}
}

// Inner returns a scope at the same place in which inputs can be given other values.
func (s *Scope) Inner() *Scope { return s.inner(s.out, s.indent) }

func (s *Scope) inner(out *strings.Builder, indent string) *Scope {
	return &Scope{
		builder: s.builder, parent: s, out: out, indent: indent,
		refs: map[*engine.Value]Ref{}, inputs: map[*engine.Value]bool{}, depends: map[*engine.Value]bool{},
	}
}

// local reports whether a value depends on an input that is bound in this scope.
func (s *Scope) local(v *engine.Value) bool {
	if s.inputs[v] {
		return true
	}
	known, ok := s.depends[v]
	if !ok {
		known = slices.ContainsFunc(v.Args, s.local)
		s.depends[v] = known
	}
	return known
}

// Value writes the statements that compute a value of the graph here, unless they are
// written already.
func (s *Scope) Value(v *engine.Value) (Ref, error) {
	if r, ok := s.refs[v]; ok {
		return r, nil
	}
	if s.parent != nil && !s.local(v) {
		return s.parent.Value(v)
	}
	if (v.Op == engine.OpInput || v.Op == engine.OpCoefficient) && s.builder.Input != nil {
		s.refs[v] = s.builder.Input(v)
		return s.refs[v], nil
	}
	args := make([]Ref, len(v.Args))
	for i, a := range v.Args {
		var err error
		if args[i], err = s.Value(a); err != nil {
			return Ref{}, err
		}
	}
	r, err := s.write(v, args)
	if err != nil {
		return Ref{}, err
	}
	if !slices.Equal(r.Type.Shape, v.Shape) {
		return Ref{}, errors.Errorf("hlo: %v: shape, got %v, want %v", v, r.Type.Shape, v.Shape)
	}
	s.refs[v] = r
	return r, nil
}

// statement writes name = text : signature and returns the ref of its result.
func (s *Scope) statement(t Type, format string, args ...any) Ref {
	s.builder.count++
	r := Ref{fmt.Sprintf("%%v%d", s.builder.count), t}
	fmt.Fprintf(s.out, "%s%s = %s\n", s.indent, r.Name, fmt.Sprintf(format, args...))
	return r
}

// as returns the type of r with another shape.
func (r Ref) as(shape []int) Type { return Type{r.Type.Element, slices.Clone(shape)} }

// ints is a list of numbers: "1, 2".
func ints(list []int) string {
	text := make([]string, len(list))
	for i, x := range list {
		text[i] = fmt.Sprint(x)
	}
	return strings.Join(text, ", ")
}
