package graph_test

import (
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/models"
)

// BenchmarkCoefficients is the time of 8 evaluations of an MLP, with coefficients
// that stay and with one that changes before each.
func BenchmarkCoefficients(b *testing.B) {
	for name, changes := range map[string]float64{"stay": 0, "change": 1e-3} {
		b.Run(name, func(b *testing.B) {
			d, err := models.MLP{Widths: []int{784, 256, 10}}.Declaration()
			if err != nil {
				b.Fatal(err)
			}
			s, err := newNetwork(b, d, graph.Settings{Engine: graph.Compiled{Threads: 1}}).Session(32, graph.Roles{Clamped: []string{"x", "y"}})
			if err != nil {
				b.Fatal(err)
			}
			energies, c := make([]float64, len(s.Terms())), 0.5
			b.ReportAllocs()
			for b.Loop() {
				for range 8 {
					c += changes
					if err := s.SetCoefficient(s.Terms()[1], c); err != nil {
						b.Fatal(err)
					}
					if _, err := s.Evaluate(energies); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
