package bench

import (
	"strconv"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// declared is a network given by its declaration.
type declared graph.Declaration

// New makes the network.
func (d declared) New(s graph.Settings) (*graph.Network, error) {
	return graph.New(graph.Declaration(d), s)
}

// vgg5 is the network of that name of the pcx benchmark: 3×3 convolutions to 128,
// 256, 512 and 512 channels on images of 3×32×32, each followed by 2×2 max
// pooling and GELU, then a linear read-out; a value node after each block.
func vgg5() Case {
	c := Case{
		Name: "vgg5", Help: "convolutional, GELU, 64, 5", Inputs: 3 * 32 * 32, Outputs: 10,
		Batch: 64, Steps: 5, Optimizer: "adam", Rate: 1e-3,
	}
	d := graph.Declaration{Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{3, 32, 32}}}}
	channels, size, from := 3, 32, "x"
	for i, out := range []int{128, 256, 512, 512} {
		c.Products = append(c.Products, dense(size*size, 9*channels, out))
		name := "h" + strconv.Itoa(i+1)
		channels, size = out, size/2
		d.Nodes = append(d.Nodes, graph.Node{Name: name, Shape: graph.Shape{channels, size, size}})
		d.Predictions = append(d.Predictions, graph.Prediction{Of: name, From: []string{from}, Layer: layers.Sequential{
			layers.Conv2D{Out: out, Kernel: layers.Pair{3}, Pad: layers.Pair{1}},
			layers.MaxPool2D{Kernel: layers.Pair{2}},
			layers.GELU{},
		}})
		from = name
	}
	d.Nodes = append(d.Nodes, graph.Node{Name: "y", Shape: graph.Shape{10}})
	d.Predictions = append(d.Predictions, graph.Prediction{
		Of: "y", From: []string{from},
		Layer: layers.Sequential{layers.Flatten{}, layers.Dense{Out: 10}},
	})
	c.Products = append(c.Products, dense(1, channels*size*size, 10))
	c.Model = declared(d)
	return c
}
