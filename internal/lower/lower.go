// Package lower translates Gorgonia expression graphs into the intermediate form of
// package engine. It is the only place that recognises Gorgonia's operations, most of
// which have unexported types and are identified by their strings. An unknown operation
// becomes a foreign one, which runs its Do.
package lower

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/internal/engine"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// Input is a leaf of the expression graph with its memory, or a node that is computed
// elsewhere, with the memory where it is found.
type Input struct {
	Node   *gorgonia.Node
	Class  engine.Class
	Tensor *tensor.Dense
	// Scalar is set for a scalar leaf: its value is folded into the program, or, if
	// Live is set, read at a refresh, and must then be nonzero.
	Scalar *float64
	Live   bool
	// Sampled says that the tensor has a part for each sample of the batch.
	Sampled bool
}

// Lowerer lowers the nodes of one expression graph.
type Lowerer struct {
	// Graph is what the nodes are lowered to.
	Graph *engine.Graph
	// Memory holds every input of Graph, in order.
	Memory []any

	expr   *gorgonia.ExprGraph
	dtype  tensor.Dtype
	inputs map[*gorgonia.Node]Input
	values map[*gorgonia.Node]*engine.Value
}

// New returns a lowerer of nodes of expr, all of element type dt.
func New(expr *gorgonia.ExprGraph, dt tensor.Dtype, inputs []Input) *Lowerer {
	l := &Lowerer{
		Graph: engine.NewGraph(), expr: expr, dtype: dt,
		inputs: map[*gorgonia.Node]Input{}, values: map[*gorgonia.Node]*engine.Value{},
	}
	for _, in := range inputs {
		l.inputs[in.Node] = in
	}
	return l
}

// Value lowers a node and its dependencies.
func (l *Lowerer) Value(n *gorgonia.Node) (*engine.Value, error) {
	if v, ok := l.values[n]; ok {
		return v, nil
	}
	v, err := l.node(n)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(v.Shape, shapeOf(n)) {
		return nil, errors.Errorf("lower: node %v: shape, got %v, want %v", n, v.Shape, n.Shape())
	}
	l.values[n] = v
	return v, nil
}

func shapeOf(n *gorgonia.Node) []int { return []int(n.Shape()) }

// Operands returns the operands of a node in order.
func Operands(g *gorgonia.ExprGraph, n *gorgonia.Node) []*gorgonia.Node {
	if n.Op() == nil {
		return nil
	}
	var out []*gorgonia.Node
	for it := g.From(n.ID()); it.Next(); {
		out = append(out, it.Node().(*gorgonia.Node))
	}
	return out
}

func (l *Lowerer) node(n *gorgonia.Node) (*engine.Value, error) {
	if n.Dtype() != l.dtype {
		return nil, errors.Errorf("lower: node %v: type of numbers, got %v, want %v", n, n.Dtype(), l.dtype)
	}
	if _, bound := l.inputs[n]; bound || n.Op() == nil {
		return l.leaf(n)
	}
	name := n.Op().String()
	if strings.HasPrefix(name, "const ") {
		return l.constant(n)
	}
	operands := Operands(l.expr, n)
	if strings.HasPrefix(name, "Repeat") {
		return l.repeat(n, operands)
	}
	args := make([]*engine.Value, len(operands))
	for i, o := range operands {
		var err error
		if args[i], err = l.Value(o); err != nil {
			return nil, err
		}
	}
	if v := l.known(n, name, args); v != nil {
		return v, nil
	}
	return l.foreign(n, args), nil
}

// leaf lowers an input.
func (l *Lowerer) leaf(n *gorgonia.Node) (*engine.Value, error) {
	in, ok := l.inputs[n]
	switch {
	case !ok:
		return nil, errors.Errorf("lower: node %v: is a leaf that no input is bound to", n)
	case in.Scalar != nil && in.Live:
		return l.Graph.Coefficient(in.Scalar), nil
	case in.Scalar != nil:
		return l.Graph.Const(*in.Scalar), nil
	}
	l.Memory = append(l.Memory, in.Tensor.Data())
	v := l.Graph.Input(plainName(n.Name()), shapeOf(n), in.Class)
	v.Sampled = in.Sampled
	return v, nil
}

// plainName strips the prefix that package graph adds to a name to make it unique, as
// in "1:p:h1/weight".
func plainName(name string) string {
	if parts := strings.SplitN(name, ":", 3); len(parts) == 3 {
		return parts[2]
	}
	return name
}

func (l *Lowerer) constant(n *gorgonia.Node) (*engine.Value, error) {
	switch v := n.Value().(type) {
	case *gorgonia.F32:
		return l.Graph.Const(float64(*v)), nil
	case *gorgonia.F64:
		return l.Graph.Const(float64(*v)), nil
	case *tensor.Dense:
		l.Memory = append(l.Memory, v.Data())
		return l.Graph.Input("constant", shapeOf(n), engine.Parameter), nil
	}
	return nil, errors.Errorf("lower: node %v: constant of type %T", n, n.Value())
}

// repeat lowers the repetition along one axis; its further operands are sizes, which
// the shape of the node already implies.
func (l *Lowerer) repeat(n *gorgonia.Node, operands []*gorgonia.Node) (*engine.Value, error) {
	a, err := l.Value(operands[0])
	if err != nil {
		return nil, err
	}
	if v := broadcastable(a.Shape, shapeOf(n)); len(a.Shape) == 0 || v {
		return l.Graph.Broadcast(a, shapeOf(n)), nil
	}
	return nil, errors.Errorf("lower: node %v: repeats an axis that is not of size 1", n)
}

