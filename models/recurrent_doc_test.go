package models_test

import (
	"testing"

	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
)

// Forward, feedback and lateral terms, with f on hidden activities alone, lateral
// ones without bias and without the diagonal, and a precision on all but the
// forward ones.
func TestRecurrentLayeredFormula(t *testing.T) {
	const precision = 0.25
	s := randomState(t, models.Recurrent{Widths: []int{2, 3, 4, 2}, Activation: layers.Tanh{}, Lateral: true, FeedbackPrecision: precision})
	x, h1, h2, y := s.nodes["x"], s.nodes["h1"], s.nodes["h2"], s.nodes["y"]
	weighed := func(of, mu []float64) float64 { return precision * halfDistance(of, mu) }
	s.want(t, "layered", map[string][]float64{
		"h1": plus(s.times(x, "h1/weight"), s.params["h1/bias"]),
		"h2": plus(s.times(tanh(h1), "h2/1/weight"), s.params["h2/1/bias"]),
		"y":  plus(s.times(tanh(h2), "y/1/weight"), s.params["y/1/bias"]),
	}, map[string]float64{
		"x<h1":  weighed(x, plus(s.times(tanh(h1), "x<h1/1/weight"), s.params["x<h1/1/bias"])),
		"h1<h2": weighed(h1, plus(s.times(tanh(h2), "h1<h2/1/weight"), s.params["h1<h2/1/bias"])),
		"h2<y":  weighed(h2, plus(s.times(y, "h2<y/weight"), s.params["h2<y/bias"])),
		"h1<h1": weighed(h1, s.others(tanh(h1), "h1<h1/1/weight")),
		"h2<h2": weighed(h2, s.others(tanh(h2), "h2<h2/1/weight")),
	})
	if _, ok := s.params["h1<h1/1/bias"]; ok {
		t.Error("a lateral term has a bias")
	}
}

// others is x·U without the diagonal of U.
func (s state) others(x []float64, name string) []float64 {
	w, out := s.params[name], make([]float64, len(x))
	for i, v := range x {
		for j := range out {
			if i != j {
				out[j] += v * w[i*len(x)+j]
			}
		}
	}
	return out
}

// Every node from all others together, with one bias, f on hidden activities, and
// the matrices of a pair tied as transposes or not.
func TestRecurrentCliqueFormula(t *testing.T) {
	s := randomState(t, models.Recurrent{Widths: []int{2, 3, 2}, Activation: layers.Tanh{}, Topology: models.Clique, Lateral: true})
	x, h, y := s.nodes["x"], s.nodes["h1"], s.nodes["y"]
	s.want(t, "clique", map[string][]float64{
		"x":  plus(s.times(tanh(h), "x/0/1/weight"), s.times(y, "x/1/weight"), s.params["x/0/1/bias"]),
		"h1": plus(s.times(x, "h1/0/weight"), s.others(tanh(h), "h1/1/1/weight"), s.times(y, "h1/2/weight"), s.params["h1/0/bias"]),
		"y":  plus(s.times(x, "y/0/weight"), s.times(tanh(h), "y/1/1/weight"), s.params["y/0/bias"]),
	}, nil)
	s = randomState(t, models.Recurrent{Widths: []int{2, 3, 2}, Activation: layers.Tanh{}, Topology: models.Clique, Tied: true})
	x, h, y = s.nodes["x"], s.nodes["h1"], s.nodes["y"]
	s.want(t, "tied clique", map[string][]float64{
		"x":  plus(s.transposed(tanh(h), "x-h1/weight"), s.transposed(y, "x-y/weight"), s.params["x-h1/bias_transposed"]),
		"h1": plus(s.times(x, "x-h1/weight"), s.transposed(y, "h1-y/weight"), s.params["x-h1/bias"]),
		"y":  plus(s.times(x, "x-y/weight"), s.times(tanh(h), "h1-y/weight"), s.params["x-y/bias"]),
	}, nil)
	if n := len(s.params); n != 6 {
		t.Errorf("tied clique: got %d parameters, want three matrices and three biases: %v", n, s.params)
	}
}

// Tied in both directions of a layered network, and of an autoencoder, whose last
// layer alone is squashed.
func TestTiedFormula(t *testing.T) {
	s := randomState(t, models.Recurrent{Widths: []int{2, 3, 2}, Activation: layers.Tanh{}, Tied: true})
	x, h, y := s.nodes["x"], s.nodes["h1"], s.nodes["y"]
	s.want(t, "layered", map[string][]float64{
		"h1":   plus(s.times(x, "x-h1/weight"), s.params["x-h1/bias"]),
		"y":    plus(s.times(tanh(h), "h1-y/weight"), s.params["h1-y/bias"]),
		"x<h1": plus(s.transposed(tanh(h), "x-h1/weight"), s.params["x-h1/bias_transposed"]),
		"h1<y": plus(s.transposed(y, "h1-y/weight"), s.params["h1-y/bias_transposed"]),
	}, nil)
	s = randomState(t, models.Autoencoder{Widths: []int{5, 4, 2}, Activation: layers.Tanh{}, Tied: true, Squash: layers.Sigmoid{}})
	x, e, z, d := s.nodes["x"], s.nodes["e1"], s.nodes["z"], s.nodes["d1"]
	s.want(t, "autoencoder", map[string][]float64{
		"e1": plus(s.times(x, "tied1/weight"), s.params["tied1/bias"]),
		"z":  plus(s.times(tanh(e), "tied2/weight"), s.params["tied2/bias"]),
		"d1": plus(s.transposed(tanh(z), "tied2/weight"), s.params["tied2/bias_transposed"]),
		"y":  sigmoid(plus(s.transposed(tanh(d), "tied1/weight"), s.params["tied1/bias_transposed"])),
	}, nil)
}

// Before: f is applied to what is read, but not to the input. After: f is applied
// to what is predicted, but not to the output.
func TestPlacementFormula(t *testing.T) {
	s := randomState(t, models.MLP{Widths: []int{3, 4, 5, 2}, Activation: layers.Tanh{}})
	x, h1, h2 := s.nodes["x"], s.nodes["h1"], s.nodes["h2"]
	s.want(t, "before, by default", map[string][]float64{
		"h1": plus(s.times(x, "h1/weight"), s.params["h1/bias"]),
		"h2": plus(s.times(tanh(h1), "h2/1/weight"), s.params["h2/1/bias"]),
		"y":  plus(s.times(tanh(h2), "y/1/weight"), s.params["y/1/bias"]),
	}, nil)
	s = randomState(t, models.MLP{Widths: []int{3, 4, 5, 2}, Activation: layers.Tanh{}, Placement: models.After})
	x, h1, h2 = s.nodes["x"], s.nodes["h1"], s.nodes["h2"]
	s.want(t, "after", map[string][]float64{
		"h1": tanh(plus(s.times(x, "h1/0/weight"), s.params["h1/0/bias"])),
		"h2": tanh(plus(s.times(h1, "h2/0/weight"), s.params["h2/0/bias"])),
		"y":  plus(s.times(h2, "y/weight"), s.params["y/bias"]),
	}, nil)
}
