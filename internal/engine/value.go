package engine

import (
	"fmt"
	"slices"
	"strings"
)

// Op is the kind of a value.
type Op uint8

// The kinds of values.
const (
	OpInput          Op = iota // memory bound at compilation
	OpConst                    // a constant scalar
	OpUnary                    // F(a), element-wise
	OpBinary                   // a ∘ b, element-wise
	OpBroadcast                // a repeated along its axes of size 1
	OpReshape                  // a with another shape
	OpMatMul                   // A·B with optional transposes and a bias row
	OpSumAll                   // Σ of all elements
	OpSumRows                  // (m, n) → (n): Σ over rows
	OpSumCols                  // (m, n) → (m): Σ over columns
	OpLogSoftmax               // along the last axis
	OpLogSoftmaxGrad           // from the output and the output gradient
	OpForeign                  // an operation that a caller's function computes
	OpPrimitive                // an operation with its own instruction
	OpCoefficient              // a nonzero scalar that is read at a refresh
)

// Binary is an element-wise function of two arguments.
type Binary uint8

// The binary functions; comparisons give 1 or 0.
const (
	Add Binary = iota
	Sub
	Mul
	Div
	Pow
	Less
	LessEqual
	Greater
	GreaterEqual
	Equal
	NotEqual
	numBinary
)

var binaryNames = [numBinary]string{"+", "−", "⊙", "÷", "^", "<", "≤", ">", "≥", "=", "≠"}

// String returns the operator.
func (b Binary) String() string { return binaryNames[b] }

// Foreign computes an operation unknown to the engine, on whole tensors: out and args
// are []float32 or []float64, row-major.
type Foreign func(out any, args []any) error

// Class says how often a value changes.
type Class uint8

// The classes, least volatile first.
const (
	Parameter Class = iota // when parameters change
	Clamped                // with every batch
	Free                   // at every run
)

// Value is a node of the expression graph. It is immutable.
type Value struct {
	Op    Op
	Shape []int
	Args  []*Value

	Const          float64   // OpConst: the constant; OpUnary: the parameter
	Input          int       // OpInput: its index
	Sampled        bool      // OpInput: it has a part for each sample of the batch
	Func           Func      // OpUnary
	Binary         Binary    // OpBinary
	TransA, TransB bool      // OpMatMul
	Bias           bool      // OpMatMul: Args[2] is a row added to every row
	Name           string    // OpForeign, OpInput: for explanations
	Call           Foreign   // OpForeign
	Primitive      primitive // OpPrimitive
	id             int       // position in the graph, a topological order
	class          Class     // the most volatile class among its inputs
	source         *float64  // OpCoefficient: its address
	derived        bool      // a scalar computed from coefficients and constants
}

// Size is the number of elements.
func (v *Value) Size() int {
	n := 1
	for _, d := range v.Shape {
		n *= d
	}
	return n
}

// Rows is the length of the first axis, along which work is split; 1 for scalars and
// vectors.
func (v *Value) Rows() int {
	if len(v.Shape) < 2 {
		return 1
	}
	return v.Shape[0]
}

// Cols is the number of elements per row.
func (v *Value) Cols() int { return v.Size() / v.Rows() }

func (v *Value) isConst(c float64) bool { return v.Op == OpConst && v.Const == c }

func (v *Value) elementwise() bool { return v.Op == OpUnary || v.Op == OpBinary }

// String describes the value in one line.
func (v *Value) String() string {
	var b strings.Builder
	switch v.Op {
	case OpInput:
		b.WriteString(v.Name)
	case OpConst:
		fmt.Fprintf(&b, "%g", v.Const)
	case OpCoefficient:
		b.WriteString("coefficient")
	case OpUnary:
		fmt.Fprintf(&b, "%v", v.Func)
	case OpBinary:
		fmt.Fprintf(&b, "%v", v.Binary)
	case OpForeign:
		b.WriteString(v.Name)
	case OpPrimitive:
		b.WriteString(v.Primitive.String() + " ")
	case OpMatMul:
		fmt.Fprintf(&b, "%s·%s", transposed("A", v.TransA), transposed("B", v.TransB))
		if v.Bias {
			b.WriteString("+b")
		}
	default:
		b.WriteString([...]string{
			OpBroadcast: "broadcast", OpReshape: "reshape", OpSumAll: "Σ", OpSumRows: "Σrows",
			OpSumCols: "Σcols", OpLogSoftmax: "logsoftmax", OpLogSoftmaxGrad: "logsoftmax′",
		}[v.Op])
	}
	fmt.Fprintf(&b, "%v", v.Shape)
	return b.String()
}

func transposed(name string, t bool) string {
	if t {
		return name + "ᵀ"
	}
	return name
}

// Graph builds values. Equal values are built once.
type Graph struct {
	values []*Value
	byKey  map[string]*Value
	inputs int
}

// NewGraph returns an empty graph.
func NewGraph() *Graph { return &Graph{byKey: map[string]*Value{}} }

// Input adds memory that is bound at compilation.
func (g *Graph) Input(name string, shape []int, class Class) *Value {
	v := &Value{Op: OpInput, Shape: slices.Clone(shape), Input: g.inputs, Name: name, class: class, id: len(g.values)}
	g.inputs++
	g.values = append(g.values, v)
	return v
}

// add returns an existing value equal to v, or adds v.
func (g *Graph) add(v *Value) *Value {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %v %x %d %d %t%t%t", v.Op, v.Shape, v.Const, v.Func, v.Binary, v.TransA, v.TransB, v.Bias)
	if v.Op == OpPrimitive {
		fmt.Fprintf(&b, " %T %v", v.Primitive, v.Primitive)
	}
	for _, a := range v.Args {
		fmt.Fprintf(&b, " %d", a.id)
		v.class = max(v.class, a.class)
	}
	v.derived = len(v.Shape) == 0 && v.elementwise() && !slices.ContainsFunc(v.Args, func(a *Value) bool { return !a.invariant() })
	if v.Op != OpForeign { // a foreign operation may not be pure
		if old, ok := g.byKey[b.String()]; ok {
			return old
		}
	}
	v.id = len(g.values)
	g.values = append(g.values, v)
	if v.Op != OpForeign {
		g.byKey[b.String()] = v
	}
	return v
}
