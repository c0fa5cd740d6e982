package models_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/gradcheck"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

func TestConvNetIsSound(t *testing.T) {
	for _, m := range []models.ConvNet{
		{
			Input: graph.Shape{2, 5, 4}, Classes: 3, Activation: layers.Tanh{}, Hidden: []int{4},
			Blocks: []models.ConvBlock{{Out: 2, Stride: 2, Pad: 1, NoBias: true}, {Out: 3, Kernel: 2}},
		},
		{
			Input: graph.Shape{4, 6}, Classes: 2, Activation: layers.GELU{}, Placement: models.After, Output: energy.CrossEntropy{},
			Blocks: []models.ConvBlock{{Out: 2, Pad: 1, Pool: 2}, {Out: 1, Kernel: 1, Norm: layers.GroupNorm{Groups: 1}}},
		},
		{Input: graph.Shape{1, 1, 3}, Classes: 1, Blocks: []models.ConvBlock{}, Hidden: []int{2}},
	} {
		soundWith(t, m, graph.Roles{Clamped: []string{"x", "y"}}, gradcheck.Options{Positive: m.Output != nil})
	}
}

func shapes(t *testing.T, m model) []graph.Shape {
	t.Helper()
	d, err := m.Declaration()
	check(t, err)
	var out []graph.Shape
	for _, n := range d.Nodes {
		out = append(out, n.Shape)
	}
	return out
}

// The networks have the shapes that their papers say.
func TestConvNetShapes(t *testing.T) {
	cifar := graph.Shape{3, 32, 32}
	for _, tt := range []struct {
		name   string
		m      models.ConvNet
		shapes []graph.Shape
		params int
	}{
		{
			"the paper's",
			models.ConvNet{Input: cifar, Classes: 10},
			[]graph.Shape{cifar, {64, 16, 16}, {128, 8, 8}, {512}, {10}},
			3*64*9 + 64*128*9 + 8192*512 + 512 + 512*10 + 10,
		},
		{
			"VGG5", models.VGG5(cifar, 10),
			[]graph.Shape{cifar, {128, 16, 16}, {256, 8, 8}, {512, 4, 4}, {512, 2, 2}, {10}},
			9*(3*128+128*256+256*512+512*512) + 128 + 256 + 512 + 512 + 2048*10 + 10,
		},
		{
			"VGG7", models.VGG7(cifar, 100),
			[]graph.Shape{cifar, {128, 16, 16}, {128, 16, 16}, {256, 8, 8}, {256, 6, 6}, {512, 3, 3}, {512, 1, 1}, {100}},
			9*(3*128+128*128+128*256+256*256+256*512+512*512) + 2*(128+256+512) + 512*100 + 100,
		},
	} {
		if got := shapes(t, tt.m); !slices.EqualFunc(got, tt.shapes, graph.Shape.Equal) {
			t.Errorf("%s: shapes of the nodes, got %v, want %v", tt.name, got, tt.shapes)
		}
		net, err := tt.m.New(graph.Settings{})
		check(t, err)
		params := 0
		for _, p := range net.Params() {
			params += p.Value.DataSize()
		}
		if params != tt.params {
			t.Errorf("%s: parameters, got %d, want %d", tt.name, params, tt.params)
		}
	}
}

// stripes is a task for convolutions: is the image striped along rows or columns,
// wherever the stripes lie?
func stripes(samples, side int, rng *rand.Rand) *train.Batch {
	b := &train.Batch{Size: samples, Values: map[string][]float32{
		"x": make([]float32, samples*side*side), "y": make([]float32, 2*samples),
	}}
	for n := range samples {
		class, shift := rng.IntN(2), rng.IntN(4)
		b.Labels = append(b.Labels, class)
		b.Values["y"][2*n+class] = 1
		for i := range side * side {
			k := []int{i / side, i % side}[class]
			b.Values["x"][n*side*side+i] = float32((k+shift)/2%2*2-1) + 0.5*float32(rng.NormFloat64())
		}
	}
	return b
}

// accuracy is the share of samples whose label has the largest output.
func accuracy(t *testing.T, net *graph.Network, b *train.Batch) float64 {
	t.Helper()
	y, n := feedforward(t, net, b, "y", "x"), 0
	for i, label := range b.Labels {
		row := y[i*len(y)/b.Size : (i+1)*len(y)/b.Size]
		if row[label] == slices.Max(row) {
			n++
		}
	}
	return float64(n) / float64(b.Size)
}

func TestConvolutionalNetsLearnStripes(t *testing.T) {
	input := graph.Shape{1, 8, 8}
	for name, m := range map[string]model{
		"the paper's, small": models.ConvNet{
			Input: input, Classes: 2, Hidden: []int{8}, Blocks: []models.ConvBlock{{Out: 4, Stride: 2, Pad: 1, NoBias: true}, {Out: 4, Stride: 2, Pad: 1, NoBias: true}},
		},
		"VGG, small": models.ConvNet{
			Input: input, Classes: 2, Activation: layers.GELU{}, Placement: models.After, Blocks: []models.ConvBlock{{Out: 4, Pad: 1, Pool: 2}, {Out: 4, Pad: 1, Pool: 2}},
		},
		"ResNet": models.ResNet{Input: input, Classes: 2, Width: 4, Blocks: []int{1, 1}, Norm: layers.GroupNorm{Groups: 2}},
		"ResNet, more nodes": models.ResNet{
			Input: input, Classes: 2, Width: 4, Blocks: []int{1, 1}, Norm: layers.GroupNorm{Groups: 2}, Nodes: models.PerLayer, Placement: models.After,
		},
	} {
		for _, rule := range []train.Rule{train.Paper(6, 0.1, 0.5), &train.Backprop{}} {
			net, err := m.New(graph.Settings{Seed: 3})
			check(t, err)
			learn(t, net, rule, stripes(24, 8, rand.New(rand.NewPCG(1, 1))), 25, 0.02)
			if got := accuracy(t, net, stripes(100, 8, rand.New(rand.NewPCG(2, 2)))); got < 0.9 {
				t.Errorf("%s, %T: accuracy on new stripes, got %.2f, want at least 0.9", name, rule, got)
			}
		}
	}
}

func TestConvNetErrors(t *testing.T) {
	input := graph.Shape{3, 8, 8}
	fails(t, models.ConvNet{Classes: 2}, "ConvNet: Input, got shape [], want channels, rows, columns")
	fails(t, models.ConvNet{Input: graph.Shape{3, 0, 2}, Classes: 2}, "ConvNet: Input, got shape [3 0 2]")
	fails(t, models.ConvNet{Input: input}, "ConvNet: Classes, got 0, want at least 1")
	fails(t, models.ConvNet{Input: input, Classes: 2, Hidden: []int{0}}, "ConvNet: Hidden, got [0]")
	fails(t, models.ConvNet{Input: input, Classes: 2, Blocks: []models.ConvBlock{{}}}, "block 1: Out, Kernel and Pad, got 0, 3 and 0")
	fails(t, models.VGG5(input, 2), "block 4: Pool, got 2 for an image of 1 rows or columns; use fewer blocks")
	fails(t, models.ConvNet{Input: input, Classes: 2, Blocks: []models.ConvBlock{{Out: 1, Kernel: 9}}},
		"block 1: Kernel, got 9 for an image of shape [3 8 8] with a border of 0, want at most 8")
}
