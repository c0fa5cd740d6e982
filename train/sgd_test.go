package train

import (
	"math"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
)

// TestSGDDecayOnly checks w = (1−ηλ)ⁿ·w₀ when the gradient is zero, and that
// NoDecay and DecayAll do what they say.
func TestSGDDecayOnly(t *testing.T) {
	const lr, decay, n = 0.1, 0.2, 50
	decayed := 2 * math.Pow(1-lr*decay, n)
	for _, c := range []struct {
		noDecay, all bool
		want         float64
	}{
		{false, false, decayed},
		{true, false, 2},
		{true, true, decayed},
	} {
		p, opt := one(2, 0), &SGD{WeightDecay: decay, DecayAll: c.all}
		p.NoDecay = c.noDecay
		for range n {
			if err := opt.Step([]*graph.Param{p}, lr); err != nil {
				t.Fatal(err)
			}
		}
		if got := p.Value.Float64s()[0]; math.Abs(got-c.want) > 1e-14 {
			t.Errorf("NoDecay %v, DecayAll %v: w = %v, want %v", c.noDecay, c.all, got, c.want)
		}
	}
}
