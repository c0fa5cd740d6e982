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
	settling := func(average bool) train.Settling {
		return train.Settling{Steps: 20, Size: 0.1, Output: layers.Tanh{}, Average: average}
	}
	for name, c := range map[string]struct {
		rule   func(average bool) train.Rule
		steps  int
		linear bool
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
		"Z-IL":               {rule: func(a bool) train.Rule { return &train.ZIL{Average: a} }, steps: 1},
		"fixed prediction":   {rule: func(a bool) train.Rule { return &train.FixedPrediction{Steps: 3, Size: 0.5, Average: a} }, steps: 1},
		"target propagation": {rule: func(a bool) train.Rule { return &train.TargetPropagation{Average: a} }, steps: 1, linear: true},
		"GeneRec":            {rule: func(a bool) train.Rule { return &train.GeneRec{Settling: settling(a)} }, steps: 1},
		"GeneRec, nudged":    {rule: func(a bool) train.Rule { return &train.GeneRec{Settling: settling(a), Nudge: 0.1} }, steps: 1},
		"Hopfield":           {rule: func(a bool) train.Rule { return &train.Hopfield{Settling: settling(a)} }, steps: 1},
		"Almeida-Pineda":     {rule: func(a bool) train.Rule { return &train.AlmeidaPineda{Settling: settling(a)} }, steps: 1},
	} {
		t.Run(name, func(t *testing.T) {
			net := biasedTanh(t, graph.Float64)
			if c.linear {
				net = mlp(t, models.MLP{Widths: []int{4, 4, 3}}, 1)
			}
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

// Energy in Stats is what each rule says: backprop's loss for Z-IL, ½‖target−μ‖²
// of the feedforward output for the rules by hand that start from it, and of the
// settled free output for those that settle.
func TestStatsEnergy(t *testing.T) {
	net, b := settlingNet(t)
	energy := func(rule train.Rule) float64 {
		t.Helper()
		stats, err := rule.Gradients(context.Background(), net, b)
		if err != nil {
			t.Fatal(err)
		}
		return stats.Energy
	}
	feedforward := newLoops(t, net, b, layers.Identity{}.At).loss(b.Values["y"])
	settled := func(drive func(n *loops) func(l, j int) float64) float64 {
		n := newLoops(t, net, b, layers.Tanh{}.At)
		n.settle(30, .05, 3, drive(n))
		return n.loss(b.Values["y"])
	}
	settling := train.Settling{Steps: 30, Size: .05, Output: layers.Tanh{}}
	for name, c := range map[string]struct {
		rule train.Rule
		want float64
	}{
		"backprop":         {&train.Backprop{}, feedforward},
		"Z-IL":             {&train.ZIL{}, feedforward},
		"fixed prediction": {&train.FixedPrediction{Steps: 2, Size: 0.3}, feedforward},
		"GeneRec":          {&train.GeneRec{Settling: settling}, settled(func(n *loops) func(l, j int) float64 { return n.energyDrive(1) })},
		"Hopfield":         {&train.Hopfield{Settling: settling}, settled(func(n *loops) func(l, j int) float64 { return n.energyDrive(0) })},
		"Almeida-Pineda": {&train.AlmeidaPineda{Settling: settling}, settled(func(n *loops) func(l, j int) float64 {
			return func(l, j int) float64 { return -n.x[l][j] + n.below(l, j) + n.above(l, j) }
		})},
	} {
		if got := energy(c.rule); math.Abs(got-c.want) > 1e-12*c.want || c.want == 0 {
			t.Errorf("%s: energy, got %v, want %v", name, got, c.want)
		}
	}
	net = mlp(t, models.MLP{Widths: []int{3, 3, 2}}, 1)
	want := energy(&train.Backprop{})
	if got := energy(&train.TargetPropagation{}); math.Abs(got-want) > 1e-12*want {
		t.Errorf("target propagation: energy, got %v, want %v", got, want)
	}
}
