package graph_test

import (
	"testing"

	"github.com/seed-be841da4/prospect/graph"
)

// TestNothingToReadYet: before a feedforward pass there is no state, and whoever
// reads it gets an error and no zeros.
func TestNothingToReadYet(t *testing.T) {
	net := newNetwork(t, chain(), f64)
	s := newSession(t, net, 2, graph.Roles{Clamped: []string{"x", "y"}})
	clamp(t, s, "x", []float64{1, 2, 3, 4, 5, 6})
	clamp(t, s, "y", []float64{1, 0, 0, 1})
	e, err := s.ErrorCoordinates()
	if err != nil {
		t.Fatal(err)
	}
	energies := make([]float64, 2)
	readers := map[string]func() error{
		"Activity":       func() error { _, err := s.Activity("h"); return err },
		"Activity of x":  func() error { _, err := s.Activity("x"); return err },
		"SampleEnergies": func() error { return s.SampleEnergies(make([]float64, 4)) },
		"Errors.Load":    e.Load,
		"Errors.Store":   e.Store,
	}
	for name, read := range readers {
		mentions(t, read(), "Initialize")
		if t.Failed() {
			t.Fatalf("%s before Initialize", name)
		}
	}
	if err := s.Initialize(graph.Start{}, nil); err != nil {
		t.Fatal(err)
	}
	for name, read := range readers {
		if err := read(); err != nil {
			t.Errorf("%s after Initialize: %v", name, err)
		}
	}
	held := func(s *graph.Session) []float64 {
		t.Helper()
		h, err := s.Activity("h")
		if err != nil {
			t.Fatal(err)
		}
		return values(h)
	}
	own := newSession(t, net, 1, graph.Roles{Clamped: []string{"x", "y"}})
	h, err := own.View("h") // which sets the state by hand
	if err != nil {
		t.Fatal(err)
	}
	h.Fill(1)
	if got := held(own); got[0] != 1 {
		t.Errorf("h, got %v, want what was written", got)
	}
	if _, err := own.Evaluate(energies); err != nil {
		t.Error(err)
	}
	zero := newSession(t, net, 1, graph.Roles{Clamped: []string{"x", "y"}})
	if _, err := zero.Evaluate(energies); err != nil { // the energy of zeros is one like any other
		t.Error(err)
	}
	if got := held(zero); got[0] != 0 {
		t.Errorf("h, got %v, want the zeros that the energy was of", got)
	}
	written := newSession(t, net, 1, graph.Roles{Clamped: []string{"x", "y"}})
	written.Activities()[0].X.Set(0, 2) // so does who writes where relaxation starts
	if got := held(written); got[0] != 2 {
		t.Errorf("h, got %v, want what was written", got)
	}
	_, err = own.View("nothing")
	mentions(t, err, "nothing")
}
