package models_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

func TestAutoencoderIsSound(t *testing.T) {
	for _, m := range []models.Autoencoder{
		{Widths: []int{5, 3, 2}, Activation: layers.Tanh{}, Squash: layers.Sigmoid{}},
		{Widths: []int{5, 3, 2}, Activation: layers.Tanh{}, Tied: true},
		{Widths: []int{4, 1}, Activation: layers.GELU{}, Placement: models.After, Tied: true},
		{Widths: []int{1, 1}},
	} {
		sound(t, m, graph.Roles{Clamped: []string{"x", "y"}})
		sound(t, m, graph.Roles{Clamped: []string{"x"}, Outputs: []string{"y"}})
	}
}

func TestAutoencoderNames(t *testing.T) {
	net, err := models.Autoencoder{Widths: []int{5, 4, 3, 2}, Tied: true}.New(graph.Settings{})
	check(t, err)
	var names []string
	for _, n := range net.Declaration().Nodes {
		names = append(names, n.Name)
	}
	if got, want := strings.Join(names, " "), "x e1 e2 z d1 d2 y"; got != want {
		t.Errorf("nodes: got %s, want %s", got, want)
	}
	if got := len(net.Params()); got != 9 { // three matrices, a bias for each of six nodes
		t.Errorf("parameters: got %d, want 9", got)
	}
}

// Data of three dimensions in a space of eight go through a code of three and
// come back, by either rule, with tied weights too.
func TestAutoencoderLearnsACode(t *testing.T) {
	const samples, size = 40, 8
	rng := rand.New(rand.NewPCG(1, 2))
	directions := make([]float64, 3*size)
	for i := range directions {
		directions[i] = rng.NormFloat64()
	}
	x, total := make([]float32, samples*size), 0.0
	for i := range samples {
		code := [3]float64{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}
		for k := range size {
			for j, c := range code {
				x[i*size+k] += float32(0.3 * c * directions[j*size+k])
			}
			total += float64(x[i*size+k]) * float64(x[i*size+k])
		}
	}
	b := &train.Batch{Size: samples, Values: map[string][]float32{"x": x, "y": x}}
	for _, tied := range []bool{false, true} {
		for _, rule := range []train.Rule{train.Paper(20, 0.1, 0.5), &train.Backprop{}} {
			m := models.Autoencoder{Widths: []int{size, 6, 3}, Activation: layers.Tanh{}, Tied: tied, Init: layers.XavierNormal{}}
			net, err := m.New(graph.Settings{Seed: 4})
			check(t, err)
			learn(t, net, rule, b, 600, 0.01)
			left := 0.0
			for i, y := range feedforward(t, net, b, "y", "x") {
				left += (y - float64(x[i])) * (y - float64(x[i]))
			}
			if left > 0.05*total {
				t.Errorf("tied %v, %T: squared error, got %.3f of that of the data, want at most 0.05", tied, rule, left/total)
			}
		}
	}
}

// feedforward clamps some nodes of a batch and returns the feedforward value of
// an output.
func feedforward(t *testing.T, net *graph.Network, b *train.Batch, output string, clamped ...string) []float64 {
	t.Helper()
	s, err := net.Session(b.Size, graph.Roles{Clamped: clamped, Outputs: []string{output}})
	check(t, err)
	for _, name := range clamped {
		check(t, s.Clamp(name, b.Values[name]))
	}
	check(t, s.Initialize(graph.Start{}, nil))
	v, err := s.Activity(output)
	check(t, err)
	out := make([]float64, v.Len())
	for i := range out {
		out[i] = v.At(i)
	}
	return out
}

func TestAutoencoderErrors(t *testing.T) {
	fails(t, models.Autoencoder{Widths: []int{3}}, "Autoencoder: Widths, got [3], want at least data and code")
	fails(t, models.Autoencoder{Widths: []int{3, 0}}, "Autoencoder: Widths, got [3 0], want every width at least 1")
}
