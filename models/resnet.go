package models

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// ResNet declares a residual convolutional network: an image "x", a first
// convolution "h1", stages of residual blocks "h2", "h3" ..., and an output "y"
// from the mean of every channel. Each stage after the first halves rows and
// columns and doubles the channels. A block is
//
//	h = skip(a) + norm(conv(f(norm(conv(a)))))     a: the activity before, f applied
//
// with two convolutions of kernel 3, where skip is the identity, or a convolution
// of kernel 1 where the shape changes.
//
//	before: a value node holds h, and f is applied when it is read
//	after:  a value node holds f(h)
//
// The zero value, with Input and Classes, has the shape of ResNet-18 for small
// images: 64 channels, four stages of two blocks.
//
// Source: He et al., CVPR 2016, with a first convolution of kernel 3 and no first
// pooling, as is usual for images of 32 by 32.
type ResNet struct {
	// Input is the shape of an image: channels, rows, columns; or rows, columns of
	// one channel.
	Input graph.Shape `json:"input"`
	// Classes is the size of the output. Zero is an error.
	Classes int `json:"classes"`
	// Width is the number of channels of the first stage. Zero means 64.
	Width int `json:"width,omitempty"`
	// Blocks are the numbers of blocks per stage. Nil means 2, 2, 2, 2.
	Blocks []int `json:"blocks,omitempty"`
	// Nodes selects where value nodes are. Zero means PerBlock.
	Nodes Granularity `json:"nodes"`
	// Norm is the normalisation after every convolution. Nil means none.
	Norm graph.Layer `json:"norm,omitempty"`
	// Activation is f. Nil means layers.ReLU{}.
	Activation graph.Layer `json:"activation,omitempty"`
	// Placement of the value nodes with respect to f. Zero means Before.
	Placement Placement `json:"placement"`
	// Init draws the weights; biases start at 0 with it. Nil means layers.FanIn
	// for weights and biases.
	Init graph.Initializer `json:"init,omitempty"`
	// Output is the energy of the output. Nil means the squared error.
	Output graph.Energy `json:"output,omitempty"`
	// Hidden is the energy of the other nodes. Nil means the squared error.
	Hidden graph.Energy `json:"hidden,omitempty"`
}

// Granularity is the density of value nodes in a deep network.
type Granularity int

// The granularities.
const (
	PerBlock Granularity = iota // one after each block
	PerLayer                    // one inside each block too
)

// String returns "block" or "layer".
func (g Granularity) String() string {
	if g == PerLayer {
		return "layer"
	}
	return "block"
}

// MarshalText returns "block" or "layer".
func (g Granularity) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// UnmarshalText reads "block" or "layer".
func (g *Granularity) UnmarshalText(text []byte) error {
	switch strings.ToLower(string(text)) {
	case "block":
		*g = PerBlock
	case "layer":
		*g = PerLayer
	default:
		return errors.Errorf("models: granularity, got %q, want block or layer", text)
	}
	return nil
}

// Declaration returns the network as data, for [graph.New].
func (m ResNet) Declaration() (graph.Declaration, error) {
	var d graph.Declaration
	if m.Width == 0 {
		m.Width = 64
	}
	if m.Blocks == nil {
		m.Blocks = []int{2, 2, 2, 2}
	}
	if m.Activation == nil {
		m.Activation = layers.ReLU{}
	}
	shape, err := imageShape("ResNet", m.Input)
	if err != nil {
		return d, err
	}
	if err := checkSize("ResNet", "Classes", m.Classes); err != nil {
		return d, err
	}
	if err := checkSize("ResNet", "Width", m.Width); err != nil {
		return d, err
	}
	if err := checkWidths("ResNet", "Blocks", m.Blocks, 1, "the numbers of blocks of the stages, for example [2 2 2 2]"); err != nil {
		return d, err
	}
	if err := checkDepth("ResNet", "Blocks", m.Blocks...); err != nil {
		return d, err
	}
	d.Nodes = []graph.Node{{Name: "x", Shape: shape}}
	shape = graph.Shape{m.Width, shape[1], shape[2]}
	m.add(&d, "h1", shape, []string{"x"}, m.placed(nil, m.conv(m.Width, 3, 1)))
	for stage, blocks := range m.Blocks {
		for block := range blocks {
			stride := 1
			if stage > 0 && block == 0 {
				stride = 2
			}
			shape = graph.Shape{m.Width << stage, (shape[1]-1)/stride + 1, (shape[2]-1)/stride + 1}
			m.block(&d, shape, stride)
		}
	}
	last := d.Nodes[len(d.Nodes)-1].Name
	head := layers.Sequential{layers.GlobalAvgPool{}, denseTo(m.Classes, m.Init, false)}
	if m.Placement == Before {
		head = slices.Concat(layers.Sequential{m.Activation}, head)
	}
	d.Nodes = append(d.Nodes, graph.Node{Name: "y", Shape: graph.Shape{m.Classes}})
	d.Predictions = append(d.Predictions, graph.Prediction{Of: "y", From: []string{last}, Layer: head, Energy: m.Output})
	return d, nil
}

// block adds a residual block with its nodes.
func (m ResNet) block(d *graph.Declaration, shape graph.Shape, stride int) {
	from := d.Nodes[len(d.Nodes)-1]
	name := "h" + strconv.Itoa(len(d.Nodes))
	if m.Nodes == PerLayer {
		name = "h" + strconv.Itoa(len(d.Nodes)/2+1)
	}
	var skip graph.Layer
	if !from.Shape.Equal(shape) {
		skip = m.conv(shape[0], 1, stride)
	}
	first, second := m.conv(shape[0], 3, stride), m.conv(shape[0], 3, 1)
	if m.Nodes == PerBlock {
		body := layers.Residual{Body: after(first, after(m.Activation, second)), Skip: skip}
		m.add(d, name, shape, []string{from.Name}, m.placed(m.Activation, body))
		return
	}
	inner := name + "a"
	m.add(d, inner, shape, []string{from.Name}, m.placed(m.Activation, first))
	if skip == nil {
		skip = layers.Identity{}
	}
	sum := layers.Sum{second, skip}
	if m.Placement == Before {
		sum = layers.Sum{after(m.Activation, second), after(m.Activation, skip)}
		m.add(d, name, shape, []string{inner, from.Name}, sum)
		return
	}
	m.add(d, name, shape, []string{inner, from.Name}, layers.Sequential{sum, m.Activation})
}

// placed puts the activation on the side of the map given by the placement; read is the
// activation of the input node, nil for the image.
func (m ResNet) placed(read, l graph.Layer) graph.Layer {
	if m.Placement == After {
		return after(l, m.Activation)
	}
	return after(read, l)
}

// conv is a convolution that keeps rows and columns, up to the stride, with its
// normalisation.
func (m ResNet) conv(out, kernel, stride int) graph.Layer {
	return ConvBlock{Out: out, Kernel: kernel, Stride: stride, Pad: kernel / 2, NoBias: m.Norm != nil, Norm: m.Norm}.layer(m.Init)
}

func (m ResNet) add(d *graph.Declaration, name string, shape graph.Shape, from []string, l graph.Layer) {
	d.Nodes = append(d.Nodes, graph.Node{Name: name, Shape: shape})
	d.Predictions = append(d.Predictions, graph.Prediction{Of: name, From: from, Layer: l, Energy: m.Hidden})
}

// New declares the network and draws its parameters.
func (m ResNet) New(s graph.Settings) (*graph.Network, error) { return build(m, s) }
