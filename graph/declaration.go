package graph

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// Shape is the shape of one sample, without the batch axis: {784}, {3, 32, 32}.
type Shape []int

// Size is the number of units: the product of the axes.
func (s Shape) Size() int {
	n := 1
	for _, d := range s {
		n *= d
	}
	return n
}

// maxElements bounds the size of a node or a parameter, so that a mistyped digit is an
// error and does not exhaust the memory: in float64 it is 2 GiB.
const maxElements = 1 << 28

// fits reports whether the size of s is at most maxElements; its axes must be positive.
func (s Shape) fits() bool {
	room := maxElements
	for _, d := range s {
		room /= d
	}
	return room > 0
}

// check returns an error unless s can be the shape of a node or a parameter.
func (s Shape) check() error {
	if len(s) == 0 {
		return errors.New("shape is empty, want at least one axis")
	}
	if slices.Min(s) < 1 {
		return errors.Errorf("shape, got %v, want every axis at least 1", s)
	}
	if !s.fits() {
		return errors.Errorf("shape, got %v, want at most %d numbers", s, maxElements)
	}
	return nil
}

// Equal reports whether s and t have the same axes.
func (s Shape) Equal(t Shape) bool { return slices.Equal(s, t) }

// Batched returns the shape of a whole batch: s with batch in front.
func (s Shape) Batched(batch int) []int {
	return append([]int{batch}, s...)
}

// Declaration is a predictive-coding network as plain data: value nodes and
// predictions. It does not say which nodes are clamped and which are free; the [Roles]
// of a [Session] do. Nodes and predictions may be declared in any order, and
// predictions may form cycles.
type Declaration struct {
	Nodes       []Node       `json:"nodes"`
	Predictions []Prediction `json:"predictions"`
}

// Node declares a value node: a population of units whose activity x, one row per
// sample, is either clamped to data, or free, or the output of a feedforward pass.
type Node struct {
	// Name is unique in the network. It must not be empty.
	Name string `json:"name"`
	// Shape is the shape of one sample. At least one axis, every axis at least 1.
	Shape Shape `json:"shape"`
	// Prior is an energy on the activity itself, such as an L1 penalty for
	// sparse codes. Nil means none.
	Prior Prior `json:"prior,omitempty"`
	// Data marks a node that only carries data: a mask, a precision, an index.
	// It must always be clamped, it cannot be predicted, and the energy is not
	// differentiated with respect to it.
	Data bool `json:"data,omitempty"`
	// Mask names a data node that says which positions of this one take part: m is 1
	// where there are data and 0 where there is padding, as behind the end of a sequence
	// that is shorter than others of the batch. Its shape is that of this node or its
	// first axes. The energies of the predictions of this node, and its prior, are then
	//
	//	E(m·x, m·μ)        x, μ: (batch, P, ...)   m: (batch, P)
	//
	// and so no gradient has a part of what is padded: not that of an activity, nor that
	// of a parameter. Where positions read each other, layers have to leave padding out
	// too, as layers.MultiHeadAttention does. Empty means that all take part.
	Mask string `json:"mask,omitempty"`
}

// Prediction declares that node Of is predicted, through a layer, from other
// nodes. Each prediction is one term of the energy,
//
//	E_k = energy(x_of, μ),   μ = layer(x_from...)
//
// A node may be predicted several times and may predict any node, itself
// included.
type Prediction struct {
	// Name names the energy term and prefixes the names of the parameters. It is unique
	// in the network. Empty means the name of the predicted node, with "#2", "#3" ...
	// for its second, third ... unnamed prediction.
	Name string `json:"name,omitempty"`
	// Of is the predicted node.
	Of string `json:"of"`
	// From are the nodes it is predicted from, in the order of the layer's inputs.
	From []string `json:"from"`
	// Layer builds the prediction.
	Layer Layer `json:"layer"`
	// Energy compares activity and prediction. Nil means the squared error
	// ½Σ(x−μ)², a Gaussian of unit precision.
	Energy Energy `json:"energy,omitempty"`
	// Amortised makes the prediction learn from the activities without moving them: its
	// energy takes no part in relaxation, and its parameters learn to predict the
	// relaxed activities. Declared before the other prediction of its node, it gives
	// the feedforward pass a good initial state. This is hybrid predictive coding
	// (Tscshantz, Millidge, Seth and Buckley 2023): a generative network with amortised
	// predictions in the opposite direction.
	Amortised bool `json:"amortised,omitempty"`
	// Share names another prediction whose parameters this one uses. The layers must
	// ask for the same parameters. Empty means that it has its own.
	Share string `json:"share,omitempty"`
}

