package engine

import (
	"github.com/seed-be841da4/prospect/internal/conv"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// The operations of values of kind [OpPrimitive], for back ends that compute them in
// another way than this package. The arguments are those of the value.
type (
	// Convolution is the convolution of images with weights, or, Adjoint, the gradient in
	// the images from the arriving gradient and the weights; with Bias plus an element
	// for each channel.
	Convolution struct {
		Shape         conv.Shape
		Adjoint, Bias bool
	}
	// ConvolutionWeight is Scale times the gradient in the weights, from the images and
	// the arriving gradient.
	ConvolutionWeight struct {
		Shape conv.Shape
		Scale float64
	}
	// MaxPool is the maximum of windows; its gradient is from x, the maxima and the
	// arriving gradient, and goes to the first maximum of a window.
	MaxPool struct {
		Window   ops.Window
		Gradient bool
	}
	// AvgPool is the mean of windows; its gradient is from the arriving gradient.
	AvgPool struct {
		Window             ops.Window
		CountPad, Gradient bool
	}
	// Channels scales and then shifts the channels of (N, C, …), or, Expand, repeats an
	// element for each channel.
	Channels struct{ Scale, Shift, Expand bool }
	// ChannelSums sums every channel of (N, C, …).
	ChannelSums struct{}
	// Normalization gives the View[1] groups of (View[0], View[1], View[2]) mean 0 and
	// variance 1; its gradient is from x, the result and the arriving gradient.
	Normalization struct {
		View     [3]int
		Eps      float64
		Gradient bool
	}
	// RowSoftmax is the softmax along the last axis; its gradient is from the result and
	// the arriving gradient.
	RowSoftmax struct{ Causal, Gradient bool }
	// BatchProduct multiplies two batches of matrices pairwise.
	BatchProduct struct{ TransA, TransB bool }
	// Permutation reorders axes: axis i of the result is axis Axes[i] of the argument.
	Permutation struct{ Axes []int }
	// Joining puts its arguments one after another along an axis, starting at index First
	// of the result, which is zero elsewhere; if First is negative the first −First of
	// its one argument are left out.
	Joining struct{ Axis, First int }
	// Table gathers rows of a table by their ids; to Scatter it adds rows, the second
	// argument, to those of the result that the ids select.
	Table struct{ Scatter bool }
)

// Operation returns the operation of a value of kind [OpPrimitive], one of the types
// above.
func (v *Value) Operation() any {
	switch p := v.Primitive.(type) {
	case convolution:
		return Convolution{p.shape, p.adjoint, p.bias}
	case convolutionWeight:
		return ConvolutionWeight{p.shape, p.scale}
	case pooling:
		if p.kind == maxPool || p.kind == maxPoolGrad {
			return MaxPool{p.win, p.kind == maxPoolGrad}
		}
		return AvgPool{p.win, p.countPad, p.kind == avgPoolGrad}
	case channels:
		return Channels{p.scale, p.shift, p.expand}
	case channelSums:
		return ChannelSums{}
	case normalization:
		return Normalization{p.view, p.eps, p.grad}
	case rowSoftmax:
		return RowSoftmax{p.causal, p.grad}
	case batchProduct:
		return BatchProduct{p.transA, p.transB}
	case permutation:
		order := make([]int, len(p.axes))
		for i := range order {
			order[i] = int(p.axes[i])
		}
		return Permutation{order}
	case joining:
		return Joining{p.axis, p.first}
	case table:
		return Table{p.scatter}
	}
	return nil
}

// Source is the address of a coefficient's value; nil for any other value.
func (v *Value) Source() *float64 { return v.source }

// Class says how often the value changes.
func (v *Value) Class() Class { return v.class }
