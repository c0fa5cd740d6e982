package models_test

import (
	"math"
	"testing"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

func TestGenerativeIsSound(t *testing.T) {
	for _, tt := range []struct {
		m     models.Generative
		roles []graph.Roles
	}{
		{
			models.Generative{Size: 5, Classes: 3, Latent: 2, Hidden: []int{4, 3}, Activation: layers.Tanh{}, Squash: layers.Sigmoid{}},
			[]graph.Roles{{Clamped: []string{"x", "y"}}, {Clamped: []string{"x"}}, {Clamped: []string{"y", "z"}, Outputs: []string{"x"}}},
		},
		{
			models.Generative{Size: 3, Classes: 2, Hidden: []int{4}, Activation: layers.GELU{}, LabelPrior: energy.L2{Weight: 0.1}},
			[]graph.Roles{{Clamped: []string{"x", "y"}}, {Clamped: []string{"x"}}},
		},
		{models.Generative{Size: 3, Latent: 1, Activation: layers.Tanh{}}, []graph.Roles{{Clamped: []string{"x"}}}},
		{models.Generative{Size: 1, Classes: 1}, []graph.Roles{{Clamped: []string{"x"}}}},
	} {
		for _, r := range tt.roles {
			sound(t, tt.m, r)
		}
	}
}

// Trained on digits from label to image, the net draws the mean of each class and
// says which class an unseen image is of: one network, queried both ways.
func TestGenerativeLearnsDigits(t *testing.T) {
	data, err := datasets.Load("glyphs", datasets.LoadSettings{Train: 2000, Test: 200, Normalization: &datasets.Normalization{}})
	check(t, err)
	net, err := models.Generative{Size: 784, Classes: 10, Hidden: []int{32}, Activation: layers.Tanh{}}.New(graph.Settings{Seed: 1})
	check(t, err)
	trainer := train.Trainer{
		Network: net, Optimizer: &train.Adam{}, Rate: 0.01, Epochs: 4,
		Rule: train.Paper(10, 0.1, 0.5),
	}
	check(t, trainer.Fit(t.Context(), &train.Labelled{Data: data.Train, Settings: datasets.BatchSettings{Size: 50, Shuffle: true}}))

	draw, err := net.Session(10, graph.Roles{Clamped: []string{"y"}, Outputs: []string{"x"}})
	check(t, err)
	labels := make([]float32, 100)
	for c := range 10 {
		labels[11*c] = 1
	}
	check(t, draw.Clamp("y", labels))
	check(t, draw.Initialize(graph.Start{}, nil))
	drawn, err := draw.Activity("x")
	check(t, err)
	for c, mean := range means(data.Train) {
		if d := distance(drawn.Slice(784*c, 784*(c+1)), mean); d > 0.1 {
			t.Errorf("digit %d: root mean square difference of the drawn one to the mean of its class: got %.3f, want at most 0.1", c, d)
		}
	}

	n := 0
	for i := range data.Test.Len() {
		if minEnergyLabel(t, net, data.Test, i) == data.Test.Label(i) {
			n++
		}
	}
	if n < 90 { // the nearest class mean gets 107
		t.Errorf("got %d of 200 images right, want at least 90", n)
	}
}

// minEnergyLabel clamps a sample with each label in turn, and returns the label of
// the lowest energy.
func minEnergyLabel(t *testing.T, net *graph.Network, d datasets.Dataset, i int) int {
	t.Helper()
	x := make([]float32, datasets.SampleSize(d))
	d.Read(i, x)
	s, err := net.Session(1, graph.Roles{Clamped: []string{"x", "y"}})
	check(t, err)
	check(t, s.Clamp("x", x))
	best, least := -1, math.Inf(1)
	for label := range d.Classes() {
		y := make([]float32, d.Classes())
		y[label] = 1
		check(t, s.Clamp("y", y))
		check(t, s.Initialize(graph.Start{}, nil))
		r, err := relax.Run(t.Context(), s, relax.Settings{Steps: 10, Control: relax.Constant{Size: 0.05}})
		check(t, err)
		if r.Energy < least {
			best, least = label, r.Energy
		}
	}
	return best
}

// means returns the mean image of each class.
func means(d datasets.Dataset) []relax.Vector {
	sums, counts := make([]relax.Vector, 10), make([]int, 10)
	for c := range sums {
		sums[c] = relax.Float32(make([]float32, 784))
	}
	x := make([]float32, 784)
	for i := range d.Len() {
		d.Read(i, x)
		sums[d.Label(i)].AddScaled(1, relax.Float32(x))
		counts[d.Label(i)]++
	}
	for c, s := range sums {
		s.Scale(1 / float64(counts[c]))
	}
	return sums
}

// distance is the root mean square difference.
func distance(a, b relax.Vector) float64 {
	d := a.MakeLike()
	d.CopyFrom(a)
	d.AddScaled(-1, b)
	return math.Sqrt(d.Dot(d) / float64(d.Len()))
}

func TestGenerativeErrors(t *testing.T) {
	fails(t, models.Generative{Classes: 10}, "Generative: Size, got 0, want at least 1")
	fails(t, models.Generative{Size: 4}, "Generative: Classes and Latent, got 0 and 0, want at least one")
	fails(t, models.Generative{Size: 4, Classes: 3, Latent: -1}, "got 3 and -1")
	fails(t, models.Generative{Size: 4, Classes: 3, Hidden: []int{0}}, "Generative: Hidden, got [0], want every width at least 1")
}
