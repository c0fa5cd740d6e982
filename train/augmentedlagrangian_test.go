package train_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// One round is predictive coding with precision ρ of the free nodes.
func TestAugmentedLagrangianOneRound(t *testing.T) {
	for _, rho := range []float64{0, 1, 2.5} {
		m := models.MLP{Widths: []int{4, 5, 5, 2}, Activation: layers.Tanh{}}
		plain, err := m.New(graph.Settings{Precision: graph.Float64, Seed: 2})
		if err != nil {
			t.Fatal(err)
		}
		m.Hidden = energy.Gaussian{Precision: max(rho, 1)}
		precise, err := m.New(graph.Settings{Precision: graph.Float64, Seed: 2})
		if err != nil {
			t.Fatal(err)
		}
		b := randomBatch(plain, 3, rand.New(rand.NewPCG(1, 1)))
		r := relax.Settings{Steps: 9, Control: relax.Constant{Size: 0.1}, Solver: &relax.Momentum{}}
		want, _ := gradientsOf(t, &train.Prospective{Relax: r}, precise, b)
		got, stats := gradientsOf(t, &train.AugmentedLagrangian{Relax: r, Rounds: 1, Rho: rho}, plain, b)
		for i, w := range want {
			if math.Abs(got[i]-w) > 1e-13 {
				t.Fatalf("ρ = %v: gradient %d: got %v, want %v", rho, i, got[i], w)
			}
		}
		if stats.Relaxation.Steps != 9 {
			t.Errorf("got %+v", stats.Relaxation)
		}
	}
}

// The rounds are those of the formula, here for one number in every node:
// h = (ρ·w₁x − λ + w₂y)/(ρ + w₂²), λ ← λ + ρ(h − w₁x).
func TestAugmentedLagrangianByHand(t *testing.T) {
	net, err := models.MLP{Widths: []int{1, 1, 1}, NoBias: true}.New(graph.Settings{Precision: graph.Float64})
	if err != nil {
		t.Fatal(err)
	}
	const w1, w2, x, y, rho = 0.7, -1.3, 1.5, 2.0, 0.6
	for i, w := range []float64{w1, w2} {
		if err := net.Params()[i].SetValues(relax.Float64([]float64{w})); err != nil {
			t.Fatal(err)
		}
	}
	b := &train.Batch{Size: 1, Values: map[string][]float32{"x": {x}, "y": {y}}}
	relaxation := relax.Settings{Steps: 5000, Control: relax.Constant{Size: 0.2}, Stop: relax.GradientNorm{Tolerance: 1e-13}}
	lambda := 0.0
	for rounds := 1; rounds <= 9; rounds++ {
		h := (rho*w1*x - lambda + w2*y) / (rho + w2*w2)
		want := []float64{-(lambda + rho*(h-w1*x)) * x, -(y - w2*h) * h}
		rule := &train.AugmentedLagrangian{Relax: relaxation, Rounds: rounds, Rho: rho}
		if rounds == 8 {
			rule.Rounds = 0 // which means 8
		}
		got, _ := gradientsOf(t, rule, net, b)
		for i, w := range want {
			if math.Abs(got[i]-w) > 1e-11 {
				t.Errorf("%d rounds: gradient %d: got %v, want %v", rounds, i, got[i], w)
			}
		}
		lambda += rho * (h - w1*x)
	}
}

// The result tells of the last round, whose energy falls, though the multipliers raise
// that of a round above the one before.
func TestAugmentedLagrangianResult(t *testing.T) {
	net, err := models.MLP{Widths: []int{1, 1, 1}, NoBias: true}.New(graph.Settings{Precision: graph.Float64})
	if err != nil {
		t.Fatal(err)
	}
	const w1, w2, x, y, rho = 0.7, -1.3, 1.5, 2.0, 0.1
	for i, w := range []float64{w1, w2} {
		if err := net.Params()[i].SetValues(relax.Float64([]float64{w})); err != nil {
			t.Fatal(err)
		}
	}
	b := &train.Batch{Size: 1, Values: map[string][]float32{"x": {x}, "y": {y}}}
	energy := func(h, lambda float64) float64 {
		return math.Pow(y-w2*h, 2)/2 + lambda*(h-w1*x) + rho*math.Pow(h-w1*x, 2)/2 + lambda*lambda/2/rho
	}
	lambda, before := 0.0, w1*x
	for rounds := 1; rounds <= 6; rounds++ {
		h := (rho*w1*x - lambda + w2*y) / (rho + w2*w2)
		_, stats := gradientsOf(t, &train.AugmentedLagrangian{Relax: relax.Settings{Steps: 400, Control: relax.Constant{Size: 0.3}}, Rounds: rounds, Rho: rho}, net, b)
		r := stats.Relaxation
		if math.Abs(r.EnergyStart-energy(before, lambda)) > 1e-9 || math.Abs(r.Energy-energy(h, lambda)) > 1e-9 || math.Abs(stats.Energy-r.Energy) > 1e-12 {
			t.Errorf("%d rounds: got %+v with energy %v, want energies from %v to %v", rounds, r, stats.Energy, energy(before, lambda), energy(h, lambda))
		}
		if r.Steps != 400*rounds || r.MeasuredAt != r.Steps || r.Evaluations != 401*rounds || r.MeanSteps != float64(r.Steps) {
			t.Errorf("%d rounds: got %+v", rounds, r)
		}
		lambda, before = lambda+rho*(h-w1*x), h
	}
}

