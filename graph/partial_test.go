package graph_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
)

// factor declares h(1) → x(3) with given weights and a prior on h.
func factor(weights ...float64) graph.Declaration {
	h, x := node("h", 1), node("x", len(weights))
	h.Prior = energy.L2{Weight: 1}
	return graph.Declaration{
		Nodes: []graph.Node{h, x},
		Predictions: []graph.Prediction{{
			Of: "x", From: []string{"h"}, Layer: layers.Dense{Out: len(weights), NoBias: true, Weight: layers.Values(weights)},
		}},
	}
}

// Some units of x are known. The energy ½Σ(x−wh)² + ½h² has its minimum where the
// unknown units equal their prediction and h is the ridge regression on the known
// ones, h = Σ_known w·x / (1 + Σ_known w²).
func TestClampUnits(t *testing.T) {
	w := []float64{2, -1, 0.5}
	data := []float32{3, 100, 100, 100, 1, 2} // the values of 100 are unknown
	known := []bool{true, false, false, false, true, true}
	h := []float64{2 * 3 / (1 + 4.), (-1*1 + 0.5*2) / (1 + 1.25)}
	for _, engine := range []graph.Engine{graph.Compiled{}, graph.Tape{}} {
		for name, solver := range map[string]relax.Solver{"euler": nil, "momentum": &relax.Momentum{}, "adam": &relax.Adam{}} {
			t.Run(engine.Name()+"/"+name, func(t *testing.T) {
				net := newNetwork(t, factor(w...), graph.Settings{Precision: graph.Float64, Engine: engine})
				s := newSession(t, net, 2, graph.Roles{})
				if err := s.ClampUnits("x", data, known); err != nil {
					t.Fatal(err)
				}
				initialize(t, s)
				result, err := relax.Run(context.Background(), s, relax.Settings{
					Steps: 3000, Solver: solver, Control: relax.Constant{Size: 0.05}, Stop: relax.GradientNorm{Tolerance: 1e-6, MinSteps: 5, Every: 5},
				})
				if err != nil || result.Status != relax.Converged {
					t.Fatalf("got %v, %v, want it to converge", result.Status, err)
				}
				near(t, "h", activity(t, s, "h"), h, 1e-5)
				x := activity(t, s, "x")
				for i := range x {
					want := float64(data[i])
					if !known[i] {
						want = w[i%3] * h[i/3]
					} else if x[i] != want {
						t.Errorf("known unit %d, got %v, want %v exactly", i, x[i], want)
					}
					near(t, "x", x[i:i+1], []float64{want}, 1e-5)
				}
			})
		}
	}
}

// Known units of a node that nothing predicts are seen by the feedforward pass,
// and a mask of one sample serves all.
func TestClampUnitsOfAnInput(t *testing.T) {
	net := newNetwork(t, chain(), f64)
	s, whole := newSession(t, net, 2, graph.Roles{Clamped: []string{"y"}}), newSession(t, net, 2, graph.Roles{Clamped: []string{"x", "y"}})
	if err := s.ClampUnits("x", []float32{1, 2, float32(math.NaN()), 4, 5, 6}, []bool{true, true, false}); err != nil {
		t.Fatal(err)
	}
	initialize(t, s)
	near(t, "x", activity(t, s, "x"), []float64{1, 2, 0, 4, 5, 0}, 0)
	clamp(t, whole, "x", []float64{1, 2, 0, 4, 5, 0})
	initialize(t, whole)
	near(t, "h", activity(t, s, "h"), activity(t, whole, "h"), 1e-14)
	euler(t, s, 3, 0.1)
	x := activity(t, s, "x")
	near(t, "known units", []float64{x[0], x[1], x[3], x[4]}, []float64{1, 2, 4, 5}, 0)
	if x[2] == 0 || x[5] == 0 {
		t.Error("unknown units did not move")
	}
	if err := s.ClampUnits("x", nil, nil); err != nil {
		t.Fatal(err)
	}
	euler(t, s, 1, 0.1)
	if activity(t, s, "x")[0] == 1 {
		t.Error("a unit that is free again did not move")
	}
}

