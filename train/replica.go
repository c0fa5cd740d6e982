package train

import (
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
)

// replica is a copy of a network with other nodes beside its own, which has the same
// parameters at every batch.
type replica struct {
	net    *graph.Network // that it is a copy of
	made   *graph.Network
	names  []string       // the clamped nodes for which it was made
	params []*graph.Param // of the copy, in the order of those of the network
}

// of makes the copy, by changing the declaration, unless there is one for the network and
// the clamped nodes of the batch, and reports whether it did.
func (r *replica) of(net *graph.Network, b *Batch, change func(d graph.Declaration, clamped []string) (graph.Declaration, error)) (bool, error) {
	if r.net == net && b.clamps(r.names) {
		return false, nil
	}
	if len(net.Buffers()) > 0 {
		return false, errors.Errorf("network, got one with running statistics (%s), want none; use a normalisation without them, such as layers.GroupNorm", net.Buffers()[0].Name)
	}
	clamped := b.clamped()
	d, err := change(net.Declaration(), clamped)
	if err != nil {
		return false, err
	}
	r.net = nil
	if r.made, err = graph.New(d, net.Settings()); err != nil {
		return false, err
	}
	r.params = r.params[:0]
	for _, p := range net.Params() {
		q, err := r.made.Param(p.Name)
		if err != nil {
			return false, err
		}
		r.params = append(r.params, q)
	}
	r.net, r.names = net, clamped
	return true, nil
}

// load gives the copy the parameters of the network.
func (r *replica) load(net *graph.Network) error {
	for i, p := range net.Params() {
		if err := r.params[i].SetValues(p.Values()); err != nil {
			return err
		}
	}
	return nil
}

// collect gives the network the gradients of the copy, times a scale.
func (r *replica) collect(net *graph.Network, scale float64) {
	for i, p := range net.Params() {
		g := p.Grads()
		g.CopyFrom(r.params[i].Grads())
		g.Scale(scale)
	}
}

// checkFeedforward returns an error unless every free node has one prediction, without a
// cycle, and none is amortised.
func checkFeedforward(d graph.Declaration, clamped []string) error {
	count := map[string]int{}
	for _, p := range d.Predictions {
		if p.Amortised {
			return errors.Errorf("prediction %q: is amortised, want none that is; leave it out", p.Name)
		}
		count[p.Of]++
	}
	done := map[string]bool{}
	for _, n := range d.Nodes {
		done[n.Name] = slices.Contains(clamped, n.Name)
		if !done[n.Name] && count[n.Name] != 1 {
			return errors.Errorf("node %q: is free and has %d predictions, want one, whose value it starts at; clamp it, or use train.Prospective", n.Name, count[n.Name])
		}
	}
	for changed := true; changed; {
		changed = false
		for _, p := range d.Predictions {
			if !done[p.Of] && !slices.ContainsFunc(p.From, func(from string) bool { return !done[from] }) {
				done[p.Of], changed = true, true
			}
		}
	}
	for _, n := range d.Nodes {
		if !done[n.Name] {
			return errors.Errorf("node %q: is on a cycle of predictions, or behind one, want none; clamp a node of it, or use train.Prospective", n.Name)
		}
	}
	return nil
}
