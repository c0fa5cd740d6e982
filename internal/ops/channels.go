package ops

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// AddChannels adds a bias to each channel: y[n,c,…] = x[n,c,…] + b[c].
//
//	x: (N, C, …)   b: (C)   y: (N, C, …)
type AddChannels struct{ shaped }

// MulChannels scales each channel: y[n,c,…] = x[n,c,…]·s[c].
//
//	x: (N, C, …)   s: (C)   y: (N, C, …)
type MulChannels struct{ shaped }

// SumChannels sums each channel over samples and positions: y[c] = Σ x[n,c,…].
//
//	x: (N, C, …)   y: (C)
type SumChannels struct{ shaped }

// ExpandChannels broadcasts one scalar per channel: y[n,c,…] = b[c].
//
//	b: (C)   y: Shape = (N, C, …)
type ExpandChannels struct {
	shaped
	// Shape of the result, at least two axes.
	Shape tensor.Shape
}

// ApplyAddChannels adds x + b.
func ApplyAddChannels(x, b *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&AddChannels{}, "add-channels", x, b)
}

// ApplyMulChannels adds x·s.
func ApplyMulChannels(x, s *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&MulChannels{}, "mul-channels", x, s)
}

// ApplySumChannels adds the sums of x's channels.
func ApplySumChannels(x *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&SumChannels{}, "sum-channels", x)
}

// ApplyExpandChannels adds b, broadcast to a shape.
func ApplyExpandChannels(shape tensor.Shape, b *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&ExpandChannels{Shape: shape.Clone()}, fmt.Sprintf("expand-channels%v", shape), b)
}

// perChannel is the shape rule of an operation on x with one scalar per channel.
func perChannel(in []tensor.Shape) (tensor.Shape, error) {
	if err := want(in, -2, 1); err != nil {
		return nil, err
	}
	return in[0].Clone(), same("the numbers for each channel", in[1], tensor.Shape{in[0][1]})
}

func (o *AddChannels) shape(in []tensor.Shape) (tensor.Shape, error) { return perChannel(in) }
func (o *MulChannels) shape(in []tensor.Shape) (tensor.Shape, error) { return perChannel(in) }

func (o *SumChannels) shape(in []tensor.Shape) (tensor.Shape, error) {
	if err := want(in, -2); err != nil {
		return nil, err
	}
	return tensor.Shape{in[0][1]}, nil
}

func (o *ExpandChannels) shape(in []tensor.Shape) (tensor.Shape, error) {
	if err := want(append(in, o.Shape), 1, -2); err != nil {
		return nil, err
	}
	return o.Shape.Clone(), same("the numbers for each channel", in[0], tensor.Shape{o.Shape[1]})
}

// channelLoop calls f for every index of a shape (N, C, …) with its channel.
func channelLoop(s tensor.Shape, f func(at, channel int)) {
	places := size(s[2:])
	for at := range size(s) {
		f(at, at/places%s[1])
	}
}

func (o *AddChannels) compute(dst []float64, out tensor.Shape, src [][]float64, _ []tensor.Shape) error {
	channelLoop(out, func(at, c int) { dst[at] = src[0][at] + src[1][c] })
	return nil
}

func (o *MulChannels) compute(dst []float64, out tensor.Shape, src [][]float64, _ []tensor.Shape) error {
	channelLoop(out, func(at, c int) { dst[at] = src[0][at] * src[1][c] })
	return nil
}

func (o *SumChannels) compute(dst []float64, _ tensor.Shape, src [][]float64, in []tensor.Shape) error {
	channelLoop(in[0], func(at, c int) { dst[c] += src[0][at] })
	return nil
}

func (o *ExpandChannels) compute(dst []float64, out tensor.Shape, src [][]float64, _ []tensor.Shape) error {
	channelLoop(out, func(at, c int) { dst[at] = src[0][c] })
	return nil
}

// SymDiff returns the derivatives in x and b.
func (o *AddChannels) SymDiff(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	db, err := ApplySumChannels(grad)
	return gorgonia.Nodes{grad, db}, err
}

// SymDiff returns the derivatives in x and s.
func (o *MulChannels) SymDiff(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := ApplyMulChannels(grad, in[1])
	if err != nil {
		return nil, err
	}
	product, err := gorgonia.HadamardProd(in[0], grad)
	if err != nil {
		return nil, err
	}
	ds, err := ApplySumChannels(product)
	return gorgonia.Nodes{dx, ds}, err
}

// SymDiff broadcasts the output gradient.
func (o *SumChannels) SymDiff(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := ApplyExpandChannels(in[0].Shape(), grad)
	return gorgonia.Nodes{dx}, err
}

// SymDiff sums the output gradient over samples and positions.
func (o *ExpandChannels) SymDiff(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	db, err := ApplySumChannels(grad)
	return gorgonia.Nodes{db}, err
}
