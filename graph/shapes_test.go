package graph_test

import (
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// Fifteen networks whose shapes do not fit. Each is refused when it is declared,
// with the name of the node, the two shapes, and what to do; the error has the
// position of the prediction.
func TestWrongShapes(t *testing.T) {
	image, code, flat := graph.Shape{3, 8, 6}, graph.Shape{4}, layers.Flatten{}
	conv := func(out, kernel int) layers.Conv2D { return layers.Conv2D{Out: out, Kernel: layers.Pair{kernel}} }
	dense := func(out int) layers.Dense { return layers.Dense{Out: out} }
	for _, c := range []struct {
		name   string
		of     graph.Shape
		layer  graph.Layer
		from   []string
		energy graph.Energy
		want   []string
	}{
		{"dense of another width", graph.Shape{5}, dense(6), []string{"code"}, nil, []string{"got [6]", "want [5]", "change the layer's output or the node's Shape"}},
		{"image into dense", graph.Shape{5}, dense(5), []string{"image"}, nil, []string{"[3 8 6]", "one axis", "layers.Flatten{}"}},
		{"dense into image", image, dense(144), []string{"code"}, nil, []string{"got [144]", "want [3 8 6]", "change the layer's output or the node's Shape"}},
		{"vector into convolution", graph.Shape{5}, conv(2, 3), []string{"code"}, nil, []string{"[4]", "channels, rows, columns", "layers.Reshape"}},
		{"convolution without its border", graph.Shape{2, 8, 6}, conv(2, 3), []string{"image"}, nil, []string{"got [2 6 4]", "want [2 8 6]", "change the layer's output"}},
		{"kernel larger than the image", graph.Shape{2, 1, 1}, conv(2, 9), []string{"image"}, nil, []string{"9", "[8 6]"}},
		{"groups that do not divide", graph.Shape{4, 6, 4}, layers.Conv2D{Out: 4, Kernel: layers.Pair{3}, Groups: 2}, []string{"image"}, nil, []string{"got 2 for 3 channels of input and 4 of output", "divisor of both"}},
		{"reshape of another size", image, layers.Sequential{dense(140), layers.Reshape{Shape: image}}, []string{"code"}, nil, []string{"from [140] to [3 8 6]", "equal size"}},
		{"sum of different shapes", graph.Shape{5}, layers.Sum{dense(5), dense(6)}, []string{"code", "code"}, nil, []string{"got shape [6]", "want [5]", "like the ones before"}},
		{"sum with a layer too few", graph.Shape{5}, layers.Sum{dense(5)}, []string{"code", "code"}, nil, []string{"got 2 inputs for 1 layers", "one layer for each input"}},
		{"add of different shapes", code, layers.Add{}, []string{"code", "image"}, nil, []string{"got shape [3 8 6]", "want [4]", "layers.Sum with a layer for each"}},
		{"concatenation that does not fit", graph.Shape{8}, layers.Concat{}, []string{"code", "image"}, nil, []string{"got shape [3 8 6]", "want [4]"}},
		{"body of another width than the skip", graph.Shape{5}, layers.Residual{Body: dense(5)}, []string{"code"}, nil, []string{"got shape [5]", "want [4]", "give Skip a projection"}},
		{"attention heads that do not divide", graph.Shape{8, 6}, layers.Sequential{flat, dense(48), layers.Reshape{Shape: graph.Shape{8, 6}}, layers.MultiHeadAttention{Heads: 4}}, []string{"image"}, nil, []string{"Heads, got 4", "[8 6]", "divisor of its width 6"}},
		{"precision for another node", graph.Shape{5}, dense(5), []string{"code"}, energy.Gaussian{From: "precision"}, []string{`"precision"`, "got [4]", "want [5]"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := graph.Declaration{
				Nodes: []graph.Node{
					{Name: "image", Shape: image}, {Name: "code", Shape: code}, {Name: "precision", Shape: code, Data: true}, {Name: "wrong", Shape: c.of},
				},
				Predictions: []graph.Prediction{
					{Of: "code", From: []string{"image"}, Layer: layers.Sequential{flat, dense(4)}},
					{Of: "wrong", From: c.from, Layer: c.layer, Energy: c.energy},
				},
			}
			_, err := graph.New(d, graph.Settings{})
			mentions(t, err, append(c.want, `prediction "wrong" of node "wrong"`)...)
			if at, ok := err.(*graph.DeclarationError); !ok || at.Prediction != 1 || at.Node != -1 {
				t.Errorf("got %#v, want the position of the second prediction", err)
			}
		})
	}
}
