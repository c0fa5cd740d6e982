package layers_test

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// parameters returns what a layer's parameters are at first. Two layers that draw
// from the same distributions have the same ones, bit for bit, since the random
// source goes by name.
func parameters(t *testing.T, c layerCase) map[string][]float64 {
	t.Helper()
	net, err := graph.New(c.declare(), graph.Settings{Precision: graph.Float64, Seed: 6})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]float64{}
	for _, p := range net.Params() {
		v := p.Values().Float64()
		out[strings.TrimPrefix(p.Name, "out/")] = v
	}
	return out
}

// What an initialiser that is nil means, as a number: U(−1/√fan_in, 1/√fan_in) for
// weights and biases of Dense and the convolutions, and so on.
func TestDefaultInitialisers(t *testing.T) {
	fan := func(n float64) graph.Initializer { return layers.Uniform{Bound: 1 / math.Sqrt(n)} }
	image, sequence := []graph.Shape{{4, 5, 6}}, []graph.Shape{{3, 4}}
	k := layers.Pair{2, 3}
	for name, c := range map[string]struct {
		zero, spelled graph.Layer
		in            []graph.Shape
		out           graph.Shape
	}{
		"dense":            {layers.Dense{Out: 3}, layers.Dense{Out: 3, Weight: fan(7), Bias: fan(7)}, []graph.Shape{{7}}, graph.Shape{3}},
		"dense, sequence":  {layers.Dense{Out: 3}, layers.Dense{Out: 3, Weight: fan(4), Bias: fan(4)}, sequence, graph.Shape{3, 3}},
		"dense transposed": {layers.Dense{Out: 3, Transposed: true}, layers.Dense{Out: 3, Transposed: true, Weight: fan(7), Bias: fan(7)}, []graph.Shape{{7}}, graph.Shape{3}},
		"conv2d": {
			layers.Conv2D{Out: 6, Kernel: k, Groups: 2},
			layers.Conv2D{Out: 6, Kernel: k, Groups: 2, Weight: fan(2 * 2 * 3), Bias: fan(2 * 2 * 3)},
			image,
			graph.Shape{6, 4, 4},
		},
		"conv2d, groups": {
			layers.Conv2D{Out: 6, Kernel: k},
			layers.Conv2D{Out: 6, Kernel: k, Groups: 1, Weight: fan(4 * 2 * 3), Bias: fan(4 * 2 * 3)},
			image,
			graph.Shape{6, 4, 4},
		},
		"convtranspose2d": {
			layers.ConvTranspose2D{Out: 2, Kernel: layers.Pair{4}, Stride: layers.Pair{2}},
			layers.ConvTranspose2D{Out: 2, Kernel: layers.Pair{4}, Stride: layers.Pair{2}, Weight: fan(4 * 16 / 4), Bias: fan(4 * 16 / 4)},
			image,
			graph.Shape{2, 12, 14},
		},
		"masked dense": { // 1, 2 and 3 connections: two on average
			layers.MaskedDense{Out: 3, Connections: [][]int{{0}, {1, 2}, {0, 1, 3}}},
			layers.MaskedDense{Out: 3, Connections: [][]int{{0}, {1, 2}, {0, 1, 3}}, Weight: fan(2), Bias: fan(2)},
			[]graph.Shape{{4}},
			graph.Shape{3},
		},
		"embedding": {layers.Embedding{Symbols: 9, Width: 4}, layers.Embedding{Symbols: 9, Width: 4, Weight: layers.Normal{Std: 1}}, []graph.Shape{{3}}, graph.Shape{3, 4}},
		"position":  {layers.Position{}, layers.Position{Weight: layers.Normal{Std: 0.02}}, sequence, graph.Shape{3, 4}},
		"attention": {layers.MultiHeadAttention{}, layers.MultiHeadAttention{Heads: 1, Weight: layers.Uniform{Bound: math.Sqrt(6. / 8)}}, sequence, graph.Shape{3, 4}},
		"gain of 1": {layers.Dense{Out: 3, Weight: layers.XavierNormal{}}, layers.Dense{Out: 3, Weight: layers.XavierNormal{Gain: 1}}, []graph.Shape{{7}}, graph.Shape{3}},
		"block":     {layers.TransformerBlock{}, layers.TransformerBlock{Heads: 1, Hidden: 16, Activation: layers.GELU{}}, sequence, graph.Shape{3, 4}},
	} {
		zero := parameters(t, layerCase{name, c.zero, c.in, c.out})
		spelled := parameters(t, layerCase{name, c.spelled, c.in, c.out})
		if len(zero) == 0 || !reflect.DeepEqual(zero, spelled) {
			t.Errorf("%s: parameters\n%v, want those of %+v\n%v", name, zero, c.spelled, spelled)
		}
	}
}

