package graph_test

import (
	"math"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
)

// The paper's relaxation at step size 1, which overshoots twice: the network
// x → h → y of one linear unit each with weights 0.5 and 1.5 at x = 1, y = 2,
// worked out by hand. Factor 0.5.
//
//	h:  0.5  2.3750  −1.8438  2.9023  1.4192  1.1411  1.0890
//	γ:  1    1       0.5      0.25    0.25    0.25
func TestDiscountAtSizeOne(t *testing.T) {
	wantH := []float64{2.3750, -1.8438, 2.9023, 1.4192, 1.1411, 1.0890, 1.0792}
	wantSize := []float64{1, 1, 0.5, 0.25, 0.25, 0.25, 0.25}
	wantEnergy := []float64{0.7812, 2.9785, 14.1022, 5.6551, 0.4307, 0.2471, 0.2406}
	for name, run := range map[string]func(p relax.Problem, s relax.Settings) (relax.Result, error){
		"fused": func(p relax.Problem, s relax.Settings) (relax.Result, error) { return relax.Run(t.Context(), p, s) },
		"plain": func(p relax.Problem, s relax.Settings) (relax.Result, error) {
			s.Recorder = everything{}
			return relax.Run(t.Context(), p, s)
		},
	} {
		for _, engine := range []graph.Engine{graph.Tape{}, graph.Compiled{}} {
			for _, precision := range []graph.Precision{graph.Float32, graph.Float64} {
				for steps := 1; steps <= len(wantH); steps++ {
					s := overshooting(t, graph.Settings{Precision: precision, Engine: engine})
					r, err := run(s, relax.Settings{Steps: steps, Control: relax.Discount{Size: 1, Factor: 0.5}, SkipFinal: true})
					if err != nil {
						t.Fatal(err)
					}
					h := activity(t, s, "h")[0]
					k := steps - 1
					if math.Abs(h-wantH[k]) > 6e-5 || r.StepSize != wantSize[k] || math.Abs(r.Energy-wantEnergy[k]) > 6e-5 {
						t.Errorf("%s, %s, %v, %d steps: h, size and energy: got %.4f, %g, %.4f, want %.4f, %g, %.4f",
							name, engine.Name(), precision, steps, h, r.StepSize, r.Energy, wantH[k], wantSize[k], wantEnergy[k])
					}
				}
			}
		}
	}
}

// everything is a recorder that asks for all, so that no step is fused.
type everything struct{}

func (everything) Record(int, []float64, float64, float64, float64, []relax.Activity) {}

// overshooting returns a session of the network above, at its start.
func overshooting(t *testing.T, settings graph.Settings) *graph.Session {
	t.Helper()
	linear := layers.Dense{Out: 1, NoBias: true}
	net := newNetwork(t, graph.Declaration{
		Nodes: []graph.Node{node("x", 1), node("h", 1), node("y", 1)},
		Predictions: []graph.Prediction{
			{Of: "h", From: []string{"x"}, Layer: linear}, {Of: "y", From: []string{"h"}, Layer: linear},
		},
	}, settings)
	for i, p := range net.Params() {
		weight := []float64{0.5, 1.5}[i]
		if w := p.Values().Float64(); w != nil {
			w[0] = weight
			continue
		}
		w := p.Values().Float32()
		w[0] = float32(weight)
	}
	net.ParamsChanged()
	s := newSession(t, net, 1, graph.Roles{Clamped: []string{"x", "y"}})
	clamp(t, s, "x", []float64{1})
	clamp(t, s, "y", []float64{2})
	initialize(t, s)
	return s
}
