package train_test

import (
	"math/rand/v2"
	"testing"

	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// TestUpdateAllocatesNothing: neither rule nor optimizer allocates memory after the
// first updates.
func TestUpdateAllocatesNothing(t *testing.T) {
	constant := relax.Settings{Steps: 4, Control: relax.Constant{Size: 0.1}, SkipFinal: true}
	momentum := constant
	momentum.Solver = &relax.Momentum{Beta: 0.5}
	nesterov, adam, stopped := constant, constant, constant
	nesterov.Solver = &relax.Momentum{Nesterov: true, Restart: true}
	adam.Solver = &relax.Adam{}
	stopped.Solver, stopped.Stop = &relax.Momentum{}, relax.GradientNorm{Tolerance: 0.1, Every: 2}
	decaying := constant
	decaying.Precision = relax.Decaying{Start: 3, Decay: 0.5}
	staged := []train.Stage{{Relax: constant}, {Relax: constant, Coordinates: train.Errors}}
	for name, rule := range map[string]train.Rule{
		"constant": &train.Prospective{Relax: constant},
		"momentum": &train.Prospective{Relax: momentum},
		"nesterov": &train.Prospective{Relax: nesterov},
		"adam":     &train.Prospective{Relax: adam},
		"stopped":  &train.Prospective{Relax: stopped},
		"decaying": &train.Prospective{Relax: decaying},
		"stages":   &train.Prospective{Relax: constant, Coordinates: train.Errors, Stages: staged},
		"nudged":   &train.Prospective{Relax: constant, Nudge: 0.5, Average: true},
		"paper":    train.Paper(4, 0.1, 0.5),
		"backprop": &train.Backprop{},
	} {
		net := mlp(t, models.MLP{Widths: []int{5, 4, 3}, Activation: layers.Tanh{}}, 1)
		b, optimizer := randomBatch(net, 6, rand.New(rand.NewPCG(1, 1))), &train.Adam{}
		update := func() {
			if _, err := rule.Gradients(t.Context(), net, b); err != nil {
				t.Fatal(err)
			}
			if err := optimizer.Step(net.Params(), 1e-3); err != nil {
				t.Fatal(err)
			}
			net.ParamsChanged()
		}
		if n := testing.AllocsPerRun(20, update); n != 0 {
			t.Errorf("%s: %v allocations an update, want 0", name, n)
		}
	}
}
