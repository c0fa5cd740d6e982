package train_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// At the equilibrium the weights learn the same, whatever relaxation moved to get
// there, but in errors it is reached in a few steps.
func TestCoordinatesShareTheEquilibrium(t *testing.T) {
	widths := []int{5, 4, 4, 4, 4, 4, 4, 4, 3}
	net, err := models.MLP{Widths: widths, Activation: layers.Tanh{}}.New(graph.Settings{Precision: graph.Float64, Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	batch := randomBatch(net, 3, rand.New(rand.NewPCG(1, 1)))
	slow := &train.Prospective{Relax: relax.Settings{
		Steps: 100000, Control: relax.Constant{Size: 0.2}, Stop: relax.GradientNorm{Tolerance: 1e-10},
	}}
	fast := &train.Prospective{Coordinates: train.Errors, Relax: relax.Settings{
		Steps: 60, Solver: &relax.LBFGS{Memory: 10}, Control: relax.Armijo{Initial: 1}, Stop: relax.EnergyGap{Tolerance: 1e-14},
	}}
	var grads [2][][]float64
	for i, rule := range []*train.Prospective{slow, fast} {
		stats, err := rule.Gradients(context.Background(), net, batch)
		if err != nil {
			t.Fatal(err)
		}
		if stats.Relaxation.Status != relax.Converged {
			t.Fatalf("%v: got %+v", rule.Coordinates, stats.Relaxation)
		}
		for _, p := range net.Params() {
			g := p.Grads().Float64()
			grads[i] = append(grads[i], append([]float64(nil), g...))
		}
	}
	for k, p := range net.Params() {
		for j, want := range grads[0][k] {
			if got := grads[1][k][j]; math.Abs(got-want) > 1e-6 {
				t.Errorf("%s[%d]: got %.9g, want %.9g", p.Name, j, got, want)
			}
		}
	}
}
