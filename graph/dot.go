package graph

import (
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/pkg/errors"
)

// DOT writes the network in the language of Graphviz: a value node for each node, with
// its shape, and an edge for each prediction from every node that it is made from, with
// its layer. Nodes that hold data alone are boxes. Draw it with
//
//	dot -Tsvg network.dot
func (n *Network) DOT(w io.Writer) error {
	var b strings.Builder
	b.WriteString("digraph network {\n\trankdir=LR;\n\tnode [fontname=\"sans-serif\"];\n\tedge [fontname=\"sans-serif\", fontsize=10];\n")
	predicted := map[string]bool{}
	for _, p := range n.decl.Predictions {
		predicted[p.Of] = true
	}
	for _, d := range n.decl.Nodes {
		label := fmt.Sprintf("%s\n%v", d.Name, d.Shape)
		shape := "ellipse"
		if d.Data || !predicted[d.Name] {
			shape = "box"
		}
		if d.Prior != nil {
			label += "\n" + typeName(d.Prior)
		}
		fmt.Fprintf(&b, "\t%s [label=%s, shape=%s];\n", dotQuote(d.Name), dotQuote(label), shape)
	}
	for _, p := range n.decl.Predictions {
		label := typeName(p.Layer)
		if p.Energy != nil {
			label += "\n" + typeName(p.Energy)
		}
		style := ""
		if p.Amortised {
			style = ", style=dashed"
		}
		for _, from := range p.From {
			fmt.Fprintf(&b, "\t%s -> %s [label=%s%s];\n", dotQuote(from), dotQuote(p.Of), dotQuote(label), style)
		}
	}
	b.WriteString("}\n")
	_, err := io.WriteString(w, b.String())
	return errors.Wrap(err, "graph: DOT")
}

// typeName is the name of a layer's, an energy's or a prior's type without its package.
// Those in a list are joined.
func typeName(v any) string {
	if list := reflect.ValueOf(v); list.Kind() == reflect.Slice && list.Type().Elem() == reflect.TypeFor[Layer]() {
		var names []string
		for i := range list.Len() {
			names = append(names, typeName(list.Index(i).Interface()))
		}
		return strings.Join(names, ", ")
	}
	name := strings.TrimLeft(fmt.Sprintf("%T", v), "*")
	return name[strings.LastIndexByte(name, '.')+1:]
}

// dotQuote returns a string of the language; newlines centre the lines.
func dotQuote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", "").Replace(s) + `"`
}
