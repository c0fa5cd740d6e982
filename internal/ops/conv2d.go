package ops

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Conv2D is the cross-correlation of images x with kernels w,
//
//	y[n,o,i,j] = Σ_{c,u,v} w[o,c,u,v] · x[n, c + C/G·⌊o/(O/G)⌋, i·s+u·d−p, j·s+v·d−p]
//
//	x: (N, C, H, W)   w: (O, C/G, KH, KW)   y: (N, O, OH, OW)
//
// for G groups. It is linear in each input, and its derivatives are
// [Conv2DInput] and [Conv2DWeight].
type Conv2D struct {
	shaped
	// Window is the geometry.
	Window Window
	// Groups is at least 1; it divides C and O.
	Groups int
}

// Conv2DInput is the adjoint of [Conv2D] in x: it maps w and g, which is shaped like y,
// to the shape of x. It is also the transposed convolution.
type Conv2DInput struct {
	shaped
	// Window is the geometry.
	Window Window
	Groups int
	// In is the size (H, W) of the result.
	In [2]int
}

// Conv2DWeight is the adjoint of [Conv2D] in w: it maps x and g, which is shaped like
// y, to the shape of w.
type Conv2DWeight struct {
	shaped
	// Window is the geometry.
	Window Window
	Groups int
}

// ApplyConv2D adds the convolution of x with w.
func ApplyConv2D(win Window, groups int, x, w *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&Conv2D{Window: win, Groups: groups}, fmt.Sprintf("conv2d(%v,%d)", win, groups), x, w)
}

// ApplyConv2DInput adds the adjoint in x, for an x of size in.
func ApplyConv2DInput(win Window, groups int, in [2]int, w, g *gorgonia.Node) (*gorgonia.Node, error) {
	name := fmt.Sprintf("conv2d-input(%v,%d,%d×%d)", win, groups, in[0], in[1])
	return apply(&Conv2DInput{Window: win, Groups: groups, In: in}, name, w, g)
}

// ApplyConv2DWeight adds the adjoint in w.
func ApplyConv2DWeight(win Window, groups int, x, g *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&Conv2DWeight{Window: win, Groups: groups}, fmt.Sprintf("conv2d-weight(%v,%d)", win, groups), x, g)
}

// convShapes checks that the three shapes of a convolution agree.
func convShapes(win Window, groups int, x, w, y tensor.Shape) error {
	if groups < 1 || x[1]%groups != 0 || w[0]%groups != 0 {
		return errors.Errorf("groups, got %d for %d channels in and %d out, want a divisor of both", groups, x[1], w[0])
	}
	out, err := win.Out([2]int{x[2], x[3]})
	if err != nil {
		return err
	}
	if err := same("the kernel", w, tensor.Shape{w[0], x[1] / groups, win.Kernel[0], win.Kernel[1]}); err != nil {
		return err
	}
	return same("the output", y, tensor.Shape{x[0], w[0], out[0], out[1]})
}

func (o *Conv2D) shape(in []tensor.Shape) (tensor.Shape, error) {
	if err := want(in, 4, 4); err != nil {
		return nil, err
	}
	x, w := in[0], in[1]
	out, err := o.Window.Out([2]int{x[2], x[3]})
	if err != nil {
		return nil, err
	}
	y := tensor.Shape{x[0], w[0], out[0], out[1]}
	return y, convShapes(o.Window, o.Groups, x, w, y)
}

func (o *Conv2DInput) shape(in []tensor.Shape) (tensor.Shape, error) {
	if err := want(in, 4, 4); err != nil {
		return nil, err
	}
	w, g := in[0], in[1]
	x := tensor.Shape{g[0], w[1] * o.Groups, o.In[0], o.In[1]}
	return x, convShapes(o.Window, o.Groups, x, w, g)
}

func (o *Conv2DWeight) shape(in []tensor.Shape) (tensor.Shape, error) {
	if err := want(in, 4, 4); err != nil {
		return nil, err
	}
	x, g := in[0], in[1]
	if o.Groups < 1 {
		return nil, errors.Errorf("groups, got %d, want at least 1", o.Groups)
	}
	w := tensor.Shape{g[1], x[1] / o.Groups, o.Window.Kernel[0], o.Window.Kernel[1]}
	return w, convShapes(o.Window, o.Groups, x, w, g)
}

// convLoop calls f with the indices into x, w and y of every product of a
// convolution, in the order of y, then of w.
func convLoop(win Window, groups int, x, w, y tensor.Shape, f func(ix, iw, iy int)) {
	in, taps := [2]int{x[2], x[3]}, w[2]*w[3]
	for n := range y[0] {
		for o := range y[1] {
			first := o / (y[1] / groups) * w[1] // first channel of x
			for i := range y[2] {
				for j := range y[3] {
					iy := ((n*y[1]+o)*y[2]+i)*y[3] + j
					for c := range w[1] {
						win.taps(in, i, j, func(tap, at int) {
							f((n*x[1]+first+c)*in[0]*in[1]+at, (o*w[1]+c)*taps+tap, iy)
						})
					}
				}
			}
		}
	}
}

func (o *Conv2D) compute(dst []float64, out tensor.Shape, src [][]float64, in []tensor.Shape) error {
	x, w := src[0], src[1]
	convLoop(o.Window, o.Groups, in[0], in[1], out, func(ix, iw, iy int) { dst[iy] += x[ix] * w[iw] })
	return nil
}

func (o *Conv2DInput) compute(dst []float64, out tensor.Shape, src [][]float64, in []tensor.Shape) error {
	w, g := src[0], src[1]
	convLoop(o.Window, o.Groups, out, in[0], in[1], func(ix, iw, iy int) { dst[ix] += g[iy] * w[iw] })
	return nil
}

func (o *Conv2DWeight) compute(dst []float64, out tensor.Shape, src [][]float64, in []tensor.Shape) error {
	x, g := src[0], src[1]
	convLoop(o.Window, o.Groups, in[0], out, in[1], func(ix, iw, iy int) { dst[iw] += g[iy] * x[ix] })
	return nil
}

// SymDiff returns the derivatives in x and w.
func (o *Conv2D) SymDiff(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	x, w := in[0], in[1]
	dx, err := ApplyConv2DInput(o.Window, o.Groups, [2]int{x.Shape()[2], x.Shape()[3]}, w, grad)
	if err != nil {
		return nil, err
	}
	dw, err := ApplyConv2DWeight(o.Window, o.Groups, x, grad)
	return gorgonia.Nodes{dx, dw}, err
}

// SymDiff returns the derivatives in w and g.
func (o *Conv2DInput) SymDiff(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	w, g := in[0], in[1]
	dw, err := ApplyConv2DWeight(o.Window, o.Groups, grad, g)
	if err != nil {
		return nil, err
	}
	dg, err := ApplyConv2D(o.Window, o.Groups, grad, w)
	return gorgonia.Nodes{dw, dg}, err
}

// SymDiff returns the derivatives in x and g.
func (o *Conv2DWeight) SymDiff(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	x, g := in[0], in[1]
	dx, err := ApplyConv2DInput(o.Window, o.Groups, [2]int{x.Shape()[2], x.Shape()[3]}, grad, g)
	if err != nil {
		return nil, err
	}
	dg, err := ApplyConv2D(o.Window, o.Groups, x, grad)
	return gorgonia.Nodes{dx, dg}, err
}
