package graph_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
)

// errorNetworks are networks with everything that error coordinates treat
// differently: energies of every sort, skips, a node predicted twice, a cycle, a
// node that nothing predicts, priors, an output left out.
func errorNetworks() map[string]struct {
	d graph.Declaration
	r graph.Roles
} {
	h := func(out int) graph.Layer { return layers.Sequential{layers.Tanh{}, layers.Dense{Out: out}} }
	type network = struct {
		d graph.Declaration
		r graph.Roles
	}
	return map[string]network{
		"chain": {graph.Declaration{
			Nodes: []graph.Node{
				{Name: "x", Shape: graph.Shape{3}},
				{Name: "a", Shape: graph.Shape{4}},
				{Name: "b", Shape: graph.Shape{1}},
				{Name: "c", Shape: graph.Shape{5}},
				{Name: "y", Shape: graph.Shape{2}},
			},
			Predictions: []graph.Prediction{
				{Of: "a", From: []string{"x"}, Layer: layers.Dense{Out: 4}},
				{Of: "b", From: []string{"a"}, Layer: h(1), Energy: energy.Gaussian{Precision: 2}},
				{Of: "c", From: []string{"b"}, Layer: h(5), Energy: energy.Huber{}},
				{Of: "y", From: []string{"c"}, Layer: h(2), Energy: energy.CrossEntropy{}},
			},
		}, graph.Roles{Clamped: []string{"x", "y"}}},
		"tangled": {graph.Declaration{
			Nodes: []graph.Node{
				{Name: "x", Shape: graph.Shape{3}},
				{Name: "top", Shape: graph.Shape{2}, Prior: energy.L2{Weight: 0.5}},
				{Name: "a", Shape: graph.Shape{4}, Prior: energy.L1{Weight: 0.1}},
				{Name: "b", Shape: graph.Shape{3}},
				{Name: "c", Shape: graph.Shape{3}},
				{Name: "out", Shape: graph.Shape{2}},
			},
			Predictions: []graph.Prediction{
				{Of: "a", From: []string{"x", "top"}, Layer: layers.Sum{layers.Dense{Out: 4}, layers.Dense{Out: 4}}, Energy: energy.Gaussian{Learned: energy.LearnedUnits}},
				{Of: "b", From: []string{"a"}, Layer: h(3)},
				{Of: "b", From: []string{"top"}, Layer: h(3), Energy: energy.Laplace{}},
				{Of: "c", From: []string{"b", "c"}, Layer: layers.Sum{h(3), h(3)}},
				{Of: "b", From: []string{"c"}, Layer: h(3)},
				{Of: "out", From: []string{"c"}, Layer: h(2)},
			},
		}, graph.Roles{Clamped: []string{"x"}, Outputs: []string{"out"}}},
	}
}

