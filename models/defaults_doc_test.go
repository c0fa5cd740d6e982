package models_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
)

func declared(t *testing.T, m model) graph.Declaration {
	t.Helper()
	d, err := m.Declaration()
	check(t, err)
	return d
}

// What a zero field means, spelled out.
func TestModelDefaults(t *testing.T) {
	image := graph.Shape{3, 32, 32}
	paper := []models.ConvBlock{{Out: 64, Kernel: 3, Stride: 2, Pad: 1, NoBias: true}, {Out: 128, Kernel: 3, Stride: 2, Pad: 1, NoBias: true}}
	some := []models.ConvBlock{{Out: 2}}
	for name, c := range map[string]struct{ zero, spelled model }{
		"MLP": {
			models.MLP{Widths: []int{3, 4, 2}, Activation: layers.Tanh{}},
			models.MLP{Widths: []int{3, 4, 2}, Activation: layers.Tanh{}, Placement: models.Before},
		},
		"MLP, identity": {models.MLP{Widths: []int{3, 4, 2}}, models.MLP{Widths: []int{3, 4, 2}, Activation: layers.Identity{}}},
		"MLPResidual": {
			models.MLPResidual{Inputs: 2, Width: 3, Depth: 2, Outputs: 1},
			models.MLPResidual{Inputs: 2, Width: 3, Depth: 2, Outputs: 1, Activation: layers.Identity{}, Parametrization: models.MuPC},
		},
		"ConvNet": {
			models.ConvNet{Input: image, Classes: 10},
			models.ConvNet{Input: image, Classes: 10, Blocks: paper, Hidden: []int{512}, Activation: layers.ReLU{}, Placement: models.Before},
		},
		"ConvNet with blocks": {
			models.ConvNet{Input: image, Classes: 10, Blocks: some},
			models.ConvNet{
				Input: image, Classes: 10, Hidden: []int{}, Activation: layers.ReLU{},
				Blocks: []models.ConvBlock{{Out: 2, Kernel: 3, Stride: 1, Pad: 0, Pool: 1}},
			},
		},
		"ConvNet with hidden layers": {
			models.ConvNet{Input: image, Classes: 10, Hidden: []int{7}},
			models.ConvNet{Input: image, Classes: 10, Hidden: []int{7}, Blocks: paper},
		},
		"ConvNet of rows and columns": {
			models.ConvNet{Input: graph.Shape{20, 28}, Classes: 10, Blocks: some},
			models.ConvNet{Input: graph.Shape{1, 20, 28}, Classes: 10, Blocks: some},
		},
		"VGG5": {
			models.VGG5(image, 10),
			models.ConvNet{Input: image, Classes: 10, Activation: layers.GELU{}, Placement: models.After, Blocks: []models.ConvBlock{
				{Out: 128, Kernel: 3, Pad: 1, Pool: 2}, {Out: 256, Kernel: 3, Pad: 1, Pool: 2}, {Out: 512, Kernel: 3, Pad: 1, Pool: 2}, {Out: 512, Kernel: 3, Pad: 1, Pool: 2},
			}},
		},
		"VGG7": {
			models.VGG7(image, 10),
			models.ConvNet{Input: image, Classes: 10, Activation: layers.GELU{}, Placement: models.After, Blocks: []models.ConvBlock{
				{Out: 128, Pad: 1, Pool: 2}, {Out: 128, Pad: 1}, {Out: 256, Pad: 1, Pool: 2}, {Out: 256}, {Out: 512, Pad: 1, Pool: 2}, {Out: 512},
			}},
		},
		"ResNet": {
			models.ResNet{Input: image, Classes: 10},
			models.ResNet{
				Input: image, Classes: 10, Width: 64, Blocks: []int{2, 2, 2, 2}, Nodes: models.PerBlock, Activation: layers.ReLU{}, Placement: models.Before,
			},
		},
		"Transformer": {
			models.Transformer{Symbols: 3, Length: 5},
			models.Transformer{
				Symbols: 3, Length: 5, Width: 64, Depth: 2, Heads: 4, Hidden: 256, Nodes: models.PerBlock, Activation: layers.GELU{}, Output: energy.CrossEntropy{},
			},
		},
		"Transformer, hidden units of another width": {
			models.Transformer{Symbols: 3, Length: 5, Width: 8}, models.Transformer{Symbols: 3, Length: 5, Width: 8, Hidden: 32},
		},
		"Generative": {
			models.Generative{Size: 4, Latent: 2},
			models.Generative{Size: 4, Latent: 2, LatentPrior: energy.L2{Weight: 1}, Activation: layers.Identity{}, Squash: layers.Identity{}},
		},
		"Recurrent": {
			models.Recurrent{Widths: []int{3, 2}}, models.Recurrent{Widths: []int{3, 2}, Topology: models.Layered, Activation: layers.Identity{}},
		},
	} {
		if got, want := declared(t, c.zero), declared(t, c.spelled); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}

// The layers themselves: where biases, normalisations, activations and pooling
// stand.
func TestDeclaredLayers(t *testing.T) {
	conv := func(c layers.Conv2D) layers.Conv2D {
		c.Kernel = layers.Pair{3}
		return c
	}
	norm := layers.GroupNorm{Groups: 2}
	layersOf := func(m model) (out []graph.Layer) {
		for _, p := range declared(t, m).Predictions {
			out = append(out, p.Layer)
		}
		return out
	}
	for name, c := range map[string]struct {
		m    model
		want []graph.Layer
	}{
		"the paper's": {
			models.ConvNet{Input: graph.Shape{3, 32, 32}, Classes: 10},
			[]graph.Layer{
				conv(layers.Conv2D{Out: 64, Stride: layers.Pair{2}, Pad: layers.Pair{1}, NoBias: true}),
				layers.Sequential{layers.ReLU{}, conv(layers.Conv2D{Out: 128, Stride: layers.Pair{2}, Pad: layers.Pair{1}, NoBias: true})},
				layers.Sequential{layers.ReLU{}, layers.Flatten{}, layers.Dense{Out: 512}},
				layers.Sequential{layers.ReLU{}, layers.Dense{Out: 10}},
			},
		},
		"normalised and pooled": {
			models.ConvNet{Input: graph.Shape{8, 8}, Classes: 2, Placement: models.After, Blocks: []models.ConvBlock{{Out: 4, Norm: norm, Pool: 2}}},
			[]graph.Layer{
				layers.Sequential{conv(layers.Conv2D{Out: 4, Stride: layers.Pair{1}, Pad: layers.Pair{0}}), norm, layers.MaxPool2D{Kernel: layers.Pair{2}}, layers.ReLU{}},
				layers.Sequential{layers.Flatten{}, layers.Dense{Out: 2}},
			},
		},
		"residual": {
			models.ResNet{Input: graph.Shape{8, 8}, Classes: 2, Width: 4, Blocks: []int{1, 1}, Norm: norm},
			[]graph.Layer{
				layers.Sequential{conv(layers.Conv2D{Out: 4, Stride: layers.Pair{1}, Pad: layers.Pair{1}, NoBias: true}), norm},
				layers.Sequential{layers.ReLU{}, layers.Residual{Body: layers.Sequential{
					conv(layers.Conv2D{Out: 4, Stride: layers.Pair{1}, Pad: layers.Pair{1}, NoBias: true}), norm,
					layers.ReLU{},
					conv(layers.Conv2D{Out: 4, Stride: layers.Pair{1}, Pad: layers.Pair{1}, NoBias: true}), norm,
				}}},
				layers.Sequential{layers.ReLU{}, layers.Residual{
					Body: layers.Sequential{
						conv(layers.Conv2D{Out: 8, Stride: layers.Pair{2}, Pad: layers.Pair{1}, NoBias: true}), norm,
						layers.ReLU{},
						conv(layers.Conv2D{Out: 8, Stride: layers.Pair{1}, Pad: layers.Pair{1}, NoBias: true}), norm,
					},
					Skip: layers.Sequential{layers.Conv2D{Out: 8, Kernel: layers.Pair{1}, Stride: layers.Pair{2}, Pad: layers.Pair{0}, NoBias: true}, norm},
				}},
				layers.Sequential{layers.ReLU{}, layers.GlobalAvgPool{}, layers.Dense{Out: 2}},
			},
		},
		"transformer": {
			models.Transformer{Symbols: 3, Length: 5, Width: 8, Heads: 2, Depth: 1, NotCausal: true},
			[]graph.Layer{
				layers.Sequential{layers.Embedding{Symbols: 3, Width: 8}, layers.Position{}},
				layers.TransformerBlock{Heads: 2, Hidden: 32, Activation: layers.GELU{}},
				layers.Sequential{layers.LayerNorm{}, layers.Dense{Out: 3}},
			},
		},
		"transformer by layer": {
			models.Transformer{Symbols: 3, Length: 5, Width: 8, Heads: 2, Depth: 1, Nodes: models.PerLayer},
			[]graph.Layer{
				layers.Sequential{layers.Embedding{Symbols: 3, Width: 8}, layers.Position{}},
				layers.Residual{Body: layers.Sequential{layers.LayerNorm{}, layers.MultiHeadAttention{Heads: 2, Causal: true}}},
				layers.Residual{Body: layers.Sequential{layers.LayerNorm{}, layers.Dense{Out: 32}, layers.GELU{}, layers.Dense{Out: 8}}},
				layers.Sequential{layers.LayerNorm{}, layers.Dense{Out: 3}},
			},
		},
	} {
		if got := layersOf(c.m); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: layers\n%+v, want\n%+v", name, got, c.want)
		}
	}
}

