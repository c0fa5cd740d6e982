package train_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/baselines"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// zeroGradients counts the parameters whose gradient is exactly 0.
func zeroGradients(net *graph.Network) int {
	n := 0
	for _, p := range net.Params() {
		if !slices.ContainsFunc(paramGrad(p), func(x float64) bool { return x != 0 }) {
			n++
		}
	}
	return n
}

// logged returns a logger and what it has written.
func logged() (*slog.Logger, *bytes.Buffer) {
	b := new(bytes.Buffer)
	return slog.New(slog.NewTextHandler(b, nil)), b
}

// TestShortfallOfDeepNetwork is the command's mlpresidual:width=32,depth=64 with 20
// steps, in which 52 of 65 parameters learn nothing: 44 are too far away, and in
// float32 the signal to 8 more is rounded away, or to one more or less where
// machines round differently.
func TestShortfallOfDeepNetwork(t *testing.T) {
	src := digits(t, 128)
	src.Settings.Size = 64
	for _, c := range []struct {
		precision        graph.Precision
		steps            int
		coordinates      train.Coordinates
		beyond           int
		minLost, maxLost int
	}{
		{graph.Float32, 20, train.Activities, 44, 6, 10},
		{graph.Float64, 20, train.Activities, 44, 0, 6},
		{graph.Float64, 64, train.Activities, 0, 20, 44},
		{graph.Float32, 20, train.Errors, 0, 0, 0},
	} {
		net, err := models.MLPResidual{Inputs: 784, Width: 32, Depth: 64, Outputs: 10, Activation: layers.ReLU{}}.New(graph.Settings{Seed: 1, Precision: c.precision})
		if err != nil {
			t.Fatal(err)
		}
		rule := &train.Prospective{Coordinates: c.coordinates, Relax: relax.Settings{Steps: c.steps, Control: relax.Discount{Size: 0.1, Factor: 0.5}, SkipFinal: true}}
		log, text := logged()
		tr := &train.Trainer{Network: net, Rule: rule, Optimizer: &train.Adam{}, Rate: 0.001, Epochs: 1, Log: log}
		zero := -1
		tr.OnStep(1, func(_ context.Context, tr *train.Trainer, last train.Stats) error {
			if tr.Progress.Updates == 1 {
				zero = zeroGradients(net)
			}
			return nil
		})
		if err := tr.Fit(context.Background(), src); err != nil {
			t.Fatal(err)
		}
		lost := zero - c.beyond
		if lost < c.minLost || lost > c.maxLost {
			t.Errorf("%v, %d steps of %v: %d gradients are exactly 0, want %d and %d to %d more", c.precision, c.steps, c.coordinates, zero, c.beyond, c.minLost, c.maxLost)
		}
		var want []string
		if c.beyond > 0 {
			want = append(want, "travels 20 nodes far, but the way to some is 64", "does not reach 44 of 64 free nodes (h1 to h44), and 44 of 65 parameters learn nothing", "skip connections")
		}
		if lost > 0 {
			want = append(want, fmt.Sprintf("%d more of 65 parameters", lost), "more relaxation steps", "error coordinates")
		}
		for _, w := range want {
			if strings.Count(text.String(), "level=WARN") != 1 || !strings.Contains(text.String(), w) {
				t.Errorf("%v, %d steps: got %q, want one warning with %q", c.precision, c.steps, text, w)
			}
		}
		if want == nil && text.Len() > 0 {
			t.Errorf("%v, %d steps of %v: got %q, want no warning", c.precision, c.steps, c.coordinates, text)
		}
	}
}

