package replace

import (
	"fmt"
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

type node = *gorgonia.Node

// Pass records the replacements in one expression graph.
type Pass struct {
	// Differentiated means that nodes replaced from now on will not be differentiated.
	Differentiated bool

	graph *gorgonia.ExprGraph
	// leaf returns the error of a leaf, or nil.
	leaf func(n *gorgonia.Node) error
	// constant makes an input that always holds the values.
	constant func(shape tensor.Shape, values []float64) (*gorgonia.Node, error)
	done     map[node]node
}

// New returns a pass over g. leaf returns the error of a leaf, or nil; constant makes
// an input that always holds the given values.
func New(g *gorgonia.ExprGraph, leaf func(n *gorgonia.Node) error,
	constant func(shape tensor.Shape, values []float64) (*gorgonia.Node, error),
) *Pass {
	return &Pass{graph: g, leaf: leaf, constant: constant, done: map[node]node{}}
}

// Node returns a node that computes what n does by correct operations: n itself if
// nothing below it had to change. Every node is visited once, so that extending a graph
// costs no more than its new part.
func (p *Pass) Node(n *gorgonia.Node) (*gorgonia.Node, error) {
	if out, ok := p.done[n]; ok {
		return out, nil
	}
	out, err := p.replace(n)
	if err != nil {
		return nil, err
	}
	if !exactly(out.Shape(), n.Shape()) {
		return nil, errors.Errorf("%s: shape of what replaces it, got %v, want %v; please report this layer", label(n.Op()), out.Shape(), n.Shape())
	}
	p.done[n], p.done[out] = out, out
	return out, nil
}

func (p *Pass) replace(n node) (node, error) {
	op := n.Op()
	if op == nil {
		return n, p.leaf(n)
	}
	kind := kindOf(op)
	if why := refused[kind]; why != "" {
		return nil, errors.New(why)
	}
	if out, err := p.convolution(n, kind); out != nil || err != nil {
		return out, err
	}
	operands := Operands(p.graph, n)
	in := make([]node, len(operands))
	for i, x := range operands {
		var err error
		if in[i], err = p.Node(x); err != nil {
			return nil, err
		}
		if kind != "repeatOp" { // its shape is in the operation, not in the operand
			in[i] = p.size(in[i])
		}
	}
	if kind == "" { // not Gorgonia's
		return p.foreign(n, operands, in)
	}
	f := ruleOf(kind)
	if f == nil {
		return nil, errors.Errorf("operation %v of Gorgonia's is not known to Prospect; use one of docs/operations.md", op)
	}
	out, err := f(p, n, in)
	if err != nil || out != nil {
		return out, err
	}
	return rebuilt(n, operands, in)
}

// rebuilt applies the operation of n to other operands; it returns n if they are the
// same.
func rebuilt(n node, operands, in []node) (node, error) {
	for i := range in {
		if in[i] != operands[i] {
			out, err := gorgonia.ApplyOp(n.Op(), in...)
			return out, errors.Wrapf(err, "operation %v", n.Op())
		}
	}
	return n, nil
}

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

// kindOf is the type name of a Gorgonia operation, "" for any other.
func kindOf(op gorgonia.Op) string {
	name, ok := strings.CutPrefix(strings.TrimPrefix(fmt.Sprintf("%T", op), "*"), "gorgonia.")
	if !ok {
		return ""
	}
	return name
}

// label names an operation in messages.
func label(op gorgonia.Op) string { return fmt.Sprintf("operation %v", op) }

// exactly compares shapes exactly; in package tensor a vector equals a row or a column
// of its length.
func exactly(a, b tensor.Shape) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// Statement returns the error of a node that computes nothing, such as gorgonia.Read's,
// or nil.
func Statement(n *gorgonia.Node) error {
	if n.Op() == nil {
		return nil
	}
	switch kind := kindOf(n.Op()); kind {
	case "readOp", "letOp":
		return errors.New(refused[kind])
	}
	return nil
}
