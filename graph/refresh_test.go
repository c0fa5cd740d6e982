package graph_test

import (
	"testing"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
)

// spy is the tape engine with a count of its calls.
type spy struct {
	graph.Tape
	inputs, parameters int // refreshes without and with parameters
	runs               int
	err                error
}

type spyExecutable struct {
	graph.Executable
	*spy
}

func (e *spy) Compile(m graph.Module) (graph.Executable, error) {
	if e.err != nil {
		return nil, e.err
	}
	x, err := e.Tape.Compile(m)
	return spyExecutable{x, e}, err
}

func (x spyExecutable) Refresh(parameters bool) error {
	if parameters {
		x.parameters++
	} else {
		x.inputs++
	}
	return x.Executable.Refresh(parameters)
}

func (x spyExecutable) Run(job int) error {
	x.runs++
	return x.Executable.Run(job)
}

// The engine is told before the next run if data, a coefficient or a parameter
// changed, and never because a free activity moved.
func TestRefresh(t *testing.T) {
	engine := &spy{}
	settings := f64
	settings.Engine = engine
	net := newNetwork(t, chain(), settings)
	s := newSession(t, net, 1, graph.Roles{Clamped: []string{"x", "y"}})
	other := newSession(t, net, 1, graph.Roles{Clamped: []string{"x", "y"}})
	if _, err := s.View("h"); err != nil { // there is no pass
		t.Fatal(err)
	}
	inputs, parameters := 0, 0
	for _, step := range []struct {
		name               string
		change             func() error
		inputs, parameters int
	}{
		{"nothing yet", func() error { return nil }, 0, 1}, // the first run
		{"nothing", func() error { return nil }, 0, 0},
		{"free activity", func() error { s.Activities()[0].X.Fill(2); return nil }, 0, 0},
		{"data", func() error { return s.Clamp("x", []float32{1, 2, 3}) }, 1, 0},
		{"coefficient", func() error { return s.SetCoefficient("y", 0.5) }, 1, 0},
		{"parameters", func() error { net.ParamsChanged(); return nil }, 0, 1},
		{"data of another session", func() error { return other.Clamp("x", []float32{1, 2, 3}) }, 0, 0},
		{"rejected data", func() error { _ = s.Clamp("x", nil); return nil }, 0, 0},
		{"both at once", func() error { net.ParamsChanged(); return s.Clamp("y", []float32{1, 2}) }, 0, 1},
	} {
		if err := step.change(); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := s.Evaluate(make([]float64, 2)); err != nil {
				t.Fatal(err)
			}
		}
		inputs, parameters = inputs+step.inputs, parameters+step.parameters
		if engine.inputs != inputs || engine.parameters != parameters {
			t.Fatalf("%s: got %d and %d refreshes without and with parameters, want %d and %d",
				step.name, engine.inputs, engine.parameters, inputs, parameters)
		}
	}
	if engine.runs != 18 {
		t.Errorf("runs: got %d, want 18", engine.runs)
	}
	if _, err := other.View("h"); err != nil {
		t.Fatal(err)
	}
	engine.err = errors.New("no room")
	if _, err := other.Learn(make([]float64, 2)); !errors.Is(err, engine.err) {
		t.Errorf("got %v, want the engine's error", err)
	}
}

// A changed parameter takes effect in every session at its next run.
func TestParametersTakeEffectEverywhere(t *testing.T) {
	net := newNetwork(t, chain(), f64)
	s := newSession(t, net, 1, graph.Roles{Clamped: []string{"x"}, Outputs: []string{"y"}})
	clamp(t, s, "x", []float64{1, 2, 3})
	initialize(t, s)
	p, err := net.Param("y/1/bias")
	if err != nil {
		t.Fatal(err)
	}
	before := activity(t, s, "y")
	v := p.Values().Float64()
	v[0]++
	net.ParamsChanged()
	initialize(t, s)
	near(t, "y", activity(t, s, "y"), []float64{before[0] + 1, before[1]}, 1e-14)
}
