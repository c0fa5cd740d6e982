package layers_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// Weights that do not exist are 0 at first, get no gradient, and take no part even
// if something writes into them.
func TestMaskedWeightsDoNotExist(t *testing.T) {
	lists := [][]int{{0, 2}, {1}, {}}
	c := layerCase{layer: layers.MaskedDense{Out: 3, Connections: lists}, in: []graph.Shape{{3}}, out: graph.Shape{3}}
	for _, engine := range []graph.Engine{graph.Tape{}, graph.Compiled{}} {
		net, err := graph.New(c.declare(), graph.Settings{Precision: graph.Float64, Seed: 3, Engine: engine})
		if err != nil {
			t.Fatal(err)
		}
		s, err := net.Session(2, graph.Roles{Clamped: []string{"in0", "out"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"in0", "out"} {
			if err := s.ClampFloat64(name, waves(6, float64(len(name)))); err != nil {
				t.Fatal(err)
			}
		}
		learn := func() (e float64) {
			t.Helper()
			if e, err = s.Learn(make([]float64, 1)); err != nil {
				t.Fatal(err)
			}
			return e
		}
		before := learn()
		w, g := net.Params()[0].Values().Float64(), net.Params()[0].Grads().Float64()
		for i := range w {
			exists := slices.Contains(lists[i%3], i/3)
			if (w[i] != 0) != exists || (g[i] != 0) != exists {
				t.Errorf("%s: weight %d is %v with gradient %v, want both other than 0: %v", engine.Name(), i, w[i], g[i], exists)
			}
			if !exists {
				w[i] = 7
			}
		}
		net.ParamsChanged()
		if after := learn(); after != before {
			t.Errorf("%s: energy %v, want %v: a weight that does not exist takes part", engine.Name(), after, before)
		}
	}
}

// Among equally large elements of a window the first, row by row, gets the
// gradient, whatever the size of the image.
func TestMaxPoolOfEquals(t *testing.T) {
	for _, side := range []int{4, 34} {
		shape, out := graph.Shape{1, side, side}, graph.Shape{1, side / 2, side / 2}
		c := layerCase{layer: layers.MaxPool2D{Kernel: layers.Pair{2}}, in: []graph.Shape{shape}, out: out}
		for _, engine := range []graph.Engine{graph.Tape{}, graph.Compiled{}} {
			for _, precision := range []graph.Precision{graph.Float32, graph.Float64} {
				net, err := graph.New(c.declare(), graph.Settings{Precision: precision, Engine: engine})
				if err != nil {
					t.Fatal(err)
				}
				s, err := net.Session(1, graph.Roles{Clamped: []string{"out"}})
				if err != nil {
					t.Fatal(err)
				}
				if err := s.ClampFloat64("out", slices.Repeat([]float64{5}, out.Size())); err != nil {
					t.Fatal(err)
				}
				a := s.Activities()[0]
				a.X.Fill(2) // every window holds equals
				a.X.Set(0, 1)
				if _, err := s.Evaluate(make([]float64, 1)); err != nil {
					t.Fatal(err)
				}
				for i := range shape.Size() {
					row, column := i/side, i%side
					want := 0.0
					if row%2 == 0 && column%2 == 0 {
						want = -3
					}
					switch i { // the first window holds a smaller one, then equals
					case 0:
						want = 0
					case 1:
						want = -3
					}
					if got := a.Grad.At(i); got != want {
						t.Fatalf("%s, %v, side %d: gradient at row %d, column %d: got %v, want %v", engine.Name(), precision, side, row, column, got, want)
					}
				}
			}
		}
	}
}

// A causal block and causal attention do not see what comes later; without, they
// do.
func TestCausal(t *testing.T) {
	shape := graph.Shape{4, 6}
	for _, causal := range []bool{true, false} {
		for name, l := range map[string]graph.Layer{
			"attention": layers.MultiHeadAttention{Heads: 2, Causal: causal},
			"block":     layers.TransformerBlock{Heads: 3, Causal: causal},
		} {
			x := waves(shape.Size(), 0.4)
			first, _ := feed(t, layerCase{layer: l, in: []graph.Shape{shape}, out: shape}, x)
			rng := rand.New(rand.NewPCG(1, 2))
			for i := 18; i < 24; i++ { // the last position
				x[i] += rng.NormFloat64()
			}
			second, _ := feed(t, layerCase{layer: l, in: []graph.Shape{shape}, out: shape}, x)
			if same := slices.Equal(first[:18], second[:18]); same != causal {
				t.Errorf("%s, causal %v: earlier positions stay as they are: %v", name, causal, same)
			}
			if slices.Equal(first[18:], second[18:]) {
				t.Errorf("%s, causal %v: the last position does not see itself", name, causal)
			}
		}
	}
}
