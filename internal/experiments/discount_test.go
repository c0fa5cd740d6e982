package experiments

import (
	"math"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// The discount of an experiment reaches the weights. One linear unit each in
// x → h → y, weights 0.5 and 1.5, x = 1, y = 2, step size 1, factor 0.5: the steps
// overshoot twice, and the weights see h = 1.1411 after five of six steps. At a
// size that stays 1, h is 34.3 there.
func TestLearningUsesItsDiscount(t *testing.T) {
	l := Learning{Rule: PC, Rate: 1, Gamma: 1, Discount: 0.5, Steps: 6}
	if got, want := l.relaxation().Control, (relax.Discount{Size: 1, Factor: 0.5}); got != want {
		t.Errorf("control: got %+v, want %+v", got, want)
	}
	for _, engine := range []graph.Engine{graph.Tape{}, graph.Compiled{}} {
		net, err := models.MLP{Widths: []int{1, 1, 1}, NoBias: true}.New(graph.Settings{Precision: graph.Float64, Engine: engine})
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range net.Params() {
			w := p.Values().Float64()
			w[0] = []float64{0.5, 1.5}[i]
		}
		net.ParamsChanged()
		rule, err := l.rule()
		if err != nil {
			t.Fatal(err)
		}
		b := &train.Batch{Size: 1, Values: map[string][]float32{"x": {1}, "y": {2}}}
		for range 2 { // the size starts anew with every batch
			if _, err := rule.Gradients(t.Context(), net, b); err != nil {
				t.Fatal(err)
			}
			for i, want := range []float64{-0.6411, -0.3290} {
				g := net.Params()[i].Grads().Float64()
				if math.Abs(g[0]-want) > 6e-5 {
					t.Errorf("%s: gradient of weight %d: got %.4f, want %.4f", engine.Name(), i+1, g[0], want)
				}
			}
		}
	}
}
