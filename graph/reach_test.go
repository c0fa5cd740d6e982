package graph_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
)

// named gives a prediction a name.
func named(p graph.Prediction, name string) graph.Prediction {
	p.Name = name
	return p
}

// amortised makes a prediction amortised.
func amortised(p graph.Prediction) graph.Prediction {
	p.Amortised = true
	return p
}

// reachCases are networks in which the signal takes different ways.
func reachCases() []struct {
	name    string
	d       graph.Declaration
	clamped []string
	steps   int
	want    map[string]int // of some nodes and parameters
} {
	line := func(names ...string) (d graph.Declaration) {
		for i, name := range names {
			d.Nodes = append(d.Nodes, node(name, 3))
			if i > 0 {
				d.Predictions = append(d.Predictions, dense(name, 3, names[i-1]))
			}
		}
		return d
	}
	with := func(d graph.Declaration, p ...graph.Prediction) graph.Declaration {
		d.Predictions = append(d.Predictions, p...)
		return d
	}
	prior := line("x", "a", "b", "c", "y")
	prior.Nodes[1].Prior = energy.L2{Weight: 0.1}
	precision := line("x", "a", "b", "y")
	precision.Predictions[0].Energy = energy.Gaussian{Learned: energy.LearnedScalar}
	return []struct {
		name    string
		d       graph.Declaration
		clamped []string
		steps   int
		want    map[string]int
	}{
		{"chain", line("x", "a", "b", "c", "y"), []string{"x", "y"}, 3, map[string]int{"a": 3, "c": 1, "a/1/weight": 3, "y/1/weight": 0}},
		{"no target", line("x", "a", "b"), []string{"x"}, 0, map[string]int{"a": -1, "b/1/weight": -1}},
		{
			"skip connection", with(line("x", "a", "b", "c", "y"), graph.Prediction{Name: "skip", Of: "y", From: []string{"a"}, Layer: layers.Dense{Out: 3}}),
			[]string{"x", "y"},
			2,
			map[string]int{"a": 1, "b": 2, "c": 1, "skip/weight": 0},
		},
		{
			"two outputs", with(graph.Declaration{Nodes: []graph.Node{node("x", 3), node("a", 3), node("b", 3), node("c", 3), node("y", 3), node("z", 3)}},
				dense("a", 3, "x"), dense("b", 3, "a"), dense("c", 3, "b"), dense("y", 3, "c"), dense("z", 3, "a")),
			[]string{"x", "y", "z"},
			2,
			map[string]int{"a": 1, "b": 2, "c": 1},
		},
		{
			"dead end", with(graph.Declaration{Nodes: []graph.Node{node("x", 3), node("a", 3), node("dead", 3), node("y", 3)}},
				dense("a", 3, "x"), dense("y", 3, "a"), dense("dead", 3, "a")),
			[]string{"x", "y"},
			2,
			map[string]int{"a": 1, "dead": 2, "dead/1/weight": 1},
		},
		{
			"dead end of the input", with(graph.Declaration{Nodes: []graph.Node{node("x", 3), node("a", 3), node("dead", 3), node("y", 3)}},
				dense("a", 3, "x"), dense("y", 3, "a"), dense("dead", 3, "x")),
			[]string{"x", "y"},
			1,
			map[string]int{"dead": -1, "dead/1/weight": -1},
		},
		{
			"predicted twice", with(line("x", "a", "b", "c", "y"), named(dense("b", 3, "x"), "second")),
			[]string{"x", "y"},
			2,
			map[string]int{"a": 2, "b": 1, "c": 1, "second/1/weight": 0, "a/1/weight": 2},
		},
		{
			"cycle", with(graph.Declaration{Nodes: []graph.Node{node("x", 3), node("a", 3), node("b", 3), node("y", 3)}},
				graph.Prediction{Of: "a", From: []string{"x", "b"}, Layer: layers.Sum{layers.Dense{Out: 3}, layers.Sequential{layers.Tanh{}, layers.Dense{Out: 3}}}},
				dense("b", 3, "a"), dense("y", 3, "b")),
			[]string{"x", "y"},
			1,
			map[string]int{"a": 1, "b": 1},
		},
		{
			"predicts itself", with(graph.Declaration{Nodes: []graph.Node{node("a", 3), node("b", 3), node("y", 3)}}, dense("a", 3, "a"), dense("b", 3, "a"), dense("y", 3, "b")),
			[]string{"y"},
			1,
			map[string]int{"a": 1, "b": 1},
		},
		{"prior", prior, []string{"x", "y"}, 2, map[string]int{"a": 1, "b": 2, "c": 1}},
		{"learned precision", precision, []string{"x", "y"}, 2, map[string]int{"a": 2, "b": 1, "a/energy/logprecision": 0}},
		{
			"amortised", with(graph.Declaration{Nodes: []graph.Node{node("y", 3), node("a", 3), node("b", 3), node("x", 3)}},
				amortised(named(dense("b", 3, "x"), "guess b")), dense("b", 3, "y"), dense("a", 3, "b"), dense("x", 3, "a")),
			[]string{"x", "y"},
			1,
			map[string]int{"b": 1, "a": 1, "guess b/1/weight": 1},
		},
		{
			"amortised second", with(graph.Declaration{Nodes: []graph.Node{node("y", 3), node("b", 3), node("a", 3), node("x", 3)}},
				dense("b", 3, "y"), dense("a", 3, "b"), dense("x", 3, "a"), amortised(named(dense("b", 3, "x"), "guess b"))),
			[]string{"x", "y"},
			2,
			map[string]int{"b": 2, "a": 1, "guess b/1/weight": 0},
		},
		{
			"free code", with(graph.Declaration{Nodes: []graph.Node{node("code", 3), node("a", 3), node("x", 3)}}, dense("a", 3, "code"), dense("x", 3, "a")),
			[]string{"x"},
			2,
			map[string]int{"code": 2, "a": 1, "a/1/weight": 1},
		},
		{"shared by name", graph.Declaration{
			Nodes: []graph.Node{node("x", 3), node("a", 3), node("b", 3), node("y", 3)},
			Predictions: []graph.Prediction{
				{Of: "a", From: []string{"x"}, Layer: layers.Shared{Name: "w", Layer: layers.Dense{Out: 3}}},
				dense("b", 3, "a"),
				{Of: "y", From: []string{"b"}, Layer: layers.Shared{Name: "w", Layer: layers.Dense{Out: 3}}},
			},
		}, []string{"x", "y"}, 2, map[string]int{"w/weight": 0, "b/1/weight": 1}},
		{"shared prediction", graph.Declaration{
			Nodes: []graph.Node{node("x", 3), node("a", 3), node("b", 3), node("y", 3)},
			Predictions: []graph.Prediction{
				dense("a", 3, "x"), dense("b", 3, "a"), {Of: "y", From: []string{"b"}, Share: "a", Layer: dense("y", 3, "b").Layer},
			},
		}, []string{"x", "y"}, 2, map[string]int{"a/1/weight": 0}},
	}
}

