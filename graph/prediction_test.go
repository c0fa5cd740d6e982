package graph_test

import (
	"math"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// Predictions and errors are those of the current activities, by both engines.
func TestPrediction(t *testing.T) {
	for _, engine := range []graph.Engine{graph.Compiled{}, graph.Tape{}} {
		net, err := graph.New(graph.Declaration{
			Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{2}}, {Name: "h", Shape: graph.Shape{2}}, {Name: "y", Shape: graph.Shape{1}}},
			Predictions: []graph.Prediction{
				{Name: "up", Of: "h", From: []string{"x"}, Layer: layers.Dense{Out: 2, NoBias: true, Weight: layers.Values{1, 2, 3, 4}}},
				{Name: "same", Of: "h", From: []string{"x"}, Layer: layers.Identity{}},
				{Of: "y", From: []string{"h"}, Layer: layers.Sequential{layers.Tanh{}, layers.Dense{Out: 1, NoBias: true, Weight: layers.Values{1, -1}}}, Energy: energy.Bernoulli{}},
			},
		}, graph.Settings{Engine: engine, Precision: graph.Float64})
		if err != nil {
			t.Fatal(err)
		}
		s, err := net.Session(2, graph.Roles{Clamped: []string{"x", "y"}})
		if err != nil {
			t.Fatal(err)
		}
		for node, v := range map[string][]float64{"x": {1, -1, 0.5, 2}, "y": {1, 0}} {
			if err := s.ClampFloat64(node, v); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Initialize(graph.Start{}, nil); err != nil {
			t.Fatal(err)
		}
		h, err := s.Activity("h")
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time with other activities
			check := func(what string, got []float64, err error, want ...float64) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
				for i := range want {
					if math.Abs(got[i]-want[i]) > 1e-12 {
						t.Errorf("%T: %s, got %v, want %v", engine, what, got, want)
						return
					}
				}
			}
			up, err := s.Prediction("up")
			check("up", up.Float64(), err, -2, -2, 6.5, 9)
			same, err := s.Prediction("same")
			check("same", same.Float64(), err, 1, -1, 0.5, 2)
			y, err := s.Prediction("y")
			check("y", y.Float64(), err, math.Tanh(h.At(0))-math.Tanh(h.At(1)), math.Tanh(h.At(2))-math.Tanh(h.At(3)))
			e, err := s.Error("up")
			check("error", e.Float64(), err, h.At(0)+2, h.At(1)+2, h.At(2)-6.5, h.At(3)-9)
			for i := range h.Len() {
				h.Set(i, 0.1*float64(i+1))
			}
		}
		for want, f := range map[string]func() error{
			`prediction "z": not found; the predictions are "up", "same", "y"`: func() error { _, err := s.Prediction("z"); return err },
			`prediction "w": not found`:                                        func() error { _, err := s.Error("w"); return err },
			"energy.Bernoulli has a link between":                              func() error { _, err := s.Error("y"); return err },
		} {
			if err := f(); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %s", err, want)
			}
		}
	}
}
