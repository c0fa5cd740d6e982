package graph

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/pkg/errors"
)

// Counter is an [Executable] that knows the floating-point operations of its jobs.
type Counter interface{ FLOPs(job int) float64 }

// FLOPs returns the floating-point operations of a relaxation step of the batch: of the
// energies and their gradients in the free activities, a multiply-add counted as two. It
// is 0 for an engine that does not tell, as [Tape], and for a network that the compiled
// engine cannot compile.
func (s *Session) FLOPs() (float64, error) {
	if err := s.prepare(); err != nil {
		return 0, err
	}
	if c, ok := s.program.exec.(Counter); ok {
		return c.FLOPs(jobRelax), nil
	}
	return 0, nil
}

// Summary writes a table of the network: a line for each value node that is predicted by
// nothing, and for each prediction the node that it is of, its shape, what it is made
// from, the layer, and the number of parameters that it is the first to use.
//
//	node  shape  from  layer        parameters
//	x     [784]
//	h1    [64]   x     Dense        50240
//	y     [10]   h1    Tanh, Dense  650
//	3 nodes, 2 predictions, 50890 parameters
func (n *Network) Summary(w io.Writer) error {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "node\tshape\tfrom\tlayer\tparameters")
	predicted := map[string]bool{}
	for _, p := range n.decl.Predictions {
		predicted[p.Of] = true
	}
	sizes, total := map[string]int{}, 0
	for _, p := range n.params {
		sizes[p.Owner] += p.Value.DataSize()
		total += p.Value.DataSize()
	}
	for _, d := range n.decl.Nodes {
		if !predicted[d.Name] {
			fmt.Fprintf(t, "%s\t%v\t\t\t\n", d.Name, d.Shape)
		}
		for _, p := range n.decl.Predictions {
			if p.Of == d.Name {
				fmt.Fprintf(t, "%s\t%v\t%s\t%s\t%d\n", d.Name, d.Shape, strings.Join(p.From, ", "), typeName(p.Layer), sizes[p.Name])
			}
		}
	}
	if err := t.Flush(); err != nil {
		return errors.Wrap(err, "graph: summary")
	}
	fmt.Fprintf(&b, "%d nodes, %d predictions, %d parameters\n", len(n.decl.Nodes), len(n.decl.Predictions), total)
	for line := range strings.Lines(b.String()) {
		if _, err := io.WriteString(w, strings.TrimRight(line, " \n")+"\n"); err != nil {
			return errors.Wrap(err, "graph: summary")
		}
	}
	return nil
}
