package graph

import (
	"slices"
	"strings"
)

// Reach is the number of relaxation steps that the signal of the clamped nodes takes to
// every free node and every parameter, starting from the feedforward predictions. With
// one evaluation per step it travels one node per step. With squared errors, and all
// energies that are minimal where activity and prediction agree, let
//
//	reach(k) = 0                            if term k has an error from the start
//	reach(k) = min reach(i), i free in k    otherwise
//	reach(i) = 1 + min reach(k), k with i   for every free node i
//
// where the nodes of a term are the predicted node and the nodes it is predicted from.
// Terms with an error from the start are the predictions of clamped nodes, the second
// predictions of a node, predictions that close a cycle, and priors. After t steps node
// i can have moved only if reach(i) ≤ t, and the gradient of a parameter of term k can
// be nonzero only if reach(k) ≤ t. Skip connections shorten the path.
//
// It is a lower bound: the signal shrinks from node to node and may be lost to
// rounding. In error coordinates one step reaches everything reachable; see
// [ErrorCoordinates].
type Reach struct {
	// Nodes are the free nodes, in the order of the declaration.
	Nodes []Reached
	// Params are the parameters of the active terms, in the order of [Network.Params].
	// Other parameters do not learn in these roles.
	Params []Reached
}

// Reached is the step at which the signal reaches a node or a parameter.
type Reached struct {
	Name string
	// Steps is the minimum number of steps, or −1 if the signal never arrives.
	Steps int
}

// Steps is the number of relaxation steps after which the signal has reached everything
// reachable.
func (r *Reach) Steps() int {
	steps := 0
	for _, list := range [][]Reached{r.Nodes, r.Params} {
		for _, x := range list {
			steps = max(steps, x.Steps)
		}
	}
	return steps
}

// Beyond returns the free nodes and the parameters that the signal reaches, but in more
// than the given number of steps.
func (r *Reach) Beyond(steps int) (nodes, params []string) {
	return beyond(r.Nodes, steps), beyond(r.Params, steps)
}

// Never returns the free nodes and the parameters that the signal never reaches: no
// clamped node is predicted from them.
func (r *Reach) Never() (nodes, params []string) { return never(r.Nodes), never(r.Params) }

func beyond(list []Reached, steps int) (names []string) {
	for _, x := range list {
		if x.Steps > steps {
			names = append(names, x.Name)
		}
	}
	return names
}

func never(list []Reached) (names []string) {
	for _, x := range list {
		if x.Steps < 0 {
			names = append(names, x.Name)
		}
	}
	return names
}

// Reach returns the reach in these roles. It depends only on the declaration and builds
// nothing.
func (n *Network) Reach(roles Roles) (*Reach, error) {
	r, err := n.resolveRoles(roles)
	if err != nil {
		return nil, err
	}
	w := newReaching(n, r)
	w.travel()
	out := &Reach{}
	for _, i := range r.free {
		out.Nodes = append(out.Nodes, Reached{n.decl.Nodes[i].Name, w.node[i]})
	}
	for i, p := range n.params {
		if steps, ok := w.param(i); ok {
			out.Params = append(out.Params, Reached{p.Name, steps})
		}
	}
	return out, nil
}

// reaching computes a Reach.
type reaching struct {
	net   *Network
	roles *roles
	nodes [][]int // by term: the free nodes
	term  []int   // by term: its reach, −1 until known
	node  []int   // by node, likewise
}

func newReaching(n *Network, r *roles) *reaching {
	w := &reaching{
		net: n, roles: r,
		nodes: make([][]int, n.numTerms()), term: slices.Repeat([]int{-1}, n.numTerms()), node: slices.Repeat([]int{-1}, len(n.decl.Nodes)),
	}
	free := make([]bool, len(n.decl.Nodes))
	for _, i := range r.free {
		free[i] = true
	}
	agrees := n.agreesAtStart(r.clamped)
	for k, p := range n.decl.Predictions {
		if !r.active[k] && !r.amortised[k] {
			continue
		}
		for _, i := range append([]int{n.index[p.Of]}, n.inputs(k)...) {
			if free[i] && !slices.Contains(w.nodes[k], i) {
				w.nodes[k] = append(w.nodes[k], i)
			}
		}
		if !agrees[k] {
			w.term[k] = 0
		}
	}
	for j, i := range n.priors() {
		if k := len(n.decl.Predictions) + j; r.active[k] {
			w.term[k] = 0
			if free[i] {
				w.nodes[k] = []int{i}
			}
		}
	}
	return w
}

// agreesAtStart reports, by prediction, whether a feedforward pass leaves its node at
// the predicted value.
func (n *Network) agreesAtStart(clamped []bool) []bool {
	agrees := make([]bool, len(n.decl.Predictions))
	done := slices.Clone(clamped)
	order, held := n.feedforwardOrder(clamped)
	for _, i := range held {
		done[i] = true // unless it is predicted later, see below
	}
	for _, st := range order {
		done[st.node] = false
	}
	for _, st := range order {
		ready := true
		for _, i := range n.inputs(st.prediction) {
			ready = ready && done[i]
		}
		agrees[st.prediction] = ready
		done[st.node] = true
	}
	return agrees
}

// travel propagates from the terms that have an error from the start to everything
// else, breadth first. Amortised predictions move no node.
func (w *reaching) travel() {
	of := make([][]int, len(w.node)) // by node: its terms
	var terms []int
	for k, nodes := range w.nodes {
		for _, i := range nodes {
			of[i] = append(of[i], k)
		}
		if w.term[k] == 0 {
			terms = append(terms, k)
		}
	}
	for ; len(terms) > 0; terms = terms[1:] {
		k := terms[0]
		if !w.roles.active[k] {
			continue
		}
		for _, i := range w.nodes[k] {
			if w.node[i] >= 0 {
				continue
			}
			w.node[i] = w.term[k] + 1
			for _, next := range of[i] {
				if w.term[next] < 0 {
					w.term[next] = w.node[i]
					terms = append(terms, next)
				}
			}
		}
	}
}

// param returns the reach of a parameter, the minimum over the terms that use it; ok is
// false if none is active. Parameters of an energy, such as a precision, and of a prior
// also learn where the error is 0.
func (w *reaching) param(i int) (steps int, ok bool) {
	n := w.net
	name := n.params[i].Name
	steps = -1
	add := func(k int, own bool) {
		if !w.roles.active[k] && !w.roles.amortised[k] {
			return
		}
		ok = true
		at := w.term[k]
		if own {
			at = 0
		}
		if at >= 0 && (steps < 0 || at < steps) {
			steps = at
		}
	}
	for _, k := range n.users[i] {
		if k >= 0 {
			add(k, strings.HasPrefix(name, n.scope(k)+"/energy/"))
		}
	}
	for j, of := range n.priors() {
		if n.askers[i].root == priorName(n.decl.Nodes[of].Name) {
			add(len(n.decl.Predictions)+j, true)
		}
	}
	return steps, ok
}

// inputs returns the nodes that prediction k depends on besides the predicted node.
func (n *Network) inputs(k int) []int {
	in := slices.Clone(n.reads[k])
	for _, from := range n.decl.Predictions[k].From {
		in = append(in, n.index[from])
	}
	return in
}

// scope is the prefix of the parameter names of prediction k.
func (n *Network) scope(k int) string {
	if d := n.decl.Predictions[k]; d.Share == "" {
		return d.Name
	}
	return n.decl.Predictions[k].Share
}

// note adds value to a list if it is absent.
func note(lists map[int][]int, key, value int) {
	if !slices.Contains(lists[key], value) {
		lists[key] = append(lists[key], value)
	}
}
