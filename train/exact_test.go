package train_test

import (
	"context"
	"fmt"
	"math"
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

// path trains on one sample and returns what read sees before every update.
func path(t *testing.T, net *graph.Network, rule train.Rule, lr float64, x, y []float32, updates int, read func() []float64) [][]float64 {
	t.Helper()
	b := &train.Batch{Size: 1, Values: map[string][]float32{"x": x, "y": y}}
	opt := &train.SGD{}
	var out [][]float64
	for range updates {
		out = append(out, read())
		if _, err := rule.Gradients(context.Background(), net, b); err != nil {
			t.Fatal(err)
		}
		if err := opt.Step(net.Params(), lr); err != nil {
			t.Fatal(err)
		}
		net.ParamsChanged()
	}
	return out
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

// digits4 formats numbers as the paper's tables print them.
func digits4(x []float64) string {
	s := ""
	for _, v := range x {
		s += fmt.Sprintf("%.4f ", v+0) // +0 turns −0 into 0
	}
	return s
}

// Song et al. 2024, Fig. 3a: a 1-1-2 linear net with all weights 1 unlearns one
// output while the other is already right.
func TestInterferenceGoldenPath(t *testing.T) {
	golden := map[string]map[int][]float64{
		"pc": {1: {1, 1}, 2: {.8504, .9748}, 3: {.7300, .9563}, 4: {.6318, .9436}, 7: {.4248, .9316}},
		"bp": {1: {1, 1}, 2: {.6400, .8000}, 3: {.5145, .7612}, 4: {.4446, .7632}, 7: {.3251, .8365}},
	}
	for name, rule := range map[string]train.Rule{"pc": train.Paper(128, 0.1, 0.5), "bp": &train.Backprop{}} {
		net := mlp(t, models.MLP{Widths: []int{1, 1, 2}, Init: layers.Constant{Value: 1}}, 0)
		x := []float32{1}
		got := path(t, net, rule, 0.2, x, []float32{0, 1}, 64, output(t, net, x))
		for it, want := range golden[name] {
			if digits4(got[it-1]) != digits4(want) {
				t.Errorf("%s, iteration %d: got %s, want %s", name, it, digits4(got[it-1]), digits4(want))
			}
		}
		lowest := 1.0
		for _, y := range got {
			lowest = math.Min(lowest, y[1])
		}
		if want := map[string]float64{"pc": .9316, "bp": .7612}[name]; math.Abs(lowest-want) > 5e-5 {
			t.Errorf("%s: lowest correct output: got %.4f, want %.4f", name, lowest, want)
		}
	}
}
