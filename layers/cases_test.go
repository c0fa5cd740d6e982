package layers_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/gradcheck"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// layerCase is a layer with the shapes of its inputs and of what it predicts.
type layerCase struct {
	name  string
	layer graph.Layer
	in    []graph.Shape
	out   graph.Shape
}

// cases are what every layer is tried on, in all the tests of this file.
func cases() []layerCase {
	return slices.Concat(unitCases(), activationLayerCases(), imageCases(), sequenceCases(), axesCases())
}

// stateful reports whether training differs from evaluation.
func (c layerCase) stateful() bool {
	return strings.HasPrefix(c.name, "batchnorm") || strings.HasPrefix(c.name, "dropout") || strings.HasPrefix(c.name, "transformer")
}

// declare predicts one node through the layer, from free nodes.
func (c layerCase) declare() graph.Declaration {
	d := graph.Declaration{Nodes: []graph.Node{{Name: "out", Shape: c.out}}}
	p := graph.Prediction{Of: "out", Layer: c.layer}
	for i, s := range c.in {
		name := fmt.Sprintf("in%d", i)
		d.Nodes = append(d.Nodes, graph.Node{Name: name, Shape: s})
		p.From = append(p.From, name)
	}
	d.Predictions = []graph.Prediction{p}
	return d
}

// Every layer is checked by finite differences in its inputs, which are free
// nodes, in the activity it predicts, and in its parameters.
func TestGradients(t *testing.T) {
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			gradcheck.Run(t, c.declare(), graph.Roles{}, gradcheck.Options{})
			if c.stateful() {
				gradcheck.Run(t, c.declare(), graph.Roles{Training: true}, gradcheck.Options{Batch: []int{3}})
			}
		})
	}
}

// The compiled engine agrees with the tape machine on every layer, in both
// precisions, with the inputs free or clamped.
func TestEnginesAgree(t *testing.T) {
	for _, c := range slices.Concat(cases(), largeCases()) {
		t.Run(c.name, func(t *testing.T) {
			for _, p := range []graph.Precision{graph.Float32, graph.Float64} {
				roles := []graph.Roles{{}, {Clamped: []string{"in0"}}}
				if c.stateful() {
					roles = append(roles, graph.Roles{Training: true})
				}
				for _, batch := range []int{1, 3} {
					for _, r := range roles {
						c.compare(t, p, batch, r)
					}
				}
			}
		})
	}
}

func (c layerCase) compare(t *testing.T, p graph.Precision, batch int, r graph.Roles) {
	t.Helper()
	var results [2][]float64
	for i, e := range []graph.Engine{graph.Tape{}, graph.Compiled{Threads: 2, ParallelFrom: 1}} {
		net, err := graph.New(c.declare(), graph.Settings{Precision: p, Seed: 5, Engine: e})
		if err != nil {
			t.Fatal(err)
		}
		s, err := net.Session(batch, r)
		if err != nil {
			t.Fatal(err)
		}
		results[i] = state(t, net, s)
		if e.Name() == "tape" {
			continue
		}
		if text, err := s.Explain(); err != nil || !strings.Contains(text, "fallbacks  none") {
			t.Errorf("%v, batch %d, roles %v: %v, or operations run through their own Do:\n%s", p, batch, r, err, text)
		}
	}
	size := 1.0
	for _, v := range results[0] {
		size = max(size, v, -v)
	}
	tolerance := 1e-5
	if p == graph.Float64 {
		tolerance = 1e-12
	}
	for i, want := range results[0] {
		if got := results[1][i]; !(max(got-want, want-got) <= tolerance*size) {
			t.Fatalf("%v, batch %d, roles %v: number %d: compiled %.10g, tape %.10g", p, batch, r, i, got, want)
		}
	}
}

