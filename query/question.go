package query

import (
	"maps"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
)

// Question is what is known about some samples. Every node that it does not name is
// free.
type Question struct {
	// Samples is the number of samples. At least 1.
	Samples int
	// Clamp holds the data of the known nodes: (Samples, size of the node), row-major.
	// It may be empty: then the network dreams.
	Clamp map[string][]float32
	// Known marks, for nodes in Clamp, the units that are known: one entry per unit,
	// for all samples alike, or one per unit of each sample. The other units are free,
	// see [graph.Session.ClampUnits]. A node without an entry is entirely known.
	Known map[string][]bool
	// Outputs are nodes to exclude from the energy; they are computed from the relaxed
	// nodes at the end. A node whose energy has no minimum in its activity, such as a
	// cross-entropy's, is an output automatically unless it is clamped.
	Outputs []string
}

// roles returns the roles of the nodes.
func (q Question) roles(net *graph.Network) (graph.Roles, error) {
	var r graph.Roles
	for _, name := range slices.Sorted(maps.Keys(q.Clamp)) {
		if _, partly := q.Known[name]; !partly {
			r.Clamped = append(r.Clamped, name)
		}
	}
	r.Outputs = slices.Clone(q.Outputs)
	for _, p := range net.Declaration().Predictions {
		c, ok := p.Energy.(graph.ClampedOnly)
		if !ok || !c.ClampedOnly() || slices.Contains(r.Clamped, p.Of) || slices.Contains(r.Outputs, p.Of) {
			continue
		}
		if _, partly := q.Known[p.Of]; partly {
			return r, errors.Errorf("query: node %q: known in part, but its energy %T is linear in the activity and has no minimum for the unknown units; clamp all of it, or train with a Gaussian energy", p.Of, p.Energy)
		}
		r.Outputs = append(r.Outputs, p.Of)
	}
	return r, nil
}

// check returns an error that names the node unless the question fits the network.
func (q Question) check(net *graph.Network) error {
	if q.Samples < 1 {
		return errors.Errorf("query: Samples, got %d, want at least 1", q.Samples)
	}
	for name, data := range q.Clamp {
		n, err := net.Node(name)
		if err != nil {
			return errors.WithMessage(err, "query: Clamp")
		}
		if want := q.Samples * n.Shape.Size(); len(data) != want {
			return errors.Errorf("query: node %q: data, got %d numbers, want %d = %d samples × shape %v", name, len(data), want, q.Samples, n.Shape)
		}
	}
	for name, known := range q.Known {
		data, ok := q.Clamp[name]
		if !ok {
			return errors.Errorf("query: node %q: is in Known without data; add it to Clamp", name)
		}
		if size := len(data) / q.Samples; len(known) != size && len(known) != len(data) {
			return errors.Errorf("query: node %q: known units, got %d entries, want %d, one for each unit, or %d, one for each of every sample", name, len(known), size, len(data))
		}
	}
	return nil
}

// plain returns the question without masks that hide nothing.
func (q Question) plain() Question {
	known := map[string][]bool{}
	for name, units := range q.Known {
		if slices.Contains(units, false) {
			known[name] = units
		}
	}
	q.Known = known
	return q
}

// checkHidden returns an error if the hidden units of a node would never move: the node
// is not predicted, has no prior, and predicts no node with data.
func (q Question) checkHidden(net *graph.Network, roles graph.Roles) error {
	d := net.Declaration()
	for name := range q.Known {
		n, err := net.Node(name)
		if err != nil || n.Prior != nil || slices.ContainsFunc(d.Predictions, func(p graph.Prediction) bool { return p.Of == name }) {
			continue
		}
		r, err := net.Reach(roles)
		if err != nil {
			return err
		}
		if nodes, _ := r.Never(); slices.Contains(nodes, name) {
			return errors.Errorf("query: node %q: nothing predicts the hidden units, and nothing that they lead to is clamped, so that they would stay where they start; "+
				"clamp what they lead to, or ask a network that predicts %q: generative, autoencoder, memory or recurrent", name, name)
		}
	}
	return nil
}

// part returns samples i to j−1 of the question.
func (q Question) part(i, j int) Question {
	out := Question{Samples: j - i, Clamp: map[string][]float32{}, Known: map[string][]bool{}, Outputs: q.Outputs}
	for name, data := range q.Clamp {
		size := len(data) / q.Samples
		out.Clamp[name] = data[i*size : j*size]
	}
	for name, known := range q.Known {
		if size := len(q.Clamp[name]) / q.Samples; len(known) != size {
			known = known[i*size : j*size]
		}
		out.Known[name] = known
	}
	return out
}
