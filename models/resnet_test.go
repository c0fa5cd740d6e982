package models_test

import (
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
)

func TestResNetIsSound(t *testing.T) {
	input := graph.Shape{2, 4, 3}
	for _, m := range []models.ResNet{
		{Input: input, Classes: 2, Width: 2, Blocks: []int{1, 1}, Activation: layers.Tanh{}},
		{Input: input, Classes: 2, Width: 2, Blocks: []int{1, 1}, Activation: layers.GELU{}, Placement: models.After, Norm: layers.GroupNorm{Groups: 1}},
		{Input: input, Classes: 1, Width: 1, Blocks: []int{1, 1}, Activation: layers.Tanh{}, Nodes: models.PerLayer},
		{Input: graph.Shape{3, 3}, Classes: 2, Width: 2, Blocks: []int{2}, Activation: layers.Tanh{}, Nodes: models.PerLayer, Placement: models.After},
	} {
		sound(t, m, graph.Roles{Clamped: []string{"x", "y"}})
	}
}

// As a feedforward net it computes the same with value nodes in blocks or not, and
// before the activation or after it.
func TestResNetNodesAreOneFeedforwardNet(t *testing.T) {
	m := models.ResNet{Input: graph.Shape{2, 5, 5}, Classes: 3, Width: 2, Blocks: []int{2, 1}, Activation: layers.Tanh{}, Init: layers.Normal{Std: 0.3}}
	b := stripes(2, 5, rng(1))
	b.Values["x"] = append(b.Values["x"], b.Values["x"]...)
	var first []float64
	for _, nodes := range []models.Granularity{models.PerBlock, models.PerLayer} {
		for _, placement := range []models.Placement{models.Before, models.After} {
			m.Nodes, m.Placement = nodes, placement
			net, err := m.New(graph.Settings{Precision: graph.Float64})
			check(t, err)
			r := rng(5) // the parameters have one order in all four
			for _, p := range net.Params() {
				v := p.Values().Float64()
				for k := range v {
					v[k] = 0.3 * r.NormFloat64()
				}
			}
			net.ParamsChanged()
			y := feedforward(t, net, b, "y", "x")
			if first == nil {
				first = y
			}
			for i := range y {
				if d := y[i] - first[i]; d > 1e-12 || d < -1e-12 {
					t.Errorf("%v, %v: output %d: got %g, want %g", nodes, placement, i, y[i], first[i])
				}
			}
		}
	}
}

func TestResNet18Shape(t *testing.T) {
	m := models.ResNet{Input: graph.Shape{3, 32, 32}, Classes: 10}
	var want []graph.Shape
	for _, s := range []struct {
		n     int
		shape graph.Shape
	}{
		{1, graph.Shape{3, 32, 32}},
		{3, graph.Shape{64, 32, 32}},
		{2, graph.Shape{128, 16, 16}},
		{2, graph.Shape{256, 8, 8}},
		{2, graph.Shape{512, 4, 4}},
		{1, graph.Shape{10}},
	} {
		for range s.n {
			want = append(want, s.shape)
		}
	}
	if got := shapes(t, m); !slices.EqualFunc(got, want, graph.Shape.Equal) {
		t.Errorf("shapes of the nodes, got %v, want %v", got, want)
	}
	m.Norm = layers.GroupNorm{Groups: 8}
	net, err := m.New(graph.Settings{})
	check(t, err)
	params := 0
	for _, p := range net.Params() {
		params += p.Value.DataSize()
	}
	if params != 11173962 { // ResNet-18 for CIFAR-10, whose normalisations have as many parameters
		t.Errorf("parameters, got %d, want 11173962", params)
	}
}

func TestResNetErrors(t *testing.T) {
	fails(t, models.ResNet{Classes: 2}, "ResNet: Input, got shape []")
	fails(t, models.ResNet{Input: graph.Shape{8, 8}}, "ResNet: Classes, got 0")
	fails(t, models.ResNet{Input: graph.Shape{8, 8}, Classes: 2, Width: -1}, "ResNet: Width, got -1")
	fails(t, models.ResNet{Input: graph.Shape{8, 8}, Classes: 2, Blocks: []int{}}, "ResNet: Blocks, got [], want the numbers of blocks")
	var g models.Granularity
	check(t, g.UnmarshalText([]byte("layer")))
	if g != models.PerLayer {
		t.Errorf("got %v, want layer", g)
	}
	if err := g.UnmarshalText([]byte("atom")); err == nil {
		t.Error("got no error for an unknown granularity")
	}
}