// resolve checks the declaration, names its predictions and returns the copy that the
// network keeps, with an index of its nodes.
func (d Declaration) resolve() (Declaration, map[string]int, error) {
	out := Declaration{Nodes: slices.Clone(d.Nodes), Predictions: slices.Clone(d.Predictions)}
	index := make(map[string]int, len(out.Nodes))
	for i, n := range out.Nodes {
		out.Nodes[i].Shape = slices.Clone(n.Shape)
		if err := n.check(); err != nil {
			return out, nil, ofNode(i, err)
		}
		if _, ok := index[n.Name]; ok {
			return out, nil, ofNode(i, errors.Errorf("graph: node %q: declared twice; give every node a name of its own", n.Name))
		}
		index[n.Name] = i
	}
	if len(out.Predictions) == 0 && !slices.ContainsFunc(out.Nodes, func(n Node) bool { return n.Prior != nil }) {
		return out, nil, errors.New("graph: network: no prediction and no prior declared; a network needs at least one Prediction, or a Node with a Prior")
	}
	if err := out.namePredictions(); err != nil {
		return out, nil, err
	}
	for i, n := range out.Nodes {
		if err := out.checkMask(n, index); err != nil {
			return out, nil, ofNode(i, err)
		}
	}
	named := make(map[string]int, len(out.Predictions))
	for i, p := range out.Predictions {
		named[p.Name] = i
	}
	for i := range out.Predictions {
		out.Predictions[i].From = slices.Clone(out.Predictions[i].From)
		if err := out.checkPrediction(i, index, named); err != nil {
			return out, nil, ofPrediction(i, err)
		}
	}
	return out, index, out.checkUsed()
}

func (n Node) check() error {
	if n.Name == "" {
		return errors.Errorf("graph: node of shape %v: name is empty; every node needs a unique name", n.Shape)
	}
	if len(n.Shape) == 0 {
		return errors.Errorf("graph: node %q: shape is empty, want at least one axis, for example graph.Shape{1}", n.Name)
	}
	for _, d := range n.Shape {
		if d < 1 {
			return errors.Errorf("graph: node %q: shape, got %v, want every axis at least 1", n.Name, n.Shape)
		}
	}
	if !n.Shape.fits() {
		return errors.Errorf("graph: node %q: shape, got %v, want at most %d units", n.Name, n.Shape, maxElements)
	}
	if n.Data && n.Prior != nil {
		return errors.Errorf("graph: node %q: a data node has no activity to put a prior on", n.Name)
	}
	return nil
}

// nodeNames lists the nodes, for messages.
func (d *Declaration) nodeNames() string {
	names := make([]string, len(d.Nodes))
	for i, n := range d.Nodes {
		names[i] = strconv.Quote(n.Name)
	}
	return strings.Join(names, ", ")
}

// namePredictions gives every unnamed prediction its name and rejects
// duplicates.
func (d *Declaration) namePredictions() error {
	count := map[string]int{}
	seen := map[string]bool{}
	for _, n := range d.Nodes {
		if n.Prior != nil {
			seen[priorName(n.Name)] = true
		}
	}
	for i := range d.Predictions {
		p := &d.Predictions[i]
		if p.Name == "" {
			count[p.Of]++
			p.Name = p.Of
			if k := count[p.Of]; k > 1 {
				p.Name += "#" + strconv.Itoa(k)
			}
		}
		if seen[p.Name] {
			return ofPrediction(i, errors.Errorf("graph: prediction %q: the name is taken by another energy term; give one of them another Name", p.Name))
		}
		seen[p.Name] = true
	}
	return nil
}

func (d *Declaration) checkPrediction(i int, index, named map[string]int) error {
	p := d.Predictions[i]
	of, ok := index[p.Of]
	if !ok {
		return errors.Errorf("graph: prediction %q: predicts node %q, which is not declared; the nodes are %s", p.Name, p.Of, d.nodeNames())
	}
	if d.Nodes[of].Data {
		return errors.Errorf("graph: prediction %q: node %q is a data node, which nothing can predict", p.Name, p.Of)
	}
	if len(p.From) == 0 {
		return errors.Errorf("graph: prediction %q: From is empty, want the names of the nodes it is predicted from", p.Name)
	}
	for _, from := range p.From {
		if _, ok := index[from]; !ok {
			return errors.Errorf("graph: prediction %q: predicts from node %q, which is not declared; the nodes are %s", p.Name, from, d.nodeNames())
		}
	}
	if p.Layer == nil {
		return errors.Errorf("graph: prediction %q: Layer is nil, want a layer, for example layers.Dense{Out: %d}", p.Name, d.Nodes[of].Shape.Size())
	}
	if p.Share == "" {
		return nil
	}
	j, ok := named[p.Share]
	switch {
	case !ok:
		return errors.Errorf("graph: prediction %q: shares the parameters of %q, which is not declared", p.Name, p.Share)
	case j == i || d.Predictions[j].Share != "":
		return errors.Errorf("graph: prediction %q: shares the parameters of %q, which has none of its own; name the prediction that owns them", p.Name, p.Share)
	}
	return nil
}

// checkUsed rejects nodes that no energy term reads or could move.
func (d *Declaration) checkUsed() error {
	used := map[string]bool{}
	for _, p := range d.Predictions {
		used[p.Of] = true
		for _, from := range p.From {
			used[from] = true
		}
	}
	for i, n := range d.Nodes {
		if !used[n.Name] && !n.Data && n.Prior == nil {
			return ofNode(i, errors.Errorf("graph: node %q: takes part in no prediction; remove it or predict it", n.Name))
		}
	}
	return nil
}