// state fills the activities at random and returns energies, gradients of the
// activities and of the parameters, and the feedforward prediction.
func state(t *testing.T, net *graph.Network, s *graph.Session) (out []float64) {
	t.Helper()
	rng := rand.New(rand.NewPCG(9, 2))
	for _, n := range net.Declaration().Nodes {
		data := make([]float64, s.Batch()*n.Shape.Size())
		for i := range data {
			data[i] = float64(float32(rng.NormFloat64()))
		}
		if s.ClampFloat64(n.Name, data) == nil {
			continue
		}
		v, err := s.View(n.Name)
		if err != nil {
			t.Fatal(err)
		}
		for i, x := range data {
			v.Set(i, x)
		}
	}
	if err := s.Initialize(graph.Start{Std: 1}, rng); err != nil {
		t.Fatal(err)
	}
	for _, a := range s.Activities() { // not where every error is 0
		for i := range a.X.Len() {
			a.X.Set(i, a.X.At(i)+float64(float32(rng.NormFloat64())))
		}
	}
	energies := make([]float64, len(s.Terms()))
	for _, f := range []func([]float64) (float64, error){s.Evaluate, s.Learn} {
		if _, err := f(energies); err != nil {
			t.Fatal(err)
		}
		out = append(out, energies...)
	}
	for _, a := range s.Activities() {
		for i := range a.Grad.Len() {
			out = append(out, a.Grad.At(i))
		}
	}
	for _, p := range net.Params() {
		if g := p.Grads().Float32(); g != nil {
			for _, v := range g {
				out = append(out, float64(v))
			}
		}
		g := p.Grads().Float64()
		out = append(out, g...)
	}
	for _, b := range net.Buffers() {
		switch v := b.Value.Data().(type) {
		case []float32:
			for _, x := range v {
				out = append(out, float64(x))
			}
		case []float64:
			out = append(out, v...)
		}
	}
	if err := s.Feedforward(); err != nil {
		t.Fatal(err)
	}
	v, err := s.View("out")
	if err != nil {
		t.Fatal(err)
	}
	for i := range v.Len() {
		out = append(out, v.At(i))
	}
	return out
}

func dense(out int) graph.Layer { return layers.Dense{Out: out} }

func pair(n ...int) layers.Pair { return n }

func unitCases() []layerCase {
	return []layerCase{
		{"dense", dense(2), []graph.Shape{{5}}, graph.Shape{2}},
		{"dense to one", dense(1), []graph.Shape{{4}}, graph.Shape{1}},
		{"dense from one", dense(3), []graph.Shape{{1}}, graph.Shape{3}},
		{"dense one to one", dense(1), []graph.Shape{{1}}, graph.Shape{1}},
		{"dense no bias", layers.Dense{Out: 3, NoBias: true}, []graph.Shape{{2}}, graph.Shape{3}},
		{"before", layers.Sequential{layers.Tanh{}, dense(4)}, []graph.Shape{{3}}, graph.Shape{4}},
		{"after", layers.Sequential{dense(4), layers.Tanh{}}, []graph.Shape{{3}}, graph.Shape{4}},
		{"nested", layers.Sequential{layers.Sequential{dense(4), layers.GELU{}}, dense(2)}, []graph.Shape{{3}}, graph.Shape{2}},
		{"empty sequential", layers.Sequential{}, []graph.Shape{{3}}, graph.Shape{3}},
		{"flatten", layers.Sequential{layers.Flatten{}, dense(2)}, []graph.Shape{{2, 3}}, graph.Shape{2}},
		{"flatten one", layers.Sequential{layers.Flatten{}, dense(1)}, []graph.Shape{{1, 1}}, graph.Shape{1}},
		{"dense of a sequence", dense(4), []graph.Shape{{3, 2}}, graph.Shape{3, 4}},
		{"dense of a sequence of one", dense(1), []graph.Shape{{1, 1}}, graph.Shape{1, 1}},
		{"scale", layers.Scale{Factor: -0.3}, []graph.Shape{{2, 3}}, graph.Shape{2, 3}},
		{"reshape", layers.Sequential{dense(6), layers.Reshape{Shape: graph.Shape{3, 2}}}, []graph.Shape{{2}}, graph.Shape{3, 2}},
		{"reshape, then scale", layers.Sequential{layers.Reshape{Shape: graph.Shape{6}}, layers.Scale{Factor: 2}}, []graph.Shape{{3, 2}}, graph.Shape{6}},
		{"add", layers.Add{}, []graph.Shape{{2, 3}, {2, 3}, {2, 3}}, graph.Shape{2, 3}},
		{"concat", layers.Concat{}, []graph.Shape{{2, 3}, {1, 3}, {2, 3}}, graph.Shape{5, 3}},
		{"concat of columns", layers.Concat{Axis: 1}, []graph.Shape{{2, 3}, {2, 1}, {2, 3}}, graph.Shape{2, 7}},
		{"concat, then dense", layers.Sequential{layers.Concat{Axis: 1}, dense(2)}, []graph.Shape{{2, 3}, {2, 4}}, graph.Shape{2, 2}},
		{"sum", layers.Sum{dense(2), layers.Sequential{layers.Tanh{}, layers.Dense{Out: 2, NoBias: true}}}, []graph.Shape{{1}, {3}}, graph.Shape{2}},
	}
}

