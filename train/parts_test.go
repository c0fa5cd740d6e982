package train_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// partsTrainer is a trainer of a network whose gradients are larger than what they are
// computed from, and its batches.
func partsTrainer(t *testing.T, rule train.Rule, optimizer train.Optimizer, batch int, settings graph.Settings) (*train.Trainer, batches) {
	t.Helper()
	settings.Seed = 3
	net, err := models.MLP{Widths: []int{50, 70, 40, 5}, Activation: layers.Tanh{}}.New(settings)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	var src batches
	for range 6 {
		src = append(src, randomBatch(net, batch, rng))
	}
	return &train.Trainer{Network: net, Rule: rule, Optimizer: optimizer, Rate: 0.01, Epochs: 1}, src
}

// Weights that step while their gradients are computed get the bits of those that step
// along stored gradients, with any number of threads.
func TestStepsInParts(t *testing.T) {
	settled := relax.Settings{Steps: 3, Control: relax.Constant{Size: 0.1}, SkipFinal: true}
	rules := map[string]func() train.Rule{
		"bp": func() train.Rule { return &train.Backprop{} }, "bp averaged": func() train.Rule { return &train.Backprop{Average: true} },
		"pc": func() train.Rule { return &train.Prospective{Relax: settled} }, "paper": func() train.Rule { return train.Paper(3, 0.1, 0.5) },
		"pc nudged": func() train.Rule { return &train.Prospective{Relax: settled, Nudge: 0.5, Average: true} },
	}
	optimizers := map[string]func() train.Optimizer{
		"sgd": func() train.Optimizer { return &train.SGD{WeightDecay: 0.01} }, "nesterov": func() train.Optimizer { return &train.Momentum{Nesterov: true} },
		"adam": func() train.Optimizer { return &train.Adam{WeightDecay: 0.01} }, "adamw": func() train.Optimizer { return &train.AdamW{WeightDecay: 0.01} },
	}
	for ruleName, rule := range rules {
		for name, optimizer := range optimizers {
			for _, c := range []struct {
				precision graph.Precision
				batch     int
			}{{graph.Float32, 6}, {graph.Float64, 6}, {graph.Float32, 1}} {
				precision, batch := c.precision, c.batch
				if precision == graph.Float64 && ruleName != "bp averaged" {
					continue
				}
				var all [3][]*graph.Param
				var states [3]train.OptimizerState
				for i, engine := range []graph.Compiled{{Threads: 1}, {Threads: 1}, {Threads: 2, ParallelFrom: 1}} {
					tr, src := partsTrainer(t, rule(), optimizer(), batch, graph.Settings{Engine: engine, Precision: precision})
					if i == 0 {
						tr.OnStep(1, func(context.Context, *train.Trainer, train.Stats) error { return nil })
					}
					if err := tr.Fit(t.Context(), src); err != nil {
						t.Fatal(err)
					}
					all[i] = tr.Network.Params()
					if s, ok := tr.Optimizer.(train.Stateful); ok {
						states[i] = s.State()
					}
				}
				for i := 1; i < 3; i++ {
					for k, p := range all[i] {
						want := all[0][k]
						if !slices.Equal(p.Values().AppendTo(nil), want.Values().AppendTo(nil)) {
							t.Errorf("%s, %s, %v, batch %d, variant %d: %s differs", ruleName, name, precision, batch, i, p.Name)
						}
						// The last update of an epoch stores its gradients.
						if !slices.Equal(p.Grads().AppendTo(nil), want.Grads().AppendTo(nil)) {
							t.Errorf("%s, %s, %v, batch %d, variant %d: gradient of %s differs", ruleName, name, precision, batch, i, p.Name)
						}
					}
					for slot, want := range states[0].Tensors {
						if got := states[i].Tensors[slot]; !cmp.Equal(got.Data(), want.Data()) {
							t.Errorf("%s, %s, %v, batch %d, variant %d: %s differs", ruleName, name, precision, batch, i, slot)
						}
					}
				}
			}
		}
	}
}

// Gradients are stored for whoever may read them, and only for them.
func TestWhichGradientsAreStored(t *testing.T) {
	for _, c := range []struct {
		name      string
		optimizer train.Optimizer
		every     int // of a step hook; 0: none
		want      []bool
	}{
		{"nobody looks", &train.SGD{}, 0, []bool{true, false, false, false, false, true}}, // the first and the last update
		{"every second", &train.SGD{}, 2, []bool{true, true, false, true, false, true}},
		{"optimizer of its own", &tired{left: -1}, 0, []bool{true, true, true, true, true, true}},
		{"chain", train.Chain{train.ClipNorm{Max: 1}, &train.SGD{}}, 0, []bool{true, true, true, true, true, true}},
	} {
		tr, src := partsTrainer(t, &train.Backprop{}, c.optimizer, 6, graph.Settings{})
		if c.every > 0 {
			tr.OnStep(c.every, func(context.Context, *train.Trainer, train.Stats) error { return nil })
		}
		weight, err := tr.Network.Param("h1/weight")
		if err != nil {
			t.Fatal(err)
		}
		var got []bool
		tr.OnProgress(func(context.Context, *train.Trainer, train.Stats) error {
			got = append(got, weight.Grads().MaxAbs() > 0)
			weight.Grads().Fill(0)
			return nil
		})
		if err := tr.Fit(t.Context(), src); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: updates that stored the gradient (−want +got):\n%s", c.name, diff)
		}
	}
}

