package graph

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/pkg/errors"
)

// Summary writes a table of the network: a line for each value node that is predicted by
// nothing, and for each prediction the node that it is of, its shape, what it is made
// from, the layer, the number of parameters that it is the first to use, and the
// floating-point operations of a relaxation step of one sample in training, where the
// nodes at both ends are clamped; see [Network.FLOPs].
//
//	node  shape  from  layer        parameters  FLOPs a step
//	x     [784]
//	h1    [64]   x     Dense        50240       193
//	y     [10]   h1    Tanh, Dense  650         2911
//	3 nodes, 2 predictions, 50890 parameters, 3104 FLOPs a step
func (n *Network) Summary(w io.Writer) error {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	flops, err := n.FLOPs(n.ends())
	if err != nil {
		return err
	}
	fmt.Fprintln(t, "node\tshape\tfrom\tlayer\tparameters\tFLOPs a step")
	predicted := map[string]bool{}
	for _, p := range n.decl.Predictions {
		predicted[p.Of] = true
	}
	sizes, total, work := map[string]int{}, 0, 0.0
	for _, p := range n.params {
		sizes[p.Owner] += p.Value.DataSize()
		total += p.Value.DataSize()
	}
	for _, d := range n.decl.Nodes {
		if !predicted[d.Name] {
			fmt.Fprintf(t, "%s\t%v\t\t\t\t\n", d.Name, d.Shape)
		}
		for k, p := range n.decl.Predictions {
			if p.Of == d.Name {
				work += flops[k]
				fmt.Fprintf(t, "%s\t%v\t%s\t%s\t%d\t%.0f\n", d.Name, d.Shape, strings.Join(p.From, ", "), typeName(p.Layer), sizes[p.Name], flops[k])
			}
		}
	}
	if err := t.Flush(); err != nil {
		return errors.Wrap(err, "graph: summary")
	}
	fmt.Fprintf(&b, "%d nodes, %d predictions, %d parameters, %.0f FLOPs a step\n", len(n.decl.Nodes), len(n.decl.Predictions), total, work)
	for line := range strings.Lines(b.String()) {
		if _, err := io.WriteString(w, strings.TrimRight(line, " \n")+"\n"); err != nil {
			return errors.Wrap(err, "graph: summary")
		}
	}
	return nil
}
