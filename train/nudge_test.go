package train_test

import (
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/baselines"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// TestNudgeTooSmall: a nudge that the precision cannot hold is an error that names the
// smallest one, and from there on the gradients are backprop's within 5 %, in five
// layers.
func TestNudgeTooSmall(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct {
		precision graph.Precision
		nudge     float64
		want      string // empty: fine
	}{
		{graph.Float32, 1e-6, "want at least 1.5e-05"},
		{graph.Float32, 1e-8, "want at least 1.5e-05"},
		{graph.Float32, -1e-8, "want at least 1.5e-05"},
		{graph.Float32, math.NaN(), "finite"},
		{graph.Float32, 2e-5, ""},
		{graph.Float64, 1e-6, ""},
		{graph.Float64, 1e-8, ""},
		{graph.Float64, 1e-15, "want at least 2.8e-14"},
	} {
		for _, coordinates := range []train.Coordinates{train.Activities, train.Errors} {
			net := biasedTanh(t, c.precision)
			b := randomBatch(net, 4, rand.New(rand.NewPCG(2, 2)))
			rule := &train.Prospective{Nudge: c.nudge, Coordinates: coordinates, Relax: relax.Settings{Steps: 200, Control: relax.Constant{Size: 0.2}}}
			_, err := rule.Gradients(ctx, net, b)
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%v, nudge %v: got %v, want an error with %q", c.precision, c.nudge, err, c.want)
				}
				continue
			}
			if err != nil {
				t.Errorf("%v, nudge %v: %v", c.precision, c.nudge, err)
				continue
			}
			got := gradients(t, net, rule, b)
			want := gradients(t, net, &train.Backprop{}, b)
			zero := make([][]float64, len(want))
			for i := range zero {
				zero[i] = make([]float64, len(want[i]))
			}
			if d := furthest(got, want) / furthest(want, zero); !(d <= 0.05) {
				t.Errorf("%v, nudge %v of %v: gradients are %.2g away from backprop's, want at most 0.05", c.precision, c.nudge, coordinates, d)
			}
		}
	}
	for name, rule := range map[string]train.Rule{
		"GeneRec":  &baselines.GeneRec{Nudge: 1e-16, Settling: baselines.Settling{Steps: 2, Size: 0.1}},
		"Hopfield": &baselines.Hopfield{Nudge: 1e-16, Settling: baselines.Settling{Steps: 2, Size: 0.1}},
	} {
		net := biasedTanh(t, graph.Float64)
		if _, err := rule.Gradients(ctx, net, randomBatch(net, 4, rand.New(rand.NewPCG(2, 2)))); err == nil || !strings.Contains(err.Error(), "Nudge, got 1e-16") {
			t.Errorf("%s: got %v, want an error about the nudge", name, err)
		}
	}
}
