package models

import (
	"slices"
	"strconv"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// chain declares nodes that each predict the next.
type chain struct {
	names      []string
	shapes     []graph.Shape
	activation graph.Layer
	placement  Placement
	// maps returns the map that predicts node i, without its activation.
	maps func(i int) graph.Layer
	// hidden and output are the energies.
	hidden, output graph.Energy
}

func (c chain) declaration() graph.Declaration {
	var d graph.Declaration
	last := len(c.shapes) - 1
	for i, shape := range c.shapes {
		d.Nodes = append(d.Nodes, graph.Node{Name: c.names[i], Shape: shape})
		if i == 0 {
			continue
		}
		p := graph.Prediction{Of: c.names[i], From: []string{c.names[i-1]}, Layer: c.layer(i), Energy: c.hidden}
		if i == last {
			p.Energy = c.output
		}
		d.Predictions = append(d.Predictions, p)
	}
	return d
}

// layer is the prediction of node i: neither input nor output has an activation.
func (c chain) layer(i int) graph.Layer {
	switch {
	case c.placement == Before && i > 1:
		return after(c.activation, c.maps(i))
	case c.placement == After && i < len(c.shapes)-1:
		return after(c.maps(i), c.activation)
	}
	return c.maps(i)
}

// rows returns a shape of one axis per width.
func rows(widths []int) []graph.Shape {
	shapes := make([]graph.Shape, len(widths))
	for i, w := range widths {
		shapes[i] = graph.Shape{w}
	}
	return shapes
}

// after returns second ∘ first; nil and the identity are omitted.
func after(first, second graph.Layer) graph.Layer {
	switch {
	case isIdentity(first):
		return second
	case isIdentity(second):
		return first
	}
	return append(sequence(first), sequence(second)...)
}

// sequence returns a layer as a new sequence.
func sequence(l graph.Layer) layers.Sequential {
	if s, ok := l.(layers.Sequential); ok {
		return slices.Clone(s)
	}
	return layers.Sequential{l}
}

func isIdentity(l graph.Layer) bool {
	_, identity := l.(layers.Identity)
	return l == nil || identity
}

// denseTo returns a dense layer whose biases start at 0 if the weights have an
// initialiser.
func denseTo(out int, init graph.Initializer, noBias bool) layers.Dense {
	d := layers.Dense{Out: out, NoBias: noBias, Weight: init}
	if init != nil {
		d.Bias = layers.Constant{}
	}
	return d
}

// numbered returns the n names prefix1, prefix2 ...
func numbered(prefix string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = prefix + strconv.Itoa(i+1)
	}
	return names
}

// checkWidths rejects fewer than least widths, and widths below 1.
func checkWidths(model, field string, widths []int, least int, remedy string) error {
	if len(widths) < least {
		return errors.Errorf("models: %s: %s, got %v, want %s", model, field, widths, remedy)
	}
	for _, w := range widths {
		switch {
		case w < 1:
			return errors.Errorf("models: %s: %s, got %v, want every width at least 1", model, field, widths)
		case w > maxUnits:
			return errors.Errorf("models: %s: %s, got %v, want every width at most %d", model, field, widths, maxUnits)
		}
	}
	return nil
}

// Bounds of sizes, so that nothing overflows or runs for long before package graph
// checks it: the units of a node, as in graph, and the number of nodes or blocks.
const (
	maxUnits = 1 << 28
	maxDepth = 100_000
)

// checkDepth rejects numbers of nodes or blocks below 1, and too many in all, so that a
// mistyped digit is an error and does not exhaust the memory.
func checkDepth(model, field string, counts ...int) error {
	room := maxDepth
	for _, n := range counts {
		if n < 1 {
			return errors.Errorf("models: %s: %s, got %d, want at least 1", model, field, n)
		}
		if n > room {
			return errors.Errorf("models: %s: %s, got %v, want at most %d in all", model, field, counts, maxDepth)
		}
		room -= n
	}
	return nil
}

// checkSize rejects a size below 1 or above maxUnits.
func checkSize(model, field string, n int) error {
	switch {
	case n < 1:
		return errors.Errorf("models: %s: %s, got %d, want at least 1", model, field, n)
	case n > maxUnits:
		return errors.Errorf("models: %s: %s, got %d, want at most %d", model, field, n, maxUnits)
	}
	return nil
}

// build declares a network and draws its parameters.
func build(m interface {
	Declaration() (graph.Declaration, error)
}, s graph.Settings,
) (*graph.Network, error) {
	d, err := m.Declaration()
	if err != nil {
		return nil, err
	}
	return graph.New(d, s)
}