// Output is the energy of what is read off, Hidden that of all other nodes.
func TestEnergiesOfModels(t *testing.T) {
	out, hidden := energy.Gaussian{Precision: 2}, energy.Gaussian{Precision: 3}
	input := graph.Shape{8, 8}
	for name, c := range map[string]struct {
		m      model
		output string
		rest   graph.Energy
	}{
		"MLP":         {models.MLP{Widths: []int{3, 4, 2}, Output: out, Hidden: hidden}, "y", hidden},
		"MLPResidual": {models.MLPResidual{Inputs: 1, Width: 1, Depth: 2, Outputs: 1, Output: out, Hidden: hidden}, "y", hidden},
		"ConvNet":     {models.ConvNet{Input: input, Classes: 2, Output: out, HiddenEnergy: hidden}, "y", hidden},
		"ResNet":      {models.ResNet{Input: input, Classes: 2, Width: 1, Blocks: []int{1, 1}, Output: out, Hidden: hidden}, "y", hidden},
		"ResNet, per layer": {
			models.ResNet{Input: input, Classes: 2, Width: 1, Blocks: []int{1, 1}, Nodes: models.PerLayer, Output: out, Hidden: hidden}, "y", hidden,
		},
		"Generative":  {models.Generative{Size: 3, Classes: 2, Hidden: []int{2, 2}, Output: out, HiddenEnergy: hidden}, "x", hidden},
		"Memory":      {models.AssociativeMemory{Size: 3, Hidden: []int{2, 2}, Output: out}, "x", nil},
		"Autoencoder": {models.Autoencoder{Widths: []int{3, 2, 1}, Output: out, Hidden: hidden}, "y", hidden},
		"Transformer": {models.Transformer{Symbols: 2, Length: 2, Width: 4, Output: out, HiddenEnergy: hidden}, "y", hidden},
	} {
		for _, p := range declared(t, c.m).Predictions {
			want := c.rest
			if p.Of == c.output {
				want = out
			}
			if !reflect.DeepEqual(p.Energy, want) {
				t.Errorf("%s: energy of %s, got %+v, want %+v", name, p.Of, p.Energy, want)
			}
		}
	}
}

