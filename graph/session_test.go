package graph_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
)

func TestClampErrors(t *testing.T) {
	net := newNetwork(t, chain(), graph.Settings{})
	roles := graph.Roles{Clamped: []string{"x", "y"}}
	s := newSession(t, net, 2, roles)
	bp, err := net.BackpropSession(2, roles)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Clamp("x", []float32{1, 2, 3, 4, 5, 6}); err != nil {
		t.Fatal(err)
	}
	with := func(v float64) []float64 { return []float64{9, 9, 9, 9, v, 9} }
	tests := []struct {
		name, node string
		data       []float64
		want       []string
	}{
		{"unknown", "z", with(0), []string{`"z"`, `"x", "h", "y"`}},
		{"free", "h", make([]float64, 8), []string{`"h"`, "not clamped", "Roles.Clamped"}},
		{"too few", "x", make([]float64, 5), []string{`"x"`, "got 5", "want 6", "batch 2", "[3]"}},
		{"too many", "x", make([]float64, 7), []string{`"x"`, "got 7", "want 6"}},
		{"none", "x", nil, []string{`"x"`, "got 0", "want 6"}},
		{"NaN", "x", with(math.NaN()), []string{`"x"`, "sample 1, unit 1", "NaN"}},
		{"infinite", "x", with(math.Inf(-1)), []string{`"x"`, "sample 1, unit 1", "-Inf"}},
		{"beyond float32", "x", with(1e300), []string{`"x"`, "sample 1, unit 1", "1e+300", "f32"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			mentions(t, s.ClampFloat64(tt.node, tt.data), tt.want...)
			mentions(t, bp.ClampFloat64(tt.node, tt.data), tt.want...)
			if tt.name == "beyond float32" {
				return
			}
			data := make([]float32, len(tt.data))
			for i, v := range tt.data {
				data[i] = float32(v)
			}
			mentions(t, s.Clamp(tt.node, data), tt.want...)
			mentions(t, bp.Clamp(tt.node, data), tt.want...)
		})
	}
	near(t, "x after rejected data", activity(t, s, "x"), []float64{1, 2, 3, 4, 5, 6}, 0)
	_, err = s.Activity("z")
	mentions(t, err, `"z"`)
}

func TestCoefficients(t *testing.T) {
	d := chain()
	d.Nodes[1].Prior = energy.L2{Weight: 1}
	net := newNetwork(t, d, f64)
	s := newSession(t, net, 1, graph.Roles{Clamped: []string{"x", "y"}})
	clamp(t, s, "x", []float64{1, 2, 3})
	clamp(t, s, "y", []float64{-1, 4})
	initialize(t, s)
	e := make([]float64, 3)
	if _, err := s.Evaluate(e); err != nil {
		t.Fatal(err)
	}
	before, grad := slices.Clone(e), values(s.Activities()[0].Grad)
	for term, c := range map[string]float64{"y": 0.25, "prior(h)": -2} {
		if err := s.SetCoefficient(term, c); err != nil {
			t.Fatal(err)
		}
	}
	total, err := s.Evaluate(e)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "energies", e, []float64{before[0], before[1] / 4, before[2] * -2}, 1e-14)
	near(t, "total", []float64{total}, []float64{e[0] + e[1] + e[2]}, 1e-14)
	// At the feedforward values the first term has no gradient, and the prior's is h.
	h := activity(t, s, "h")
	for i := range grad {
		grad[i] = (grad[i]-h[i])/4 - 2*h[i]
	}
	near(t, "gradient", values(s.Activities()[0].Grad), grad, 1e-14)

	mentions(t, s.SetCoefficient("z", 1), `"z"`, `["h" "y" "prior(h)"]`)
	for _, c := range []float64{math.NaN(), math.Inf(1)} {
		mentions(t, s.SetCoefficient("y", c), `"y"`, "finite")
	}
	_, err = s.Evaluate(make([]float64, 2))
	mentions(t, err, "got room for 2", "want 3", "Terms()")
	_, err = s.Learn(make([]float64, 4))
	mentions(t, err, "got room for 4", "want 3")
}