func imageCases() []layerCase {
	return []layerCase{
		{"conv2d", layers.Conv2D{Out: 3, Kernel: pair(3), Pad: pair(1)}, []graph.Shape{{2, 4, 3}}, graph.Shape{3, 4, 3}},
		{"conv2d, one by one", layers.Conv2D{Out: 1, Kernel: pair(1)}, []graph.Shape{{1, 1, 1}}, graph.Shape{1, 1, 1}},
		{"conv2d, no bias", layers.Conv2D{Out: 2, Kernel: pair(2), NoBias: true}, []graph.Shape{{1, 3, 2}}, graph.Shape{2, 2, 1}},
		{"conv2d, rectangular", layers.Conv2D{Out: 2, Kernel: pair(1, 3), Stride: pair(2, 1), Pad: pair(0, 2), Dilation: pair(1, 2)}, []graph.Shape{{2, 5, 3}}, graph.Shape{2, 3, 3}},
		{"conv2d, groups", layers.Conv2D{Out: 4, Kernel: pair(2), Groups: 2}, []graph.Shape{{2, 3, 3}}, graph.Shape{4, 2, 2}},
		{"convtranspose2d", layers.ConvTranspose2D{Out: 2, Kernel: pair(4), Stride: pair(2), Pad: pair(1)}, []graph.Shape{{3, 2, 3}}, graph.Shape{2, 4, 6}},
		{"convtranspose2d, one by one", layers.ConvTranspose2D{Out: 1, Kernel: pair(1)}, []graph.Shape{{1, 1, 1}}, graph.Shape{1, 1, 1}},
		{
			"convtranspose2d, all",
			layers.ConvTranspose2D{Out: 4, Kernel: pair(2, 3), Stride: pair(3, 2), Pad: pair(0, 1), OutputPad: pair(2, 1), Dilation: pair(2, 1), Groups: 2, NoBias: true},
			[]graph.Shape{{2, 2, 3}},
			graph.Shape{4, 8, 6},
		},
		{"maxpool2d", layers.MaxPool2D{Kernel: pair(2)}, []graph.Shape{{2, 4, 5}}, graph.Shape{2, 2, 2}},
		{"maxpool2d, overlapping", layers.MaxPool2D{Kernel: pair(3, 2), Stride: pair(2, 1), Pad: pair(1, 0), Dilation: pair(1, 2)}, []graph.Shape{{1, 4, 3}}, graph.Shape{1, 2, 1}},
		{"avgpool2d", layers.AvgPool2D{Kernel: pair(2, 1)}, []graph.Shape{{2, 4, 3}}, graph.Shape{2, 2, 3}},
		{"avgpool2d, padded", layers.AvgPool2D{Kernel: pair(3), Stride: pair(2), Pad: pair(1)}, []graph.Shape{{1, 3, 4}}, graph.Shape{1, 2, 2}},
		{"avgpool2d, pad ignored", layers.AvgPool2D{Kernel: pair(3), Stride: pair(2), Pad: pair(1), IgnorePad: true}, []graph.Shape{{1, 3, 4}}, graph.Shape{1, 2, 2}},
		{"globalavgpool", layers.GlobalAvgPool{}, []graph.Shape{{3, 2, 4}}, graph.Shape{3}},
		{"globalavgpool of a sequence", layers.GlobalAvgPool{}, []graph.Shape{{2, 1}}, graph.Shape{2}},
		{"residual, identity", layers.Residual{Body: layers.Sequential{layers.Tanh{}, layers.Dense{Out: 3}}}, []graph.Shape{{3}}, graph.Shape{3}},
		{"residual, projected", layers.Residual{
			Body: layers.Sequential{layers.Conv2D{Out: 4, Kernel: pair(3), Stride: pair(2), Pad: pair(1)}, layers.Tanh{}, layers.Conv2D{Out: 4, Kernel: pair(3), Pad: pair(1)}},
			Skip: layers.Conv2D{Out: 4, Kernel: pair(1), Stride: pair(2), NoBias: true},
		}, []graph.Shape{{2, 4, 3}}, graph.Shape{4, 2, 2}},
	}
}

