package relax_test

import (
	"context"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/pkg/errors"
	"pgregory.net/rapid"

	"github.com/seed-be841da4/prospect/relax"
)

func drawControl(t *rapid.T) relax.Control {
	size := rapid.Float64Range(1e-3, 0.8).Draw(t, "size")
	return rapid.SampledFrom([]relax.Control{
		relax.Constant{Size: size},
		relax.Discount{Size: size, Factor: 0.7, Amplify: 1.2},
		relax.Armijo{Initial: size},
	}).Draw(t, "control")
}

func TestTwiceNStepsIsTwoNSteps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := relax.Settings{Steps: rapid.IntRange(1, 20).Draw(t, "steps"), Control: drawControl(t)}
		s.SkipFinal = rapid.Bool().Draw(t, "skip final")
		seed := rapid.Uint64().Draw(t, "seed")
		build := func() relax.Problem { return newChain[float32](seed, 2, 2, 3, 4, 2) }
		if rapid.Bool().Draw(t, "fused") {
			build = func() relax.Problem { return &fusedChain[float32]{chain: newChain[float32](seed, 2, 2, 3, 4, 2)} }
		}
		halves, whole := build(), build()

		trace := &relax.Trace{}
		s.Recorder = trace
		d, err := relax.NewDriver(halves, s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		got, err := d.Continue(context.Background(), s.Steps)
		if err != nil {
			t.Fatal(err)
		}

		wholeTrace := &relax.Trace{}
		s.Steps, s.Recorder = 2*s.Steps, wholeTrace
		want, err := relax.Run(context.Background(), whole, s)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(state(whole), state(halves)); diff != "" {
			t.Fatalf("activities (-2n +n+n):\n%s", diff)
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(relax.Result{}, "Evaluations"), cmpopts.EquateNaNs()); diff != "" {
			t.Fatalf("result (-2n +n+n):\n%s", diff)
		}
		if diff := cmp.Diff(wholeTrace.Totals(), trace.Totals()); diff != "" {
			t.Fatalf("trace (-2n +n+n):\n%s", diff)
		}
	})
}

// Without a memory in the control, running again continues as well.
func TestRunningAgainContinuesUnderConstant(t *testing.T) {
	twice, once := newChain[float64](1, 2, 3, 4, 2), newChain[float64](1, 2, 3, 4, 2)
	s := relax.Settings{Steps: 10, Control: relax.Constant{Size: 0.2}}
	mustRun(t, twice, s)
	mustRun(t, twice, s)
	s.Steps = 20
	mustRun(t, once, s)
	if diff := cmp.Diff(state(once), state(twice)); diff != "" {
		t.Errorf("(-2n +n, n):\n%s", diff)
	}
}

func TestFusedStepsChangeNoBit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := relax.Settings{Steps: rapid.IntRange(1, 40).Draw(t, "steps"), Control: drawControl(t)}
		seed := rapid.Uint64().Draw(t, "seed")
		plain := newChain[float32](seed, 3, 2, 3, 4, 2)
		want, err := relax.Run(context.Background(), plain, s)
		if err != nil {
			t.Fatal(err)
		}
		for name, recorder := range map[string]relax.Recorder{
			"none": nil, "energies": &relax.Trace{}, "everything": &relax.Trace{WithGradNorms: true, ActivitiesEvery: 1},
		} {
			fused := &fusedChain[float32]{chain: newChain[float32](seed, 3, 2, 3, 4, 2)}
			s.Recorder = recorder
			got, err := relax.Run(context.Background(), fused, s)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(state(plain), state(fused)); diff != "" {
				t.Fatalf("recorder %s: activities (-plain +fused):\n%s", name, diff)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("recorder %s: result (-plain +fused):\n%s", name, diff)
			}
			_, backtracks := s.Control.(relax.Backtracker)
			if mayFuse := !backtracks && name != "everything"; (fused.descents == s.Steps) != mayFuse {
				t.Fatalf("recorder %s, %T: got %d fused steps of %d", name, s.Control, fused.descents, s.Steps)
			}
		}
	})
}

