package layers_test

import (
	"fmt"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// A convolutional network: value nodes after the pooling of each block.
func Example() {
	block := func(channels int) graph.Layer {
		return layers.Sequential{
			layers.Conv2D{Out: channels, Kernel: layers.Pair{3}, Pad: layers.Pair{1}},
			layers.MaxPool2D{Kernel: layers.Pair{2}},
			layers.GELU{},
		}
	}
	net, err := graph.New(graph.Declaration{
		Nodes: []graph.Node{
			{Name: "x", Shape: graph.Shape{3, 32, 32}},
			{Name: "h1", Shape: graph.Shape{64, 16, 16}},
			{Name: "h2", Shape: graph.Shape{128, 8, 8}},
			{Name: "y", Shape: graph.Shape{10}},
		},
		Predictions: []graph.Prediction{
			{Of: "h1", From: []string{"x"}, Layer: block(64)},
			{Of: "h2", From: []string{"h1"}, Layer: block(128)},
			{Of: "y", From: []string{"h2"}, Layer: layers.Sequential{layers.Flatten{}, layers.Dense{Out: 10}}},
		},
	}, graph.Settings{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range net.Params() {
		fmt.Println(p.Name, p.Value.Shape())
	}
	// Output:
	// h1/0/weight (64, 3, 3, 3)
	// h1/0/bias (64)
	// h2/0/weight (128, 64, 3, 3)
	// h2/0/bias (128)
	// y/1/weight (8192, 10)
	// y/1/bias (10)
}

// A wrong shape is an error when the network is declared.
func ExampleResidual() {
	wide := layers.Conv2D{Out: 32, Kernel: layers.Pair{3}, Stride: layers.Pair{2}, Pad: layers.Pair{1}}
	d := graph.Declaration{
		Nodes:       []graph.Node{{Name: "a", Shape: graph.Shape{16, 8, 8}}, {Name: "b", Shape: graph.Shape{32, 4, 4}}},
		Predictions: []graph.Prediction{{Of: "b", From: []string{"a"}, Layer: layers.Residual{Body: wide}}},
	}
	_, err := graph.New(d, graph.Settings{})
	fmt.Println(err)

	skip := layers.Conv2D{Out: 32, Kernel: layers.Pair{1}, Stride: layers.Pair{2}, NoBias: true}
	d.Predictions[0].Layer = layers.Residual{Body: wide, Skip: skip}
	_, err = graph.New(d, graph.Settings{})
	fmt.Println(err)
	// Output:
	// graph: prediction "b" of node "b": layers: residual: body, got shape [32 4 4] for each sample, want [16 8 8], the shape of the skip; give Skip a projection to the body's shape, such as a Dense, or a Conv2D with Kernel {1} and the body's Stride
	// <nil>
}

// Training draws masks and goes by the batch; evaluation does neither.
func ExampleBatchNorm() {
	net, err := graph.New(graph.Declaration{
		Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{1}}, {Name: "h", Shape: graph.Shape{1}}},
		Predictions: []graph.Prediction{{
			Of: "h", From: []string{"x"}, Layer: layers.BatchNorm{},
		}},
	}, graph.Settings{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, training := range []bool{true, false} {
		s, err := net.Session(2, graph.Roles{Clamped: []string{"x"}, Training: training})
		if err != nil {
			fmt.Println(err)
			return
		}
		if err := s.Clamp("x", []float32{3, 5}); err != nil {
			fmt.Println(err)
			return
		}
		if err := s.Initialize(graph.Start{}, nil); err != nil {
			fmt.Println(err)
			return
		}
		h, err := s.Activity("h")
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("training %v: %.2f\n", training, h.Float32())
	}
	// Output:
	// training true: [-1.00 1.00]
	// training false: [3.00 5.00]
}
