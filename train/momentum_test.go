package train

import (
	"math"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
)

// TestMomentumConstantGradient checks the closed forms under a constant gradient
// g: vₜ = g·(1−βᵗ)/(1−β), and with Nesterov a step along g + β·vₜ = vₜ₊₁.
func TestMomentumConstantGradient(t *testing.T) {
	const (
		w0, g, lr, beta = 1.0, 0.5, 0.01, 0.9
		n               = 100
	)
	velocity := func(t int) float64 { return g * (1 - math.Pow(beta, float64(t))) / (1 - beta) }
	for _, nesterov := range []bool{false, true} {
		want, ahead := w0, 0
		if nesterov {
			ahead = 1
		}
		p, opt := one(w0, g), &Momentum{Nesterov: nesterov}
		for step := 1; step <= n; step++ {
			want -= lr * velocity(step+ahead)
			if err := opt.Step([]*graph.Param{p}, lr); err != nil {
				t.Fatal(err)
			}
			if got := p.Value.Float64s()[0]; math.Abs(got-want) > 1e-12 {
				t.Fatalf("Nesterov %v: w = %v after %d steps, want %v", nesterov, got, step, want)
			}
		}
	}
}

// TestScheduleActsAtOnce checks that the learning rate stands outside the
// velocity.
func TestScheduleActsAtOnce(t *testing.T) {
	p, opt := one(0, 1), &Momentum{}
	if err := opt.Step([]*graph.Param{p}, 1); err != nil {
		t.Fatal(err)
	}
	if err := opt.Step([]*graph.Param{p}, 1e-9); err != nil {
		t.Fatal(err)
	}
	if got, want := p.Value.Float64s()[0], -1-1.9e-9; math.Abs(got-want) > 1e-15 {
		t.Errorf("w = %v, want %v", got, want)
	}
}