// newErrors declares a network of float64, clamps random data and disturbs the
// activities.
func newErrors(t *testing.T, d graph.Declaration, r graph.Roles, engine graph.Engine) (*graph.Session, *graph.ErrorCoordinates) {
	t.Helper()
	net, err := graph.New(d, graph.Settings{Precision: graph.Float64, Seed: 5, Engine: engine})
	if err != nil {
		t.Fatal(err)
	}
	s, err := net.Session(3, r)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, name := range r.Clamped {
		n, err := net.Node(name)
		if err != nil {
			t.Fatal(err)
		}
		data := make([]float64, 3*n.Shape.Size())
		for i := range data {
			data[i] = rng.Float64()
		}
		if name == "y" { // rows of two, which a cross-entropy wants to be distributions
			for i := 0; i < len(data); i += 2 {
				data[i+1] = 1 - data[i]
			}
		}
		if err := s.ClampFloat64(name, data); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Initialize(graph.Start{Std: 1}, rng); err != nil {
		t.Fatal(err)
	}
	for _, a := range s.Activities() {
		for i := range a.X.Len() {
			a.X.Set(i, a.X.At(i)+rng.NormFloat64())
		}
	}
	e, err := s.ErrorCoordinates()
	if err != nil {
		t.Fatal(err)
	}
	return s, e
}

// The energies equal the activities', term by term, and the gradient is
// their derivative.
func TestErrorCoordinates(t *testing.T) {
	for name, n := range errorNetworks() {
		for _, engine := range []graph.Engine{graph.Tape{}, graph.Compiled{}} {
			t.Run(fmt.Sprint(name, "/", engine.Name()), func(t *testing.T) {
				s, e := newErrors(t, n.d, n.r, engine)
				want := make([]float64, len(s.Terms()))
				got := make([]float64, len(s.Terms()))
				evaluate(t, s, want)
				if err := e.Load(); err != nil {
					t.Fatal(err)
				}
				before := map[string][]float64{}
				for _, a := range s.Activities() {
					before[a.Name] = append([]float64(nil), a.X.Float64()...)
				}
				evaluate(t, e, got)
				for k, term := range s.Terms() {
					if !(math.Abs(got[k]-want[k]) <= 1e-12*math.Max(1, want[k])) {
						t.Errorf("%s: got energy %.15g, want %.15g", term, got[k], want[k])
					}
				}
				if err := e.Store(); err != nil {
					t.Fatal(err)
				}
				for _, a := range s.Activities() {
					for i, x := range before[a.Name] {
						if math.Abs(a.X.At(i)-x) > 1e-14*math.Max(1, math.Abs(x)) {
							t.Errorf("%s[%d]: came back as %v, was %v", a.Name, i, a.X.At(i), x)
						}
					}
				}
				checkErrorGradient(t, e, got)
			})
		}
	}
}

func evaluate(t *testing.T, p relax.Problem, energies []float64) float64 {
	t.Helper()
	total, err := p.Evaluate(energies)
	if err != nil {
		t.Fatal(err)
	}
	return total
}

func checkErrorGradient(t *testing.T, e *graph.ErrorCoordinates, energies []float64) {
	t.Helper()
	const h = 1e-6
	for _, a := range e.Activities() {
		evaluate(t, e, energies)
		grad := append([]float64(nil), a.Grad.Float64()...)
		for i := range a.X.Len() {
			old := a.X.At(i)
			a.X.Set(i, old+h)
			up := evaluate(t, e, energies)
			a.X.Set(i, old-h)
			down := evaluate(t, e, energies)
			a.X.Set(i, old)
			if want := (up - down) / (2 * h); math.Abs(grad[i]-want) > 1e-5*math.Max(1, a.Grad.MaxAbs()) {
				t.Errorf("∂E/∂%s[%d]: got %.9g, finite difference %.9g", a.Name, i, grad[i], want)
			}
		}
	}
}

// Both coordinates have one minimum. In errors a deep chain takes a handful of
// evaluations where the activities take thousands, and the certificate holds.
func TestErrorsReachTheMinimumOfTheActivities(t *testing.T) {
	const depth, width = 24, 6
	d := graph.Declaration{Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{width}}}}
	for i := range depth {
		name, from := fmt.Sprintf("h%d", i+1), fmt.Sprintf("h%d", i)
		if i == 0 {
			from = "x"
		}
		d.Nodes = append(d.Nodes, graph.Node{Name: name, Shape: graph.Shape{width}})
		d.Predictions = append(d.Predictions, graph.Prediction{
			Of: name, From: []string{from}, Layer: layers.Dense{Out: width, NoBias: true, Weight: layers.XavierNormal{}},
		})
	}
	roles := graph.Roles{Clamped: []string{"x", fmt.Sprintf("h%d", depth)}}
	s, e := newErrors(t, d, roles, graph.Compiled{})
	slow, err := relax.Run(t.Context(), s, relax.Settings{Steps: 200000, Control: relax.Constant{Size: 0.3}, Stop: relax.GradientNorm{Tolerance: 1e-8}})
	if err != nil || slow.Status != relax.Converged {
		t.Fatal(slow, err)
	}
	const gap = 1e-9
	if err := s.Initialize(graph.Start{}, nil); err != nil {
		t.Fatal(err)
	}
	e.Reset()
	fast, err := relax.Run(t.Context(), e, relax.Settings{
		Steps: 100, Solver: &relax.LBFGS{}, Control: relax.Armijo{Initial: 1}, Stop: relax.EnergyGap{Tolerance: gap},
	})
	if err != nil || fast.Status != relax.Converged {
		t.Fatal(fast, err)
	}
	t.Logf("%d evaluations in the activities, %d in the errors", slow.Evaluations, fast.Evaluations)
	if fast.Evaluations > 60 || 20*fast.Evaluations > slow.Evaluations {
		t.Errorf("got %d evaluations in errors and %d in activities", fast.Evaluations, slow.Evaluations)
	}
	if off := fast.Energy - slow.Energy; off < -1e-9 || off > 3*gap {
		t.Errorf("energy %v is %g above the minimum, certified to %g for each of 3 samples", fast.Energy, off, gap)
	}
	if err := e.Store(); err != nil {
		t.Fatal(err)
	}
	energies := make([]float64, len(s.Terms()))
	if got := evaluate(t, s, energies); math.Abs(got-fast.Energy) > 1e-12 {
		t.Errorf("stored activities have energy %v, want %v", got, fast.Energy)
	}
}

// In error coordinates of a linear network one step of Newton's method ends at the
// minimum, in as many iterations as there are clamped units that are predicted, and one
// more, at any depth.
func TestNewtonInErrors(t *testing.T) {
	for _, depth := range []int{2, 8, 32} {
		d := graph.Declaration{Nodes: []graph.Node{node("x", 4)}}
		for i := range depth {
			name := fmt.Sprint("h", i)
			d.Nodes = append(d.Nodes, node(name, 4))
			d.Predictions = append(d.Predictions, graph.Prediction{Of: name, From: []string{d.Nodes[i].Name}, Layer: layers.Dense{Out: 4, Weight: layers.Orthogonal{}}})
		}
		d.Nodes = append(d.Nodes, node("y", 3))
		d.Predictions = append(d.Predictions, graph.Prediction{Of: "y", From: []string{d.Nodes[depth].Name}, Layer: layers.Dense{Out: 3}})
		s := newSession(t, newNetwork(t, d, f64), 2, graph.Roles{Clamped: []string{"x", "y"}})
		clamp(t, s, "x", []float64{1, 2, -1, 0.5, -2, 1, 0.3, 1})
		clamp(t, s, "y", []float64{1, 2, 3, -1, 0, 2})
		initialize(t, s)
		e, err := s.ErrorCoordinates()
		if err != nil {
			t.Fatal(err)
		}
		e.Reset()
		r, err := relax.Run(t.Context(), e, relax.Settings{Steps: 1, Solver: &relax.Newton{Forcing: 1e-6}, Control: relax.Constant{Size: 1}})
		if err != nil || r.GradNorm > 1e-4 || r.Evaluations > 3+1+2 {
			t.Errorf("depth %d: got %+v, %v", depth, r, err)
		}
	}
}
