package models

import (
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// ConvNet declares a convolutional network as a chain of value nodes: the image "x",
// one node per block of a convolution and an optional pooling, one per hidden dense
// layer, "h1", "h2" ..., and the output "y".
//
//	before: h_l = pool(conv(f(h_{l−1})))     without f on the image
//	after:  h_l = f(pool(conv(h_{l−1})))     without f on the output
//
// The zero value, with Input and Classes, is the network of the paper's CIFAR-10
// experiment: convolutions to 64 and 128 channels with kernel 3 and stride 2, a hidden
// layer of 512 units, ReLU, value nodes before the activation. [VGG5] and [VGG7] return
// other settings.
//
// Source: Song et al. 2024, Fig. 4i.
type ConvNet struct {
	// Input is the shape of an image: channels, rows, columns; or rows, columns of one
	// channel. Any other number of axes is an error.
	Input graph.Shape `json:"input"`
	// Classes is the size of the output. Zero is an error.
	Classes int `json:"classes"`
	// Blocks are the convolutions. Nil means the paper's two.
	Blocks []ConvBlock `json:"blocks,omitempty"`
	// Hidden are the widths of the dense layers after them. Nil means the paper's
	// 512 if Blocks is nil too, and none otherwise.
	Hidden []int `json:"hidden,omitempty"`
	// Activation is f. Nil means layers.ReLU{}.
	Activation graph.Layer `json:"activation,omitempty"`
	// Placement of the value nodes with respect to f. Zero means Before.
	Placement Placement `json:"placement"`
	// Init draws the weights; biases start at 0 with it. Nil means layers.FanIn
	// for weights and biases, PyTorch's default.
	Init graph.Initializer `json:"init,omitempty"`
	// Output is the energy of the output. Nil means the squared error.
	Output graph.Energy `json:"output,omitempty"`
	// HiddenEnergy is the energy of the other nodes. Nil means the squared error.
	HiddenEnergy graph.Energy `json:"hidden_energy,omitempty"`
}

// ConvBlock is one block of a [ConvNet]: a convolution, a normalisation, a
// pooling.
type ConvBlock struct {
	// Out is the number of channels. Zero is an error.
	Out int `json:"out"`
	// Kernel is the size of the square window. Zero means 3.
	Kernel int `json:"kernel,omitempty"`
	// Stride is the distance between windows. Zero means 1.
	Stride int `json:"stride,omitempty"`
	// Pad is the border of zeros on either side. Zero means none.
	Pad int `json:"pad,omitempty"`
	// NoBias omits the biases of the channels.
	NoBias bool `json:"no_bias,omitempty"`
	// Norm is a normalisation after the convolution. Nil means none.
	Norm graph.Layer `json:"norm,omitempty"`
	// Pool is the size of the windows of a max pooling. Zero means none.
	Pool int `json:"pool,omitempty"`
}

// paperBlocks are the convolutions of the paper's CIFAR-10 experiment.
var paperBlocks = []ConvBlock{{Out: 64, Stride: 2, Pad: 1, NoBias: true}, {Out: 128, Stride: 2, Pad: 1, NoBias: true}}

// VGG5 returns the network of that name of the pcx benchmark: convolutions to 128, 256,
// 512 and 512 channels, each with max pooling and GELU, then the output; a value node
// after each activation. The pooling comes before the activation, which for a monotone
// activation is equivalent and four times cheaper.
//
// Source: Pinchetti et al. 2024, "Benchmarking predictive coding networks made simple".
// Differs in the order of pooling and activation.
func VGG5(input graph.Shape, classes int) ConvNet {
	return ConvNet{
		Input: input, Classes: classes, Activation: layers.GELU{}, Placement: After,
		Blocks: []ConvBlock{{Out: 128, Pad: 1, Pool: 2}, {Out: 256, Pad: 1, Pool: 2}, {Out: 512, Pad: 1, Pool: 2}, {Out: 512, Pad: 1, Pool: 2}},
	}
}

// VGG7 returns the network of that name of the pcx benchmark: convolutions to 128,
// 128, 256, 256, 512 and 512 channels, with max pooling after the first, third and
// fifth and no border in the fourth and sixth; otherwise like [VGG5].
func VGG7(input graph.Shape, classes int) ConvNet {
	m := VGG5(input, classes)
	m.Blocks = []ConvBlock{
		{Out: 128, Pad: 1, Pool: 2},
		{Out: 128, Pad: 1},
		{Out: 256, Pad: 1, Pool: 2},
		{Out: 256},
		{Out: 512, Pad: 1, Pool: 2},
		{Out: 512},
	}
	return m
}

// Declaration returns the network as data, for [graph.New].
func (m ConvNet) Declaration() (graph.Declaration, error) {
	if m.Blocks == nil {
		m.Blocks = paperBlocks
		if m.Hidden == nil {
			m.Hidden = []int{512}
		}
	}
	if m.Activation == nil {
		m.Activation = layers.ReLU{}
	}
	input, err := imageShape("ConvNet", m.Input)
	if err != nil {
		return graph.Declaration{}, err
	}
	if err := checkSize("ConvNet", "Classes", m.Classes); err != nil {
		return graph.Declaration{}, err
	}
	if err := checkWidths("ConvNet", "Hidden", m.Hidden, 0, ""); err != nil {
		return graph.Declaration{}, err
	}
	shapes := []graph.Shape{input}
	for i, b := range m.Blocks {
		shape, err := b.output(shapes[i])
		if err != nil {
			return graph.Declaration{}, errors.WithMessagef(err, "models: ConvNet: block %d", i+1)
		}
		shapes = append(shapes, shape)
	}
	shapes = append(append(shapes, rows(m.Hidden)...), graph.Shape{m.Classes})
	return chain{
		names:  slices.Concat([]string{"x"}, numbered("h", len(shapes)-2), []string{"y"}),
		shapes: shapes, activation: m.Activation, placement: m.Placement,
		maps:   func(i int) graph.Layer { return m.layer(i, shapes) },
		hidden: m.HiddenEnergy, output: m.Output,
	}.declaration(), nil
}

// layer is the map to node i.
func (m ConvNet) layer(i int, shapes []graph.Shape) graph.Layer {
	if i <= len(m.Blocks) {
		return m.Blocks[i-1].layer(m.Init)
	}
	dense := denseTo(shapes[i][0], m.Init, false)
	if i == len(m.Blocks)+1 && len(shapes[i-1]) > 1 {
		return layers.Sequential{layers.Flatten{}, dense}
	}
	return dense
}

// New declares the network and draws its parameters.
func (m ConvNet) New(s graph.Settings) (*graph.Network, error) { return build(m, s) }

// imageShape returns the shape of an image with its channels.
func imageShape(model string, s graph.Shape) (graph.Shape, error) {
	if len(s) == 2 {
		s = graph.Shape{1, s[0], s[1]}
	}
	if len(s) != 3 || slices.Min(s) < 1 || slices.Max(s) > maxUnits {
		return nil, errors.Errorf("models: %s: Input, got shape %v, want channels, rows, columns or rows, columns, for example [3 32 32]", model, s)
	}
	return s, nil
}

// withDefaults returns the block with zeros replaced by the defaults.
func (b ConvBlock) withDefaults() ConvBlock {
	if b.Kernel == 0 {
		b.Kernel = 3
	}
	b.Stride = max(b.Stride, 1)
	b.Pool = max(b.Pool, 1)
	return b
}

// output returns the shape of the block's output.
func (b ConvBlock) output(in graph.Shape) (graph.Shape, error) {
	if s := []int{b.Out, b.Kernel, b.Stride, b.Pad, b.Pool}; slices.Min(s) < 0 || slices.Max(s) > maxUnits {
		return nil, errors.Errorf("Out, Kernel, Stride, Pad and Pool, got %v, want 0 to %d each", s, maxUnits)
	}
	b = b.withDefaults()
	if b.Out < 1 || b.Kernel < 1 || b.Pad < 0 {
		return nil, errors.Errorf("Out, Kernel and Pad, got %d, %d and %d, want at least 1, 1 and 0", b.Out, b.Kernel, b.Pad)
	}
	out := graph.Shape{b.Out, 0, 0}
	for axis := 1; axis <= 2; axis++ {
		if in[axis]+2*b.Pad < b.Kernel {
			return nil, errors.Errorf("Kernel, got %d for an image of shape %v with a border of %d, want at most %d; use fewer blocks, less pooling or a larger Pad",
				b.Kernel, in, b.Pad, in[axis]+2*b.Pad)
		}
		size := (in[axis]+2*b.Pad-b.Kernel)/b.Stride + 1
		if size < b.Pool {
			return nil, errors.Errorf("Pool, got %d for an image of %d rows or columns; use fewer blocks or less pooling", b.Pool, size)
		}
		out[axis] = (size-b.Pool)/b.Pool + 1
	}
	return out, nil
}

// layer is the block without its activation.
func (b ConvBlock) layer(init graph.Initializer) graph.Layer {
	b = b.withDefaults()
	conv := layers.Conv2D{
		Out: b.Out, Kernel: layers.Pair{b.Kernel}, Stride: layers.Pair{b.Stride}, Pad: layers.Pair{b.Pad}, NoBias: b.NoBias, Weight: init,
	}
	if init != nil {
		conv.Bias = layers.Constant{}
	}
	l := after(conv, b.Norm)
	if b.Pool > 1 {
		l = after(l, layers.MaxPool2D{Kernel: layers.Pair{b.Pool}})
	}
	return l
}