// With many rounds the gradients are backprop's, on graphs and images too.
func TestAugmentedLagrangianIsBackprop(t *testing.T) {
	image := models.ConvNet{Input: graph.Shape{1, 8, 8}, Classes: 3, Activation: layers.Tanh{}, Blocks: []models.ConvBlock{{Out: 3}, {Out: 4}}}
	images, err := image.Declaration()
	if err != nil {
		t.Fatal(err)
	}
	deep, err := models.MLP{Widths: []int{4, 5, 5, 5, 5, 5, 5, 2}, Activation: layers.Tanh{}}.Declaration()
	if err != nil {
		t.Fatal(err)
	}
	for name, d := range map[string]graph.Declaration{"skips": skipping(), "images": images, "chain": deep} {
		net, err := graph.New(d, graph.Settings{Precision: graph.Float64, Seed: 2})
		if err != nil {
			t.Fatal(err)
		}
		b := randomBatch(net, 3, rand.New(rand.NewPCG(1, 1)))
		if name == "skips" {
			softmax(b.Values["y"], 3)
		}
		r := relax.Settings{Steps: 3000, Control: relax.Constant{Size: 0.1}, Stop: relax.GradientNorm{Tolerance: 1e-9}}
		few, _ := gradientsOf(t, &train.AugmentedLagrangian{Relax: r, Rounds: 1, Rho: 3, Average: true}, net, b)
		backprop, _ := gradientsOf(t, &train.Backprop{Average: true}, net, b)
		worst := 0.0
		for i, w := range backprop {
			worst = max(worst, math.Abs(w-few[i]))
		}
		if worst < 1e-4 {
			t.Errorf("%s: one round is backprop up to %v: the test shows nothing", name, worst)
		}
		backpropEqual(t, name, &train.AugmentedLagrangian{Relax: r, Rounds: 40, Rho: 3, Average: true}, net, b, 1e-6)
	}
}

func TestAugmentedLagrangianRefuses(t *testing.T) {
	one := relax.Settings{Steps: 1, Control: relax.Constant{Size: 1}}
	d, err := models.MLP{Widths: []int{2, 2, 2}, Hidden: energy.Gaussian{Learned: energy.LearnedScalar, Floor: 0.1}}.Declaration()
	if err != nil {
		t.Fatal(err)
	}
	learned, err := graph.New(d, graph.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	plain, err := models.MLP{Widths: []int{2, 2, 2}}.New(graph.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	b := &train.Batch{Size: 1, Values: map[string][]float32{"x": {1, 2}, "y": {1, 2}}}
	for want, c := range map[string]struct {
		rule *train.AugmentedLagrangian
		net  *graph.Network
	}{
		"Rounds, got -1":      {&train.AugmentedLagrangian{Relax: one, Rounds: -1}, plain},
		"Rho, got -1":         {&train.AugmentedLagrangian{Relax: one, Rho: -1}, plain},
		"Rho, got +Inf":       {&train.AugmentedLagrangian{Relax: one, Rho: math.Inf(1)}, plain},
		"Steps: want":         {&train.AugmentedLagrangian{}, plain},
		"energy/logprecision": {&train.AugmentedLagrangian{Relax: one}, learned},
	} {
		if _, err := c.rule.Gradients(t.Context(), c.net, b); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "train: augmented Lagrangian: ") {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
	if err := (&train.AugmentedLagrangian{}).Divisible(); err == nil {
		t.Error("divisible: got no error")
	}
	if got := (&train.AugmentedLagrangian{Relax: one}).Travels(); got != 8 {
		t.Errorf("travels %d, want 8", got)
	}
}
