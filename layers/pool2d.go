package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// MaxPool2D predicts the maximum of each window, channel by channel. The gradient goes
// to the first maximum, row by row.
//
//	x: (batch, C, H, W)   μ: (batch, C, OH, OW)   OH as for Conv2D
type MaxPool2D struct {
	// Kernel is the size of the window. Empty is an error.
	Kernel Pair `json:"kernel"`
	// Stride is the distance between windows. Empty means the kernel's size.
	Stride Pair `json:"stride,omitempty"`
	// Pad is the width of a border that is ignored. Empty means none.
	Pad Pair `json:"pad,omitempty"`
	// Dilation is the distance between the elements that a window reads. Empty means 1.
	Dilation Pair `json:"dilation,omitempty"`
}

// AvgPool2D predicts the mean of each window, channel by channel.
//
//	x: (batch, C, H, W)   μ: (batch, C, OH, OW)   OH as for Conv2D
type AvgPool2D struct {
	// Kernel is the size of the window. Empty is an error.
	Kernel Pair `json:"kernel"`
	// Stride is the distance between windows. Empty means the kernel's size.
	Stride Pair `json:"stride,omitempty"`
	// Pad is the width of a border of zeros. Empty means none.
	Pad Pair `json:"pad,omitempty"`
	// IgnorePad excludes the border from the mean; otherwise its zeros count.
	IgnorePad bool `json:"ignore_pad,omitempty"`
}

// GlobalAvgPool predicts the mean of each channel over all positions.
//
//	x: (batch, C, ...)   μ: (batch, C)
type GlobalAvgPool struct{}

// Build adds the layer; it takes one input with samples of three axes.
func (l MaxPool2D) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	x, win, err := pool("maxpool2d", geometry{l.Kernel, l.Stride, l.Pad, l.Dilation, true}, in)
	if err != nil {
		return nil, err
	}
	y, err := ops.ApplyMaxPool2D(win, x)
	return y, errors.WithMessage(err, "layers")
}

// Build adds the layer; it takes one input with samples of three axes.
func (l AvgPool2D) Build(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	x, win, err := pool("avgpool2d", geometry{l.Kernel, l.Stride, l.Pad, nil, true}, in)
	if err != nil {
		return nil, err
	}
	y, err := ops.ApplyAvgPool2D(win, !l.IgnorePad, x)
	return y, errors.WithMessage(err, "layers")
}

// pool returns the input and the window of a pooling layer.
func pool(layer string, g geometry, in []*gorgonia.Node) (*gorgonia.Node, ops.Window, error) {
	x, err := image(layer, in)
	if err != nil {
		return nil, ops.Window{}, err
	}
	win, err := g.window(layer)
	if err != nil {
		return nil, win, err
	}
	return x, win, fits(layer, win, x.Shape()[1], x)
}

// Build adds the layer; it takes one input with samples of two axes or more.
func (GlobalAvgPool) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	x, err := single("globalavgpool", in)
	if err != nil {
		return nil, err
	}
	if x.Dims() < 3 {
		return nil, errors.Errorf("layers: globalavgpool: input, got shape %v for each sample, want channels and at least one axis of places", perSample(x))
	}
	channels := x.Shape()[1]
	places := x.Shape().TotalSize() / b.Batch() / channels
	if x, err = (Reshape{Shape: graph.Shape{channels, places, 1}}).Build(b, x); err != nil {
		return nil, err
	}
	if x, err = (AvgPool2D{Kernel: Pair{places, 1}}).Build(b, x); err != nil {
		return nil, err
	}
	return Flatten{}.Build(b, x)
}