func sequenceCases() []layerCase {
	return []layerCase{
		{"layernorm", layers.LayerNorm{}, []graph.Shape{{5}}, graph.Shape{5}},
		{"layernorm of positions", layers.LayerNorm{Eps: 0.1}, []graph.Shape{{2, 3}}, graph.Shape{2, 3}},
		{"layernorm of an image", layers.LayerNorm{Axes: 3}, []graph.Shape{{2, 1, 3}}, graph.Shape{2, 1, 3}},
		{"layernorm, not affine", layers.LayerNorm{NoAffine: true}, []graph.Shape{{4}}, graph.Shape{4}},
		{"groupnorm", layers.GroupNorm{Groups: 2}, []graph.Shape{{4, 2, 3}}, graph.Shape{4, 2, 3}},
		{"instance norm", layers.GroupNorm{Groups: 3, NoAffine: true}, []graph.Shape{{3, 4}}, graph.Shape{3, 4}},
		{"groupnorm of units", layers.GroupNorm{Groups: 1}, []graph.Shape{{3}}, graph.Shape{3}},
		{"batchnorm", layers.BatchNorm{}, []graph.Shape{{3, 2, 2}}, graph.Shape{3, 2, 2}},
		{"batchnorm of units", layers.BatchNorm{Eps: 0.1}, []graph.Shape{{4}}, graph.Shape{4}},
		{"batchnorm of one unit", layers.BatchNorm{NoAffine: true}, []graph.Shape{{1}}, graph.Shape{1}},
		{"batchnorm, twice", layers.Sequential{layers.Conv2D{Out: 2, Kernel: pair(2)}, layers.BatchNorm{}, layers.Tanh{}, layers.BatchNorm{}}, []graph.Shape{{1, 3, 2}}, graph.Shape{2, 2, 1}},
		{"dropout", layers.Dropout{Rate: 0.4}, []graph.Shape{{3, 2}}, graph.Shape{3, 2}},
		{"dropout of nothing", layers.Dropout{}, []graph.Shape{{3}}, graph.Shape{3}},
		{"position", layers.Position{}, []graph.Shape{{3, 2}}, graph.Shape{3, 2}},
		{"position of one", layers.Position{}, []graph.Shape{{1, 1}}, graph.Shape{1, 1}},
		{"attention, one head", layers.MultiHeadAttention{}, []graph.Shape{{3, 4}}, graph.Shape{3, 4}},
		{"attention, causal heads", layers.MultiHeadAttention{Heads: 2, Causal: true}, []graph.Shape{{3, 4}}, graph.Shape{3, 4}},
		{"attention of one unit", layers.MultiHeadAttention{NoBias: true}, []graph.Shape{{3, 1}}, graph.Shape{3, 1}},
		{"attention of one position", layers.MultiHeadAttention{Heads: 2}, []graph.Shape{{1, 2}}, graph.Shape{1, 2}},
		{"cross-attention", layers.MultiHeadAttention{Heads: 2}, []graph.Shape{{2, 4}, {3, 3}}, graph.Shape{2, 4}},
		{"transformer block", layers.TransformerBlock{Heads: 2, Hidden: 3, Causal: true}, []graph.Shape{{3, 4}}, graph.Shape{3, 4}},
		{"transformer block, defaults", layers.TransformerBlock{}, []graph.Shape{{2, 2}}, graph.Shape{2, 2}},
		{"masked dense, local", layers.MaskedDense{Out: 3, Radius: 0.4}, []graph.Shape{{5}}, graph.Shape{3}},
		{"masked dense, list", layers.MaskedDense{Out: 2, Connections: [][]int{{0}, {}}, NoBias: true}, []graph.Shape{{2}}, graph.Shape{2}},
	}
}

