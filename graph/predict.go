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
	values  relax.Vector // of the predicted node
	missing string       // a dependency of the node without a value; "" if none
}

// passKey identifies a pass.
type passKey struct {
	batch       int
	node, given string
}

// Predict runs the feedforward pass from data of some nodes, with the current
// parameters, and returns the prediction of another node, one row per sample.
//
//	rows, err := net.Predict(map[string][]float32{"x": images}, "y")
//	// images: (samples, size of x), row-major   rows[i]: (size of y)
//
// The rows belong to the caller. Data for the node itself is ignored, so that a whole
// batch may be passed. The pass is an evaluation: without noise, and with running
// statistics if the network has any.
//
// It is an error if the data is not a whole number of samples, the same for all nodes,
// or is invalid for [Session.Clamp], and if the node, or one that it is computed from,
// has no value in a feedforward pass, because nothing predicts it from the data or it
// is on a cycle.
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

// Forward is [Network.Predict] for loops: it takes the number of samples and returns a
// view, (batch, size) row-major, that is valid until the next Forward or Predict. Nodes
// without a value in a feedforward pass are 0, which makes the result an initial guess,
// as by [Session.Initialize].
//
// The network caches the passes of the last 16 combinations of batch size, nodes with
// data, and predicted node. Like all methods of a Network, Forward and Predict are not
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

// given lists the nodes with data, except the predicted one.
func given(data map[string][]float32, node string) string {
	names := slices.Sorted(maps.Keys(data))
	return strings.Join(slices.DeleteFunc(names, func(name string) bool { return name == node }), ", ")
}

// samples returns the number of samples in the data.
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
	var clamped []string
	for _, name := range slices.Sorted(maps.Keys(data)) {
		if name != node {
			clamped = append(clamped, name)
		}
	}
	s, err := n.ForwardSession(batch, clamped, node)
	if err != nil {
		return nil, err
	}
	i := n.index[node]
	return &predictor{s, s.x[i], s.lacking()[i]}, nil
}

// lacking returns, by node, a dependency of the node without a value in a feedforward
// pass, "" if it has none.
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
