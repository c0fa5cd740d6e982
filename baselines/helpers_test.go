package baselines_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

// mlp returns a float64 MLP without biases.
func mlp(t *testing.T, m models.MLP, seed uint64) *graph.Network {
	t.Helper()
	m.NoBias = true
	net, err := m.New(graph.Settings{Precision: graph.Float64, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// randomBatch draws one batch for a network's x and y.
func randomBatch(net *graph.Network, size int, rng *rand.Rand) *train.Batch {
	b := &train.Batch{Size: size, Values: map[string][]float32{}}
	for _, name := range []string{"x", "y"} {
		n, err := net.Node(name)
		if err != nil {
			panic(err)
		}
		data := make([]float32, size*n.Shape.Size())
		for i := range data {
			data[i] = float32(rng.NormFloat64())
		}
		b.Values[name] = data
	}
	return b
}

// gradients returns copies of all parameter gradients of a rule.
func gradients(t *testing.T, net *graph.Network, rule train.Rule, b *train.Batch) [][]float64 {
	t.Helper()
	if _, err := rule.Gradients(context.Background(), net, b); err != nil {
		t.Fatal(err)
	}
	var out [][]float64
	for _, p := range net.Params() {
		out = append(out, paramGrad(p))
	}
	return out
}

func paramGrad(p *graph.Param) []float64 {
	if g := p.Grads().Float64(); g != nil {
		return slices.Clone(g)
	}
	g := p.Grads().Float32()
	out := make([]float64, len(g))
	for i, v := range g {
		out[i] = float64(v)
	}
	return out
}

// deepTanh is a random tanh net with five weight matrices.
func deepTanh(t *testing.T) *graph.Network {
	return mlp(t, models.MLP{
		Widths: []int{4, 6, 5, 7, 3, 2}, Activation: layers.Tanh{}, Init: layers.XavierNormal{Gain: 5.0 / 3},
	}, 5)
}

// furthest is the largest difference of two rules' gradients.
func furthest(a, b [][]float64) float64 {
	d := 0.0
	for i := range a {
		for j := range a[i] {
			d = max(d, math.Abs(a[i][j]-b[i][j]))
		}
	}
	return d
}

// biasedTanh is deepTanh with biases, in a precision.
func biasedTanh(t *testing.T, p graph.Precision) *graph.Network {
	t.Helper()
	net, err := models.MLP{Widths: []int{4, 6, 5, 7, 3, 2}, Activation: layers.Tanh{}}.New(graph.Settings{Precision: p, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// output reads the feedforward prediction of y for an input.
func output(t *testing.T, net *graph.Network, x []float32) func() []float64 {
	t.Helper()
	s, err := net.Session(1, graph.Roles{Clamped: []string{"x"}, Outputs: []string{"y"}})
	if err != nil {
		t.Fatal(err)
	}
	return func() []float64 {
		if err := s.Clamp("x", x); err != nil {
			t.Fatal(err)
		}
		if err := s.Feedforward(); err != nil {
			t.Fatal(err)
		}
		y, err := s.Activity("y")
		if err != nil {
			t.Fatal(err)
		}
		out := make([]float64, y.Len())
		for i := range out {
			out[i] = y.At(i)
		}
		return out
	}
}

// clampedSession clamps the batch and starts at the feedforward values.
func clampedSession(t *testing.T, net *graph.Network, b *train.Batch) *graph.Session {
	t.Helper()
	s, err := net.Session(b.Size, graph.Roles{Clamped: []string{"x", "y"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range b.Values {
		if err := s.Clamp(name, data); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Initialize(graph.Start{}, nil); err != nil {
		t.Fatal(err)
	}
	return s
}