// TestReach compares what Reach says with what happens: after t steps exactly the
// nodes that are within reach have left where they started, and exactly the
// parameters within reach have a gradient.
func TestReach(t *testing.T) {
	for _, c := range reachCases() {
		t.Run(c.name, func(t *testing.T) {
			net := newNetwork(t, c.d, f64)
			roles := graph.Roles{Clamped: c.clamped, Training: true}
			r, err := net.Reach(roles)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Steps(); got != c.steps {
				t.Errorf("Steps, got %d, want %d", got, c.steps)
			}
			all := slices.Concat(r.Nodes, r.Params)
			for name, want := range c.want {
				if i := slices.IndexFunc(all, func(x graph.Reached) bool { return x.Name == name }); i < 0 || all[i].Steps != want {
					t.Errorf("%q: got %v, want %d steps", name, all, want)
				}
			}
			for steps := range c.steps + 2 {
				moved, learning := signal(t, net, roles, steps)
				for _, x := range r.Nodes {
					if want := x.Steps >= 0 && x.Steps <= steps; moved[x.Name] != want {
						t.Errorf("after %d steps node %q has moved: got %v, want %v", steps, x.Name, moved[x.Name], want)
					}
				}
				for _, x := range r.Params {
					if want := x.Steps >= 0 && x.Steps <= steps; learning[x.Name] != want {
						t.Errorf("after %d steps parameter %q has a gradient: got %v, want %v", steps, x.Name, learning[x.Name], want)
					}
				}
				nodes, params := r.Beyond(steps)
				if got, want := len(nodes) > 0 || len(params) > 0, steps < c.steps; got != want {
					t.Errorf("beyond %d steps: got %q and %q", steps, nodes, params)
				}
			}
		})
	}
}

