package graph_test

import (
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/ops"
	"github.com/seed-be841da4/prospect/layers"
)

// BenchmarkRawOperations compares a step of raw SoftMax and raw Conv2d with one of
// Prospect's own softmax and of layers.Conv2D, at batch 32.
func BenchmarkRawOperations(b *testing.B) {
	weights := graph.ParamSpec{Name: "weight", Shape: graph.Shape{8, 3, 3, 3}, Init: layers.Normal{Std: 0.1}}
	for _, bb := range []struct {
		name    string
		layer   graph.Layer
		in, out graph.Shape
	}{
		{"softmax/raw", unary(func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.SoftMax(x) }), graph.Shape{256}, graph.Shape{256}},
		{"softmax/own", unary(func(x *gorgonia.Node) (*gorgonia.Node, error) { return ops.ApplySoftmax(false, x) }), graph.Shape{256}, graph.Shape{256}},
		{"conv2d/raw", layerFunc(func(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
			w, err := b.Param(weights)
			if err != nil {
				return nil, err
			}
			return gorgonia.Conv2d(in[0], w, tensor.Shape{3, 3}, []int{1, 1}, []int{1, 1}, []int{1, 1})
		}), graph.Shape{3, 16, 16}, graph.Shape{8, 16, 16}},
		{"conv2d/own", layers.Conv2D{Out: 8, Kernel: layers.Pair{3, 3}, Pad: layers.Pair{1, 1}, NoBias: true}, graph.Shape{3, 16, 16}, graph.Shape{8, 16, 16}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			net := newNetwork(b, graph.Declaration{
				Nodes:       []graph.Node{{Name: "x", Shape: bb.in}, {Name: "y", Shape: bb.out}},
				Predictions: []graph.Prediction{{Of: "y", From: []string{"x"}, Layer: bb.layer}},
			}, graph.Settings{Engine: graph.Compiled{Threads: 1}})
			s := newSession(b, net, 32, graph.Roles{})
			initialize(b, s)
			energies := make([]float64, 1)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Evaluate(energies); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