// Biases of attention, and shifts of normalisations, are 0 at first, scales 1; and
// what is not a weight is spared the weight decay.
func TestFirstValuesAndDecay(t *testing.T) {
	for _, c := range cases() {
		net, err := graph.New(c.declare(), graph.Settings{Precision: graph.Float64, Seed: 6})
		if err != nil {
			t.Fatal(err)
		}
		norm := strings.Contains(c.name, "norm")
		attention := strings.Contains(c.name, "attention")
		for _, p := range net.Params() {
			name := p.Name[strings.LastIndex(p.Name, "/")+1:]
			if spared := name == "bias" || name == "bias_transposed" || name == "scale"; p.NoDecay != spared {
				t.Errorf("%s: %s is spared the weight decay: got %v, want %v", c.name, p.Name, p.NoDecay, spared)
			}
			v := p.Values().Float64()
			want := 0.0
			switch {
			case name == "scale":
				want = 1
			case name != "bias" || !norm && !attention || strings.Contains(c.name, "twice"):
				continue
			}
			if slices.Min(v) != want || slices.Max(v) != want {
				t.Errorf("%s: %s starts at %v, want %g", c.name, p.Name, v, want)
			}
		}
	}
}

// The names under which parameters are saved.
func TestParameterNames(t *testing.T) {
	dense := layers.Dense{Out: 4}
	sequence := []graph.Shape{{3, 4}}
	for _, c := range []struct {
		layerCase
		want string
	}{
		{layerCase{"dense", dense, []graph.Shape{{4}}, graph.Shape{4}}, "weight bias"},
		{layerCase{"transposed", layers.Dense{Out: 4, Transposed: true}, []graph.Shape{{4}}, graph.Shape{4}}, "weight bias_transposed"},
		{layerCase{"dense, no bias", layers.Dense{Out: 4, NoBias: true}, []graph.Shape{{4}}, graph.Shape{4}}, "weight"},
		{layerCase{"sequential", layers.Sequential{dense, layers.Tanh{}, dense}, []graph.Shape{{4}}, graph.Shape{4}}, "0/weight 0/bias 2/weight 2/bias"},
		{layerCase{"sum", layers.Sum{dense, layers.Dense{Out: 4, NoBias: true}}, []graph.Shape{{4}, {4}}, graph.Shape{4}}, "0/weight 0/bias 1/weight"},
		{layerCase{"residual", layers.Residual{Body: dense, Skip: dense}, []graph.Shape{{4}}, graph.Shape{4}}, "body/weight body/bias skip/weight skip/bias"},
		{layerCase{"shared", layers.Shared{Name: "w", Layer: dense}, []graph.Shape{{4}}, graph.Shape{4}}, "w/weight w/bias"},
		{
			layerCase{"attention", layers.MultiHeadAttention{}, sequence, graph.Shape{3, 4}},
			"query/weight query/bias key/weight key/bias value/weight value/bias out/weight out/bias",
		},
		{layerCase{"attention, no bias", layers.MultiHeadAttention{NoBias: true}, sequence, graph.Shape{3, 4}}, "query/weight key/weight value/weight out/weight"},
		{layerCase{"conv2d, no bias", layers.Conv2D{Out: 4, Kernel: layers.Pair{1}, NoBias: true}, []graph.Shape{{1, 1, 1}}, graph.Shape{4, 1, 1}}, "weight"},
		{layerCase{"convtranspose2d, no bias", layers.ConvTranspose2D{Out: 4, Kernel: layers.Pair{1}, NoBias: true}, []graph.Shape{{1, 1, 1}}, graph.Shape{4, 1, 1}}, "weight"},
		{layerCase{"batchnorm", layers.BatchNorm{}, []graph.Shape{{4}}, graph.Shape{4}}, "scale bias"},
		{layerCase{"batchnorm, not affine", layers.BatchNorm{NoAffine: true}, []graph.Shape{{4}}, graph.Shape{4}}, ""},
		{layerCase{"layernorm, not affine", layers.LayerNorm{NoAffine: true}, []graph.Shape{{4}}, graph.Shape{4}}, ""},
		{layerCase{"groupnorm, not affine", layers.GroupNorm{Groups: 2, NoAffine: true}, []graph.Shape{{4}}, graph.Shape{4}}, ""},
		{layerCase{"masked dense, no bias", layers.MaskedDense{Out: 4, Radius: 1, NoBias: true}, []graph.Shape{{4}}, graph.Shape{4}}, "weight"},
	} {
		net, err := graph.New(c.declare(), graph.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, p := range net.Params() {
			names = append(names, strings.TrimPrefix(p.Name, "out/"))
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%s: parameters, got %q, want %q", c.name, got, c.want)
		}
	}
}
