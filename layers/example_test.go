package layers_test

import (
	"fmt"

	"gorgonia.org/gorgonia"

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
		h, err := s.View("h")
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

// Pooling predicts the mean of a sequence's rows, weighted by how well each fits a
// learned query: μ = softmax(q·xᵀ)·x.
type Pooling struct{}

// Build is made of the layers of the package and a parameter.
func (Pooling) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	x := in[0] // (batch, length, width)
	scores, err := layers.Dense{Out: 1, NoBias: true, Weight: layers.Values{1, 0}}.Build(b, x)
	if err != nil {
		return nil, err
	}
	row, err := layers.Permute{Axes: []int{1, 0}}.Build(b, scores) // (batch, 1, length)
	if err != nil {
		return nil, err
	}
	weights, err := layers.Softmax{}.Build(b, row)
	if err != nil {
		return nil, err
	}
	if err := b.Probe("weights", weights); err != nil {
		return nil, err
	}
	mean, err := layers.BatchedProduct{}.Build(b, weights, x) // (batch, 1, width)
	if err != nil {
		return nil, err
	}
	return layers.Flatten{}.Build(b, mean)
}

// A layer of your own is made of other layers as of functions.
func ExampleBatchedProduct() {
	net, err := graph.New(graph.Declaration{
		Nodes:       []graph.Node{{Name: "x", Shape: graph.Shape{3, 2}}, {Name: "y", Shape: graph.Shape{2}}},
		Predictions: []graph.Prediction{{Of: "y", From: []string{"x"}, Layer: Pooling{}}},
	}, graph.Settings{})
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := net.Session(1, graph.Roles{Clamped: []string{"x"}, Outputs: []string{"y"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := s.Clamp("x", []float32{0, 1, 0, 3, -200, 7}); err != nil {
		fmt.Println(err)
		return
	}
	if err := s.Initialize(graph.Start{}, nil); err != nil {
		fmt.Println(err)
		return
	}
	y, err := s.View("y")
	if err != nil {
		fmt.Println(err)
		return
	}
	weights, err := s.Probe("y/weights")
	fmt.Printf("%.2f of weights %.2f %v\n", y.Float32(), weights.Value.Float32(), err)
	// Output: [0.00 2.00] of weights [0.50 0.50 0.00] <nil>
}
