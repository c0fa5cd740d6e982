package graph_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
)

// branching is a DAG with a skip connection, shared weights and two outputs of
// different energies.
func branching() graph.Declaration {
	return graph.Declaration{
		Nodes: []graph.Node{node("x", 3), node("h1", 4), node("h2", 4), node("y", 2), node("class", 3)},
		Predictions: []graph.Prediction{
			dense("h1", 4, "x"),
			dense("h2", 4, "h1"),
			{Of: "y", From: []string{"h2", "x"}, Layer: layers.Sum{
				layers.Sequential{layers.GELU{}, layers.Dense{Out: 2}}, layers.Dense{Out: 2, NoBias: true},
			}, Energy: energy.Huber{}},
			{Of: "class", From: []string{"h1"}, Layer: layers.Dense{Out: 3}, Energy: energy.CrossEntropy{}},
			{Name: "again", Of: "class", From: []string{"h2"}, Layer: layers.Dense{Out: 3}, Share: "class", Energy: energy.CrossEntropy{}},
		},
	}
}

// newBackprop returns a session of backprop with the data clamped.
func newBackprop(t *testing.T, net *graph.Network, batch int, data map[string][]float64) *graph.BackpropSession {
	t.Helper()
	var clamped []string
	for name := range data {
		clamped = append(clamped, name)
	}
	slices.Sort(clamped)
	s, err := net.BackpropSession(batch, graph.Roles{Clamped: clamped})
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range data {
		if err := s.ClampFloat64(name, x); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func backprop(t *testing.T, s *graph.BackpropSession, net *graph.Network) (float64, []float64) {
	t.Helper()
	loss, err := s.Learn()
	if err != nil {
		t.Fatal(err)
	}
	return loss, gradients(net)
}

// The gradients of backprop equal the loss's, by central differences.
func TestBackpropGradients(t *testing.T) {
	for _, batch := range []int{1, 3} {
		net := newNetwork(t, branching(), f64)
		rng := rand.New(rand.NewPCG(uint64(batch), 0))
		class := make([]float64, 3*batch)
		for i := range batch {
			class[3*i+rng.IntN(3)] = 1
		}
		s := newBackprop(t, net, batch, map[string][]float64{"x": randn(rng, 3*batch), "y": randn(rng, 2*batch), "class": class})
		if s.Batch() != batch {
			t.Errorf("Batch: got %d, want %d", s.Batch(), batch)
		}
		_, got := backprop(t, s, net)
		var want []float64
		const h = 1e-6
		for _, p := range net.Params() {
			v := p.Values().Float64()
			for i, old := range v {
				var loss [2]float64
				for k, sign := range []float64{1, -1} {
					v[i] = old + sign*h
					net.ParamsChanged()
					loss[k], _ = backprop(t, s, net)
				}
				v[i] = old
				want = append(want, (loss[0]-loss[1])/(2*h))
			}
		}
		near(t, "gradients", got, want, 1e-7)
	}
}

// The loss is the energy of the feedforward values, where all hidden errors are 0.
func TestBackpropLossIsTheEnergyAtTheStart(t *testing.T) {
	net := newNetwork(t, chain(), f64)
	x, y := []float64{1, 2, 3, -1, 0, 1}, []float64{4, 5, -6, 7}
	bp := newBackprop(t, net, 2, map[string][]float64{"x": x, "y": y})
	s := newSession(t, net, 2, graph.Roles{Clamped: []string{"x", "y"}})
	clamp(t, s, "x", x)
	clamp(t, s, "y", y)
	initialize(t, s)
	e, grads := learn(t, s)
	loss, full := backprop(t, bp, net)
	near(t, "loss", []float64{loss}, []float64{e}, 1e-14)
	last := len(grads) - (4*2 + 2) // of the layer that predicts y
	near(t, "gradient of the last layer", full[last:], grads[last:], 1e-14)
	near(t, "gradient of the first layer before relaxation", grads[:last], make([]float64, last), 1e-14)

	// New data and new parameters take effect.
	if err := bp.Clamp("y", make([]float32, 4)); err != nil {
		t.Fatal(err)
	}
	other, _ := backprop(t, bp, net)
	if other == loss {
		t.Error("the loss did not change with the target")
	}
}

// Parameters that the loss does not depend on get zeros, not what was there.
func TestBackpropClearsOtherGradients(t *testing.T) {
	net := newNetwork(t, branching(), f64)
	for _, p := range net.Params() {
		g := p.Grads().Float64()
		for i := range g {
			g[i] = 9
		}
	}
	s := newBackprop(t, net, 1, map[string][]float64{"x": {1, 2, 3}, "h1": {1, -1, 2, -2}, "class": {1, 0, 0}})
	backprop(t, s, net)
	p, err := net.Param("y/0/1/weight")
	if err != nil {
		t.Fatal(err)
	}
	g := p.Grads().Float64()
	near(t, "gradient of y's weights", g, make([]float64, len(g)), 0)
	p, err = net.Param("h1/1/weight")
	if err != nil {
		t.Fatal(err)
	}
	if g := p.Grads().Float64(); g[0] == 0 || g[0] == 9 {
		t.Errorf("gradient of the weights of a clamped node: got %g, want that of its error", g[0])
	}
}

func TestBackpropErrors(t *testing.T) {
	for _, d := range []graph.Declaration{recurrent(), loop()} {
		_, err := newNetwork(t, d, f64).BackpropSession(1, graph.Roles{Clamped: []string{"y"}})
		mentions(t, err, "backprop", "cycle", "clamp it, or use prospective configuration")
	}
	net := newNetwork(t, recurrent(), f64)
	if _, err := net.BackpropSession(1, graph.Roles{Clamped: []string{"x", "h", "y"}}); err != nil {
		t.Errorf("with the cycle clamped: %v", err)
	}
	net = newNetwork(t, chain(), f64)
	_, err := net.BackpropSession(1, graph.Roles{Clamped: []string{"y"}})
	mentions(t, err, `"x"`, "nothing predicts it")
	_, err = net.BackpropSession(1, graph.Roles{Clamped: []string{"x"}})
	mentions(t, err, "no energy term is left", "clamp a node that is predicted")
	s, err := net.BackpropSession(1, graph.Roles{Clamped: []string{"x", "y"}})
	if err != nil {
		t.Fatal(err)
	}
	mentions(t, s.Clamp("h", make([]float32, 4)), `"h"`, "not clamped")
}

// With the output's energy multiplied by β, the parameter gradients at the
// equilibrium, divided by β, converge to backprop's as β → 0, and the
// difference is of the order of β. Source: Millidge, Song, Salvatori,
// Lukasiewicz and Bogacz, arXiv:2206.02629.
func TestWeakNudgingIsBackprop(t *testing.T) {
	d := graph.Declaration{
		Nodes:       []graph.Node{node("x", 3), node("h1", 4), node("h2", 4), node("y", 2)},
		Predictions: []graph.Prediction{dense("h1", 4, "x"), dense("h2", 4, "h1"), dense("y", 2, "h2")},
	}
	net := newNetwork(t, d, f64)
	x, y := []float64{1, -0.5, 0.2, 0, 1, 2}, []float64{1, -1, 0.5, 2}
	_, want := backprop(t, newBackprop(t, net, 2, map[string][]float64{"x": x, "y": y}), net)
	s := newSession(t, net, 2, graph.Roles{Clamped: []string{"x", "y"}})
	clamp(t, s, "x", x)
	clamp(t, s, "y", y)
	size := 0.0
	for _, g := range want {
		size = math.Max(size, math.Abs(g))
	}
	var distance []float64
	for _, beta := range []float64{1, 1e-1, 1e-2, 1e-3, 1e-4} {
		if err := s.SetCoefficient("y", beta); err != nil {
			t.Fatal(err)
		}
		initialize(t, s)
		r, err := relax.Run(context.Background(), s, relax.Settings{
			Steps: 5000, Control: relax.Constant{Size: 0.3}, Stop: relax.GradientNorm{Tolerance: 1e-14},
		})
		if err != nil || r.Status != relax.Converged {
			t.Fatalf("β = %g: %v, %v", beta, r.Status, err)
		}
		_, got := learn(t, s)
		worst := 0.0
		for i := range got {
			worst = math.Max(worst, math.Abs(got[i]/beta-want[i])/size)
		}
		distance = append(distance, worst)
	}
	if last := distance[len(distance)-1]; last > 1e-3 {
		t.Errorf("relative distance to backprop at β = 1e-4: got %g, want below 1e-3", last)
	}
	for i := 3; i < len(distance); i++ {
		if ratio := distance[i] / distance[i-1]; math.Abs(ratio-0.1) > 0.02 {
			t.Errorf("distances %.3g do not fall with β: ratio %g, want 0.1", distance, ratio)
		}
	}
}

// Two predictions that share weights both add to their gradient:
//
//	∂E/∂W = −Σ_k Σ_samples x_k ⊗ (y_k − x_k·W)
func TestSharedWeightsAddUp(t *testing.T) {
	w := layers.Values{1, 2, 3, 4}
	layer := layers.Dense{Out: 2, NoBias: true, Weight: w}
	net := newNetwork(t, graph.Declaration{
		Nodes: []graph.Node{node("x1", 2), node("y1", 2), node("x2", 2), node("y2", 2)},
		Predictions: []graph.Prediction{
			{Of: "y1", From: []string{"x1"}, Layer: layer},
			{Of: "y2", From: []string{"x2"}, Layer: layer, Share: "y1"},
		},
	}, f64)
	if n := len(net.Params()); n != 1 {
		t.Fatalf("got %d parameters, want 1", n)
	}
	data := map[string][]float64{"x1": {1, 2}, "y1": {0, 0}, "x2": {-1, 3}, "y2": {10, 20}}
	// Errors: y1 − (7, 10) = (−7, −10), y2 − (8, 10) = (2, 10).
	want := []float64{7 + 2, 10 + 10, 14 - 6, 20 - 30}
	_, got := backprop(t, newBackprop(t, net, 1, data), net)
	near(t, "backprop", got, want, 1e-15)
	s := newSession(t, net, 1, graph.Roles{Clamped: []string{"x1", "y1", "x2", "y2"}})
	for name, x := range data {
		clamp(t, s, name, x)
	}
	_, got = learn(t, s)
	near(t, "prospective", got, want, 1e-15)
}