// Error coordinates cannot hold an activity, and say so.
func TestClampUnitsInErrorCoordinates(t *testing.T) {
	s := newSession(t, newNetwork(t, chain(), f64), 1, graph.Roles{Clamped: []string{"x"}})
	if err := s.ClampUnits("y", []float32{1, 2}, []bool{true, false}); err != nil {
		t.Fatal(err)
	}
	e, err := s.ErrorCoordinates()
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.Evaluate(make([]float64, len(e.Terms())))
	mentions(t, err, "one by one", "relax the session itself")
}

func TestClampUnitsErrors(t *testing.T) {
	s := newSession(t, newNetwork(t, chain(), f64), 2, graph.Roles{Clamped: []string{"x"}})
	nan := float32(math.NaN())
	for _, c := range []struct {
		name, node string
		data       []float32
		known      []bool
		want       []string
	}{
		{"unknown node", "z", make([]float32, 4), make([]bool, 2), []string{`"z"`, `"x", "h", "y"`}},
		{"clamped", "x", make([]float32, 6), make([]bool, 3), []string{`"x"`, "not free", "Roles"}},
		{"mask too short", "y", make([]float32, 4), make([]bool, 1), []string{`"y"`, "got 1", "want 2 = shape [2], or 4"}},
		{"data too short", "y", make([]float32, 2), make([]bool, 2), []string{`"y"`, "got 2", "want 4 = batch 2"}},
		{"known NaN", "y", []float32{1, 1, 1, nan}, []bool{false, true}, []string{`"y"`, "sample 1, unit 1", "NaN", "unknown"}},
	} {
		t.Run(c.name, func(t *testing.T) { mentions(t, s.ClampUnits(c.node, c.data, c.known), c.want...) })
	}
}

// The energies of the samples add up to that of the batch, and each is that of
// the sample alone.
func TestSampleEnergies(t *testing.T) {
	d := chain()
	d.Nodes[1].Prior = energy.L1{Weight: 0.3}
	d.Predictions[1].Energy = energy.CrossEntropy{}
	net := newNetwork(t, d, f64)
	s := newSession(t, net, 3, graph.Roles{Clamped: []string{"x", "y"}})
	rng := rand.New(rand.NewPCG(1, 2))
	x := randn(rng, 9)
	clamp(t, s, "x", x)
	clamp(t, s, "y", []float64{1, 0, 0, 1, 0.5, 0.5})
	initialize(t, s)
	euler(t, s, 4, 0.1)
	if err := s.SetCoefficient("h", 0.25); err != nil {
		t.Fatal(err)
	}
	for range 2 { // again, with activities that have moved
		each, all := make([]float64, 9), make([]float64, 3)
		if err := s.SampleEnergies(each); err != nil {
			t.Fatal(err)
		}
		total, err := s.Evaluate(all)
		if err != nil {
			t.Fatal(err)
		}
		sums, sum := make([]float64, 3), 0.0
		for i, e := range each {
			sums[i%3] += e
			sum += e
		}
		near(t, "terms", sums, all, 1e-12)
		near(t, "total", []float64{sum}, []float64{total}, 1e-12)
		if each[0] == each[3] || each[0] == 0 {
			t.Errorf("energies of samples, got %v, want different ones", each)
		}
		euler(t, s, 4, 0.1)
	}
	mentions(t, s.SampleEnergies(make([]float64, 8)), "got room for 8", "want 9 = batch 3 × 3 terms")
}

// A solver that moves without a gradient leaves known units where they are.
func TestProximalHoldsUnits(t *testing.T) {
	d := graph.Declaration{Nodes: []graph.Node{node("h", 3), node("y", 2)}, Predictions: []graph.Prediction{dense("y", 2, "h")}}
	s := newSession(t, newNetwork(t, d, f64), 1, graph.Roles{Clamped: []string{"y"}})
	clamp(t, s, "y", []float64{1, 2})
	if err := s.ClampUnits("h", []float32{5, 0, 0}, []bool{true, false, false}); err != nil {
		t.Fatal(err)
	}
	initialize(t, s)
	if _, err := relax.Run(t.Context(), s, relax.Settings{Steps: 30, Solver: &relax.Proximal{L1: 100}, Control: relax.Constant{Size: 0.1}}); err != nil {
		t.Fatal(err)
	}
	if got := activity(t, s, "h"); got[0] != 5 || got[1] != 0 || got[2] != 0 {
		t.Errorf("got %v, want 5 0 0", got)
	}
}