// With an initialiser of the weights biases start at 0, in every model; a lateral
// matrix has no diagonal.
func TestBiasesStartAtZero(t *testing.T) {
	init := layers.Constant{Value: 2}
	for _, m := range []model{
		models.MLP{Widths: []int{3, 4, 2}, Init: init},
		models.Autoencoder{Widths: []int{3, 2, 1}, Init: init},
		models.Autoencoder{Widths: []int{3, 2, 1}, Init: init, Tied: true},
		models.ConvNet{Input: graph.Shape{8, 8}, Classes: 2, Blocks: []models.ConvBlock{{Out: 2}}, Hidden: []int{3}, Init: init},
		models.ResNet{Input: graph.Shape{8, 8}, Classes: 2, Width: 1, Blocks: []int{1, 1}, Init: init},
		models.Generative{Size: 3, Classes: 2, Latent: 2, Hidden: []int{2}, Init: init},
		models.AssociativeMemory{Size: 3, Hidden: []int{2, 2}, Init: init},
		models.Recurrent{Widths: []int{3, 2, 2}, Lateral: true, Init: init},
		models.Recurrent{Widths: []int{3, 2, 2}, Topology: models.Clique, Tied: true, Init: init},
	} {
		net, err := m.New(graph.Settings{Precision: graph.Float64})
		check(t, err)
		biases := 0
		for _, p := range net.Params() {
			v := p.Values().Float64()
			name := fmt.Sprintf("%T: %s", m, p.Name)
			_, lateral, _ := strings.Cut(p.Name, "<")
			for i, got := range v {
				want := 2.0
				switch {
				case strings.Contains(p.Name, "bias"):
					want = 0
					biases++
				case lateral != "" && strings.HasPrefix(p.Name, strings.Split(lateral, "/")[0]+"<") && i%3 == 0:
					want = 0 // the diagonal of 2 × 2
				}
				if got != want {
					t.Errorf("%s: element %d starts at %v, want %v", name, i, got, want)
				}
			}
		}
		if biases == 0 {
			t.Errorf("%T has no biases: the test looks in the wrong place", m)
		}
	}
}

