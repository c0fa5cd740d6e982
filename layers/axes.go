package layers

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// Slice takes the elements From … To−1 along an axis, which it keeps even if one
// element is left,
//
//	μ[…,i,…] = x[…,From+i,…]
//
//	x: (batch, ..., n, ...)   μ: (batch, ..., To−From, ...)
//
// The batch axis cannot be sliced: an energy is a sum over it. In a custom layer it is
// a function of any node: layers.Slice{To: 3}.Build(b, x). [Concat] is its inverse.
type Slice struct {
	// Axis of a sample. Zero is the first.
	Axis int `json:"axis,omitempty"`
	// From is the first index that is taken.
	From int `json:"from,omitempty"`
	// To is the first index that is not. Zero means the end of the axis.
	To int `json:"to,omitempty"`
}

// Permute reorders the axes of every sample: axis i of μ is axis Axes[i] of x.
//
//	x: (batch, n_0, n_1, ...)   μ: (batch, n_Axes[0], n_Axes[1], ...)
//
// The elements move, unlike in [Reshape]: Permute{Axes: []int{2, 0, 1}} turns images of
// (rows, columns, channels) into (channels, rows, columns). In a custom layer it is a
// function of any node: layers.Permute{Axes: []int{1, 0}}.Build(b, x).
type Permute struct {
	// Axes lists every axis of a sample once, counted from 0.
	Axes []int `json:"axes"`
}

// Pad adds zeros before and after x along an axis.
//
//	x: (batch, ..., n, ...)   μ: (batch, ..., Before+n+After, ...)
type Pad struct {
	// Axis of a sample. Zero is the first.
	Axis int `json:"axis,omitempty"`
	// Before and After are the numbers of zeros. Zero means none.
	Before int `json:"before,omitempty"`
	After  int `json:"after,omitempty"`
}

// Build adds the slice of x; it takes one input.
func (l Slice) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	x, err := axisOf("slice", l.Axis, in)
	if err != nil {
		return nil, err
	}
	places, to := x.Shape()[1+l.Axis], l.To
	if to == 0 {
		to = places
	}
	switch {
	case l.From < 0 || l.From >= to || to > places:
		return nil, errors.Errorf("layers: slice: From and To, got %d and %d for axis %d of an input of shape %v for each sample, want at least one of its %d places (a To of 0 means the end)", l.From, l.To, l.Axis, perSample(x), places)
	case l.From == 0 && to == places:
		return x, nil
	}
	y, err := ops.ApplySlice(1+l.Axis, l.From, to, x)
	return y, errors.WithMessage(err, "layers")
}

// Build adds x with its axes reordered; it takes one input.
func (l Permute) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	x, err := batched("permute", in)
	if err != nil {
		return nil, err
	}
	sorted := slices.Sorted(slices.Values(l.Axes))
	axes, ok := []int{0}, len(sorted) == x.Dims()-1
	for i := range sorted {
		ok = ok && sorted[i] == i
	}
	if !ok {
		return nil, errors.Errorf("layers: permute: Axes, got %v for an input of shape %v for each sample, want each of its axes once, counted from 0", l.Axes, perSample(x))
	}
	for _, a := range l.Axes {
		axes = append(axes, 1+a)
	}
	if slices.IsSorted(axes) {
		return x, nil
	}
	y, err := ops.ApplyPermute(axes, x)
	return y, errors.WithMessage(err, "layers")
}

// Build adds the padded x; it takes one input.
func (l Pad) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	x, err := axisOf("pad", l.Axis, in)
	if err != nil {
		return nil, err
	}
	if size := max(l.Before, l.After); min(l.Before, l.After) < 0 || size > maxElements {
		return nil, errors.Errorf("layers: pad: Before and After, got %d and %d, want 0 to %d", l.Before, l.After, maxElements)
	}
	shape := slices.Clone(perSample(x))
	shape[l.Axis] += l.Before + l.After
	if err := storable("pad", shape); err != nil || l.Before+l.After == 0 {
		return x, err
	}
	y, err := ops.ApplyPad(1+l.Axis, l.Before, l.After, x)
	return y, errors.WithMessage(err, "layers")
}

// axisOf returns the only input of a layer that works along an axis of a sample.
func axisOf(layer string, axis int, in []*gorgonia.Node) (*gorgonia.Node, error) {
	x, err := batched(layer, in)
	if err != nil {
		return nil, err
	}
	if axis < 0 || axis >= x.Dims()-1 {
		return nil, errors.Errorf("layers: %s: Axis, got %d for an input of shape %v for each sample, want one of its axes, counted from 0", layer, axis, perSample(x))
	}
	return x, nil
}
