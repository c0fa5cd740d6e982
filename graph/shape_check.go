package graph

import (
	"slices"

	"github.com/pkg/errors"
)

// CheckData returns an error unless samples of a shape can be clamped to a node of
// shape s, which copies them element by element. Their sizes must be equal. If both have
// the same number of axes, as given or else without axes of size 1, their axes must be
// equal too: images of shape [32 32 3] would be read with rows as channels by a node of
// shape [3 32 32]. A flat sample fits any shape of its size, and any sample fits a flat
// node.
func (s Shape) CheckData(samples Shape) error {
	if err := samples.check(); err != nil {
		return errors.WithMessage(err, "samples")
	}
	if samples.Size() != s.Size() {
		return errors.Errorf("shape of the samples, got %v with %d numbers, want %d for a node of shape %v; change the node's Shape or the data", samples, samples.Size(), s.Size(), s)
	}
	a, b := samples, s
	if len(a) != len(b) {
		a, b = a.squeezed(), b.squeezed()
	}
	if len(a) != len(b) || a.Equal(b) {
		return nil
	}
	return errors.Errorf("shape of the samples, got %v, want the axes of the node, %v, in its order: its units would read the wrong numbers; bring the data into that order, or declare the node with the shape of the samples", samples, s)
}

// squeezed is the shape without axes of size 1.
func (s Shape) squeezed() Shape {
	return slices.DeleteFunc(slices.Clone(s), func(n int) bool { return n == 1 })
}