// A residual network reads the mean of every channel, and a unit of the image is a
// row, then a column.
func TestStages(t *testing.T) {
	got := shapes(t, models.ResNet{Input: graph.Shape{9, 12}, Classes: 3, Width: 2, Blocks: []int{1, 2, 1}})
	want := []graph.Shape{{1, 9, 12}, {2, 9, 12}, {2, 9, 12}, {4, 5, 6}, {4, 5, 6}, {8, 3, 3}, {3}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("shapes, got %v, want %v", got, want)
	}
}

// The names that settings have in a run's manifest are read back, and zero is the
// first.
func TestModelTextNames(t *testing.T) {
	type text interface {
		fmt.Stringer
		MarshalText() ([]byte, error)
	}
	for _, c := range []struct {
		value text
		want  string
		back  func(s []byte) (text, error)
	}{
		{models.Before, "before", func(s []byte) (text, error) { var v models.Placement = -1; err := v.UnmarshalText(s); return v, err }},
		{models.After, "after", func(s []byte) (text, error) { var v models.Placement; err := v.UnmarshalText(s); return v, err }},
		{models.MuPC, "mupc", func(s []byte) (text, error) {
			var v models.Parametrization = -1
			err := v.UnmarshalText(s)
			return v, err
		}},
		{models.Standard, "standard", func(s []byte) (text, error) { var v models.Parametrization; err := v.UnmarshalText(s); return v, err }},
		{models.PerBlock, "block", func(s []byte) (text, error) { var v models.Granularity = -1; err := v.UnmarshalText(s); return v, err }},
		{models.PerLayer, "layer", func(s []byte) (text, error) { var v models.Granularity; err := v.UnmarshalText(s); return v, err }},
		{models.Layered, "layered", func(s []byte) (text, error) { var v models.Topology = -1; err := v.UnmarshalText(s); return v, err }},
		{models.Clique, "clique", func(s []byte) (text, error) { var v models.Topology; err := v.UnmarshalText(s); return v, err }},
	} {
		name, err := c.value.MarshalText()
		if err != nil || string(name) != c.want || c.value.String() != c.want {
			t.Errorf("%T %d: got %q and %q, %v, want %q", c.value, c.value, name, c.value, err, c.want)
		}
		if back, err := c.back(name); err != nil || back != c.value {
			t.Errorf("%q: got %v, %v, want %v", name, back, err, c.value)
		}
		if back, err := c.back([]byte(strings.ToUpper(c.want))); err != nil || back != c.value {
			t.Errorf("%q in capitals: got %v, %v, want %v", name, back, err, c.value)
		}
	}
}

// The symbols of a transformer are data: nothing moves them, free they are an
// error.
func TestTransformerSymbolsAreData(t *testing.T) {
	d := declared(t, models.Transformer{Symbols: 3, Length: 2, Width: 4})
	for _, n := range d.Nodes {
		if n.Data != (n.Name == "x") {
			t.Errorf("node %s is data: %v", n.Name, n.Data)
		}
	}
}
