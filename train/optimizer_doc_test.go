package train

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/relax"
)

// The limits that the fields document, at the limit itself.
func TestOptimizerLimits(t *testing.T) {
	ps := newParams(1, tensor.Float64)
	fixed := func(rate float64) *GorgoniaSolver {
		return &GorgoniaSolver{Solver: gorgonia.NewAdaGradSolver(gorgonia.WithLearnRate(rate)), FixedRate: rate}
	}
	for name, c := range map[string]struct {
		step func() error
		want string // empty: no error
	}{
		"η·λ = 1":                  {func() error { return (&AdamW{WeightDecay: 2}).Step(ps, 0.5) }, "want < 1"},
		"η·λ just below 1":         {func() error { return (&AdamW{WeightDecay: 2}).Step(ps, math.Nextafter(0.5, 0)) }, ""},
		"beta 1":                   {func() error { return (&Adam{Beta1: 1}).Step(ps, 0.1) }, "Beta1, got 1"},
		"negative beta 2":          {func() error { return (&AdamW{Beta2: -0.1}).Step(ps, 0.1) }, "Beta2, got -0.1"},
		"dampening 1":              {func() error { return (&Momentum{Dampening: 1}).Step(ps, 0.1) }, "Dampening, got 1"},
		"a rate of 0":              {func() error { return (&Adam{}).Step(ps, 0) }, "want a positive number"},
		"smallest rate":            {func() error { return (&SGD{}).Step(ps, math.SmallestNonzeroFloat64) }, ""},
		"fixed rate, asked higher": {func() error { return fixed(0.1).Step(matrices(tensor.Float64), 0.2) }, "is fixed: got 0.2, want FixedRate = 0.1"},
		"fixed rate, asked lower":  {func() error { return fixed(0.1).Step(matrices(tensor.Float64), 0.05) }, "is fixed: got 0.05, want FixedRate = 0.1"},
	} {
		switch err := c.step(); {
		case c.want == "" && err != nil:
			t.Errorf("%s: got error %v, want none", name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: got error %v, want one with %q", name, err, c.want)
		}
	}
}

// Writing into a state that was set changes nothing, and neither does writing
// into one that was read.
func TestStatesAreCopies(t *testing.T) {
	for _, c := range optimizerCases() {
		opt, ok := c.make().(Stateful)
		if !ok {
			continue
		}
		ps := newParams(1, tensor.Float64)
		if err := opt.(Optimizer).Step(ps, 0.1); err != nil {
			t.Fatal(err)
		}
		want, other := opt.State(), c.make().(Stateful)
		given := opt.State()
		if err := other.SetState(ps, given); err != nil {
			t.Fatal(err)
		}
		for name, d := range given.Tensors {
			fill(d, func() float64 { return 99 })
			if got := other.State().Tensors[name]; fmt.Sprint(values(got)) != fmt.Sprint(values(want.Tensors[name])) {
				t.Fatalf("%s: writing into a state that was set changed %s", c.name, name)
			}
		}
	}
}

// A gradient that is not finite is a divergence, and is found as one.
func TestNonFiniteIsDivergence(t *testing.T) {
	ps := newParams(1, tensor.Float32)
	ps[2].Grad.Float32s()[4] = float32(math.Inf(1))
	err := (&Adam{}).Step(ps, 0.1)
	if !errors.Is(err, relax.ErrDiverged) {
		t.Errorf("got %v, want relax.ErrDiverged in it", err)
	}
}

// The edges of the schedules: the last step of a run, the one after it, and drops
// that come exactly every so many steps.
func TestScheduleEdges(t *testing.T) {
	for _, c := range []struct {
		name        string
		schedule    Schedule
		step, total int
		want        float64
	}{
		{"one step beyond the end", Cosine{WarmUp: 0.1, Floor: 0.1}, 101, 100, 0.1},
		{"all warm-up, at the end", Cosine{WarmUpSteps: 20, Floor: 0.3}, 10, 10, 0.3},
		{"just before the second drop", StepDecay{Every: 10, Gamma: 0.5}, 19, 0, 0.5},
		{"the second drop", StepDecay{Every: 10, Gamma: 0.5}, 20, 0, 0.25},
		{"warm-up that is NaN", Cosine{WarmUp: math.NaN()}, 0, 100, 1},
		{"floor that is NaN", Cosine{Floor: math.NaN()}, 100, 100, 0},
		{"negative floor", Cosine{Floor: -1}, 100, 100, 0},
	} {
		if got := c.schedule.Factor(c.step, c.total); !(math.Abs(got-c.want) <= 1e-15) {
			t.Errorf("%s: Factor(%d, %d) = %v, want %v", c.name, c.step, c.total, got, c.want)
		}
	}
}

// The names that settings have in a run's manifest are read back.
func TestTextNames(t *testing.T) {
	for want, s := range map[string]State{"last": LastState, "before-last": BeforeLast} {
		text, err := s.MarshalText()
		var back State = -1
		if err != nil || string(text) != want || s.String() != want || back.UnmarshalText(text) != nil || back != s {
			t.Errorf("state %d: got %q (%v) and back %d, want %q", s, text, err, back, want)
		}
	}
	for want, c := range map[string]Coordinates{"activities": Activities, "errors": Errors} {
		text, err := c.MarshalText()
		var back Coordinates = -1
		if err != nil || string(text) != want || c.String() != want || back.UnmarshalText(text) != nil || back != c {
			t.Errorf("coordinates %d: got %q (%v) and back %d, want %q", c, text, err, back, want)
		}
	}
	if (&Prospective{}).State != LastState || (&Prospective{}).Coordinates != Activities {
		t.Error("zero is not the last state of the activities")
	}
	if err := new(State).UnmarshalText([]byte("first")); err == nil || !strings.Contains(err.Error(), "want last or before-last") {
		t.Errorf("unknown state: got %v", err)
	}
	if err := new(Coordinates).UnmarshalText([]byte("weights")); err == nil || !strings.Contains(err.Error(), "want activities or errors") {
		t.Errorf("unknown coordinates: got %v", err)
	}
}

// Spans reach from From to just before Until, and nil is every step.
func TestWhen(t *testing.T) {
	w := When{{From: 1, Until: 3}, {From: 5, Until: 6}}
	got := ""
	for step := range 8 {
		if w.has(step) {
			got += fmt.Sprint(step)
		}
		if !When(nil).has(step) || (When{}).has(step) {
			t.Errorf("step %d: nil is every step and an empty set none", step)
		}
	}
	if got != "125" {
		t.Errorf("steps of %v: got %s, want 125", w, got)
	}
}

// A step reads the gradients and leaves them as they were.
func TestStepLeavesGradients(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		for _, c := range optimizerCases() {
			ps, opt := newParams(2, dt), c.make()
			for range 2 {
				for _, p := range ps {
					before := fmt.Sprint(values(p.Grad))
					if err := opt.Step(ps, 0.1); err != nil {
						t.Fatal(err)
					}
					if got := fmt.Sprint(values(p.Grad)); got != before {
						t.Fatalf("%s %v: gradient of %s, got %s, want %s", c.name, dt, p.Name, got, before)
					}
				}
			}
		}
	}
}

// Adam and AdamW go on from each other's state, Momentum from neither's.
func TestAdamAndAdamWShareState(t *testing.T) {
	ps := newParams(2, tensor.Float64)
	a, w := &Adam{}, &AdamW{}
	if err := errors.Join(a.Step(ps, 0.1), w.Step(ps, 0.1)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join((&Adam{}).SetState(ps, w.State()), (&AdamW{}).SetState(ps, a.State())); err != nil {
		t.Error(err)
	}
	for _, s := range []OptimizerState{a.State(), w.State()} {
		if err := (&Momentum{}).SetState(ps, s); err == nil || !strings.Contains(err.Error(), "state of another optimizer") {
			t.Errorf("momentum from %q: got %v, want an error", s.Kind, err)
		}
	}
	if _, ok := Optimizer(&SGD{}).(Stateful); ok {
		t.Error("SGD is Stateful, though it remembers nothing")
	}
	if _, ok := Optimizer(&GorgoniaSolver{}).(Stateful); ok {
		t.Error("GorgoniaSolver is Stateful, though a solver's moments cannot be read")
	}
}
