package graph

import (
	"maps"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/relax"
)

// predictor is the feedforward pass from some nodes to one, at a batch size.
type predictor struct {
	session *Session
	values  relax.Vector // of the node
	missing string       // a node without a value that the node is computed from; "" if there is none
}

// passKey tells passes apart.
type passKey struct {
	batch       int
	node, given string
}

// Predict runs the feedforward pass from data of some nodes, with the parameters of
// now, and returns what the network predicts for another node: one row a sample.
//
//	rows, err := net.Predict(map[string][]float32{"x": images}, "y")
//	// images: (samples, size of x), row-major   rows[i]: (size of y)
//
// The rows belong to the caller. Data for the node itself is ignored, so that a whole
// batch may be passed. The pass is one in evaluation: no noise, and running statistics
// where the network has any.
//
// It is an error if the data of the nodes is not of one whole number of samples, or
// does not fit them as [Session.Clamp] wants, and if the node, or one that it is
// computed from, has no value in a feedforward pass, because nothing predicts it from
// the data or it lies on a cycle.
func (n *Network) Predict(data map[string][]float32, node string) ([][]float64, error) {
	batch, err := n.samples(data, node)
	if err != nil {
		return nil, err
	}
	p, err := n.forward(batch, data, node)
	if err != nil {
		return nil, err
	}
	if p.missing != "" {
		return nil, errors.Errorf("graph: predict: node %q: has no value in a feedforward pass from %s, because node %q lies on a cycle or nothing predicts it from them; give its data too, or relax a Session", node, given(data, node), p.missing)
	}
	all, size := p.values.AppendTo(nil), p.values.Len()/batch
	rows := make([][]float64, batch)
	for i := range rows {
		rows[i] = all[i*size : (i+1)*size : (i+1)*size]
	}
	return rows, nil
}

// Forward is [Network.Predict] for loops: it is told the number of samples and returns
// a view, (batch, size) row-major, that is valid until the next Forward or Predict.
// Nodes without a value in a feedforward pass hold 0, which makes the result a first
// guess, as [Session.Initialize] makes it.
//
// The network keeps the passes of the 16 combinations of batch size, nodes with data,
// and node that it ran last. Like everything of a Network, Forward and Predict are not
// safe for concurrent use.
func (n *Network) Forward(batch int, data map[string][]float32, node string) (relax.Vector, error) {
	p, err := n.forward(batch, data, node)
	if err != nil {
		return relax.Vector{}, err
	}
	return p.values, nil
}

func (n *Network) forward(batch int, data map[string][]float32, node string) (*predictor, error) {
	key := passKey{batch, node, given(data, node)}
	p, ok := n.passes.Get(key)
	if !ok {
		var err error
		if p, err = n.newPredictor(batch, data, node); err != nil {
			return nil, err
		}
		n.passes.Put(key, p)
	}
	for name, x := range data {
		if name == node {
			continue
		}
		if err := p.session.Clamp(name, x); err != nil {
			return nil, err
		}
	}
	return p, p.session.Initialize(Start{}, nil)
}

// given lists the nodes with data, but for the one that is predicted.
func given(data map[string][]float32, node string) string {
	names := slices.Sorted(maps.Keys(data))
	return strings.Join(slices.DeleteFunc(names, func(name string) bool { return name == node }), ", ")
}

// samples is the number of samples of which there is data.
func (n *Network) samples(data map[string][]float32, node string) (int, error) {
	batch, first := 0, ""
	for _, name := range slices.Sorted(maps.Keys(data)) {
		if name == node {
			continue
		}
		d, err := n.Node(name)
		if err != nil {
			return 0, err
		}
		size, got := d.Shape.Size(), len(data[name])
		switch {
		case got == 0 || got%size != 0:
			return 0, errors.Errorf("graph: predict: node %q: data, got %d numbers, want a multiple of %d, the size of a sample of shape %v", name, got, size, d.Shape)
		case first == "":
			batch, first = got/size, name
		case got/size != batch:
			return 0, errors.Errorf("graph: predict: node %q: data, got %d samples, want %d as of node %q", name, got/size, batch, first)
		}
	}
	if first == "" {
		return 0, errors.Errorf("graph: predict: node %q: got no data to predict it from; pass that of the other nodes, or call Forward with a batch size", node)
	}
	return batch, nil
}

// newPredictor prepares a pass.
func (n *Network) newPredictor(batch int, data map[string][]float32, node string) (*predictor, error) {
	if _, err := n.Node(node); err != nil {
		return nil, err
	}
	r := Roles{Outputs: []string{node}}
	for _, name := range slices.Sorted(maps.Keys(data)) {
		if name != node {
			r.Clamped = append(r.Clamped, name)
		}
	}
	if slices.ContainsFunc(n.decl.Predictions, func(p Prediction) bool { return slices.Contains(p.From, node) }) {
		r.Outputs = n.outputs(r.Clamped)
	}
	s, err := n.Session(batch, r)
	if err != nil {
		return nil, err
	}
	i := n.index[node]
	return &predictor{s, s.x[i], s.lacking()[i]}, nil
}

// outputs returns the nodes that only a feedforward pass computes: they are predicted,
// and predict no node but each other.
func (n *Network) outputs(clamped []string) []string {
	out := map[string]bool{}
	for _, p := range n.decl.Predictions {
		out[p.Of] = !slices.Contains(clamped, p.Of)
	}
	for again := true; again; {
		again = false
		for _, p := range n.decl.Predictions {
			for _, from := range p.From {
				if out[from] && !out[p.Of] {
					out[from], again = false, true
				}
			}
		}
	}
	var names []string
	for _, d := range n.decl.Nodes {
		if out[d.Name] {
			names = append(names, d.Name)
		}
	}
	return names
}

// lacking names, by node, one without a value in a feedforward pass that the node is
// computed from; "" where there is none.
func (s *Session) lacking() []string {
	out := make([]string, len(s.x))
	for _, i := range s.held {
		out[i] = s.net.decl.Nodes[i].Name
	}
	for _, st := range s.order {
		for _, from := range s.net.decl.Predictions[st.prediction].From {
			if name := out[s.net.index[from]]; name != "" && out[st.node] == "" {
				out[st.node] = name
			}
		}
	}
	return out
}
