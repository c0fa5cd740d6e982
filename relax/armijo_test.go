package relax_test

import (
	"context"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seed-be841da4/prospect/relax"
)

func TestArmijoNeverRaisesTheEnergy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		control := relax.Armijo{
			Initial:    rapid.Float64Range(1e-3, 100).Draw(t, "initial"),
			Shrink:     rapid.Float64Range(0.1, 0.9).Draw(t, "shrink"),
			Sufficient: rapid.Float64Range(1e-6, 0.5).Draw(t, "sufficient"),
			Grow:       rapid.Float64Range(1, 10).Draw(t, "grow"),
		}
		control.MaxSize = control.Initial * rapid.Float64Range(1, 100).Draw(t, "max")
		seed := rapid.Uint64().Draw(t, "seed")
		width := rapid.IntRange(1, 5).Draw(t, "width")
		var p relax.Problem = newChain[float64](seed, 3, 2, width, width+1, 2)
		if rapid.Bool().Draw(t, "float32") {
			p = newChain[float32](seed, 3, 2, width, width+1, 2)
		}
		trace := &relax.Trace{}
		r, err := relax.Run(context.Background(), p, relax.Settings{Steps: 30, Control: control, Recorder: trace})
		if err != nil {
			t.Fatal(err)
		}
		totals, sizes := trace.Totals(), trace.Sizes()
		for i := 1; i < len(totals); i++ {
			if totals[i] > totals[i-1] {
				t.Fatalf("step %d: energy rose from %g to %g", i, totals[i-1], totals[i])
			}
			if sizes[i] > control.MaxSize {
				t.Fatalf("step %d: size %g above %g", i, sizes[i], control.MaxSize)
			}
		}
		if trace.Len() != r.Steps+1 {
			t.Fatalf("got %d records of %d steps", trace.Len(), r.Steps)
		}
	})
}

// On ½λx² the condition is 1-½γλ ≥ c, so with c = ½ exactly γ ≤ 1/λ is accepted.
func TestArmijoAcceptsWhatTheBowlSays(t *testing.T) {
	const lambda = 4
	b := newBowl(relax.Float64([]float64{1}), lambda)
	trace := &relax.Trace{}
	r := mustRun(t, b, relax.Settings{
		Steps: 1, Recorder: trace,
		Control: relax.Armijo{Initial: 1, Shrink: 0.5, Sufficient: 0.5},
	})
	if r.StepSize != 1./lambda || state(b)[0] != 0 {
		t.Errorf("got size %g to x = %g, want %g to 0", r.StepSize, state(b)[0], 1./lambda)
	}
	// The initial state, three trials; the final state is the last trial.
	if r.Evaluations != 4 {
		t.Errorf("got %d evaluations, want 4", r.Evaluations)
	}
}

// never rejects everything.
type never struct{ relax.Armijo }

func (never) Accept(_, _, _, _ float64) bool { return false }

func TestRejectedStepsLeaveNoTrace(t *testing.T) {
	for name, p := range map[string]relax.Problem{
		"float32": newChain[float32](5, 3, 2, 4, 3, 2),
		"float64": newChain[float64](5, 3, 2, 4, 3, 2),
	} {
		if _, err := p.Evaluate(make([]float64, len(p.Terms()))); err != nil {
			t.Fatal(err)
		}
		// The sign of a zero and the last bit must survive.
		p.Activities()[0].X.Set(0, math.Copysign(0, -1))
		bits := func() (out []uint64) {
			for _, x := range append(state(p), gradients(p)...) {
				out = append(out, math.Float64bits(x))
			}
			return out
		}
		energy, err := p.Evaluate(make([]float64, len(p.Terms())))
		if err != nil {
			t.Fatal(err)
		}
		want := bits()
		r := mustRun(t, p, relax.Settings{Steps: 3, Control: never{relax.Armijo{Initial: 0.7, Shrink: 0.3}}})
		if diff := cmp.Diff(want, bits()); diff != "" {
			t.Errorf("%s: values and gradients (-before +after):\n%s", name, diff)
		}
		if r.Status != relax.Stalled || r.Steps != 0 || r.Energy != energy || r.MeasuredAt != 0 {
			t.Errorf("%s: got %+v", name, r)
		}
	}
}

// rejectFirst rejects the first trial of every step, whatever it led to.
type rejectFirst struct {
	relax.Constant
	trials int
}

func (c *rejectFirst) Accept(_, _, _, _ float64) bool { c.trials++; return c.trials%2 == 0 }

func (c *rejectFirst) Shorten(size float64) (float64, bool) { return size, true }

// Since the second trial has the same size, a rejection must make no difference,
// not even to a solver with a memory.
func TestRejectionIsInvisible(t *testing.T) {
	for _, solver := range []relax.Solver{relax.Euler{}, &relax.Momentum{Beta: 0.8}, &relax.Adam{}} {
		want, got := newChain[float32](5, 3, 2, 4, 3, 2), newChain[float32](5, 3, 2, 4, 3, 2)
		control := relax.Constant{Size: 0.1}
		mustRun(t, want, relax.Settings{Steps: 9, Solver: solver, Control: control})
		mustRun(t, got, relax.Settings{Steps: 9, Solver: solver, Control: &rejectFirst{Constant: control}})
		if diff := cmp.Diff(state(want), state(got)); diff != "" {
			t.Errorf("%T (-without rejections +with):\n%s", solver, diff)
		}
	}
}

// A step into the infinite is rejected like any other that does not lower the energy.
func TestArmijoBacktracksFromOverflow(t *testing.T) {
	b := newBowl(relax.Float32([]float32{1e10}), 1e12)
	r := mustRun(t, b, relax.Settings{
		Steps: 500, Control: relax.Armijo{Initial: 1e30, MinSize: 1e-20},
		Stop: relax.GradientNorm{Tolerance: 1},
	})
	if r.Status != relax.Converged {
		t.Errorf("got %+v", r)
	}
}
