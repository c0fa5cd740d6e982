package graph

import (
	"slices"

	"github.com/pkg/errors"
)

// stage is one step of a feedforward pass: node takes the value that
// prediction gives it.
type stage struct {
	node, prediction int
}

// feedforwardOrder orders the nodes that are not clamped so that each comes after the
// nodes that predict it. A node with several predictions follows the first declared one
// whose inputs are ready. In a cycle of predictions the first declared node is taken,
// and reads the current values of the others. The nodes that are read before they are
// predicted are returned in held, along with the nodes without a prediction.
func (n *Network) feedforwardOrder(clamped []bool) (order []stage, held []int) {
	o := n.newOrdering(clamped)
	isHeld := make([]bool, len(o.done))
	for i := range o.done {
		if len(o.predicted[i]) == 0 && !o.done[i] {
			isHeld[i] = true
			o.finish(i)
		}
	}
	for {
		next, ok := o.next()
		if !ok {
			break
		}
		for _, i := range o.from[next.prediction] {
			if !o.done[i] {
				isHeld[i] = true
			}
		}
		order = append(order, next)
		o.finish(next.node)
	}
	for i, h := range isHeld {
		if h && !n.decl.Nodes[i].Data {
			held = append(held, i)
		}
	}
	return order, held
}

// acyclicOrder is feedforwardOrder for programs that substitute predictions for nodes;
// a cycle is an error.
func (n *Network) acyclicOrder(clamped []bool) ([]stage, error) {
	order, held := n.feedforwardOrder(clamped)
	if len(held) > 0 {
		return nil, errors.Errorf("graph: backprop: node %q: has no value in a feedforward pass from the clamped nodes, because it lies on a cycle or nothing predicts it; clamp it, or use prospective configuration",
			n.decl.Nodes[held[0]].Name)
	}
	return order, nil
}

// Settles reports whether a feedforward pass from the clamped nodes already minimises
// the energy, for energies that are minimal where activity and prediction agree: no
// clamped node is predicted, and every other node has at most one prediction, no prior,
// no amortised prediction that it might start from instead, and is not on a cycle. An
// amortised prediction of a clamped node is not a term of the energy and does not
// count. In such a network there is nothing to relax until an output is clamped too.
func (n *Network) Settles(clamped []string) bool {
	is := make([]bool, len(n.decl.Nodes))
	for _, name := range clamped {
		if i, ok := n.index[name]; ok {
			is[i] = true
		}
	}
	predictions := make([]int, len(is))
	for _, p := range n.decl.Predictions {
		if p.Amortised {
			if !is[n.index[p.Of]] {
				return false
			}
			continue
		}
		predictions[n.index[p.Of]]++
	}
	for i, d := range n.decl.Nodes {
		if is[i] && predictions[i] > 0 || !is[i] && (predictions[i] > 1 || d.Prior != nil) {
			return false
		}
	}
	_, held := n.feedforwardOrder(is)
	return !slices.ContainsFunc(held, func(i int) bool { return predictions[i] > 0 })
}
