package ops

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Permute reorders axes: axis i of y is axis Axes[i] of x.
type Permute struct {
	shaped
	// Axes lists every axis of x once.
	Axes []int
}

// Concat joins two or more tensors along an axis; all other axes are equal.
type Concat struct {
	shaped
	Axis int
}

// Slice takes the elements From … To−1 along an axis, which it keeps even if one
// element is left.
type Slice struct {
	shaped
	Axis, From, To int
}

// Pad adds Before zeros before and After zeros after x along an axis. It is the adjoint
// of [Slice].
type Pad struct {
	shaped
	Axis, Before, After int
}

// ApplyPermute adds x with its axes reordered.
func ApplyPermute(axes []int, x *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&Permute{Axes: append([]int(nil), axes...)}, fmt.Sprintf("permute%v", axes), x)
}

// ApplyConcat adds the inputs joined along an axis.
func ApplyConcat(axis int, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&Concat{Axis: axis}, fmt.Sprintf("concat(%d)", axis), in...)
}

// ApplySlice adds the elements from … to−1 of an axis of x.
func ApplySlice(axis, from, to int, x *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&Slice{Axis: axis, From: from, To: to}, fmt.Sprintf("slice(%d,%d:%d)", axis, from, to), x)
}

// ApplyPad adds x padded with zeros.
func ApplyPad(axis, before, after int, x *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&Pad{Axis: axis, Before: before, After: after}, fmt.Sprintf("pad(%d,%d,%d)", axis, before, after), x)
}

func (o *Permute) shape(in []tensor.Shape) (tensor.Shape, error) {
	if err := want(in, -1); err != nil {
		return nil, err
	}
	x := in[0]
	out, seen := make(tensor.Shape, len(x)), make([]bool, len(x))
	ok := len(o.Axes) == len(x)
	for i, a := range o.Axes {
		if ok = ok && a >= 0 && a < len(x) && !seen[a]; !ok {
			break
		}
		seen[a], out[i] = true, x[a]
	}
	if !ok {
		return nil, errors.Errorf("axes, got %v for an input of shape %v, want each of its axes once", o.Axes, x)
	}
	return out, nil
}

// hasAxis checks that a shape has an axis.
func hasAxis(axis int, x tensor.Shape) error {
	if axis < 0 || axis >= len(x) {
		return errors.Errorf("axis, got %d for an input of shape %v, want one of its axes", axis, x)
	}
	return nil
}

func (o *Concat) shape(in []tensor.Shape) (tensor.Shape, error) {
	if len(in) == 0 {
		return nil, errors.New("number of inputs, got 0, want at least 1")
	}
	if err := hasAxis(o.Axis, in[0]); err != nil {
		return nil, err
	}
	out := in[0].Clone()
	for i, s := range in[1:] {
		fits := in[0].Clone()
		if len(s) == len(fits) {
			fits[o.Axis] = s[o.Axis]
		}
		if err := same(fmt.Sprintf("input %d", i+1), s, fits); err != nil {
			return nil, err
		}
		out[o.Axis] += s[o.Axis]
	}
	return out, nil
}

func (o *Slice) shape(in []tensor.Shape) (tensor.Shape, error) {
	if err := want(in, -1); err != nil {
		return nil, err
	}
	if err := hasAxis(o.Axis, in[0]); err != nil {
		return nil, err
	}
	if o.From < 0 || o.From >= o.To || o.To > in[0][o.Axis] {
		return nil, errors.Errorf("range, got %d to %d of axis %d of shape %v, want at least one place within it", o.From, o.To, o.Axis, in[0])
	}
	out := in[0].Clone()
	out[o.Axis] = o.To - o.From
	return out, nil
}

func (o *Pad) shape(in []tensor.Shape) (tensor.Shape, error) {
	if err := want(in, -1); err != nil {
		return nil, err
	}
	if err := hasAxis(o.Axis, in[0]); err != nil {
		return nil, err
	}
	if o.Before < 0 || o.After < 0 {
		return nil, errors.Errorf("padding, got %d and %d, want at least 0", o.Before, o.After)
	}
	out := in[0].Clone()
	out[o.Axis] += o.Before + o.After
	return out, nil
}

func (o *Permute) compute(dst []float64, out tensor.Shape, src [][]float64, in []tensor.Shape) error {
	strides, index := in[0].CalcStrides(), make([]int, len(out))
	for i := range dst {
		at := 0
		for k, a := range o.Axes {
			at += index[k] * strides[a]
		}
		dst[i] = src[0][at]
		for k := len(out) - 1; k >= 0; k-- {
			if index[k]++; index[k] < out[k] {
				break
			}
			index[k] = 0
		}
	}
	return nil
}

// copyAlong copies between x and y, whose shapes differ in one axis only, where y is
// longer: index p of x is index p + shift of y.
func copyAlong(axis, shift int, x, y tensor.Shape, f func(ix, iy, n int)) {
	inner := size(x[axis+1:])
	for outer := range size(x[:axis]) {
		f(outer*x[axis]*inner, (outer*y[axis]+shift)*inner, x[axis]*inner)
	}
}

func (o *Concat) compute(dst []float64, out tensor.Shape, src [][]float64, in []tensor.Shape) error {
	shift := 0
	for i, s := range in {
		copyAlong(o.Axis, shift, s, out, func(ix, iy, n int) { copy(dst[iy:iy+n], src[i][ix:]) })
		shift += s[o.Axis]
	}
	return nil
}

func (o *Slice) compute(dst []float64, out tensor.Shape, src [][]float64, in []tensor.Shape) error {
	copyAlong(o.Axis, o.From, out, in[0], func(ix, iy, n int) { copy(dst[ix:ix+n], src[0][iy:]) })
	return nil
}

func (o *Pad) compute(dst []float64, out tensor.Shape, src [][]float64, in []tensor.Shape) error {
	copyAlong(o.Axis, o.Before, in[0], out, func(ix, iy, n int) { copy(dst[iy:iy+n], src[0][ix:ix+n]) })
	return nil
}

// SymDiff applies the inverse permutation to the output gradient.
func (o *Permute) SymDiff(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	inverse := make([]int, len(o.Axes))
	for i, a := range o.Axes {
		inverse[a] = i
	}
	dx, err := ApplyPermute(inverse, grad)
	return gorgonia.Nodes{dx}, err
}

// SymDiff slices the output gradient.
func (o *Concat) SymDiff(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	out := make(gorgonia.Nodes, len(in))
	from := 0
	for i, x := range in {
		to := from + x.Shape()[o.Axis]
		var err error
		if out[i], err = ApplySlice(o.Axis, from, to, grad); err != nil {
			return nil, err
		}
		from = to
	}
	return out, nil
}

// SymDiff pads the output gradient with zeros.
func (o *Slice) SymDiff(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := ApplyPad(o.Axis, o.From, in[0].Shape()[o.Axis]-o.To, grad)
	return gorgonia.Nodes{dx}, err
}

// SymDiff removes the padding from the output gradient.
func (o *Pad) SymDiff(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := ApplySlice(o.Axis, o.Before, o.Before+in[0].Shape()[o.Axis], grad)
	return gorgonia.Nodes{dx}, err
}
