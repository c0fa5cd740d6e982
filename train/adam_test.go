package train

import (
	"math"
	"testing"

	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/graph"
)

// one returns a parameter of one float64 weight.
func one(w, g float64) *graph.Param {
	p := &graph.Param{
		Name:  "w",
		Value: tensor.New(tensor.WithShape(1), tensor.Of(tensor.Float64)),
		Grad:  tensor.New(tensor.WithShape(1), tensor.Of(tensor.Float64)),
	}
	p.Value.Float64s()[0], p.Grad.Float64s()[0] = w, g
	return p
}

// TestConstantGradient checks the trajectories that a constant gradient g has in
// closed form: both corrected moments are g and g², so Adam moves η·g/(|g|+ε) a
// step, and AdamW does so from a weight shrunk by 1−ηλ.
func TestConstantGradient(t *testing.T) {
	const (
		w0, g, lr, decay = 3.0, -0.25, 0.01, 0.3
		eps              = 1e-8
		n                = 200
	)
	move := lr * g / (math.Abs(g) + eps)
	shrink := 1 - lr*decay
	// wₙ = rⁿ·w₀ − move·(1 + r + … + rⁿ⁻¹)
	geometric := func(r float64) float64 {
		return math.Pow(r, n)*w0 - move*(1-math.Pow(r, n))/(1-r)
	}
	for name, c := range map[string]struct {
		opt  Optimizer
		want float64
	}{
		"adam":  {&Adam{}, w0 - n*move},
		"adamw": {&AdamW{WeightDecay: decay}, geometric(shrink)},
	} {
		p := one(w0, g)
		for range n {
			if err := c.opt.Step([]*graph.Param{p}, lr); err != nil {
				t.Fatal(err)
			}
		}
		if got := p.Value.Float64s()[0]; math.Abs(got-c.want) > 1e-11 {
			t.Errorf("%s: w = %v after %d steps, want %v", name, got, n, c.want)
		}
	}
}

// TestAdamWWithoutDecayIsAdam also checks that the two share their state.
func TestAdamWWithoutDecayIsAdam(t *testing.T) {
	a, w := one(1, 0.5), one(1, 0.5)
	adam, adamw := &Adam{}, &AdamW{}
	for range 10 {
		if err := adam.Step([]*graph.Param{a}, 0.1); err != nil {
			t.Fatal(err)
		}
		if err := adamw.Step([]*graph.Param{w}, 0.1); err != nil {
			t.Fatal(err)
		}
		if x, y := a.Value.Float64s()[0], w.Value.Float64s()[0]; x != y {
			t.Fatalf("Adam %v, AdamW %v, want the same bits", x, y)
		}
	}
	if err := (&AdamW{}).SetState([]*graph.Param{w}, adam.State()); err != nil {
		t.Error(err)
	}
}

// TestTinyBeta1 checks the documented way to have no first moment.
func TestTinyBeta1(t *testing.T) {
	p := one(0, 1)
	opt := &Adam{Beta1: math.SmallestNonzeroFloat64}
	for _, g := range []float64{1, -1} {
		before := p.Value.Float64s()[0]
		p.Grad.Float64s()[0] = g
		if err := opt.Step([]*graph.Param{p}, 0.1); err != nil {
			t.Fatal(err)
		}
		if move := p.Value.Float64s()[0] - before; math.Abs(move+0.1*g) > 1e-6 {
			t.Errorf("gradient %v moved the weight by %v, want %v", g, move, -0.1*g)
		}
	}
}
