package graph_test

import (
	"math/rand/v2"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// An amortised prediction is no term of the energy, so one of a clamped node is
// nothing to settle; but a free node that has one may start there, where its
// other errors are not 0.
func TestSettlesWithAmortised(t *testing.T) {
	one := func(name string, width int) graph.Node { return graph.Node{Name: name, Shape: graph.Shape{width}} }
	to := func(of, from string, width int, amortised bool) graph.Prediction {
		return graph.Prediction{Name: of + "<" + from, Of: of, From: []string{from}, Layer: layers.Dense{Out: width}, Amortised: amortised}
	}
	nodes := []graph.Node{one("x", 4), one("h", 3), one("y", 2)}
	for _, c := range []struct {
		name    string
		d       graph.Declaration
		clamped []string
		want    bool
	}{
		{"recognising", hybrid(true), []string{"x"}, false},
		{"an amortised cause that is clamped", graph.Declaration{Nodes: nodes, Predictions: []graph.Prediction{
			to("y", "h", 2, true), to("h", "y", 3, false), to("x", "h", 4, false),
		}}, []string{"y"}, true},
		{"an amortised start", graph.Declaration{Nodes: append(nodes, one("u", 2)), Predictions: []graph.Prediction{
			to("h", "u", 3, true), to("h", "y", 3, false), to("x", "h", 4, false),
		}}, []string{"u", "y"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			net := newNetwork(t, c.d, f64)
			if got := net.Settles(c.clamped); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
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
