package graph

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// ExpressionDOT writes the expression graph that Gorgonia has of the network, at batch
// size 1, in the language of Graphviz: a box for each activity, parameter, constant and
// coefficient, an ellipse for each operation, with its shape, and an edge from each
// operand, in order. The energies of the terms are doubled. Without gradients it is the
// graph of [Layer.Build] and [Energy.Build] as they wrote it; with them it has their
// derivatives too, in the activities and parameters.
func (n *Network) ExpressionDOT(w io.Writer, gradients bool) error {
	p, err := n.plan(1)
	if err != nil {
		return err
	}
	energies := map[*gorgonia.Node]string{}
	var ends gorgonia.Nodes
	for k, name := range n.termNames() {
		if e := p.terms[k]; e != nil {
			energies[e] = name
			ends = append(ends, e)
		}
	}
	if gradients {
		for _, d := range append(p.dActs[:len(p.dActs):len(p.dActs)], p.dParams...) {
			if d != nil {
				ends = append(ends, d)
			}
		}
	}
	shown := map[*gorgonia.Node]bool{}
	var reach func(x *gorgonia.Node)
	reach = func(x *gorgonia.Node) {
		if shown[x] {
			return
		}
		shown[x] = true
		for _, y := range children(p.g, x) {
			reach(y)
		}
	}
	for _, e := range ends {
		reach(e)
	}
	b := bufio.NewWriter(w)
	fmt.Fprint(b, "digraph expression {\n\tnode [fontname=\"sans-serif\"];\n\tedge [fontname=\"sans-serif\", fontsize=10];\n")
	for _, x := range p.g.AllNodes() {
		if !shown[x] {
			continue
		}
		operands := children(p.g, x)
		shape, more := "ellipse", ""
		if len(operands) == 0 {
			shape = "box"
		}
		label := fmt.Sprintf("%s\n%v", p.label(x), x.Shape())
		if term, ok := energies[x]; ok {
			label, more = "energy of "+term+"\n"+label, ", peripheries=2"
		}
		fmt.Fprintf(b, "\tn%d [label=%s, shape=%s%s];\n", x.ID(), dotQuote(label), shape, more)
		for i, y := range operands {
			order := ""
			if len(operands) > 1 {
				order = fmt.Sprintf(" [label=%d]", i)
			}
			fmt.Fprintf(b, "\tn%d -> n%d%s;\n", y.ID(), x.ID(), order)
		}
	}
	fmt.Fprint(b, "}\n")
	return errors.Wrap(b.Flush(), "graph: DOT")
}

// label says what a node of the expression graph is.
func (p *plan) label(x *gorgonia.Node) string {
	if op := x.Op(); op != nil {
		return fmt.Sprint(op)
	}
	name := strings.TrimPrefix(x.Name(), p.inputName(""))
	for prefix, what := range map[string]string{"x:": "activity ", "s:": "activity ", "p:": "parameter ", "c:": "constant ", "k:": "coefficient "} {
		if rest, ok := strings.CutPrefix(name, prefix); ok && p.inputs[x] {
			return what + rest
		}
	}
	return name
}
