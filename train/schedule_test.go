package train

import (
	"math"
	"testing"
)

func TestScheduleTable(t *testing.T) {
	recipe := Cosine{WarmUp: 0.1, Floor: 0.1}
	for _, c := range []struct {
		name        string
		schedule    Schedule
		step, total int
		want        float64
	}{
		{"constant", Constant{}, 7, 10, 1},
		{"zero cosine starts full", Cosine{}, 0, 100, 1},
		{"zero cosine half", Cosine{}, 50, 100, 0.5},
		{"zero cosine end", Cosine{}, 100, 100, 0},
		{"first warm-up step", recipe, 0, 100, 1.0 / 11},
		{"last warm-up step", recipe, 9, 100, 10.0 / 11},
		{"peak", recipe, 10, 100, 1},
		{"middle", recipe, 55, 100, 0.55},
		{"a third", recipe, 40, 100, 0.1 + 0.9*0.75},
		{"end", recipe, 100, 100, 0.1},
		{"beyond the end", recipe, 1000, 100, 0.1},
		{"before the start", recipe, -5, 100, 1.0 / 11},
		{"steps replace the fraction", Cosine{WarmUp: 0.5, WarmUpSteps: 4}, 3, 100, 0.8},
		{"unknown length warms up", Cosine{WarmUpSteps: 4, Floor: 0.1}, 1, 0, 0.4},
		{"unknown length stays", Cosine{WarmUpSteps: 4, Floor: 0.1}, 1000, 0, 1},
		{"warm-up longer than the run", Cosine{WarmUpSteps: 20}, 9, 10, 10.0 / 21},
		{"all warm-up", Cosine{WarmUp: 3}, 9, 10, 10.0 / 11},
		{"one step", recipe, 0, 1, 1},
		{"floor clipped", Cosine{Floor: 7}, 50, 100, 1},
		{"NaN is none", Cosine{WarmUp: math.NaN(), Floor: math.NaN()}, 50, 100, 0.5},
		{"step decay zero", StepDecay{}, 1000, 0, 1},
		{"step decay before", StepDecay{Every: 10}, 9, 0, 1},
		{"step decay after", StepDecay{Every: 10}, 10, 0, 0.1},
		{"step decay twice", StepDecay{Every: 10, Gamma: 0.5}, 25, 0, 0.25},
	} {
		if got := c.schedule.Factor(c.step, c.total); math.Abs(got-c.want) > 1e-15 {
			t.Errorf("%s: Factor(%d, %d) = %v, want %v", c.name, c.step, c.total, got, c.want)
		}
	}
}

// TestCosineIsPositive checks that no step of a run gets a learning rate of zero,
// which optimizers refuse, and that the factor rises and then falls.
func TestCosineIsPositive(t *testing.T) {
	for _, c := range []Cosine{{}, {WarmUp: 0.1, Floor: 0.1}, {WarmUpSteps: 3}, {WarmUp: 1}} {
		for total := 1; total <= 200; total++ {
			last, falling := 0.0, false
			for step := range total {
				f := c.Factor(step, total)
				if !(f > 0 && f <= 1) {
					t.Fatalf("%+v: Factor(%d, %d) = %v, want within (0, 1]", c, step, total, f)
				}
				if f < last {
					falling = true
				} else if falling && f > last {
					t.Fatalf("%+v: Factor(%d, %d) rises again", c, step, total)
				}
				last = f
			}
		}
	}
}
