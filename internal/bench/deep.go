package bench

import (
	"fmt"
	"strconv"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
)

// residual is a residual perceptron of many hidden layers, in the muPC parametrisation.
func residual(depth, steps int) Case {
	const inputs, width, outputs = 784, 128, 10
	name := "residual"
	if depth != 64 {
		name += strconv.Itoa(depth)
	}
	c := Case{
		Name: name, Help: fmt.Sprintf("784-128x%d-10 with skips, tanh, muPC, 64, %d", depth, steps), Inputs: inputs, Outputs: outputs,
		Batch: 64, Steps: steps, Optimizer: "adam", Rate: 1e-3,
		Model:    models.MLPResidual{Inputs: inputs, Width: width, Depth: depth, Outputs: outputs, Activation: layers.Tanh{}},
		Products: []Products{dense(1, inputs, width)},
	}
	for range depth - 1 {
		c.Products = append(c.Products, dense(1, width, width))
	}
	c.Products = append(c.Products, dense(1, width, outputs))
	return c
}

// resnet18 is a residual convolutional network of four stages of two blocks, without
// normalisation, a quarter as wide as the one of that name.
func resnet18() Case {
	const width, size, classes = 16, 32, 10
	c := Case{
		Name: "resnet18", Help: "residual, convolutional, width 16, ReLU, 8, 8", Inputs: 3 * size * size, Outputs: classes,
		Batch: 8, Steps: 8, Optimizer: "adam", Rate: 1e-3,
		Model: models.ResNet{Input: graph.Shape{3, size, size}, Classes: classes, Width: width},
	}
	// A convolution of one unit is a product of a row for each place.
	c.Products = append(c.Products, dense(size*size, 3*9, width))
	in := width
	for stage := range 4 {
		out, side := width<<stage, size>>stage
		for block := range 2 {
			first, second := dense(side*side, 9*in, out), dense(side*side, 9*out, out)
			p := Products{Weights: first.Weights + second.Weights, Inner: second.Weights}
			if block == 0 && stage > 0 {
				p.Weights += dense(side*side, in, out).Weights
			}
			c.Products = append(c.Products, p)
			in = out
		}
	}
	c.Products = append(c.Products, dense(1, in, classes))
	return c
}

// transformer is a causal transformer of four blocks.
func transformer() Case {
	const width, depth, length, symbols, hidden = 64, 4, 32, 64, 4 * 64
	c := Case{
		Name: "transformer", Help: "4 blocks of width 64, 32 of 64 symbols, 16, 8", Inputs: length, Outputs: length * symbols, Symbols: symbols,
		Batch: 16, Steps: 8, Optimizer: "adam", Rate: 1e-3,
		Model:    models.Transformer{Symbols: symbols, Length: length, Width: width, Depth: depth, Heads: 4},
		Products: []Products{{}}, // a table
	}
	last := dense(length, hidden, width).Weights
	block := Products{
		Weights:    4*dense(length, width, width).Weights + dense(length, width, hidden).Weights + last,
		Activities: 2 * dense(length, width, length).Weights,
	}
	block.Inner = block.Weights - 3*dense(length, width, width).Weights // all but query, key, value
	for range depth {
		c.Products = append(c.Products, block)
	}
	c.Products = append(c.Products, dense(length, width, symbols))
	return c
}
