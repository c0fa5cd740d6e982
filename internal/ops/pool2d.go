package ops

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// MaxPool2D takes the maximum of each window, channel by channel. Taps in the padding
// are ignored. It is an error if a window lies entirely in the padding.
//
//	x: (N, C, H, W)   y: (N, C, OH, OW)
type MaxPool2D struct {
	shaped
	// Window is the geometry.
	Window Window
}

// MaxPool2DGrad is the derivative of [MaxPool2D], from its input x, its output y and
// the output gradient g: all of g goes to the first element of the window, row by row,
// that equals the maximum, or, if that is NaN, to the first NaN.
type MaxPool2DGrad struct {
	shaped
	// Window is the geometry.
	Window Window
}

// AvgPool2D takes the mean of each window, channel by channel.
//
//	x: (N, C, H, W)   y: (N, C, OH, OW)
type AvgPool2D struct {
	shaped
	// Window is the geometry.
	Window Window
	// CountPad divides by the size of the kernel, counting taps in the padding as
	// zeros; otherwise by the number of taps within the input.
	CountPad bool
}

// AvgPool2DGrad is the derivative of [AvgPool2D], and its adjoint.
//
//	g: (N, C, OH, OW)   dx: (N, C, In...)
type AvgPool2DGrad struct {
	shaped
	// Window is the geometry.
	Window   Window
	CountPad bool
	// In is the size (H, W) of the result.
	In [2]int
}

// ApplyMaxPool2D adds the maxima of x.
func ApplyMaxPool2D(win Window, x *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&MaxPool2D{Window: win}, fmt.Sprintf("maxpool2d(%v)", win), x)
}

// ApplyMaxPool2DGrad adds the derivative of the maxima y of x.
func ApplyMaxPool2DGrad(win Window, x, y, g *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&MaxPool2DGrad{Window: win}, fmt.Sprintf("maxpool2d′(%v)", win), x, y, g)
}

// ApplyAvgPool2D adds the means of x.
func ApplyAvgPool2D(win Window, countPad bool, x *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&AvgPool2D{Window: win, CountPad: countPad}, fmt.Sprintf("avgpool2d(%v,%v)", win, countPad), x)
}

// ApplyAvgPool2DGrad adds the derivative of means of an input of size in.
func ApplyAvgPool2DGrad(win Window, countPad bool, in [2]int, g *gorgonia.Node) (*gorgonia.Node, error) {
	name := fmt.Sprintf("avgpool2d′(%v,%v,%d×%d)", win, countPad, in[0], in[1])
	return apply(&AvgPool2DGrad{Window: win, CountPad: countPad, In: in}, name, g)
}

func poolShape(win Window, x tensor.Shape) (tensor.Shape, error) {
	in := [2]int{x[2], x[3]}
	out, err := win.Out(in)
	if err != nil {
		return nil, err
	}
	for k := range out {
		for i := range out[k] {
			if !win.reads(k, i, in[k]) {
				return nil, errors.Errorf("window %d along axis %d lies in the padding alone, got padding %v for windows of %v; use less padding", i, k+2, win.Pad, win.Span())
			}
		}
	}
	return tensor.Shape{x[0], x[1], out[0], out[1]}, nil
}

func (o *MaxPool2D) shape(in []tensor.Shape) (tensor.Shape, error) {
	if err := want(in, 4); err != nil {
		return nil, err
	}
	return poolShape(o.Window, in[0])
}

func (o *AvgPool2D) shape(in []tensor.Shape) (tensor.Shape, error) {
	if err := want(in, 4); err != nil {
		return nil, err
	}
	return poolShape(o.Window, in[0])
}

func (o *MaxPool2DGrad) shape(in []tensor.Shape) (tensor.Shape, error) {
	if err := want(in, 4, 4, 4); err != nil {
		return nil, err
	}
	y, err := poolShape(o.Window, in[0])
	if err != nil {
		return nil, err
	}
	if err := same("the output", in[1], y); err != nil {
		return nil, err
	}
	return in[0].Clone(), same("the gradient", in[2], y)
}

func (o *AvgPool2DGrad) shape(in []tensor.Shape) (tensor.Shape, error) {
	if err := want(in, 4); err != nil {
		return nil, err
	}
	x := tensor.Shape{in[0][0], in[0][1], o.In[0], o.In[1]}
	y, err := poolShape(o.Window, x)
	if err != nil {
		return nil, err
	}
	return x, same("the gradient", in[0], y)
}

// poolLoop calls f for every output with the indices in x of its window, row by row.
func poolLoop(win Window, x, y tensor.Shape, f func(iy int, at []int)) {
	in, places := [2]int{x[2], x[3]}, make([]int, 0, win.Kernel[0]*win.Kernel[1])
	for image := range y[0] * y[1] {
		for i := range y[2] {
			for j := range y[3] {
				places = places[:0]
				win.taps(in, i, j, func(_, at int) { places = append(places, image*in[0]*in[1]+at) })
				f((image*y[2]+i)*y[3]+j, places)
			}
		}
	}
}

// firstLargest returns the index of the first maximum, or NaN.
func firstLargest(x []float64, places []int) int {
	best := places[0]
	for _, at := range places[1:] {
		if x[best] != x[best] {
			break
		}
		if x[at] > x[best] || x[at] != x[at] {
			best = at
		}
	}
	return best
}

func (o *MaxPool2D) compute(dst []float64, out tensor.Shape, src [][]float64, in []tensor.Shape) error {
	poolLoop(o.Window, in[0], out, func(iy int, at []int) { dst[iy] = src[0][firstLargest(src[0], at)] })
	return nil
}

func (o *MaxPool2DGrad) compute(dst []float64, _ tensor.Shape, src [][]float64, in []tensor.Shape) error {
	poolLoop(o.Window, in[0], in[1], func(iy int, at []int) { dst[firstLargest(src[0], at)] += src[2][iy] })
	return nil
}

// count is the divisor of the sum over taps.
func count(win Window, countPad bool, taps int) float64 {
	if countPad {
		taps = win.Kernel[0] * win.Kernel[1]
	}
	return float64(taps)
}

func (o *AvgPool2D) compute(dst []float64, out tensor.Shape, src [][]float64, in []tensor.Shape) error {
	poolLoop(o.Window, in[0], out, func(iy int, at []int) {
		for _, ix := range at {
			dst[iy] += src[0][ix]
		}
		dst[iy] /= count(o.Window, o.CountPad, len(at))
	})
	return nil
}

func (o *AvgPool2DGrad) compute(dst []float64, out tensor.Shape, src [][]float64, in []tensor.Shape) error {
	poolLoop(o.Window, out, in[0], func(iy int, at []int) {
		for _, ix := range at {
			dst[ix] += src[0][iy] / count(o.Window, o.CountPad, len(at))
		}
	})
	return nil
}

// SymDiff returns the node of [MaxPool2DGrad].
func (o *MaxPool2D) SymDiff(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := ApplyMaxPool2DGrad(o.Window, in[0], out, grad)
	return gorgonia.Nodes{dx}, err
}

// SymDiff returns the node of [AvgPool2DGrad].
func (o *AvgPool2D) SymDiff(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	s := in[0].Shape()
	dx, err := ApplyAvgPool2DGrad(o.Window, o.CountPad, [2]int{s[2], s[3]}, grad)
	return gorgonia.Nodes{dx}, err
}

// SymDiff returns the node of [AvgPool2D].
func (o *AvgPool2DGrad) SymDiff(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dg, err := ApplyAvgPool2D(o.Window, o.CountPad, grad)
	return gorgonia.Nodes{dg}, err
}
