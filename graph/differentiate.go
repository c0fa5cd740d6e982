package graph

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// differentiate sums the terms and differentiates the sum, once, with respect to every
// activity and parameter that it depends on.
func (p *plan) differentiate() error {
	if err := p.checkStatements(); err != nil {
		return err
	}
	total, err := p.total()
	if err != nil {
		return err
	}
	reach := moving(p.g, total)
	var wrt gorgonia.Nodes
	p.dActs = make(gorgonia.Nodes, len(p.acts))
	p.dParams = make(gorgonia.Nodes, len(p.net.params))
	var store []**gorgonia.Node
	for i, d := range p.net.decl.Nodes {
		if x := p.coordinate(i); x != nil && reach[x] && !d.Data {
			wrt, store = append(wrt, x), append(store, &p.dActs[i])
		}
	}
	for i, param := range p.net.params {
		if p.errors {
			break // weights are learned in the energy graph
		}
		w := p.param(i)
		switch {
		case w != nil && reach[w]:
			wrt, store = append(wrt, w), append(store, &p.dParams[i])
		case p.composed(): // the loss does not depend on it
		case w == nil:
			return errors.Errorf("graph: parameter %q: no layer asks for it at batch size %d; a layer must ask for the same parameters at every batch size", param.Name, p.batch)
		default:
			return errors.Errorf("graph: parameter %q: no energy depends on it; a layer asks for it without using it, or only before a stop of the gradient", param.Name)
		}
	}
	if len(wrt) == 0 {
		return nil
	}
	p.index.grow(4 * len(p.g.AllNodes())) // an estimate of the nodes that derivatives add
	grads, err := gradients(reach, total, wrt)
	if err != nil {
		return err
	}
	for i, g := range grads {
		*store[i] = g
	}
	return p.replaceGradients()
}

// gradients is Gorgonia's Grad, but returns an error for operations without a
// derivative.
func gradients(reach map[*gorgonia.Node]bool, total *gorgonia.Node, wrt gorgonia.Nodes) (grads gorgonia.Nodes, err error) {
	defer func() {
		r := recover()
		if r == nil && err == nil {
			return
		}
		if r != nil {
			err = errors.Errorf("Gorgonia panicked: %v", r)
		}
		remedy := "an operation in a layer may lack a symbolic derivative"
		for n := range reach {
			if _, ok := n.Op().(gorgonia.SDOp); n.Op() != nil && !ok {
				remedy = fmt.Sprintf("operation %v has no symbolic derivative; give it the methods of gorgonia.SDOp", n.Op())
			}
		}
		err = errors.WithMessagef(err, "graph: network: the energy cannot be differentiated; %s", remedy)
	}()
	return gorgonia.Grad(total, wrt...)
}

// total is Σ_k c_k E_k.
func (p *plan) total() (*gorgonia.Node, error) {
	var sum *gorgonia.Node
	p.index.grow(2 * len(p.terms))
	for k, e := range p.terms {
		if e == nil {
			continue
		}
		weighted, err := gorgonia.Mul(p.gates[k], e)
		if err != nil {
			return nil, errors.Wrap(err, "graph: network: coefficient of an energy term")
		}
		if sum == nil {
			sum = weighted
			continue
		}
		if sum, err = gorgonia.Add(sum, weighted); err != nil {
			return nil, errors.Wrap(err, "graph: network: sum of the energy terms")
		}
	}
	if sum == nil {
		return nil, errors.New("graph: network: no energy term is left; clamp a node that is predicted")
	}
	return sum, nil
}

// moving returns the nodes that out depends on differentiably, itself included. An
// operation declares the operands that it is piecewise constant in, such as the ids of
// a table's rows.
func moving(g *gorgonia.ExprGraph, out *gorgonia.Node) map[*gorgonia.Node]bool {
	seen := map[*gorgonia.Node]bool{}
	for stack := []*gorgonia.Node{out}; len(stack) > 0; {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[n] {
			continue
		}
		seen[n] = true
		operands := children(g, n)
		var moves []bool
		if op, ok := n.Op().(gorgonia.SDOp); ok {
			moves = op.DiffWRT(len(operands))
		}
		for i, x := range operands {
			if i >= len(moves) || moves[i] {
				stack = append(stack, x)
			}
		}
	}
	return seen
}

// reachable returns the nodes that out depends on, itself included.
func reachable(g *gorgonia.ExprGraph, out ...*gorgonia.Node) map[*gorgonia.Node]bool {
	seen := map[*gorgonia.Node]bool{}
	stack := append([]*gorgonia.Node(nil), out...)
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[n] {
			continue
		}
		seen[n] = true
		stack = append(stack, children(g, n)...)
	}
	return seen
}

// children returns the operands of a node in order.
func children(g *gorgonia.ExprGraph, n *gorgonia.Node) []*gorgonia.Node {
	if n.Op() == nil {
		return nil
	}
	var out []*gorgonia.Node
	for it := g.From(n.ID()); it.Next(); {
		out = append(out, it.Node().(*gorgonia.Node))
	}
	return out
}
