package graph

import (
	"slices"

	"github.com/pkg/errors"
)

// ForwardSession prepares a feedforward pass that computes nodes from the clamped ones,
// and nothing else: a session without energy terms and without free nodes. Run it with
// [Session.Initialize], or with [Session.Feedforward] to predict from the same data
// again after the parameters have changed, and read the nodes with [Session.Activity].
// [Network.Predict] is this in one call.
func (n *Network) ForwardSession(batch int, clamped []string, nodes ...string) (*Session, error) {
	r := &roles{
		clamped: make([]bool, len(n.decl.Nodes)), output: make([]bool, len(n.decl.Nodes)),
		active: make([]bool, n.numTerms()), amortised: make([]bool, n.numTerms()),
	}
	for _, name := range clamped {
		i, err := n.nodeIndex(name)
		if err != nil {
			return nil, err
		}
		r.clamped[i] = true
	}
	for i := range r.output {
		r.output[i] = !r.clamped[i]
	}
	if len(nodes) == 0 {
		return nil, errors.New("graph: forward: nodes to compute, got none, want at least one")
	}
	needed := make([]bool, len(n.decl.Nodes))
	for _, name := range nodes {
		i, err := n.nodeIndex(name)
		if err != nil {
			return nil, err
		}
		if r.clamped[i] {
			return nil, errors.Errorf("graph: forward: node %q: is both given and asked for; leave out its data, or do not ask for it", name)
		}
		needed[i] = true
	}
	order, err := n.neededOrder(r.clamped, needed)
	if err != nil {
		return nil, err
	}
	s, err := n.newSession(batch, r)
	if err != nil {
		return nil, err
	}
	s.order, s.needed = order, needed
	return s, nil
}

// neededOrder is the feedforward order of the needed nodes; it adds the nodes that they
// depend on to needed.
func (n *Network) neededOrder(clamped, needed []bool) ([]stage, error) {
	all, _ := n.feedforwardOrder(clamped)
	computed := slices.Clone(clamped)
	for _, st := range all {
		computed[st.node] = true
	}
	for i, wanted := range needed {
		if wanted && !computed[i] {
			return nil, errors.Errorf("graph: forward: node %q: nothing predicts it, so that a feedforward pass cannot compute it; relax a Session in which it is free", n.decl.Nodes[i].Name)
		}
	}
	var order []stage
	for _, st := range slices.Backward(all) {
		if !needed[st.node] {
			continue
		}
		order = append(order, st)
		for _, name := range n.decl.Predictions[st.prediction].From {
			needed[n.index[name]] = true
		}
		for _, i := range n.layerReads[st.prediction] {
			needed[i] = true
		}
	}
	slices.Reverse(order)
	for i, d := range n.decl.Nodes {
		if needed[i] && d.Data && !clamped[i] {
			return nil, errors.Errorf("graph: forward: data node %q is needed and not clamped; give its data", d.Name)
		}
	}
	return order, nil
}
