package layers_test

import (
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/gradcheck"
	"github.com/seed-be841da4/prospect/layers"
)

// Every layer is checked in its input, which is a free node, in the activity it
// predicts, and in its parameters.
func TestGradients(t *testing.T) {
	dense := func(out int) graph.Layer { return layers.Dense{Out: out} }
	tests := []struct {
		name    string
		layer   graph.Layer
		in, out graph.Shape
	}{
		{"dense", dense(2), graph.Shape{5}, graph.Shape{2}},
		{"dense to one", dense(1), graph.Shape{4}, graph.Shape{1}},
		{"dense from one", dense(3), graph.Shape{1}, graph.Shape{3}},
		{"dense one to one", dense(1), graph.Shape{1}, graph.Shape{1}},
		{"dense no bias", layers.Dense{Out: 3, NoBias: true}, graph.Shape{2}, graph.Shape{3}},
		{"identity", layers.Identity{}, graph.Shape{3}, graph.Shape{3}},
		{"sigmoid", layers.Sigmoid{}, graph.Shape{5}, graph.Shape{5}},
		{"sigmoid of one", layers.Sigmoid{}, graph.Shape{1}, graph.Shape{1}},
		{"tanh", layers.Tanh{}, graph.Shape{5}, graph.Shape{5}},
		{"tanh of one", layers.Tanh{}, graph.Shape{1}, graph.Shape{1}},
		{"relu", layers.ReLU{}, graph.Shape{5}, graph.Shape{5}},
		{"leaky relu", layers.LeakyReLU{}, graph.Shape{5}, graph.Shape{5}},
		{"leaky relu 0.3", layers.LeakyReLU{Slope: 0.3}, graph.Shape{1}, graph.Shape{1}},
		{"gelu", layers.GELU{}, graph.Shape{5}, graph.Shape{5}},
		{"silu", layers.SiLU{}, graph.Shape{5}, graph.Shape{5}},
		{"softplus", layers.Softplus{}, graph.Shape{5}, graph.Shape{5}},
		{"hard tanh", layers.HardTanh{}, graph.Shape{9}, graph.Shape{9}},
		{"image activation", layers.SiLU{}, graph.Shape{2, 3, 1}, graph.Shape{2, 3, 1}},
		{"before", layers.Sequential{layers.Tanh{}, dense(4)}, graph.Shape{3}, graph.Shape{4}},
		{"after", layers.Sequential{dense(4), layers.Tanh{}}, graph.Shape{3}, graph.Shape{4}},
		{"nested", layers.Sequential{layers.Sequential{dense(4), layers.GELU{}}, dense(2)}, graph.Shape{3}, graph.Shape{2}},
		{"empty sequential", layers.Sequential{}, graph.Shape{3}, graph.Shape{3}},
		{"flatten", layers.Sequential{layers.Flatten{}, dense(2)}, graph.Shape{2, 3}, graph.Shape{2}},
		{"flatten one", layers.Sequential{layers.Flatten{}, dense(1)}, graph.Shape{1, 1}, graph.Shape{1}},
		{"reshape", layers.Sequential{dense(6), layers.Reshape{Shape: graph.Shape{3, 2}}}, graph.Shape{2}, graph.Shape{3, 2}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := graph.Declaration{
				Nodes:       []graph.Node{{Name: "in", Shape: tt.in}, {Name: "out", Shape: tt.out}},
				Predictions: []graph.Prediction{{Of: "out", From: []string{"in"}, Layer: tt.layer}},
			}
			gradcheck.Run(t, d, graph.Roles{}, gradcheck.Options{})
		})
	}
}

func TestSumGradients(t *testing.T) {
	d := graph.Declaration{
		Nodes: []graph.Node{{Name: "a", Shape: graph.Shape{1}}, {Name: "b", Shape: graph.Shape{3}}, {Name: "out", Shape: graph.Shape{2}}},
		Predictions: []graph.Prediction{{Of: "out", From: []string{"a", "b"}, Layer: layers.Sum{
			layers.Dense{Out: 2}, layers.Sequential{layers.Tanh{}, layers.Dense{Out: 2, NoBias: true}},
		}}},
	}
	gradcheck.Run(t, d, graph.Roles{}, gradcheck.Options{})
}
