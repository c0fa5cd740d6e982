package energy_test

import (
	"math"
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// Energies and gradients are finite for any finite logits, on both engines.
func TestExtremeLogits(t *testing.T) {
	for _, engine := range []graph.Engine{graph.Tape{}, graph.Compiled{}} {
		for _, top := range []float32{1e4, 1e30, math.MaxFloat32} {
			for _, e := range []graph.Energy{energy.CrossEntropy{}, energy.KullbackLeibler{}, energy.Bernoulli{}} {
				net, err := graph.New(pair(graph.Shape{3}, graph.Shape{3}, layers.Identity{}, e, nil), graph.Settings{Engine: engine})
				if err != nil {
					t.Fatal(err)
				}
				s, err := net.Session(2, graph.Roles{Clamped: []string{"y"}})
				if err != nil {
					t.Fatal(err)
				}
				if err := s.Clamp("y", []float32{1, 0, 0, 0, 1, 0}); err != nil {
					t.Fatal(err)
				}
				x := s.Activities()[0]
				copy(x.X.Float32(), []float32{top, -top, 0, -top, top, top})
				energies := make([]float64, 1)
				if _, err := s.Evaluate(energies); err != nil {
					t.Fatal(err)
				}
				if math.IsNaN(energies[0]) || math.IsInf(energies[0], 0) || x.Grad.FirstNonFinite() >= 0 {
					t.Errorf("%s, %T, logits of %g: energy %v, gradient %v; want finite", engine.Name(), e, top, energies[0], x.Grad.Float32())
				}
			}
		}
	}
}