// largeCases are too large for finite differences, and large enough for whole
// vectors with a rest.
func largeCases() []layerCase {
	return []layerCase{
		{"conv2d of many channels", layers.Conv2D{Out: 35, Kernel: pair(3), Pad: pair(1)}, []graph.Shape{{18, 9, 7}}, graph.Shape{35, 9, 7}},
		{"conv2d of many channels, strided", layers.Conv2D{Out: 33, Kernel: pair(3, 4), Stride: pair(2), Pad: pair(1)}, []graph.Shape{{17, 9, 8}}, graph.Shape{33, 5, 4}},
		{"conv2d of many channels, one by one", layers.Conv2D{Out: 40, Kernel: pair(1)}, []graph.Shape{{19, 5, 5}}, graph.Shape{40, 5, 5}},
		{"conv2d of many groups", layers.Conv2D{Out: 36, Kernel: pair(3), Pad: pair(1), Groups: 18}, []graph.Shape{{18, 6, 5}}, graph.Shape{36, 6, 5}},
		{"convtranspose2d of many channels", layers.ConvTranspose2D{Out: 17, Kernel: pair(4), Stride: pair(2), Pad: pair(1)}, []graph.Shape{{20, 4, 5}}, graph.Shape{17, 8, 10}},
		{"maxpool2d after relu", layers.Sequential{layers.ReLU{}, layers.MaxPool2D{Kernel: pair(2)}}, []graph.Shape{{19, 8, 6}}, graph.Shape{19, 4, 3}},
		{"maxpool2d, overlapping, wide", layers.MaxPool2D{Kernel: pair(3), Stride: pair(2), Pad: pair(1)}, []graph.Shape{{3, 7, 37}}, graph.Shape{3, 4, 19}},
		{"avgpool2d, wide", layers.AvgPool2D{Kernel: pair(2), Stride: pair(1)}, []graph.Shape{{3, 5, 38}}, graph.Shape{3, 4, 37}},
		{"globalavgpool, wide", layers.GlobalAvgPool{}, []graph.Shape{{33, 5, 7}}, graph.Shape{33}},
		{"batchnorm, wide", layers.BatchNorm{}, []graph.Shape{{17, 5, 7}}, graph.Shape{17, 5, 7}},
		{"batchnorm of many units", layers.BatchNorm{Eps: 0.1}, []graph.Shape{{70}}, graph.Shape{70}},
		{"groupnorm, wide", layers.GroupNorm{Groups: 3}, []graph.Shape{{18, 5, 7}}, graph.Shape{18, 5, 7}},
		{"layernorm, wide", layers.LayerNorm{}, []graph.Shape{{5, 70}}, graph.Shape{5, 70}},
		{"dropout, wide", layers.Dropout{Rate: 0.5}, []graph.Shape{{70}}, graph.Shape{70}},
		{"transformer block, wide", layers.TransformerBlock{Heads: 3, Causal: true, Dropout: 0.1}, []graph.Shape{{19, 33}}, graph.Shape{19, 33}},
		{"residual block", layers.Residual{
			Body: layers.Sequential{
				layers.Conv2D{Out: 24, Kernel: pair(3), Stride: pair(2), Pad: pair(1), NoBias: true},
				layers.GroupNorm{Groups: 4},
				layers.ReLU{},
				layers.Conv2D{Out: 24, Kernel: pair(3), Pad: pair(1), NoBias: true},
				layers.GroupNorm{Groups: 4},
			},
			Skip: layers.Conv2D{Out: 24, Kernel: pair(1), Stride: pair(2), NoBias: true},
		}, []graph.Shape{{16, 8, 8}}, graph.Shape{24, 4, 4}},
	}
}
