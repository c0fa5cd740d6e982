package layers_test

import (
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/pjrt"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
	_ "github.com/seed-be841da4/prospect/xla"
)

// cutDeclaration predicts y from a by two paths, the second of which is cut: by a
// StopGradient, or by reading a node c of its own.
func cutDeclaration(stop bool) graph.Declaration {
	path := func(l ...graph.Layer) graph.Layer {
		return append(layers.Sequential(l), layers.Tanh{}, layers.Dense{Out: 3})
	}
	d := graph.Declaration{
		Nodes: []graph.Node{{Name: "a", Shape: graph.Shape{4}}, {Name: "y", Shape: graph.Shape{3}}},
		Predictions: []graph.Prediction{
			{Of: "y", From: []string{"a"}, Layer: layers.Residual{Body: path(), Skip: path(layers.StopGradient{})}},
		},
	}
	if !stop {
		d.Nodes = append(d.Nodes, graph.Node{Name: "c", Shape: graph.Shape{4}})
		d.Predictions[0].From = []string{"a", "c"}
		d.Predictions[0].Layer = layers.Sum{path(), path()}
	}
	return d
}

// cutSession returns a session with fixed activities and parameters.
func cutSession(t *testing.T, e graph.Engine, stop bool) *graph.Session {
	t.Helper()
	net, err := graph.New(cutDeclaration(stop), graph.Settings{Precision: graph.Float64, Engine: e})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range net.Params() {
		r := rand.New(rand.NewPCG(uint64(len(p.Value.Shape())), 5)) // those of both paths differ below
		values := make([]float64, p.Values().Len())
		for i := range values {
			values[i] = r.NormFloat64()
		}
		if strings.Contains(p.Name, "skip") || strings.Contains(p.Name, "/1/") {
			for i := range values {
				values[i] *= -0.7
			}
		}
		if err := p.SetValues(relax.Float64(values)); err != nil {
			t.Fatal(err)
		}
	}
	s, err := net.Session(2, graph.Roles{})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(7, 8))
	a := make([]float64, 8)
	for i := range a {
		a[i] = r.NormFloat64()
	}
	for _, name := range []string{"a", "y", "c"} {
		v, err := s.View(name)
		if err != nil {
			continue // there is no c
		}
		for i := range v.Len() {
			v.Set(i, a[i]*map[string]float64{"a": 1, "c": 1, "y": 0.5}[name])
		}
	}
	return s
}

// The gradient with a StopGradient is the derivative of the energy with what is behind
// it held, by finite differences, and no other: of the activity the other path alone, of
// the parameters both. Every engine.
func TestXLAStopGradientCutsOnePath(t *testing.T) {
	engines := map[string]graph.Engine{"tape": graph.Tape{}, "compiled": graph.Compiled{Threads: 1}}
	if len(pjrt.Find()) > 0 {
		if os.Getenv("XLA_FLAGS") == "" {
			t.Setenv("XLA_FLAGS", "--xla_backend_optimization_level=0")
		}
		engines["xla"] = graph.XLA{}
	}
	for name, e := range engines {
		t.Logf("on %s", name)
		s, held := cutSession(t, e, true), cutSession(t, graph.Tape{}, false)
		energies := make([]float64, 1)
		got, err := s.Evaluate(energies)
		if err != nil {
			t.Fatal(err)
		}
		energy := func() float64 {
			e, err := held.Evaluate(energies)
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		if want := energy(); math.Abs(got-want) > 1e-12 {
			t.Errorf("%s: energy %v, want %v: it is no identity", name, got, want)
		}
		central := func(set func(x float64), x float64) float64 {
			const h = 1e-5
			set(x + h)
			up := energy()
			set(x - h)
			down := energy()
			set(x)
			return (up - down) / (2 * h)
		}
		a, err := held.View("a")
		if err != nil {
			t.Fatal(err)
		}
		c, err := held.View("c")
		if err != nil {
			t.Fatal(err)
		}
		lost := 0.0
		for i := range a.Len() {
			if got, want := s.Activities()[0].Grad.At(i), central(func(x float64) { a.Set(i, x) }, a.At(i)); math.Abs(got-want) > 1e-8 {
				t.Errorf("%s: ∂E/∂a[%d], got %v, want %v", name, i, got, want)
			}
			lost = max(lost, math.Abs(central(func(x float64) { c.Set(i, x) }, c.At(i))))
		}
		if lost < 0.1 {
			t.Fatalf("the path that is cut has derivatives of %v: the test shows nothing", lost)
		}
		if _, err := s.Learn(energies); err != nil {
			t.Fatal(err)
		}
		params := held.Network().Params()
		for k, p := range s.Network().Params() {
			for i := range p.Grads().Len() {
				values := params[k].Value.Data().([]float64)
				want := central(func(x float64) {
					values[i] = x
					held.Network().ParamsChanged()
				}, values[i])
				if got := p.Grads().At(i); math.Abs(got-want) > 1e-8 {
					t.Errorf("%s: ∂E/∂%s[%d], got %v, want %v", name, p.Name, i, got, want)
				}
			}
		}
	}
}

// Where only a cut path leads to parameters, they are an error.
func TestStopGradientBehindParameters(t *testing.T) {
	_, err := graph.New(graph.Declaration{
		Nodes:       []graph.Node{{Name: "x", Shape: graph.Shape{2}}, {Name: "y", Shape: graph.Shape{2}}},
		Predictions: []graph.Prediction{{Of: "y", From: []string{"x"}, Layer: layers.Sequential{layers.Dense{Out: 2}, layers.StopGradient{}}}},
	}, graph.Settings{})
	if err == nil || !strings.Contains(err.Error(), "only before a stop of the gradient") {
		t.Errorf("got %v", err)
	}
}

// Backprop stops there too.
func TestStopGradientInBackprop(t *testing.T) {
	dense := layers.Sequential{layers.StopGradient{}, layers.Tanh{}, layers.Dense{Out: 2}}
	net, err := graph.New(graph.Declaration{
		Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{2}}, {Name: "h", Shape: graph.Shape{2}}, {Name: "y", Shape: graph.Shape{2}}},
		Predictions: []graph.Prediction{
			{Of: "h", From: []string{"x"}, Layer: layers.Dense{Out: 2}},
			{Of: "y", From: []string{"h"}, Layer: dense},
		},
	}, graph.Settings{Precision: graph.Float64})
	if err != nil {
		t.Fatal(err)
	}
	b := &train.Batch{Size: 1, Values: map[string][]float32{"x": {1, -2}, "y": {1, 1}}}
	if _, err := (&train.Backprop{}).Gradients(t.Context(), net, b); err != nil {
		t.Fatal(err)
	}
	for _, p := range net.Params() {
		if zero := p.Grads().MaxAbs() == 0; zero != strings.HasPrefix(p.Name, "h/") {
			t.Errorf("gradient of %s: zero is %v", p.Name, zero)
		}
	}
}

