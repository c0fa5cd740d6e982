package graph_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
)

// A network that was used and reinitialised is bit for bit a new one with that
// seed: its parameters, and what sessions made before compute with them.
func TestReinitializeIsNew(t *testing.T) {
	for _, precision := range []graph.Precision{graph.Float32, graph.Float64} {
		settings := graph.Settings{Precision: precision, Seed: 1}
		used := newNetwork(t, chain(), settings)
		energy := func(net *graph.Network) float64 {
			s := newSession(t, net, 2, graph.Roles{Clamped: []string{"x", "y"}})
			clamp(t, s, "x", []float64{1, 2, 3, 4, 5, 6})
			clamp(t, s, "y", []float64{1, 0, 0, 1})
			initialize(t, s)
			if _, err := relax.Run(context.Background(), s, relax.Settings{Steps: 3, Control: relax.Constant{Size: 0.1}}); err != nil {
				t.Fatal(err)
			}
			e, err := s.Learn(make([]float64, len(s.Terms())))
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		before := energy(used)
		if err := used.Reinitialize(7); err != nil {
			t.Fatal(err)
		}
		settings.Seed = 7
		fresh := newNetwork(t, chain(), settings)
		for i, p := range used.Params() {
			q := fresh.Params()[i]
			if !slices.Equal(floats(p.Value.Data()), floats(q.Value.Data())) {
				t.Errorf("%v: parameter %q: got %v, want %v", precision, p.Name, p.Value.Data(), q.Value.Data())
			}
			for _, g := range floats(p.Grad.Data()) {
				if g != 0 {
					t.Errorf("%v: parameter %q: gradient %v, want 0", precision, p.Name, g)
				}
			}
		}
		if got, want := energy(used), energy(fresh); got != want || got == before {
			t.Errorf("%v: energy: got %v, want %v (and not %v)", precision, got, want, before)
		}
		if used.Settings().Seed != 7 {
			t.Errorf("seed in settings: got %d, want 7", used.Settings().Seed)
		}
	}
}

// fickle fails once its counter is used up.
type fickle struct{ left *int }

func (f fickle) Fill(dst []float64, _ graph.ParamSpec, rng *rand.Rand) error {
	if *f.left--; *f.left < 0 {
		return errors.New("out of luck")
	}
	for i := range dst {
		dst[i] = rng.NormFloat64()
	}
	return nil
}

// A failed draw leaves everything as it was.
func TestReinitializeFails(t *testing.T) {
	left := 3
	d := chain()
	for i, width := range []int{4, 2} {
		d.Predictions[i].Layer = layers.Dense{Out: width, NoBias: true, Weight: fickle{&left}}
	}
	net := newNetwork(t, d, f64)
	before := math.Float64bits(floats(net.Params()[0].Value.Data())[0])
	if err := net.Reinitialize(9); err == nil {
		t.Fatal("want an error of the second parameter")
	}
	if after := math.Float64bits(floats(net.Params()[0].Value.Data())[0]); after != before || net.Settings().Seed != f64.Seed {
		t.Error("a failed Reinitialize changed the network")
	}
}

// floats widens the data of a tensor.
func floats(data any) []float64 {
	switch x := data.(type) {
	case []float64:
		return x
	case []float32:
		out := make([]float64, len(x))
		for i, v := range x {
			out[i] = float64(v)
		}
		return out
	}
	return nil
}
