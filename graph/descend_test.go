package graph_test

import (
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
)

// steppers counts the steps that the compiled engine takes in one pass.
type steppers struct {
	graph.Compiled
	steps *int
}

func (e steppers) Compile(m graph.Module) (graph.Executable, error) {
	x, err := e.Compiled.Compile(m)
	if err != nil {
		return nil, err
	}
	return &stepper{x, x.(graph.Stepper), e.steps}, nil
}

type stepper struct {
	graph.Executable
	inner graph.Stepper
	steps *int
}

func (s *stepper) Step(job int, size float64) error {
	*s.steps++
	return s.inner.Step(job, size)
}

// relax.Run on a session evaluates and steps in one pass where the engine can, and
// on every engine ends where an evaluation and a step of Euler's in turn end.
func TestSessionDescends(t *testing.T) {
	d := graph.Declaration{
		Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{3}}, {Name: "h", Shape: graph.Shape{4}}, {Name: "y", Shape: graph.Shape{2}}},
		Predictions: []graph.Prediction{
			{Of: "h", From: []string{"x"}, Layer: layers.Dense{Out: 4}},
			{Of: "y", From: []string{"h"}, Layer: layers.Sequential{layers.Tanh{}, layers.Dense{Out: 2}}},
		},
	}
	steps := 0
	for name, c := range map[string]struct {
		engine graph.Engine
		fused  int
	}{"compiled": {steppers{steps: &steps}, 7}, "tape": {graph.Tape{}, 0}} {
		steps = 0
		net, err := graph.New(d, graph.Settings{Engine: c.engine})
		if err != nil {
			t.Fatal(err)
		}
		var ends [2][]float32
		for i, settings := range []relax.Settings{
			{Steps: 7, Control: relax.Constant{Size: 0.1}},
			{Steps: 7, Control: relax.Constant{Size: 0.1}, Recorder: &relax.Trace{WithGradNorms: true}}, // which wants the gradient
		} {
			s, err := net.Session(2, graph.Roles{Clamped: []string{"x", "y"}})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Clamp("x", []float32{1, 2, 3, -1, 0, 1}); err != nil {
				t.Fatal(err)
			}
			if err := s.Clamp("y", []float32{1, -1, 0.5, 2}); err != nil {
				t.Fatal(err)
			}
			if err := s.Initialize(graph.Start{}, nil); err != nil {
				t.Fatal(err)
			}
			if _, err := relax.Run(t.Context(), s, settings); err != nil {
				t.Fatal(err)
			}
			ends[i] = append(ends[i], s.Activities()[0].X.Float32()...)
		}
		if steps != c.fused {
			t.Errorf("%s: got %d steps in one pass, want %d", name, steps, c.fused)
		}
		for i, x := range ends[0] {
			if x != ends[1][i] {
				t.Errorf("%s: unit %d, got %v, want %v, bit for bit", name, i, x, ends[1][i])
			}
		}
	}
}