func TestPermutingTheBatchPermutesTheResult(t *testing.T) {
	want := newBowl(relax.Float64([]float64{1, 2, 3, 4, 5, 6}), 1, 2, 3)
	got := newBowl(relax.Float64([]float64{5, 6, 1, 2, 3, 4}), 3, 1, 2)
	s := relax.Settings{Steps: 9, Control: relax.Constant{Size: 0.1}}
	mustRun(t, want, s)
	mustRun(t, got, s)
	x := state(got)
	if diff := cmp.Diff(state(want), append(x[2:6:6], x[:2]...)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// hooked calls before ahead of every evaluation, and lets after change what it returns.
type hooked struct {
	relax.Problem
	evaluations int
	before      func(evaluation int)
	after       func(evaluation int, energies []float64, total float64) (float64, error)
}

func (h *hooked) Evaluate(energies []float64) (float64, error) {
	if h.before != nil {
		h.before(h.evaluations)
	}
	total, err := h.Problem.Evaluate(energies)
	if h.after != nil {
		total, err = h.after(h.evaluations, energies, total)
	}
	h.evaluations++
	return total, err
}

func TestCancellationMidRun(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	interrupted := &hooked{Problem: newChain[float32](1, 2, 3, 4, 2), before: func(i int) {
		if i == 6 {
			cancel()
		}
	}}
	s := relax.Settings{Steps: 20, Control: relax.Discount{Size: 0.3, Factor: 0.5}}
	d, err := relax.NewDriver(interrupted, s)
	if err != nil {
		t.Fatal(err)
	}
	r, err := d.Run(ctx)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want context.Canceled", err)
	}
	// The step under way is finished: seven steps from evaluations 0 … 6.
	if r.Status != relax.Cancelled || r.Steps != 7 || r.MeasuredAt != 6 || !errors.Is(r.Status.Err(), relax.ErrCancelled) {
		t.Errorf("got %+v", r)
	}
	if _, err := d.Continue(context.Background(), 13); err != nil {
		t.Fatal(err)
	}
	whole := newChain[float32](1, 2, 3, 4, 2)
	mustRun(t, whole, s)
	if diff := cmp.Diff(state(whole), state(interrupted)); diff != "" {
		t.Errorf("continued after cancellation (-uninterrupted +got):\n%s", diff)
	}
}

func TestFailingProblem(t *testing.T) {
	broken := errors.New("no luck")
	p := &hooked{Problem: newBowl(relax.Float64([]float64{1}), 1), after: func(i int, _ []float64, total float64) (float64, error) {
		if i == 3 {
			return 0, broken
		}
		return total, nil
	}}
	r, err := relax.Run(context.Background(), p, relax.Settings{Steps: 9, Control: relax.Constant{Size: 0.1}})
	if !errors.Is(err, broken) || r.Status != relax.Failure || r.Steps != 3 {
		t.Errorf("got %+v, %v", r, err)
	}
	if want := "relax: step 3: evaluate: no luck"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}

// moody fails in Init or in Step.
type moody struct{ init, step error }

func (m moody) Init(relax.Problem) error { return m.init }

func (m moody) Step(relax.Problem, float64) error { return m.step }

func TestFailingSolver(t *testing.T) {
	bad := errors.New("bad mood")
	for want, solver := range map[string]moody{
		"relax: solver: init: bad mood":   {init: bad},
		"relax: step 0: solver: bad mood": {step: bad},
	} {
		r, err := relax.Run(context.Background(), newTilted(1, 1), relax.Settings{Steps: 2, Solver: solver, Control: relax.Constant{Size: 1}})
		if err == nil || err.Error() != want || !errors.Is(err, bad) || r.Status != relax.Failure {
			t.Errorf("got %+v, %v, want %s", r, err, want)
		}
	}
}

// wild is a control whose second size makes no sense.
type wild struct {
	relax.Constant
	next float64
}

func (w wild) Next(relax.Taken) float64 { return w.next }

func TestSenselessStepSizeIsAnError(t *testing.T) {
	for _, next := range []float64{-1, math.NaN(), math.Inf(1)} {
		r, err := relax.Run(context.Background(), newTilted(1, 1), relax.Settings{Steps: 9, Control: wild{relax.Constant{Size: 0.1}, next}})
		if err == nil || r.Status != relax.Failure || r.Steps != 1 {
			t.Errorf("%g: got %+v, %v", next, r, err)
		}
	}
}

func TestContinueStartsARun(t *testing.T) {
	s := relax.Settings{Steps: 1, Control: relax.Discount{Size: 0.3, Factor: 0.5}}
	want, got := newTilted(4, 2), newTilted(4, 2)
	d, err := relax.NewDriver(got, s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Continue(context.Background(), 0); err == nil {
		t.Error("no steps: got no error")
	}
	for range 6 {
		if _, err := d.Continue(context.Background(), 1); err != nil {
			t.Fatal(err)
		}
	}
	s.Steps = 6
	mustRun(t, want, s)
	if diff := cmp.Diff(state(want), state(got)); diff != "" {
		t.Errorf("(-6 steps +6 times one):\n%s", diff)
	}
}

func TestNothingToRelax(t *testing.T) {
	c := newChain[float32](1, 2, 3, 2)
	trace := &relax.Trace{}
	r := mustRun(t, c, relax.Settings{Steps: 5, Control: relax.Constant{Size: 0.1}, SkipFinal: true, Recorder: trace})
	energy, err := c.Evaluate(make([]float64, 1))
	if err != nil {
		t.Fatal(err)
	}
	want := relax.Result{Status: relax.Converged, Evaluations: 1, EnergyStart: energy, Energy: energy, GradNormWorstSample: -1}
	if diff := cmp.Diff(want, r); diff != "" || trace.Len() != 1 {
		t.Errorf("%d records; result (-want +got):\n%s", trace.Len(), diff)
	}
}

func TestRunsAllocateNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for _, tc := range []struct {
		name     string
		settings relax.Settings
	}{
		{"fused, constant", relax.Settings{Control: relax.Constant{Size: 0.1}, SkipFinal: true}},
		{"fused, discount, final state", relax.Settings{Control: relax.Discount{Size: 0.1, Factor: 0.5}}},
		{"fused, trace of energies", relax.Settings{Control: relax.Constant{Size: 0.1}, Recorder: &relax.Trace{}}},
		{"stopping", relax.Settings{Control: relax.Constant{Size: 0.1}, Stop: relax.GradientNorm{Tolerance: 1e-9}}},
		{"backtracking", relax.Settings{Control: relax.Armijo{Initial: 1}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.settings.Steps = 20
			d, err := relax.NewDriver(&fusedChain[float32]{chain: newChain[float32](1, 2, 3, 4, 4, 2)}, tc.settings)
			if err != nil {
				t.Fatal(err)
			}
			allocs := testing.AllocsPerRun(20, func() {
				if _, err := d.Run(ctx); err != nil {
					t.Error(err)
				}
			})
			if allocs != 0 {
				t.Errorf("got %g allocations a run, want 0", allocs)
			}
		})
	}
}