func broadcastable(from, to []int) bool {
	if len(from) != len(to) {
		return false
	}
	for i := range from {
		if from[i] != to[i] && from[i] != 1 {
			return false
		}
	}
	return true
}

// known lowers an operation of the engine, or returns nil.
func (l *Lowerer) known(n *gorgonia.Node, name string, args []*engine.Value) *engine.Value {
	g := l.Graph
	if op, ok := n.Op().(*ops.Elementwise); ok {
		return g.Unary(engine.Own(op.F), op.P, args[0])
	}
	if v := l.images(n, args); v != nil {
		return v
	}
	if v := l.rows(n, args); v != nil {
		return v
	}
	if !strings.HasPrefix(strings.TrimPrefix(fmt.Sprintf("%T", n.Op()), "*"), "gorgonia.") {
		return nil // a user's operation, whatever its string
	}
	first, _, _ := strings.Cut(name, " ")
	switch {
	case strings.HasPrefix(name, "Reshape"):
		return g.Reshape(args[0], shapeOf(n))
	case strings.HasPrefix(name, "Σ["):
		return l.sum(name, args[0])
	case name == transposition:
		if v := l.transposed(n); v != nil {
			return v
		}
		return g.Permute([]int{1, 0}, args[0])
	case strings.HasPrefix(name, "A") && strings.Contains(name, " × "):
		return l.matmul(n, name, args)
	case len(args) == 2:
		if f, ok := binaries[first]; ok && agree(args[0], args[1]) {
			return g.Binary(f, args[0], args[1])
		}
	case len(args) == 1:
		if f, ok := unary(name); ok {
			return g.Unary(f, 0, args[0])
		}
	}
	return nil
}

var binaries = map[string]engine.Binary{
	"+": engine.Add, "-": engine.Sub, "⊙": engine.Mul, "÷": engine.Div, "^": engine.Pow,
	"<": engine.Less, "<=": engine.LessEqual, ">": engine.Greater, ">=": engine.GreaterEqual,
	"==": engine.Equal, "!=": engine.NotEqual,
}

// agree reports whether two shapes are equal or one of them is scalar.
func agree(a, b *engine.Value) bool {
	return len(a.Shape) == 0 || len(b.Shape) == 0 || slices.Equal(a.Shape, b.Shape)
}

func unary(name string) (engine.Func, bool) {
	switch name {
	case "sigmoid":
		return engine.Own(ops.Sigmoid), true
	case "softplus":
		return engine.Own(ops.Softplus), true
	}
	return engine.FuncByName(name)
}

// sum lowers the sum over the axes listed in brackets in its name.
func (l *Lowerer) sum(name string, a *engine.Value) *engine.Value {
	axes := strings.Fields(strings.Trim(strings.TrimPrefix(name, "Σ"), "[]"))
	switch {
	case len(axes) == len(a.Shape):
		return l.Graph.SumAll(a)
	case len(a.Shape) == 2 && axes[0] == "0":
		return l.Graph.SumRows(a)
	case len(a.Shape) == 2 && axes[0] == "1":
		return l.Graph.SumCols(a)
	}
	return nil
}

// matmul lowers the product of two matrices; transpositions of the factors are folded
// into it.
func (l *Lowerer) matmul(n *gorgonia.Node, name string, args []*engine.Value) *engine.Value {
	if len(args) != 2 || len(args[0].Shape) != 2 || len(args[1].Shape) != 2 || len(n.Shape()) != 2 {
		return nil
	}
	transA, transB, ok := transpositions(name)
	if !ok {
		return nil
	}
	operands := Operands(l.expr, n)
	a, transA := l.untransposed(operands[0], args[0], transA)
	b, transB := l.untransposed(operands[1], args[1], transB)
	return l.Graph.MatMul(a, b, transA, transB)
}

// transpositions returns which factors a product transposes.
func transpositions(name string) (a, b, ok bool) {
	switch name {
	case "A × B":
		return false, false, true
	case "A × Bᵀ":
		return false, true, true
	case "Aᵀ × B":
		return true, false, true
	case "Aᵀ × Bᵀ":
		return true, true, true
	}
	return false, false, false
}

const transposition = "Aᵀ{1, 0}"

// untransposed strips the transposition of a matrix.
func (l *Lowerer) untransposed(n *gorgonia.Node, v *engine.Value, trans bool) (*engine.Value, bool) {
	if n.Op() == nil || n.Op().String() != transposition {
		return v, trans
	}
	return l.values[Operands(l.expr, n)[0]], !trans
}

// transposed lowers the transposition of a product to a product, and returns nil for
// any other node.
func (l *Lowerer) transposed(n *gorgonia.Node) *engine.Value {
	of := Operands(l.expr, n)[0]
	if of.Op() == nil {
		return nil
	}
	transA, transB, ok := transpositions(of.Op().String())
	factors := Operands(l.expr, of)
	if !ok || len(factors) != 2 || len(factors[0].Shape()) != 2 || len(factors[1].Shape()) != 2 {
		return nil
	}
	a, transA := l.untransposed(factors[0], l.values[factors[0]], transA)
	b, transB := l.untransposed(factors[1], l.values[factors[1]], transB)
	return l.Graph.MatMul(b, a, !transB, !transA)
}