// TestTravels checks that exactly the parameters that a rule is said not to reach
// have a gradient of 0, in a chain of four hidden nodes, for every number of steps.
func TestTravels(t *testing.T) {
	settling := func(steps int) baselines.Settling { return baselines.Settling{Steps: steps, Size: 0.3} }
	constant := func(steps int) relax.Settings {
		return relax.Settings{Steps: steps, Control: relax.Constant{Size: 0.2}, SkipFinal: true}
	}
	for name, rule := range map[string]func(steps int) train.Rule{
		"prospective": func(steps int) train.Rule { return &train.Prospective{Relax: constant(steps)} },
		"before last": func(steps int) train.Rule { return train.Paper(steps, 0.2, 1) },
		"Heun": func(steps int) train.Rule {
			r := constant(steps)
			r.Solver = &relax.Heun{}
			return &train.Prospective{Relax: r}
		},
		"Runge-Kutta": func(steps int) train.Rule {
			r := constant(steps)
			r.Solver = &relax.RK4{}
			return &train.Prospective{Relax: r}
		},
		"Newton": func(steps int) train.Rule {
			r := constant(steps)
			r.Solver = &relax.Newton{Iterations: 2}
			return &train.Prospective{Relax: r}
		},
		"Newton of 20 iterations": func(steps int) train.Rule {
			r := constant(steps)
			r.Solver = &relax.Newton{}
			return &train.Prospective{Relax: r}
		},
		"accelerated": func(steps int) train.Rule {
			r := constant(steps)
			r.Solver = &relax.Proximal{Accelerate: true}
			return &train.Prospective{Relax: r}
		},
		"conjugate gradients": func(steps int) train.Rule {
			r := constant(steps)
			r.Solver = &relax.ConjugateGradient{}
			return &train.Prospective{Relax: r}
		},
		"errors": func(steps int) train.Rule {
			return &train.Prospective{Relax: constant(steps), Coordinates: train.Errors}
		},
		"incremental": func(steps int) train.Rule {
			return &train.Interleaved{Relax: constant(steps)}
		},
		"consolidation": func(steps int) train.Rule {
			return &train.Interleaved{Relax: constant(2 * steps), Activities: train.When{{0, steps}}, Weights: train.When{{steps, 2 * steps}}}
		},
		"repeated": func(steps int) train.Rule {
			return &train.Repeated{Rule: &train.Prospective{Relax: constant(steps)}, Times: 2}
		},
		"fixed prediction": func(steps int) train.Rule { return &baselines.FixedPrediction{Steps: steps, Size: 0.2} },
		"Almeida-Pineda":   func(steps int) train.Rule { return &baselines.AlmeidaPineda{Settling: settling(steps)} },
	} {
		for steps := 1; steps <= 7; steps++ {
			net, err := models.MLP{Widths: []int{3, 4, 4, 4, 4, 2}, Activation: layers.Tanh{}}.New(graph.Settings{Seed: 5, Precision: graph.Float64})
			if err != nil {
				t.Fatal(err)
			}
			b := &train.Batch{Size: 2, Values: map[string][]float32{"x": {1, -0.5, 0.3, 0.2, 0.7, -1}, "y": {1, 0, 0, 1}}}
			r := rule(steps)
			stats, err := train.Learn(context.Background(), net, r, &train.SGD{}, 0.01, b)
			if err != nil {
				t.Fatal(err)
			}
			s, err := train.FindShortfall(net, r, b, stats)
			if err != nil {
				t.Fatal(err)
			}
			if got := zeroGradients(net); got != len(s.Params) || len(s.Lost) > 0 || len(s.Unreachable) > 0 {
				t.Errorf("%s, %d steps: %d gradients are exactly 0, want %d: %+v", name, steps, got, len(s.Params), s)
			}
		}
	}
}

// TestShortfallOfOther rules and networks.
func TestShortfallOfOther(t *testing.T) {
	d, err := models.MLP{Widths: []int{3, 4, 2}, Activation: layers.Tanh{}}.Declaration()
	if err != nil {
		t.Fatal(err)
	}
	d.Nodes = append(d.Nodes, graph.Node{Name: "dead", Shape: graph.Shape{2}})
	d.Predictions = append(d.Predictions, graph.Prediction{Of: "dead", From: []string{"x"}, Layer: layers.Dense{Out: 2}})
	net, err := graph.New(d, graph.Settings{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	b := &train.Batch{Size: 1, Values: map[string][]float32{"x": {1, 2, 3}, "y": {1, 0}}}
	s, err := train.FindShortfall(net, train.Paper(5, 0.1, 0.5), b, train.Stats{})
	if err != nil || !slices.Equal(s.Unreachable, []string{"dead"}) || !strings.Contains(s.String(), "no number of steps brings a signal to 1 of 2 free nodes (dead)") {
		t.Errorf("a node that leads nowhere: got %q, %v", s, err)
	}
	if s, err := train.FindShortfall(net, &train.Backprop{}, b, train.Stats{}); err != nil || s.String() != "" {
		t.Errorf("backprop: got %q, %v, want nothing", s, err)
	}
	b.Values["nothing"] = nil
	if _, err := train.FindShortfall(net, train.Paper(5, 0.1, 0.5), b, train.Stats{}); err == nil {
		t.Error("an unknown node: want an error")
	}
}
