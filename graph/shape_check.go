package graph

import (
	"slices"

	"github.com/pkg/errors"
)

// CheckData returns an error unless samples of a shape can be clamped to a node of
// shape s, which takes them number by number. Their sizes must agree, and so must
// their axes if there are as many of them, which axes of 1 in samples or node do not
// change where there are not: images of shape [32 32 3] would be read with rows for
// channels by a node of shape [3 32 32]. A row of numbers goes into any shape of its
// size, and any shape into a row.
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

// squeezed is the shape without axes of 1.
func (s Shape) squeezed() Shape {
	return slices.DeleteFunc(slices.Clone(s), func(n int) bool { return n == 1 })
}
