package ops

import (
	"fmt"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Sum sums x along some axes, which y does not have: y[…] = Σ x[…]. Over all axes y has
// the shape (1). Gorgonia's sum is wrong along an axis that is neither the first, the
// second nor the last.
type Sum struct {
	shaped
	// Axes are the summed axes, in ascending order.
	Axes []int
}

// Expand broadcasts x along axes of size 1 to a shape. It is the adjoint of [Sum],
// which drops those axes.
//
//	x: as To, but for axes of size 1   y: To
type Expand struct {
	shaped
	// To is the shape of y.
	To tensor.Shape
}

// ApplySum adds the sums of x along distinct axes, in any order.
func ApplySum(axes []int, x *gorgonia.Node) (*gorgonia.Node, error) {
	axes = slices.Clone(axes)
	slices.Sort(axes)
	return apply(&Sum{Axes: axes}, fmt.Sprintf("sum%v", axes), x)
}

// ApplyExpand adds x broadcast to a shape.
func ApplyExpand(to tensor.Shape, x *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&Expand{To: to.Clone()}, fmt.Sprintf("expand%v", to), x)
}

func (o *Sum) shape(in []tensor.Shape) (tensor.Shape, error) {
	if err := want(in, -1); err != nil {
		return nil, err
	}
	for i, a := range o.Axes {
		if a < 0 || a >= len(in[0]) || i > 0 && a <= o.Axes[i-1] {
			return nil, errors.Errorf("axes, got %v for an input of shape %v, want axes of it, each once", o.Axes, in[0])
		}
	}
	var out tensor.Shape
	for i, d := range in[0] {
		if !slices.Contains(o.Axes, i) {
			out = append(out, d)
		}
	}
	if len(out) == 0 {
		out = tensor.Shape{1}
	}
	return out, nil
}

func (o *Expand) shape(in []tensor.Shape) (tensor.Shape, error) {
	if err := want(in, -1); err != nil {
		return nil, err
	}
	ok := len(in[0]) == len(o.To)
	for i := range o.To {
		ok = ok && o.To[i] > 0 && (in[0][i] == o.To[i] || in[0][i] == 1)
	}
	if !ok {
		return nil, errors.Errorf("input, got shape %v, want that of %v, or 1 along an axis", in[0], o.To)
	}
	return o.To.Clone(), nil
}

// broadcast calls f for every index of a large shape, row-major, with the index in a
// small shape of as many axes, which stays constant along its axes of size 1.
func broadcast(large, small tensor.Shape, f func(at, small int)) {
	strides, index := small.CalcStrides(), make([]int, len(large))
	for at := range size(large) {
		place := 0
		for k, i := range index {
			if small[k] > 1 {
				place += i * strides[k]
			}
		}
		f(at, place)
		for k := len(large) - 1; k >= 0; k-- {
			if index[k]++; index[k] < large[k] {
				break
			}
			index[k] = 0
		}
	}
}

// kept is the shape of x with 1 along the summed axes.
func (o *Sum) kept(x tensor.Shape) tensor.Shape {
	s := x.Clone()
	for _, a := range o.Axes {
		s[a] = 1
	}
	return s
}

func (o *Sum) compute(dst []float64, _ tensor.Shape, src [][]float64, in []tensor.Shape) error {
	broadcast(in[0], o.kept(in[0]), func(at, to int) { dst[to] += src[0][at] })
	return nil
}

func (o *Expand) compute(dst []float64, out tensor.Shape, src [][]float64, in []tensor.Shape) error {
	broadcast(out, in[0], func(at, from int) { dst[at] = src[0][from] })
	return nil
}

// SymDiff broadcasts the output gradient.
func (o *Sum) SymDiff(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	x := in[0].Shape()
	grad, err := ApplyReshape(grad, o.kept(x)...)
	if err != nil {
		return nil, err
	}
	dx, err := ApplyExpand(x, grad)
	return gorgonia.Nodes{dx}, err
}

// SymDiff sums the output gradient.
func (o *Expand) SymDiff(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	x := in[0].Shape()
	var axes []int
	for i, d := range o.To {
		if d != x[i] {
			axes = append(axes, i)
		}
	}
	if len(axes) == 0 {
		return gorgonia.Nodes{grad}, nil
	}
	dx, err := ApplySum(axes, grad)
	if err != nil {
		return nil, err
	}
	dx, err = ApplyReshape(dx, x...)
	return gorgonia.Nodes{dx}, err
}
