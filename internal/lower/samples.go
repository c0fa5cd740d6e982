package lower

import (
	"fmt"
	"strings"

	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/internal/ops"
)

// SampleSum is a part of a scalar that is a sum over a batch:
//
//	± Π Factors · Σ Of
//
// Of is laid out sample by sample, so that a part of it belongs to each sample. A part
// that no sample decides has no Of and belongs to all alike.
type SampleSum struct {
	Of       *gorgonia.Node
	Factors  []*gorgonia.Node
	Negative bool
}

// Samples finds the parts of each sample in scalars of one graph.
type Samples struct {
	// Graph holds the nodes.
	Graph *gorgonia.ExprGraph
	// Batch is the number of samples.
	Batch int
	// Values are nodes whose first axis is the batch: activities and predictions.
	Values map[*gorgonia.Node]bool

	varies map[*gorgonia.Node]bool
}

// Sums splits a scalar into sums over samples. ok is false where the operations do not
// show that its samples are apart.
func (s *Samples) Sums(n *gorgonia.Node) (sums []SampleSum, ok bool) {
	if !s.depends(n) {
		return []SampleSum{{Factors: []*gorgonia.Node{n}}}, true
	}
	if n.Op() == nil {
		return nil, false
	}
	in := Operands(s.Graph, n)
	name, _, _ := strings.Cut(operation(n), " ")
	switch {
	case (name == "+" || name == "-") && len(in) == 2:
		a, okA := s.Sums(in[0])
		b, okB := s.Sums(in[1])
		for i := range b {
			b[i].Negative = b[i].Negative != (name == "-")
		}
		return append(a, b...), okA && okB
	case name == "⊙" && len(in) == 2 && in[0].IsScalar() && in[1].IsScalar():
		factor, of := in[0], in[1]
		if s.depends(factor) {
			factor, of = of, factor
		}
		if s.depends(factor) {
			return nil, false
		}
		sums, ok = s.Sums(of)
		for i := range sums {
			sums[i].Factors = append(sums[i].Factors, factor)
		}
		return sums, ok
	case name == "neg":
		sums, ok = s.Sums(in[0])
		for i := range sums {
			sums[i].Negative = !sums[i].Negative
		}
		return sums, ok
	case strings.HasPrefix(name, "Σ[") && len(in) == 1:
		return []SampleSum{{Of: in[0]}}, s.apart(in[0])
	}
	return nil, false
}

// apart reports whether a node is laid out sample by sample, each computed from the same
// sample alone.
func (s *Samples) apart(n *gorgonia.Node) bool {
	if s.Values[n] {
		return true
	}
	if n.Op() == nil || n.Shape().TotalSize()%s.Batch != 0 {
		return false
	}
	in := Operands(s.Graph, n)
	switch op := n.Op().(type) {
	case *ops.Elementwise:
		return s.apart(in[0])
	case *ops.Stop:
		return s.apart(in[0])
	case *ops.LogSoftmax:
		return len(n.Shape()) > 1 && n.Shape()[0]%s.Batch == 0 && s.apart(in[0])
	case *ops.Expand:
		return op.To[0] == in[0].Shape()[0] && op.To[0]%s.Batch == 0 && s.apart(in[0])
	}
	name, _, _ := strings.Cut(operation(n), " ")
	if strings.HasPrefix(name, "Reshape") {
		return s.apart(in[0])
	}
	_, binary := binaries[name]
	_, single := unary(operation(n))
	if !(binary && len(in) == 2) && !(single && len(in) == 1) {
		return false
	}
	for _, x := range in {
		if !s.depends(x) {
			continue
		}
		if x.Shape().TotalSize() != n.Shape().TotalSize() || !s.apart(x) {
			return false
		}
	}
	return true
}

// depends reports whether a node depends on a sample.
func (s *Samples) depends(n *gorgonia.Node) bool {
	if s.Values[n] {
		return true
	}
	if d, ok := s.varies[n]; ok {
		return d
	}
	d := false
	for _, x := range Operands(s.Graph, n) {
		d = d || s.depends(x)
	}
	if s.varies == nil {
		s.varies = map[*gorgonia.Node]bool{}
	}
	s.varies[n] = d
	return d
}

// operation is the string of an operation of Gorgonia, empty for a leaf and for an
// operation of others.
func operation(n *gorgonia.Node) string {
	if n.Op() == nil || !strings.HasPrefix(strings.TrimPrefix(fmt.Sprintf("%T", n.Op()), "*"), "gorgonia.") {
		return ""
	}
	return n.Op().String()
}
