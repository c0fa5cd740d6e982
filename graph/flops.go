package graph

import (
	"slices"

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

// FLOPs returns for each prediction, in the order of the declaration, its floating-point
// operations of a relaxation step of one sample where those nodes are clamped: of the
// layer, the energy, and its gradients in the activities that are free, a multiply-add
// counted as two. A product with data alone is not counted, because it is done once and
// not in every step; an amortised prediction has none, and neither has one that the
// compiled engine cannot compile. Each is counted on its own; what predictions share is
// counted for each.
//
//	dense, both ends free: about 2·in·out for x·W, and as many for e·Wᵀ
func (n *Network) FLOPs(clamped []string) ([]float64, error) {
	is := map[string]bool{}
	for _, name := range clamped {
		if _, err := n.Node(name); err != nil {
			return nil, err
		}
		is[name] = true
	}
	out := make([]float64, len(n.decl.Predictions))
	for k, p := range n.decl.Predictions {
		if p.Amortised {
			continue
		}
		var err error
		if out[k], err = n.predictionFLOPs(p, is); err != nil {
			return nil, errors.WithMessagef(err, "graph: FLOPs of prediction %q", p.Name)
		}
	}
	return out, nil
}

// predictionFLOPs counts in a network of one prediction.
func (n *Network) predictionFLOPs(p Prediction, clamped map[string]bool) (float64, error) {
	p.Share = ""
	d := Declaration{Predictions: []Prediction{p}}
	roles, free := Roles{}, false
	for _, node := range n.decl.Nodes {
		if !node.Data && node.Name != p.Of && !slices.Contains(p.From, node.Name) {
			continue
		}
		node.Prior = nil
		d.Nodes = append(d.Nodes, node)
		if node.Data || clamped[node.Name] {
			roles.Clamped = append(roles.Clamped, node.Name)
		} else {
			free = true
		}
	}
	if !free {
		return 0, nil // nothing relaxes
	}
	single, err := New(d, Settings{Precision: n.settings.Precision, Engine: Compiled{Threads: 1}})
	if err != nil {
		return 0, err
	}
	s, err := single.Session(1, roles)
	if err != nil {
		return 0, err
	}
	return s.FLOPs()
}

// ends returns the nodes that training usually clamps: those that nothing predicts, that
// predict nothing, that hold data alone, or whose energy wants it.
func (n *Network) ends() []string {
	predicted, predicts, wants := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, p := range n.decl.Predictions {
		predicted[p.Of] = true
		for _, from := range p.From {
			predicts[from] = true
		}
		if c, ok := p.Energy.(ClampedOnly); ok && c.ClampedOnly() {
			wants[p.Of] = true
		}
	}
	var out []string
	for _, d := range n.decl.Nodes {
		if d.Data || wants[d.Name] || !predicted[d.Name] || !predicts[d.Name] {
			out = append(out, d.Name)
		}
	}
	return out
}
