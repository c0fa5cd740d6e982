package graph_test

import (
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/gradcheck"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// unary makes a layer of a Gorgonia function of one node.
func unary(f func(*gorgonia.Node) (*gorgonia.Node, error)) graph.Layer {
	return layerFunc(func(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) { return f(in[0]) })
}

// positive makes a layer f(1 + x²) of a function of positive values.
func positive(f func(*gorgonia.Node) (*gorgonia.Node, error)) graph.Layer {
	return layerFunc(func(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
		square, err := gorgonia.Square(in[0])
		if err != nil {
			return nil, err
		}
		if square, err = gorgonia.Add(b.Constant(1), square); err != nil {
			return nil, err
		}
		return f(square)
	})
}

// Whatever Gorgonia can differentiate works in a layer, on the default engine
// too, which knows only some of it: gradients are checked by finite differences.
func TestRawOperations(t *testing.T) {
	type node = *gorgonia.Node
	must := gorgonia.Must // a panic in Build is an error
	tests := []struct {
		name  string
		layer graph.Layer
	}{
		{"sin", unary(gorgonia.Sin)},
		{"cos", unary(gorgonia.Cos)},
		{"cube", unary(gorgonia.Cube)},
		{"square", unary(gorgonia.Square)},
		{"exp", unary(gorgonia.Exp)},
		{"expm1", unary(gorgonia.Expm1)},
		{"abs", unary(gorgonia.Abs)},
		{"neg", unary(gorgonia.Neg)},
		{"tanh", unary(gorgonia.Tanh)},
		{"sigmoid", unary(gorgonia.Sigmoid)},
		{"softplus", unary(gorgonia.Softplus)},
		{"rectify", unary(gorgonia.Rectify)},
		{"softmax", unary(func(x node) (node, error) { return gorgonia.SoftMax(x) })},
		{"log", positive(gorgonia.Log)},
		{"log1p", positive(gorgonia.Log1p)},
		{"sqrt", positive(gorgonia.Sqrt)},
		{"inverse", positive(gorgonia.Inverse)},
		{"x/(1+x²)", layerFunc(func(b *graph.Builder, in ...node) (node, error) {
			return gorgonia.HadamardDiv(in[0], must(gorgonia.Add(b.Constant(1), must(gorgonia.Square(in[0])))))
		})},
		{"product of a transpose", unary(func(x node) (node, error) {
			return gorgonia.Mul(x, must(gorgonia.Mul(must(gorgonia.Transpose(x, 1, 0)), x)))
		})},
		{"centred rows", layerFunc(func(b *graph.Builder, in ...node) (node, error) {
			mean := must(gorgonia.Mean(in[0], 1))
			return gorgonia.BroadcastSub(in[0], must(gorgonia.Reshape(mean, tensor.Shape{b.Batch(), 1})), nil, []byte{1})
		})},
		{"columns in another order", unary(func(x node) (node, error) {
			a, b := must(gorgonia.Slice(x, nil, gorgonia.S(0, 2))), must(gorgonia.Slice(x, nil, gorgonia.S(1, 3)))
			b2 := must(gorgonia.HadamardProd(a, b))
			both := must(gorgonia.Concat(1, b2, a))
			return gorgonia.Slice(both, nil, gorgonia.S(0, 3))
		})},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			gradcheck.Run(t, twoNodes(tt.layer), graph.Roles{}, gradcheck.Options{Batch: []int{1, 2, 3}})
		})
	}
}

// Convolution, pooling and unfolding are raw operations of several axes. A layer of
// the user's own made of them gets the engine's kernels: its gradients are those of
// finite differences, and the tape machine agrees.
func TestRawConvolution(t *testing.T) {
	type node = *gorgonia.Node
	kernel := func(b *graph.Builder, shape ...int) (node, error) {
		return b.Param(graph.ParamSpec{Name: "kernel", Shape: shape, Init: layers.Normal{Std: 0.5}})
	}
	for _, tt := range []struct {
		name    string
		layer   layerFunc
		in, out graph.Shape
	}{
		{"convolution and pooling", func(b *graph.Builder, in ...node) (node, error) {
			w, err := kernel(b, 2, 1, 3, 3)
			if err != nil {
				return nil, err
			}
			y, err := gorgonia.Conv2d(in[0], w, tensor.Shape{3, 3}, []int{1, 1}, []int{1, 1}, []int{1, 1})
			if err != nil {
				return nil, err
			}
			return gorgonia.MaxPool2D(y, tensor.Shape{2, 2}, []int{0, 0}, []int{2, 2})
		}, graph.Shape{1, 4, 6}, graph.Shape{2, 2, 3}},
		{"strided convolution", func(b *graph.Builder, in ...node) (node, error) {
			w, err := kernel(b, 3, 2, 2, 3)
			if err != nil {
				return nil, err
			}
			return gorgonia.Conv2d(in[0], w, tensor.Shape{2, 3}, []int{0, 1}, []int{2, 1}, []int{1, 1})
		}, graph.Shape{2, 4, 4}, graph.Shape{3, 2, 4}},
		{"unfolding", func(b *graph.Builder, in ...node) (node, error) {
			// (batch, rows, columns, taps): a product of patches and kernels
			patches, err := gorgonia.Im2Col(in[0], tensor.Shape{2, 2}, tensor.Shape{0, 0}, tensor.Shape{1, 1}, tensor.Shape{1, 1})
			if err != nil {
				return nil, err
			}
			s := patches.Shape()
			flat, err := gorgonia.Reshape(patches, tensor.Shape{s[0] * s[1] * s[2], s[3]})
			if err != nil {
				return nil, err
			}
			w, err := kernel(b, s[3], 2)
			if err != nil {
				return nil, err
			}
			y, err := gorgonia.Mul(flat, w)
			if err != nil {
				return nil, err
			}
			return gorgonia.Reshape(y, tensor.Shape{s[0], s[1], s[2], 2})
		}, graph.Shape{1, 3, 4}, graph.Shape{2, 3, 2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := graph.Declaration{
				Nodes:       []graph.Node{{Name: "image", Shape: tt.in}, {Name: "map", Shape: tt.out}},
				Predictions: []graph.Prediction{{Of: "map", From: []string{"image"}, Layer: tt.layer}},
			}
			gradcheck.Run(t, d, graph.Roles{}, gradcheck.Options{})
			for _, p := range []graph.Precision{graph.Float32, graph.Float64} {
				for _, batch := range []int{1, 3} {
					newPair(require{t.Fatalf}, d, graph.Roles{}, p, batch, 3, 2).check(require{t.Fatalf}, p)
				}
			}
		})
	}
}
