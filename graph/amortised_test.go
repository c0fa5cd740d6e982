package graph_test

import (
	"math"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
)

// hybrid is a generative chain y → h → x with amortised predictions the other
// way, declared first.
func hybrid(amortised bool) graph.Declaration {
	h := func(out int) graph.Layer { return layers.Sequential{layers.Tanh{}, layers.Dense{Out: out}} }
	d := graph.Declaration{
		Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{4}}, {Name: "h", Shape: graph.Shape{3}}, {Name: "y", Shape: graph.Shape{2}}},
		Predictions: []graph.Prediction{
			{Name: "h<y", Of: "h", From: []string{"y"}, Layer: layers.Dense{Out: 3}},
			{Name: "x<h", Of: "x", From: []string{"h"}, Layer: h(4)},
		},
	}
	if amortised {
		d.Predictions = append([]graph.Prediction{
			{Name: "h<x", Of: "h", From: []string{"x"}, Layer: layers.Dense{Out: 3}, Amortised: true},
			{Name: "y<h", Of: "y", From: []string{"h"}, Layer: h(2), Amortised: true},
		}, d.Predictions...)
	}
	return d
}

// Amortised predictions give a feedforward pass a place to start, leave energies
// and gradients of the activities as they are, and learn the activities.
func TestAmortised(t *testing.T) {
	for _, engine := range []graph.Engine{graph.Tape{}, graph.Compiled{}} {
		t.Run(engine.Name(), func(t *testing.T) {
			settings := graph.Settings{Precision: graph.Float64, Seed: 3, Engine: engine}
			with, plain := newNetwork(t, hybrid(true), settings), newNetwork(t, hybrid(false), settings)
			roles := graph.Roles{Clamped: []string{"x"}}
			a, b := newSession(t, with, 2, roles), newSession(t, plain, 2, roles)
			x := []float64{1, -1, 0.5, 2, -0.3, 0.2, 0.9, -2}
			for _, s := range []*graph.Session{a, b} {
				if err := s.ClampFloat64("x", x); err != nil {
					t.Fatal(err)
				}
				if err := s.Initialize(graph.Start{}, nil); err != nil {
					t.Fatal(err)
				}
			}
			checkAmortisedStart(t, with, a, x)
			for i, v := range a.Activities() {
				b.Activities()[i].X.CopyFrom(v.X)
			}
			descend := relax.Settings{Steps: 20, Control: relax.Constant{Size: 0.1}}
			ra, err := relax.Run(t.Context(), a, descend)
			if err != nil {
				t.Fatal(err)
			}
			rb, err := relax.Run(t.Context(), b, descend)
			if err != nil {
				t.Fatal(err)
			}
			if len(a.Terms()) != 2 || ra.Energy != rb.Energy || ra.Energy >= ra.EnergyStart {
				t.Errorf("got terms %q and energy %v, want %q and %v, less than %v", a.Terms(), ra.Energy, b.Terms(), rb.Energy, ra.EnergyStart)
			}
			checkAmortisedLearning(t, with, plain, a, b, x)
		})
	}
}

// checkAmortisedStart checks that the pass took h from x.
func checkAmortisedStart(t *testing.T, net *graph.Network, s *graph.Session, x []float64) {
	t.Helper()
	w, bias := float64s(t, net, "h<x/weight"), float64s(t, net, "h<x/bias")
	h := s.Activities()[0].X
	for n := range 2 {
		for j := range 3 {
			want := bias[j]
			for i := range 4 {
				want += x[4*n+i] * w[3*i+j]
			}
			if math.Abs(h.At(3*n+j)-want) > 1e-12 {
				t.Errorf("h[%d,%d] starts at %v, want %v", n, j, h.At(3*n+j), want)
			}
		}
	}
}

func float64s(t *testing.T, net *graph.Network, name string) []float64 {
	t.Helper()
	p, err := net.Param(name)
	if err != nil {
		t.Fatal(err)
	}
	v := p.Values().Float64()
	return v
}

// checkAmortisedLearning checks the gradients: those of the generative parameters
// as without amortised predictions, and ∂/∂W ½‖h − xW − b‖² for the others.
func checkAmortisedLearning(t *testing.T, with, plain *graph.Network, a, b *graph.Session, x []float64) {
	t.Helper()
	for _, s := range []*graph.Session{a, b} {
		if _, err := s.Learn(make([]float64, len(s.Terms()))); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range plain.Params() {
		q, err := with.Param(p.Name)
		if err != nil {
			t.Fatal(err)
		}
		want := p.Grads().Float64()
		got := q.Grads().Float64()
		for i := range want {
			if math.Abs(got[i]-want[i]) > 1e-14 {
				t.Errorf("∂E/∂%s[%d]: got %v, want %v", p.Name, i, got[i], want[i])
			}
		}
	}
	w, bias := float64s(t, with, "h<x/weight"), float64s(t, with, "h<x/bias")
	h := a.Activities()[0].X
	p, err := with.Param("h<x/weight")
	if err != nil {
		t.Fatal(err)
	}
	got := p.Grads().Float64()
	for i := range 4 {
		for j := range 3 {
			want := 0.0
			for n := range 2 {
				mu := bias[j]
				for k := range 4 {
					mu += x[4*n+k] * w[3*k+j]
				}
				want -= x[4*n+i] * (h.At(3*n+j) - mu)
			}
			if math.Abs(got[3*i+j]-want) > 1e-12 || want == 0 {
				t.Errorf("∂E/∂%s[%d,%d]: got %v, want %v", p.Name, i, j, got[3*i+j], want)
			}
		}
	}
}

// Backprop trains amortised predictions as the feedforward net they are, and
// error coordinates leave them out.
func TestAmortisedElsewhere(t *testing.T) {
	net := newNetwork(t, hybrid(true), f64)
	s, err := net.BackpropSession(1, graph.Roles{Clamped: []string{"x", "y"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string][]float64{"x": {1, 2, 3, 4}, "y": {1, -1}} {
		if err := s.ClampFloat64(name, v); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Learn(); err != nil {
		t.Fatal(err)
	}
	p, err := net.Param("h<x/weight")
	if err != nil {
		t.Fatal(err)
	}
	if g := p.Grads().Float64(); relax.Float64(g).MaxAbs() == 0 {
		t.Error("backprop leaves the amortised weights without a gradient")
	}
	session, errs := newErrors(t, hybrid(true), graph.Roles{Clamped: []string{"x"}}, graph.Compiled{})
	if err := errs.Load(); err != nil {
		t.Fatal(err)
	}
	want, got := make([]float64, 2), make([]float64, 2)
	evaluate(t, session, want)
	evaluate(t, errs, got)
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-12 {
			t.Errorf("%s in error coordinates: got %v, want %v", session.Terms()[i], got[i], want[i])
		}
	}
	checkErrorGradient(t, errs, got)
}
