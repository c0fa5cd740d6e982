package train_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// A field that is changed after the first batch takes effect: the rule then gives
// the gradients of one that was made with it.
func TestFieldsTakeEffect(t *testing.T) {
	paper := func() *train.Prospective { return train.Paper(6, 0.1, 0.5) }
	for name, change := range map[string]func(*train.Prospective){
		"steps":       func(r *train.Prospective) { r.Relax.Steps = 2 },
		"control":     func(r *train.Prospective) { r.Relax.Control = relax.Constant{Size: 0.02} },
		"step size":   func(r *train.Prospective) { r.Relax.Control = relax.Discount{Size: 0.05, Factor: 0.5} },
		"solver":      func(r *train.Prospective) { r.Relax.Solver = &relax.Momentum{} },
		"stop":        func(r *train.Prospective) { r.Relax.Stop = relax.GradientNorm{Tolerance: 1e3} },
		"state":       func(r *train.Prospective) { r.State = train.LastState },
		"nudge":       func(r *train.Prospective) { r.Nudge = 0.5 },
		"coordinates": func(r *train.Prospective) { r.Coordinates = train.Errors },
		"average":     func(r *train.Prospective) { r.Average = true },
		"one step":    func(r *train.Prospective) { r.Relax.Steps = 1 },
	} {
		net := mlp(t, models.MLP{Widths: []int{3, 5, 4, 2}, Activation: layers.Tanh{}}, 2)
		b := pairs(1)
		old := gradients(t, net, paper(), b)
		fresh := paper()
		change(fresh)
		want := gradients(t, net, fresh, b)
		changed := paper()
		gradients(t, net, changed, b)
		change(changed)
		if got := gradients(t, net, changed, b); !reflect.DeepEqual(got, want) || reflect.DeepEqual(got, old) {
			t.Errorf("%s: the gradients are not those of a rule that was made so", name)
		}
		*changed = *withFields(changed, paper()) // and back
		if got := gradients(t, net, changed, b); !reflect.DeepEqual(got, old) {
			t.Errorf("%s: changed back, the gradients are not those from before", name)
		}
	}
}

// withFields sets the public fields of r from those of from.
func withFields(r, from *train.Prospective) *train.Prospective {
	r.Relax, r.Coordinates, r.State, r.Start, r.Seed, r.Average, r.Nudge = from.Relax, from.Coordinates, from.State, from.Start, from.Seed, from.Average, from.Nudge
	return r
}

// The same of incremental learning, and of another recorder, which sees the steps.
func TestFieldsOfInterleavedTakeEffect(t *testing.T) {
	learn := func(r *train.Interleaved, net *graph.Network) {
		if _, err := train.Learn(t.Context(), net, r, &train.SGD{}, 0.1, pairs(1)); err != nil {
			t.Fatal(err)
		}
	}
	r := train.Incremental(4, 0.1, 0.5)
	net := mlp(t, models.MLP{Widths: []int{3, 5, 2}, Activation: layers.Tanh{}}, 2)
	learn(r, net)
	if err := net.Reinitialize(2); err != nil {
		t.Fatal(err)
	}
	first, second := &counting{}, &counting{}
	r.Relax.Steps, r.Relax.Recorder = 2, first
	learn(r, net)
	r.Relax.Recorder = second
	if first.n != 2 {
		t.Errorf("the recorder saw %d steps, want 2", first.n)
	}
	other := mlp(t, models.MLP{Widths: []int{3, 5, 2}, Activation: layers.Tanh{}}, 2)
	learn(train.Incremental(2, 0.1, 0.5), other)
	if !reflect.DeepEqual(weights(net), weights(other)) {
		t.Error("the weights are not those of a rule of 2 steps")
	}
	if learn(r, net); second.n != 2 || first.n != 2 {
		t.Errorf("the recorders saw %d and %d steps, want 2 each", first.n, second.n)
	}
}

type counting struct{ n int }

func (c *counting) Record(int, []float64, float64, float64, float64, []relax.Activity) { c.n++ }

// A field that is changed to what makes no sense is the error it is from the start.
func TestFieldsThatTurnBad(t *testing.T) {
	net := mlp(t, models.MLP{Widths: []int{3, 5, 2}}, 2)
	solver := &relax.Langevin{Temperature: 1}
	r := &train.Prospective{Relax: relax.Settings{Steps: 2, Solver: solver, Control: relax.Constant{Size: 0.1}}}
	gradients(t, net, r, pairs(1))
	solver.Temperature = -1
	if _, err := r.Gradients(context.Background(), net, pairs(1)); err == nil || !strings.Contains(err.Error(), "Temperature") {
		t.Errorf("got %v, want an error about the temperature", err)
	}
	solver.Temperature, r.Relax.Steps = 1, -3
	if _, err := r.Gradients(context.Background(), net, pairs(1)); err == nil || !strings.Contains(err.Error(), "Steps") {
		t.Errorf("got %v, want an error about the steps", err)
	}
}
