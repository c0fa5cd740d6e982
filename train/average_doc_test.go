package train_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// steps returns the gradients of every weight step of a rule for one batch. The
// weights are not changed.
func steps(t *testing.T, net *graph.Network, rule train.Rule, b *train.Batch) (out [][][]float64) {
	t.Helper()
	read := func() error {
		var g [][]float64
		for _, p := range net.Params() {
			g = append(g, paramGrad(p))
		}
		out = append(out, g)
		return nil
	}
	if l, ok := rule.(train.Learner); ok {
		if _, err := l.Learn(context.Background(), net, b, read); err != nil {
			t.Fatal(err)
		}
		return out
	}
	return append(out, gradients(t, net, rule, b))
}

// Average divides the gradients of every weight step by the batch size, under
// every rule; without it they are sums. Dividing changes nothing else.
func TestAverage(t *testing.T) {
	const size = 3
	relaxation := relax.Settings{Steps: 4, Control: relax.Constant{Size: 0.1}}
	for name, c := range map[string]struct {
		rule  func(average bool) train.Rule
		steps int
	}{
		"prospective": {rule: func(a bool) train.Rule { return &train.Prospective{Relax: relaxation, Average: a} }, steps: 1},
		"nudged":      {rule: func(a bool) train.Rule { return &train.Prospective{Relax: relaxation, Nudge: 0.5, Average: a} }, steps: 1},
		"errors": {rule: func(a bool) train.Rule {
			return &train.Prospective{Relax: relaxation, Coordinates: train.Errors, Average: a}
		}, steps: 1},
		"backprop":    {rule: func(a bool) train.Rule { return &train.Backprop{Average: a} }, steps: 1},
		"incremental": {rule: func(a bool) train.Rule { return &train.Interleaved{Relax: relaxation, Average: a} }, steps: 4},
		"interleaved": {rule: func(a bool) train.Rule {
			return &train.Interleaved{Relax: relaxation, Average: a, Activities: train.When{{From: 0, Until: 2}}, Weights: train.When{{From: 1, Until: 3}}}
		}, steps: 2},
		"repeated": {rule: func(a bool) train.Rule { return &train.Repeated{Rule: &train.Backprop{Average: a}, Times: 3} }, steps: 3},
		"repeated interleaved": {rule: func(a bool) train.Rule {
			return &train.Repeated{Rule: &train.Interleaved{Relax: relaxation, Average: a}, Times: 2}
		}, steps: 8},
		"Z-IL": {rule: func(a bool) train.Rule { return &train.ZIL{Average: a} }, steps: 1},
	} {
		t.Run(name, func(t *testing.T) {
			net := biasedTanh(t, graph.Float64)
			b := randomBatch(net, size, rand.New(rand.NewPCG(1, 2)))
			sum, mean := steps(t, net, c.rule(false), b), steps(t, net, c.rule(true), b)
			if len(sum) != c.steps || len(mean) != c.steps {
				t.Fatalf("weight steps, got %d and %d, want %d", len(sum), len(mean), c.steps)
			}
			for s := range sum {
				for i := range sum[s] {
					for j, g := range sum[s][i] {
						if got, want := mean[s][i][j], g/size; math.Abs(got-want) > 1e-12*max(1e-2, math.Abs(want)) {
							t.Fatalf("step %d, parameter %d, element %d: got %v, want %v", s, i, j, got, want)
						}
					}
				}
			}
		})
	}
}
