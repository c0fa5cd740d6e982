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

// feedforwardOrder orders the nodes that are not clamped so that each comes
// after what predicts it. A node that is predicted several times follows the
// first declared prediction whose inputs are there by then. Where the
// predictions form a cycle, its first declared node is taken, and reads what the
// others hold. The nodes that are read before they are predicted are returned in
// held, along with those that nothing predicts.
func (n *Network) feedforwardOrder(clamped []bool) (order []stage, held []int) {
	done := slices.Clone(clamped)
	predicted := make([][]int, len(n.decl.Nodes))
	for k, p := range n.decl.Predictions {
		of := n.index[p.Of]
		predicted[of] = append(predicted[of], k)
	}
	isHeld := make([]bool, len(done))
	for i := range done {
		if len(predicted[i]) == 0 && !done[i] {
			done[i], isHeld[i] = true, true
		}
	}
	for {
		next := n.nextStage(done, predicted)
		if next.node < 0 {
			break
		}
		for _, from := range n.decl.Predictions[next.prediction].From {
			if i := n.index[from]; !done[i] {
				isHeld[i] = true
			}
		}
		order = append(order, next)
		done[next.node] = true
	}
	for i, h := range isHeld {
		if h && !n.decl.Nodes[i].Data {
			held = append(held, i)
		}
	}
	return order, held
}

// nextStage picks the first declared node that is ready; where none is, the
// first declared node of a cycle that nothing else left leads to. Its node is
// −1 when all are done.
func (n *Network) nextStage(done []bool, predicted [][]int) stage {
	left := false
	for i := range done {
		if done[i] {
			continue
		}
		left = true
		for _, k := range predicted[i] {
			ready := true
			for _, from := range n.decl.Predictions[k].From {
				ready = ready && done[n.index[from]]
			}
			if ready {
				return stage{i, k}
			}
		}
	}
	if !left {
		return stage{node: -1}
	}
	i := n.firstOfCycle(done, predicted)
	return stage{i, predicted[i][0]}
}

// firstOfCycle returns the first declared node that everything leading to it,
// of what is left, is led to by. There is one if no node is ready.
func (n *Network) firstOfCycle(done []bool, predicted [][]int) int {
	leads := make([]map[int]bool, len(done)) // leads[i]: what is left and leads to i
	for i := range done {
		if done[i] {
			continue
		}
		leads[i] = map[int]bool{}
		for stack := []int{i}; len(stack) > 0; {
			at := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			for _, k := range predicted[at] {
				for _, from := range n.decl.Predictions[k].From {
					if j := n.index[from]; !done[j] && !leads[i][j] {
						leads[i][j] = true
						stack = append(stack, j)
					}
				}
			}
		}
	}
	for i, from := range leads {
		first := from[i]
		for j := range from {
			first = first && leads[j][i]
		}
		if first {
			return i
		}
	}
	panic("graph: no node is ready, yet none lies on a cycle")
}

// acyclicOrder is feedforwardOrder for programs that substitute predictions for
// nodes, which a cycle makes impossible.
func (n *Network) acyclicOrder(clamped []bool) ([]stage, error) {
	order, held := n.feedforwardOrder(clamped)
	if len(held) > 0 {
		return nil, errors.Errorf("graph: backprop: node %q: has no value in a feedforward pass from the clamped nodes, because it lies on a cycle or nothing predicts it; clamp it, or use prospective configuration",
			n.decl.Nodes[held[0]].Name)
	}
	return order, nil
}

// Settles reports whether a feedforward pass from the clamped nodes is a minimum
// of the energy already, for energies that are least where activity and
// prediction agree: no clamped node is predicted, and every other one at most
// once, without a prior, without an amortised prediction that it might start at
// instead, and not on a cycle. An amortised prediction of a clamped node is no
// term of the energy and does not count. In such a network there is nothing to
// relax until an output is clamped too.
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
