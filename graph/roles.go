package graph

import (
	"slices"

	"github.com/pkg/errors"
)

// Roles are the roles of the nodes of a network at run time. A node in neither list is
// free: relaxation moves it.
type Roles struct {
	// Clamped nodes hold data.
	Clamped []string `json:"clamped"`
	// Outputs are not part of the energy: the terms that predict them are left out, and
	// a feedforward pass computes them. They cannot predict a node that is clamped or
	// free.
	Outputs []string `json:"outputs,omitempty"`
	// Training means that the session learns: noise is drawn, so that dropout drops
	// units, and batch normalisation uses the statistics of the batch, which its
	// running statistics follow. False is evaluation, where results depend neither on
	// chance nor on the other samples. Networks without such layers are the same in
	// both.
	Training bool `json:"training,omitempty"`
}

// roles is Roles resolved against a network.
type roles struct {
	clamped, output []bool
	free            []int  // nodes moved by relaxation
	active          []bool // energy terms that are part of the energy
	amortised       []bool // inactive terms whose parameters learn
	training        bool
}

func (n *Network) resolveRoles(r Roles) (*roles, error) {
	out := &roles{
		clamped: make([]bool, len(n.decl.Nodes)),
		output:  make([]bool, len(n.decl.Nodes)),

		training: r.Training,
	}
	for _, list := range []struct {
		names []string
		mark  []bool
		what  string
	}{{r.Clamped, out.clamped, "clamped"}, {r.Outputs, out.output, "outputs"}} {
		for _, name := range list.names {
			i, ok := n.index[name]
			if !ok {
				return nil, errors.Errorf("graph: roles: %s node %q is not declared; the nodes are %s", list.what, name, n.nodeNames())
			}
			if out.clamped[i] || out.output[i] {
				return nil, errors.Errorf("graph: roles: node %q is named twice; a node has one role", name)
			}
			list.mark[i] = true
		}
	}
	predicted := make([]bool, len(n.decl.Nodes))
	for _, p := range n.decl.Predictions {
		predicted[n.index[p.Of]] = true
	}
	for i, d := range n.decl.Nodes {
		if out.output[i] && !predicted[i] {
			return nil, errors.Errorf("graph: roles: output %q: nothing predicts it, so a feedforward pass cannot compute it; clamp it or leave it free", d.Name)
		}
	}
	for i, d := range n.decl.Nodes {
		switch {
		case d.Data && !out.clamped[i]:
			return nil, errors.Errorf("graph: roles: data node %q is not clamped; add it to Roles.Clamped", d.Name)
		case !out.clamped[i] && !out.output[i]:
			out.free = append(out.free, i)
		}
	}
	return out, n.resolveTerms(out)
}

// resolveTerms finds the active energy terms and rejects terms that the roles make
// meaningless.
func (n *Network) resolveTerms(r *roles) error {
	r.active, r.amortised = make([]bool, n.numTerms()), make([]bool, n.numTerms())
	for k, p := range n.decl.Predictions {
		of := n.index[p.Of]
		if r.output[of] {
			continue
		}
		r.active[k] = true
		if p.Amortised {
			r.active[k] = false
			r.amortised[k] = !slices.ContainsFunc(p.From, func(from string) bool { return r.output[n.index[from]] })
			continue
		}
		for _, from := range p.From {
			if r.output[n.index[from]] {
				return errors.Errorf("graph: roles: output %q predicts node %q, which is part of the energy; leave %q out of Roles.Outputs so that it is free", from, p.Of, from)
			}
		}
		if c, ok := p.Energy.(ClampedOnly); ok && c.ClampedOnly() && !r.clamped[of] {
			return errors.Errorf("graph: roles: node %q is free, but its energy %T is linear in the activity and has no minimum; clamp it or name it in Roles.Outputs", p.Of, p.Energy)
		}
	}
	for i, t := range n.priors() {
		r.active[len(n.decl.Predictions)+i] = !r.output[t]
	}
	return nil
}

// priors returns the nodes that have a prior, in order.
func (n *Network) priors() []int {
	var out []int
	for i, d := range n.decl.Nodes {
		if d.Prior != nil {
			out = append(out, i)
		}
	}
	return out
}

// numTerms counts the energy terms: one per prediction and one per prior.
func (n *Network) numTerms() int { return len(n.decl.Predictions) + len(n.priors()) }

// termNames returns the names of the energy terms: the predictions' names, then
// "prior(x)" for each prior.
func (n *Network) termNames() []string {
	names := make([]string, 0, n.numTerms())
	for _, p := range n.decl.Predictions {
		names = append(names, p.Name)
	}
	for _, i := range n.priors() {
		names = append(names, priorName(n.decl.Nodes[i].Name))
	}
	return names
}

// priorName is the name of the energy term of a node's prior.
func priorName(node string) string { return "prior(" + node + ")" }
