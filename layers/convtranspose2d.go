package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// ConvTranspose2D is the transpose of the linear map of a [Conv2D]: every element of x
// adds a multiple of the kernel to μ, so images grow by the stride,
//
//	μ[o, i·stride + u·dilation − pad, j·stride + v·dilation − pad] += W[c,o,u,v] · x[c,i,j]
//
// plus b[o]; rows and columns may differ in all of these.
//
//	x: (batch, C, H, W)   W: (C, Out/Groups, KH, KW)   b: (Out)
//	μ: (batch, Out, OH, OW)   OH = (H−1)·stride − 2·pad + dilation·(KH−1) + outputpad + 1
//
// A kernel of 4, stride 2 and pad 1 doubles rows and columns.
type ConvTranspose2D struct {
	// Out is the number of channels of the prediction. Zero is an error.
	Out int `json:"out"`
	// Kernel is the size of the window. Empty is an error.
	Kernel Pair `json:"kernel"`
	// Stride is the factor of growth. Empty means 1.
	Stride Pair `json:"stride,omitempty"`
	// Pad is the border cut off the result on either side. Empty means none.
	Pad Pair `json:"pad,omitempty"`
	// OutputPad is added at the end of the result, to select one of the sizes that a
	// strided convolution maps to the same size. It is smaller than the stride. Empty
	// means none.
	OutputPad Pair `json:"output_pad,omitempty"`
	// Dilation is the distance between the elements that a window writes. Empty means
	// 1.
	Dilation Pair `json:"dilation,omitempty"`
	// Groups splits the channels into independent groups. Zero means 1.
	Groups int `json:"groups,omitempty"`
	// NoBias omits b.
	NoBias bool `json:"no_bias,omitempty"`
	// Weight draws the initial W. Its fan-in is the mean number of terms of an element
	// of μ, C/Groups·KH·KW/stride². Nil means FanIn{}.
	Weight graph.Initializer `json:"weight,omitempty"`
	// Bias draws the initial b. Nil means FanIn{}.
	Bias graph.Initializer `json:"bias,omitempty"`
}

// Build adds the layer; it takes one input with samples of three axes.
func (l ConvTranspose2D) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	const layer = "convtranspose2d"
	x, err := image(layer, in)
	if err != nil {
		return nil, err
	}
	win, err := geometry{l.Kernel, l.Stride, l.Pad, l.Dilation, false}.window(layer)
	if err != nil {
		return nil, err
	}
	channels := x.Shape()[1]
	groups, err := checkChannels(layer, l.Out, l.Groups, channels)
	if err != nil {
		return nil, err
	}
	out, err := l.size(win, x)
	if err != nil {
		return nil, err
	}
	taps := win.Kernel[0] * win.Kernel[1]
	fanIn := max(1, channels/groups*taps/(win.Stride[0]*win.Stride[1]))
	fanOut := l.Out / groups * taps
	w, err := b.Param(graph.ParamSpec{
		Name: "weight", Shape: graph.Shape{channels, l.Out / groups, win.Kernel[0], win.Kernel[1]},
		FanIn: fanIn, FanOut: fanOut, Init: orDefault(l.Weight, FanIn{}), Axes: graph.AxesKernelTransposed,
	})
	if err != nil {
		return nil, err
	}
	mu, err := ops.ApplyConv2DInput(win, groups, out, w, x)
	if err != nil || l.NoBias {
		return mu, errors.WithMessagef(err, "layers: %s", layer)
	}
	return channelBias(b, layer, l.Out, fanIn, fanOut, l.Bias, mu)
}

// size returns the number of rows and columns of the prediction.
func (l ConvTranspose2D) size(win ops.Window, x *gorgonia.Node) (out [2]int, err error) {
	extra, err := l.OutputPad.resolve("convtranspose2d", "OutputPad", [2]int{}, 0, maxStep)
	if err != nil {
		return out, err
	}
	for k := range out {
		if extra[k] >= win.Stride[k] {
			return out, errors.Errorf("layers: convtranspose2d: OutputPad, got %v, want less than the stride %v", extra, win.Stride)
		}
		out[k] = (x.Shape()[2+k]-1)*win.Stride[k] - 2*win.Pad[k] + win.Span()[k] + extra[k]
	}
	if min(out[0], out[1]) < 1 {
		return out, errors.Errorf("layers: convtranspose2d: input, got shape %v for each sample, of which padding %v leaves %v; use less padding", perSample(x), win.Pad, out)
	}
	return out, storable("convtranspose2d", graph.Shape{l.Out, out[0], out[1]})
}
