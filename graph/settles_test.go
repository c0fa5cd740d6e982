package graph_test

import (
	"math/rand/v2"
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
)

// A network settles without relaxing only if its feedforward values have no
// error.
func TestSettles(t *testing.T) {
	with := func(change func(d *graph.Declaration)) graph.Declaration {
		d := chain()
		change(&d)
		return d
	}
	for _, c := range []struct {
		name    string
		d       graph.Declaration
		clamped []string
		want    bool
	}{
		{"chain", chain(), []string{"x"}, true},
		{"chain with its output", chain(), []string{"x", "y"}, false},
		{"nothing known", chain(), nil, true},
		{"prior", with(func(d *graph.Declaration) { d.Nodes[1].Prior = energy.L2{Weight: 1} }), []string{"x"}, false},
		{"predicted twice", with(func(d *graph.Declaration) { d.Predictions = append(d.Predictions, dense("y", 2, "x")) }), []string{"x"}, false},
		{"cycle", with(func(d *graph.Declaration) { d.Predictions[0].From[0], d.Nodes = "y", d.Nodes[1:] }), nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			net := newNetwork(t, c.d, f64)
			if got := net.Settles(c.clamped); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
			// The claim itself: the gradient of every free node is 0 after the pass.
			s := newSession(t, net, 1, graph.Roles{Clamped: c.clamped})
			rng := rand.New(rand.NewPCG(1, 2))
			for _, name := range c.clamped {
				n, err := net.Node(name)
				if err != nil {
					t.Fatal(err)
				}
				clamp(t, s, name, randn(rng, n.Shape.Size()))
			}
			if err := s.Initialize(graph.Start{Std: 1}, rng); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Evaluate(make([]float64, len(s.Terms()))); err != nil {
				t.Fatal(err)
			}
			moving := false
			for _, a := range s.Activities() {
				moving = moving || a.Grad.MaxAbs() > 1e-12
			}
			if moving == c.want {
				t.Errorf("activities move: %v, want %v", moving, !c.want)
			}
		})
	}
}
