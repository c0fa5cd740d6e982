package run

import (
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
)

// Layout says which nodes of a network hold the data, and so what training and
// testing mean.
//
//	Sample  Label  Target   what the network is
//	x       y      y        a classifier: test error, squared error of the label
//	x       y      x        a generator of samples from labels: squared error of
//	                        what it makes of a test sample's label, and the test
//	                        error of the labels it infers from the samples
//	x, y    none   y        an autoencoder: squared error of the reconstruction
//	x       none   x        a memory: squared error of what it makes of a sample
//	x       y      y        of a text: characters, and at each place the one that
//	                        follows; the test error is the fraction of places
//
// A node holds samples if it has as many units as a sample has numbers, and labels
// if it has as many units as there are classes.
type Layout struct {
	// Sample are the nodes that are clamped to samples, one or two.
	Sample []string
	// Label is the node that is clamped to encoded labels; empty means none.
	Label string
	// Target is the node whose prediction is tested.
	Target string

	// places is the number of characters of a window; 0 unless the data are a text.
	places int
	// mask is the node that is 1 where a line has characters; empty unless the data are
	// lines.
	mask string
	// regresses says that Label is clamped to numbers to predict.
	regresses bool
	// oneUnit says that Label has one unit for two classes.
	oneUnit bool
}

// namedLayout is the layout of a model of package models, whose data are "x" and
// "y", either of which may be predicted.
func namedLayout(d graph.Declaration, s sizes) (Layout, error) {
	has := func(name string) bool {
		return slices.ContainsFunc(d.Nodes, func(n graph.Node) bool { return n.Name == name })
	}
	predicted := func(name string) bool {
		return slices.ContainsFunc(d.Predictions, func(p graph.Prediction) bool { return p.Of == name })
	}
	switch {
	case !has("y"):
		return layoutOf(d, "x", "", s)
	case !predicted("y"):
		return layoutOf(d, "y", "x", s)
	}
	return layoutOf(d, "x", "y", s)
}

// layoutOf finds out which of input and target holds samples and which labels.
// An empty target means that there is none.
func layoutOf(d graph.Declaration, input, target string, s sizes) (Layout, error) {
	shape := func(name string) graph.Shape {
		return d.Nodes[slices.IndexFunc(d.Nodes, func(n graph.Node) bool { return n.Name == name })].Shape
	}
	size := func(name string) int { return shape(name).Size() }
	if s.text {
		l, err := textLayout(input, target, size, s)
		if err != nil {
			return l, err
		}
		l.mask = d.Nodes[slices.IndexFunc(d.Nodes, func(n graph.Node) bool { return n.Name == target })].Mask
		if s.lines != (l.mask != "") {
			return Layout{}, errors.Errorf("node %q: Mask, got %q, but %s; %s", target, l.mask, s.describe(), s.maskRemedy())
		}
		return l, nil
	}
	if target == "" {
		if size(input) != s.inputs {
			return Layout{}, errors.Errorf("node %q: got %d units, but %s; give it %d units", input, size(input), s.describe(), s.inputs)
		}
		return s.ordered(shape, Layout{Sample: []string{input}, Target: input})
	}
	in, out := size(input), size(target)
	one := !s.regression && s.outputs == 2
	l := Layout{Target: target, regresses: s.regression}
	switch {
	case in == s.inputs && (out == s.outputs || one && out == 1) && s.outputs > 0:
		l.Sample, l.Label, l.oneUnit = []string{input}, target, one && out == 1
		return s.ordered(shape, l)
	case in == s.outputs && out == s.inputs && s.outputs > 0:
		l.Sample, l.Label = []string{target}, input
		return s.ordered(shape, l)
	case in == s.inputs && out == s.inputs:
		return s.ordered(shape, Layout{Sample: []string{input, target}, Target: target})
	}
	return Layout{}, errors.Errorf("nodes %q and %q: got %d and %d units, but %s; give the input %d units and the target %d, or exchange them for a network that generates, or give both %d for one that reconstructs",
		input, target, in, out, s.describe(), s.inputs, s.outputs, s.inputs)
}

// ordered returns the layout, or an error if a node that holds samples has their axes
// in another order.
func (s sizes) ordered(shape func(string) graph.Shape, l Layout) (Layout, error) {
	for _, name := range l.Sample {
		if err := shape(name).CheckData(s.Shape); err != nil {
			return Layout{}, errors.WithMessagef(err, "node %q: data %s", name, s.Name)
		}
	}
	return l, nil
}

// scaling returns what maps the numbers of the user's files to those of a node; nil if
// they are the same.
func (l Layout) scaling(s *datasets.Scalings, node string) *datasets.Scaling {
	switch {
	case s == nil:
		return nil
	case slices.Contains(l.Sample, node):
		return s.Samples
	case node == l.Label && l.regresses:
		return s.Targets
	}
	return nil
}

// unscaled returns numbers of a node as they are in the user's files.
func (l Layout) unscaled(s *datasets.Scalings, node string, values []float64) ([]float64, error) {
	values = slices.Clone(values)
	if scale := l.scaling(s, node); scale != nil {
		return values, scale.Undo(values)
	}
	return values, nil
}

// Clamped returns the nodes that training clamps.
func (l Layout) Clamped() []string {
	if l.Label == "" {
		return l.given()
	}
	return append(l.given(), l.Label)
}

// given returns the nodes that a test clamps: the samples, and where they end.
func (l Layout) given() []string {
	if l.mask == "" {
		return slices.Clone(l.Sample)
	}
	return append(slices.Clone(l.Sample), l.mask)
}

// Classifies reports whether a test counts wrong labels.
func (l Layout) Classifies() bool { return l.Label != "" && !l.regresses }

// textLayout is the layout for a text: at every place of the input a character, as
// a number, and in the target one unit for each symbol that may follow.
func textLayout(input, target string, size func(string) int, s sizes) (Layout, error) {
	if target == "" || size(target) != size(input)*s.Classes {
		return Layout{}, errors.Errorf("node %q: got %d places, want a target of shape [%d %d], one unit for each of the %d symbols of %s at each place",
			input, size(input), size(input), s.Classes, s.Classes, s.Name)
	}
	return Layout{Sample: []string{input}, Label: target, Target: target, places: size(input)}, nil
}
