package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// Conv2D is a convolution over images. For output channel o at row i, column j,
//
//	μ[o,i,j] = b[o] + Σ_{c,u,v} W[o,c,u,v] · x[c, i·stride + u·dilation − pad, j·stride + v·dilation − pad]
//
// with zeros outside of x; rows and columns may differ in all of these. As in other
// frameworks the kernel is not mirrored.
//
//	x: (batch, C, H, W)   W: (Out, C/Groups, KH, KW)   b: (Out)
//	μ: (batch, Out, OH, OW)   OH = ⌊(H + 2·pad − dilation·(KH−1) − 1)/stride⌋ + 1
//
// An odd kernel K with Pad (K−1)/2 and stride 1 keeps rows and columns.
type Conv2D struct {
	// Out is the number of channels of the prediction. Zero is an error.
	Out int `json:"out"`
	// Kernel is the size of the window. Empty is an error.
	Kernel Pair `json:"kernel"`
	// Stride is the distance between windows. Empty means 1.
	Stride Pair `json:"stride,omitempty"`
	// Pad is the width of the border of zeros on either side. Empty means none.
	Pad Pair `json:"pad,omitempty"`
	// Dilation is the distance between the elements that a window reads. Empty means 1.
	Dilation Pair `json:"dilation,omitempty"`
	// Groups splits the channels of x and of μ into independent groups. Zero means 1.
	Groups int `json:"groups,omitempty"`
	// NoBias omits b.
	NoBias bool `json:"no_bias,omitempty"`
	// Weight draws the initial W, with fan-in C/Groups·KH·KW. Nil means FanIn{}.
	Weight graph.Initializer `json:"weight,omitempty"`
	// Bias draws the initial b. Nil means FanIn{}.
	Bias graph.Initializer `json:"bias,omitempty"`
}

// Build adds the layer; it takes one input with samples of three axes.
func (l Conv2D) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	const layer = "conv2d"
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
	if err := fits(layer, win, l.Out, x); err != nil {
		return nil, err
	}
	taps := win.Kernel[0] * win.Kernel[1]
	fanIn, fanOut := channels/groups*taps, l.Out/groups*taps
	w, err := b.Param(graph.ParamSpec{
		Name: "weight", Shape: graph.Shape{l.Out, channels / groups, win.Kernel[0], win.Kernel[1]},
		FanIn: fanIn, FanOut: fanOut, Init: orDefault(l.Weight, FanIn{}), Axes: graph.AxesKernel,
	})
	if err != nil {
		return nil, err
	}
	mu, err := ops.ApplyConv2D(win, groups, x, w)
	if err != nil || l.NoBias {
		return mu, errors.WithMessage(err, "layers: conv2d")
	}
	return channelBias(b, layer, l.Out, fanIn, fanOut, l.Bias, mu)
}

// checkChannels returns the number of groups, or an error.
func checkChannels(layer string, out, groups, in int) (int, error) {
	if out < 1 {
		return 0, errors.Errorf("layers: %s: Out, got %d, want at least 1 channel", layer, out)
	}
	if groups == 0 {
		groups = 1
	}
	if groups < 1 || in%groups != 0 || out%groups != 0 {
		return 0, errors.Errorf("layers: %s: Groups, got %d for %d channels of input and %d of output, want a divisor of both", layer, groups, in, out)
	}
	return groups, nil
}

// channelBias adds a learned bias to each channel of mu.
func channelBias(b *graph.Builder, layer string, out, fanIn, fanOut int, init graph.Initializer, mu *gorgonia.Node) (*gorgonia.Node, error) {
	bias, err := b.Param(graph.ParamSpec{
		Name: "bias", Shape: graph.Shape{out}, FanIn: fanIn, FanOut: fanOut, Init: orDefault(init, FanIn{}), NoDecay: true,
	})
	if err != nil {
		return nil, err
	}
	mu, err = ops.ApplyAddChannels(mu, bias)
	return mu, errors.WithMessagef(err, "layers: %s", layer)
}
