package graph

import (
	"container/heap"
	"math"
	"slices"
	"sort"
)

// ordering is a feedforward order under construction.
type ordering struct {
	of, missing []int   // by prediction: the node, and the number of its inputs not yet done
	from        [][]int // by prediction: the nodes it reads
	predicted   [][]int // by node: its predictions
	readers     [][]int // by node: the predictions that read it, with multiplicity
	done        []bool
	ready       intHeap // nodes of predictions without missing inputs, including done nodes
}

func (n *Network) newOrdering(clamped []bool) *ordering {
	o := &ordering{
		predicted: make([][]int, len(n.decl.Nodes)),
		readers:   make([][]int, len(n.decl.Nodes)),
		missing:   make([]int, len(n.decl.Predictions)),
		done:      slices.Clone(clamped),
	}
	for k, p := range n.decl.Predictions {
		of := n.index[p.Of]
		o.of, o.predicted[of] = append(o.of, of), append(o.predicted[of], k)
		var from []int
		for _, name := range p.From {
			i := n.index[name]
			from = append(from, i)
			if !o.done[i] {
				o.missing[k]++
				o.readers[i] = append(o.readers[i], k)
			}
		}
		o.from = append(o.from, from)
		if o.missing[k] == 0 {
			heap.Push(&o.ready, of)
		}
	}
	return o
}

// finish marks a node as done.
func (o *ordering) finish(i int) {
	o.done[i] = true
	for _, k := range o.readers[i] {
		if o.missing[k]--; o.missing[k] == 0 {
			heap.Push(&o.ready, o.of[k])
		}
	}
}

// next returns the first declared node that is ready; if none is, the first declared
// node of a cycle that no other remaining node leads to. It returns false when all are
// done.
func (o *ordering) next() (stage, bool) {
	for len(o.ready.IntSlice) > 0 {
		i := heap.Pop(&o.ready).(int)
		if o.done[i] {
			continue
		}
		for _, k := range o.predicted[i] {
			if o.missing[k] == 0 {
				return stage{i, k}, true
			}
		}
	}
	c := components{ordering: o, low: make([]int, len(o.done)), first: math.MaxInt}
	for i, done := range o.done {
		if !done && c.low[i] == 0 {
			c.visit(i)
		}
	}
	if c.first == math.MaxInt {
		return stage{}, false
	}
	return stage{c.first, o.predicted[c.first][0]}, true
}

// components finds the strongly connected components of the remaining nodes by Tarjan's
// algorithm, following edges from each node to the nodes it is predicted from. A
// component without outgoing edges is a cycle that no other node leads to, because none
// of its nodes is ready.
type components struct {
	*ordering
	low   []int // by node: 1 + the lowest stack index reachable from it; closed: its component is complete; 0: not visited
	stack []int
	first int // the first declared node of such a component
}

// closed is the low of nodes that have left the stack.
const closed = math.MaxInt

// visit reports whether i leads to a component that is complete.
func (c *components) visit(i int) (leads bool) {
	place := len(c.stack) + 1
	c.low[i] = place
	c.stack = append(c.stack, i)
	for _, k := range c.predicted[i] {
		for _, j := range c.from[k] {
			if c.done[j] {
				continue
			}
			if c.low[j] == 0 {
				leads = c.visit(j) || leads
			}
			leads = leads || c.low[j] == closed
			c.low[i] = min(c.low[i], c.low[j])
		}
	}
	if c.low[i] < place {
		return leads
	}
	members := c.stack[place-1:]
	c.stack = c.stack[:place-1]
	for _, j := range members {
		c.low[j] = closed
	}
	if !leads {
		c.first = min(c.first, slices.Min(members))
	}
	return true
}

// intHeap is a min-[heap.Interface] of integers.
type intHeap struct{ sort.IntSlice }

// Push appends an integer.
func (h *intHeap) Push(x any) { h.IntSlice = append(h.IntSlice, x.(int)) }

// Pop removes the last integer.
func (h *intHeap) Pop() any {
	last := len(h.IntSlice) - 1
	x := h.IntSlice[last]
	h.IntSlice = h.IntSlice[:last]
	return x
}