// A gradient that is not certain to be harmless is checked before anything changes, as
// it is by the optimizer's Step, and the error is the same.
func TestPartsChangeAllOrNothing(t *testing.T) {
	for _, c := range []struct {
		optimizer func() train.Optimizer
		x, y      float32
	}{
		{func() train.Optimizer { return &train.SGD{} }, 1e30, 1e15},  // the gradient is infinite
		{func() train.Optimizer { return &train.Adam{} }, 1e30, 1e15}, // the same
		{func() train.Optimizer { return &train.Adam{} }, 1e15, 1e8},  // its square is
	} {
		var messages []string
		for _, watched := range []bool{false, true} {
			tr, src := partsTrainer(t, &train.Backprop{}, c.optimizer(), 6, graph.Settings{})
			weight, err := tr.Network.Param("h1/weight")
			if err != nil {
				t.Fatal(err)
			}
			for i := range 70 { // the weights of the first input stay 0 until it is huge
				weight.Values().Set(i, 0)
			}
			for _, b := range src {
				b.Values["x"][0], b.Values["x"][50] = 0, 0
				for i := 2; i < b.Size; i++ {
					b.Values["x"][50*i] = 0
				}
			}
			src[2].Values["x"][0] = c.x
			for i := range src[2].Values["y"] {
				src[2].Values["y"][i] *= c.y
			}
			if watched {
				tr.OnStep(1, func(context.Context, *train.Trainer, train.Stats) error { return nil })
			}
			var before []float64
			tr.OnProgress(func(context.Context, *train.Trainer, train.Stats) error {
				before = stateOf(tr)
				return nil
			})
			err = tr.Fit(t.Context(), src)
			if e := new(train.NonFiniteError); !errors.As(err, &e) || tr.Progress.Updates != 2 {
				t.Fatalf("after %d updates %v, want a NonFiniteError after 2", tr.Progress.Updates, err)
			}
			if !slices.Equal(before, stateOf(tr)) {
				t.Errorf("watched %t: the failed update changed something", watched)
			}
			messages = append(messages, err.Error())
		}
		if messages[0] != messages[1] {
			t.Errorf("got %q, want %q as with stored gradients", messages[0], messages[1])
		}
	}
}

// An update in parts allocates nothing.
func TestPartsAllocateNothing(t *testing.T) {
	for name, rule := range map[string]train.Rule{"bp": &train.Backprop{Average: true}, "pc": train.Paper(3, 0.1, 0.5)} {
		tr, src := partsTrainer(t, rule, &train.Adam{}, 6, graph.Settings{})
		counts := func(epochs int) float64 {
			tr.Epochs, tr.Progress = epochs, train.Progress{}
			return testing.AllocsPerRun(3, func() {
				tr.Progress = train.Progress{}
				if err := tr.Fit(t.Context(), src[:1:1].repeat(200)); err != nil {
					t.Fatal(err)
				}
			})
		}
		if n := counts(1); n > 40 {
			t.Errorf("%s: %v allocations in 200 updates, want those of Fit alone", name, n)
		}
	}
}

// repeat is the batches n times.
func (b batches) repeat(n int) batches {
	var out batches
	for range n {
		out = append(out, b...)
	}
	return out
}

func ExampleTrainer_OnProgress() {
	net, err := models.MLP{Widths: []int{3, 2}}.New(graph.Settings{})
	if err != nil {
		panic(err)
	}
	trainer := &train.Trainer{Network: net, Rule: &train.Backprop{}, Optimizer: &train.SGD{}, Rate: 0.1, Epochs: 1}
	trainer.OnProgress(func(_ context.Context, t *train.Trainer, _ train.Stats) error {
		fmt.Printf("%d updates, %d samples, energy finite %t\n", t.Progress.Updates, t.Progress.Samples, !math.IsNaN(t.Progress.Energy))
		return nil
	})
	if err := trainer.Fit(context.Background(), batches{pairs(1), pairs(2)}); err != nil {
		panic(err)
	}
	// Output:
	// 1 updates, 2 samples, energy finite true
	// 2 updates, 4 samples, energy finite true
}
