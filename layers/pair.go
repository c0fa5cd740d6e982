package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// Pair is a size along the two axes of an image: rows, columns. One element stands for
// both, so Pair{3} is a square of 3 by 3.
type Pair []int

// Bounds of window parameters, so that sums and products with the size of an image do
// not overflow: a window may cover a whole sample; strides and paddings are far
// smaller.
const (
	maxKernel = maxElements
	maxStep   = 1 << 20
)

// resolve returns both elements, def for an empty pair, and rejects values below lo and
// above hi.
func (p Pair) resolve(layer, field string, def [2]int, lo, hi int) ([2]int, error) {
	out := def
	switch len(p) {
	case 0:
	case 1:
		out = [2]int{p[0], p[0]}
	case 2:
		out = [2]int{p[0], p[1]}
	default:
		return out, errors.Errorf("layers: %s: %s, got %v, want one number or two: rows, columns", layer, field, []int(p))
	}
	switch {
	case min(out[0], out[1]) < lo:
		return out, errors.Errorf("layers: %s: %s, got %v, want at least %d", layer, field, []int(p), lo)
	case len(p) > 0 && max(out[0], out[1]) > hi:
		return out, errors.Errorf("layers: %s: %s, got %v, want at most %d", layer, field, []int(p), hi)
	}
	return out, nil
}

// geometry is the window described by the fields of a layer.
type geometry struct {
	kernel, stride, pad, dilation Pair
	// strideIsKernel means that an empty stride is the kernel's size.
	strideIsKernel bool
}

func (g geometry) window(layer string) (w ops.Window, err error) {
	one := [2]int{1, 1}
	if w.Kernel, err = g.kernel.resolve(layer, "Kernel", [2]int{}, 1, maxKernel); err != nil {
		return w, err
	}
	stride := one
	if g.strideIsKernel {
		stride = w.Kernel
	}
	if w.Stride, err = g.stride.resolve(layer, "Stride", stride, 1, maxStep); err != nil {
		return w, err
	}
	if w.Pad, err = g.pad.resolve(layer, "Pad", [2]int{}, 0, maxStep); err != nil {
		return w, err
	}
	w.Dilation, err = g.dilation.resolve(layer, "Dilation", one, 1, maxStep)
	return w, err
}

// image returns the only input of a layer on images, with samples of three axes.
func image(layer string, in []*gorgonia.Node) (*gorgonia.Node, error) {
	x, err := single(layer, in)
	if err != nil {
		return nil, err
	}
	if x.Dims() != 4 {
		return nil, errors.Errorf("layers: %s: input, got shape %v for each sample, want three axes: channels, rows, columns; put layers.Reshape before it, for example {Shape: {1, 28, 28}}", layer, perSample(x))
	}
	return x, nil
}

// fits checks that a window fits into an image, and that the prediction, of the given
// number of channels, is not too large.
func fits(layer string, w ops.Window, channels int, x *gorgonia.Node) error {
	s := x.Shape()
	out, err := w.Out([2]int{s[2], s[3]})
	if err != nil {
		return errors.WithMessagef(err, "layers: %s: input, got shape %v for each sample", layer, perSample(x))
	}
	return storable(layer, graph.Shape{channels, out[0], out[1]})
}

// maxElements bounds the size of a layer's output per sample, as package graph bounds
// nodes and parameters.
const maxElements = 1 << 28

// storable returns an error unless every axis of a shape is at least 1 and their
// product at most maxElements.
func storable(layer string, s graph.Shape) error {
	room := maxElements
	for _, n := range s {
		if n < 1 || n > room {
			return errors.Errorf("layers: %s: shape of the prediction, got %v for each sample, want axes of at least 1 and at most %d numbers", layer, s, maxElements)
		}
		room /= n
	}
	return nil
}

// perSample is the shape of a node without the batch axis.
func perSample(n *gorgonia.Node) graph.Shape { return graph.Shape(n.Shape()[1:]) }