// signal takes steps of gradient descent from the feedforward predictions and
// tells which nodes have moved and which parameters have a gradient.
func signal(t *testing.T, net *graph.Network, roles graph.Roles, steps int) (moved, learning map[string]bool) {
	t.Helper()
	s, err := net.Session(2, roles)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(4, 4))
	for _, name := range roles.Clamped {
		x, err := s.View(name)
		if err != nil {
			t.Fatal(err)
		}
		data := make([]float64, x.Len())
		for i := range data {
			data[i] = rng.NormFloat64()
		}
		if err := s.ClampFloat64(name, data); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Initialize(graph.Start{Std: 1}, rng); err != nil {
		t.Fatal(err)
	}
	start := map[string][]float64{}
	for _, a := range s.Activities() {
		start[a.Name] = slices.Clone(a.X.Float64())
	}
	energies := make([]float64, len(s.Terms()))
	for range steps {
		if _, err := s.Evaluate(energies); err != nil {
			t.Fatal(err)
		}
		for _, a := range s.Activities() {
			a.X.AddScaled(-0.1, a.Grad)
		}
	}
	if _, err := s.Learn(energies); err != nil {
		t.Fatal(err)
	}
	moved, learning = map[string]bool{}, map[string]bool{}
	for _, a := range s.Activities() {
		moved[a.Name] = !slices.Equal(start[a.Name], a.X.Float64())
	}
	for _, p := range net.Params() {
		g := p.Grads().Float64()
		learning[p.Name] = slices.ContainsFunc(g, func(x float64) bool { return x != 0 })
	}
	return moved, learning
}

// TestReachOfDeepNetwork is the example that says nothing by itself: 20 steps in a
// chain of 64 nodes.
func TestReachOfDeepNetwork(t *testing.T) {
	net, err := models.MLPResidual{Inputs: 8, Width: 4, Depth: 64, Outputs: 3, Activation: layers.ReLU{}}.New(graph.Settings{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	r, err := net.Reach(graph.Roles{Clamped: []string{"x", "y"}})
	if err != nil {
		t.Fatal(err)
	}
	nodes, params := r.Beyond(20)
	if r.Steps() != 64 || len(nodes) != 44 || len(params) != 44 || len(r.Params) != 65 || nodes[0] != "h1" || nodes[43] != "h44" {
		t.Errorf("got %d steps, %d nodes and %d of %d parameters beyond 20, want 64, 44 and 44 of 65", r.Steps(), len(nodes), len(params), len(r.Params))
	}
	if nodes, params := r.Beyond(64); nodes != nil || params != nil {
		t.Errorf("beyond 64 steps: got %q and %q, want nothing", nodes, params)
	}
	if _, err := net.Reach(graph.Roles{Clamped: []string{"nothing"}}); err == nil {
		t.Error("an unknown node: want an error")
	}
}
