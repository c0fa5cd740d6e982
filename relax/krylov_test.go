package relax_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-be841da4/prospect/relax"
)

// krylov are the solvers that end at the minimum of a quadratic energy after as many
// steps as there are dimensions, and one more where a step learns what the next uses.
func krylov() map[string]struct {
	solver func() relax.Solver
	steps  int
} {
	type entry = struct {
		solver func() relax.Solver
		steps  int
	}
	return map[string]entry{
		"anderson": {func() relax.Solver { return &relax.Anderson{} }, 3},
		"cg":       {func() relax.Solver { return &relax.ConjugateGradient{} }, 2},
	}
}

func TestKrylovSolversEndAtTheMinimum(t *testing.T) {
	for name, k := range krylov() {
		for _, first := range [][2]float64{{3, -2}, {-40, 7}, {0.1, 0.2}} {
			q := newTilted(first[0], first[1])
			r := mustRun(t, q, relax.Settings{Steps: k.steps, Solver: k.solver(), Control: relax.Constant{Size: 1}})
			// The minimum of x² + xy + 3y²/2 − x + 2y.
			near(t, fmt.Sprint(name, " x0"), state(q)[0], 1, 1e-9)
			near(t, fmt.Sprint(name, " x1"), state(q)[1], -1, 1e-9)
			if want := k.steps + 1; name == "anderson" && r.Evaluations != want || name == "cg" && r.Evaluations != 2*k.steps+1 {
				t.Errorf("%s: got %d evaluations in %d steps", name, r.Evaluations, k.steps)
			}
		}
	}
}

func TestKrylovSolversKeepSamplesApart(t *testing.T) {
	start := []float64{1, 2, 3, 4, 5, 6}
	for name, k := range krylov() {
		settings := func() relax.Settings {
			return relax.Settings{Steps: 4, Solver: k.solver(), Control: relax.Constant{Size: 0.7}}
		}
		all := newBowl(relax.Float64(append([]float64{}, start...)), 1, 2, 0.3)
		mustRun(t, all, settings())
		for n, c := range []float64{1, 2, 0.3} {
			one := newBowl(relax.Float64(append([]float64{}, start[2*n:2*n+2]...)), c)
			mustRun(t, one, settings())
			if diff := cmp.Diff(state(one), state(all)[2*n:2*n+2]); diff != "" {
				t.Errorf("%s: sample %d (-alone +among others):\n%s", name, n, diff)
			}
		}
	}
}

// On networks that are not linear they need a third of the evaluations of gradient
// descent, in both precisions, and a second run repeats the first.
func TestKrylovSolversReachTheMinimum(t *testing.T) {
	for name, k := range krylov() {
		for _, widths := range [][]int{{3, 4, 2}, {3, 3, 3, 3, 3, 3, 3, 3, 3}} {
			want, got := newChain[float64](4, 3, widths...), newChain[float64](4, 3, widths...)
			stop := relax.GradientNorm{Tolerance: 1e-6}
			slow := mustRun(t, want, relax.Settings{Steps: 100000, Control: relax.Constant{Size: 0.1}, Stop: stop})
			settings := relax.Settings{Steps: 1000, Solver: k.solver(), Control: relax.Constant{Size: 1}, Stop: stop}
			before := state(got)
			fast := mustRun(t, got, settings)
			if fast.Status != relax.Converged || 3*fast.Evaluations > slow.Evaluations {
				t.Errorf("%s, widths %v: got %v after %d evaluations, gradient descent takes %d", name, widths, fast.Status, fast.Evaluations, slow.Evaluations)
			}
			near(t, name+" energy", fast.Energy, slow.Energy, 1e-9)
			after := state(got)
			setState(got, before)
			mustRun(t, got, settings)
			if diff := cmp.Diff(after, state(got)); diff != "" {
				t.Errorf("%s: a second run (-first +second):\n%s", name, diff)
			}
		}
	}
}

func TestKrylovSolversAllocateOnce(t *testing.T) {
	for name, k := range krylov() {
		c := newChain[float32](1, 4, 3, 5, 5, 2)
		d, err := relax.NewDriver(c, relax.Settings{Steps: 5, Solver: k.solver(), Control: relax.Constant{Size: 1}})
		if err != nil {
			t.Fatal(err)
		}
		run := func() {
			if _, err := d.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		run()
		if n := testing.AllocsPerRun(10, run); n != 0 {
			t.Errorf("%s: got %v allocations a run, want none", name, n)
		}
	}
}

// Under a line search Anderson's rejected step is taken again, shorter, and no accepted
// step raises the energy.
func TestAndersonDescendsUnderArmijo(t *testing.T) {
	for seed := range uint64(20) {
		c := newChain[float64](seed, 2, 2, 3, 4, 2)
		trace := &energyTrace{}
		mustRun(t, c, relax.Settings{Steps: 12, Solver: &relax.Anderson{First: 20}, Control: relax.Armijo{Initial: 1}, Recorder: trace})
		for i := 1; i < len(trace.seen); i++ {
			if trace.seen[i] > trace.seen[i-1] {
				t.Fatalf("seed %d, step %d: the energy rose from %g to %g", seed, i, trace.seen[i-1], trace.seen[i])
			}
		}
	}
}

func TestKrylovSettings(t *testing.T) {
	for want, s := range map[string]relax.Validator{
		"relax: anderson: Memory: want 0 (meaning 2) or 1 to 8, got 9":                                         &relax.Anderson{Memory: 9},
		"relax: anderson: First: want 0 (meaning 0.5) or a positive finite number, got -1":                     &relax.Anderson{First: -1},
		"relax: conjugate gradient: First: want 0 (meaning 0.5) or a positive finite number, got -2":           &relax.ConjugateGradient{First: -2},
		"relax: relative gap: Tolerance: want a number in (0, 1), got 1; there is no default, 1e-3 is a start": relax.RelativeGap{Tolerance: 1},
		"relax: relative gap: Convexity: want 0 (meaning 1) or a positive finite number, got -1":               relax.RelativeGap{Tolerance: 0.1, Convexity: -1},
		"relax: relative gap: MinSteps: want at least 0, got -1":                                               relax.RelativeGap{Tolerance: 0.1, MinSteps: -1},
		"relax: relative gap: Every: want at least 0, got -1":                                                  relax.RelativeGap{Tolerance: 0.1, Every: -1},
	} {
		if err := s.Validate(); err == nil || err.Error() != want {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