// Relaxations in errors and in activities end in
// the same state, which is where the cut gradient is 0.
func TestStopGradientInChains(t *testing.T) {
	dense := func(out int) graph.Layer { return layers.Sequential{layers.Tanh{}, layers.Dense{Out: out}} }
	d := graph.Declaration{
		Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{3}}, {Name: "h", Shape: graph.Shape{4}}, {Name: "g", Shape: graph.Shape{4}}, {Name: "y", Shape: graph.Shape{2}}},
		Predictions: []graph.Prediction{
			{Of: "h", From: []string{"x"}, Layer: dense(4)},
			{Of: "g", From: []string{"h"}, Layer: layers.Residual{Body: dense(4), Skip: layers.StopGradient{}}},
			{Of: "y", From: []string{"g"}, Layer: dense(2)},
		},
	}
	net, err := graph.New(d, graph.Settings{Precision: graph.Float64, Seed: 4})
	if err != nil {
		t.Fatal(err)
	}
	s, err := net.Session(1, graph.Roles{Clamped: []string{"x", "y"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string][]float64{"x": {1, -1, 0.5}, "y": {2, -2}} {
		if err := s.ClampFloat64(name, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Initialize(graph.Start{}, nil); err != nil {
		t.Fatal(err)
	}
	var ends [2][]float64
	for i := range ends {
		var p relax.Problem = s
		if i == 1 {
			if err := s.Initialize(graph.Start{}, nil); err != nil {
				t.Fatal(err)
			}
			e, err := s.ErrorCoordinates()
			if err != nil {
				t.Fatal(err)
			}
			e.Reset()
			p = e
		}
		r, err := relax.Run(t.Context(), p, relax.Settings{Steps: 5000, Control: relax.Constant{Size: 0.1}, Stop: relax.GradientNorm{Tolerance: 1e-11}})
		if err != nil || r.Status != relax.Converged {
			t.Fatal(r, err)
		}
		if e, ok := p.(*graph.ErrorCoordinates); ok {
			if err := e.Store(); err != nil {
				t.Fatal(err)
			}
		}
		for _, a := range s.Activities() {
			ends[i] = a.X.AppendTo(ends[i])
		}
	}
	for i, want := range ends[0] {
		if math.Abs(ends[1][i]-want) > 1e-9 {
			t.Errorf("activity %d: %v in errors, %v in activities", i, ends[1][i], want)
		}
	}
}

// No gap is certified where a gradient is stopped; without it one is.
func TestStopGradientHasNoCertificate(t *testing.T) {
	for _, stop := range []bool{true, false} {
		s := cutSession(t, graph.Compiled{Threads: 1}, stop)
		d, err := relax.NewDriver(s, relax.Settings{Steps: 3, Control: relax.Constant{Size: .1}, Stop: relax.RelativeGap{Tolerance: 1e-3}})
		if err == nil {
			_, err = d.Run(t.Context())
		}
		if refused := err != nil && strings.Contains(err.Error(), "StopGradient"); refused != stop {
			t.Errorf("stop gradient %t: got %v, want that it is refused %t", stop, err, stop)
		}
	}
}