// Nodes without a feedforward prediction start at 0, or at random with the
// standard deviation asked for.
func TestStart(t *testing.T) {
	const std = 0.05
	net := newNetwork(t, graph.Declaration{
		Nodes:       []graph.Node{node("latent", 50), node("image", 2)},
		Predictions: []graph.Prediction{dense("image", 2, "latent")},
	}, f64)
	s := newSession(t, net, 40, graph.Roles{Clamped: []string{"image"}})
	start := func(seed uint64) []float64 {
		if err := s.Initialize(graph.Start{Std: std}, rand.New(rand.NewPCG(seed, 0))); err != nil {
			t.Fatal(err)
		}
		return activity(t, s, "latent")
	}
	first := start(1)
	sum, squares := 0.0, 0.0
	for _, v := range first {
		sum += v
		squares += v * v
	}
	n := float64(len(first)) // 2000, so the bounds below are five standard errors
	if mean := sum / n; math.Abs(mean) > 5*std/math.Sqrt(n) {
		t.Errorf("mean: got %g, want about 0", mean)
	}
	if got := math.Sqrt(squares / n); math.Abs(got-std) > 5*std/math.Sqrt(2*n) {
		t.Errorf("standard deviation: got %g, want about %g", got, std)
	}
	if !slices.Equal(start(1), first) || slices.Equal(start(2), first) {
		t.Error("the start does not depend on the random source alone")
	}
	initialize(t, s)
	near(t, "start without Std", activity(t, s, "latent"), make([]float64, 2000), 0)
	mentions(t, s.Initialize(graph.Start{Std: std}, nil), "Start.Std", "nil")
}

// No program writes into what it reads: data, free activities, parameters.
func TestRunsLeaveInputsAlone(t *testing.T) {
	net := newNetwork(t, tangled(), f64)
	s := newSession(t, net, 3, graph.Roles{Clamped: []string{"a", "b", "y"}})
	rng := rand.New(rand.NewPCG(2, 2))
	for _, in := range tangledInputs {
		clamp(t, s, in.name, randn(rng, 3*in.size))
	}
	initialize(t, s)
	for _, a := range s.Activities() {
		for i := range a.X.Len() {
			a.X.Set(i, rng.NormFloat64())
		}
	}
	state := func() [][]float64 {
		var out [][]float64
		for _, n := range net.Declaration().Nodes {
			out = append(out, activity(t, s, n.Name))
		}
		for _, p := range net.Params() {
			v := p.Values().Float64()
			out = append(out, slices.Clone(v))
		}
		return out
	}
	before := state()
	for range 3 {
		if _, err := s.Evaluate(make([]float64, len(s.Terms()))); err != nil {
			t.Fatal(err)
		}
		learn(t, s)
	}
	for i, x := range state() {
		if !slices.Equal(x, before[i]) {
			t.Errorf("input %d was modified by a run", i)
		}
	}
}

// Sessions share parameters and nothing else.
func TestInterleavedSessions(t *testing.T) {
	net := newNetwork(t, tangled(), f64)
	rng := rand.New(rand.NewPCG(3, 3))
	data := map[int]map[string][]float64{}
	for _, n := range []int{2, 5} {
		data[n] = map[string][]float64{}
		for _, in := range tangledInputs {
			data[n][in.name] = randn(rng, n*in.size)
		}
	}
	up := graph.Roles{Clamped: []string{"a", "b", "y"}}
	down := graph.Roles{Clamped: []string{"y"}}
	run := func(steps int, each func(step int, upward, downward, wide *graph.Session)) [][]float64 {
		s := []*graph.Session{newSession(t, net, 2, up), newSession(t, net, 2, down), newSession(t, net, 5, up)}
		for _, x := range s {
			for _, in := range tangledInputs {
				if err := x.ClampFloat64(in.name, data[x.Batch()][in.name]); err != nil && x != s[1] {
					t.Fatal(err)
				}
			}
			initialize(t, x)
		}
		for step := range steps {
			each(step, s[0], s[1], s[2])
		}
		var out [][]float64
		for _, x := range s {
			for _, n := range net.Declaration().Nodes {
				out = append(out, activity(t, x, n.Name))
			}
		}
		return out
	}
	// One after another, then by turns.
	want := run(3, func(step int, a, b, c *graph.Session) { euler(t, []*graph.Session{a, b, c}[step], 4, 0.1) })
	got := run(4, func(_ int, a, b, c *graph.Session) {
		for _, s := range []*graph.Session{c, a, b} {
			euler(t, s, 1, 0.1)
			learn(t, s)
		}
	})
	for i := range want {
		if !slices.Equal(got[i], want[i]) {
			t.Errorf("activity %d depends on what the other sessions do", i)
		}
	}
}
