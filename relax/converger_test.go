package relax_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-be841da4/prospect/relax"
)

func TestPerSampleStopWaitsForTheSlowestSample(t *testing.T) {
	const tol = 1e-3
	run := func(curvature ...float64) (*bowl, relax.Result) {
		x := make([]float64, len(curvature))
		for i := range x {
			x[i] = 1
		}
		b := newBowl(relax.Float64(x), curvature...)
		return b, mustRun(t, b, relax.Settings{Steps: 10000, Control: relax.Constant{Size: 0.5}, Stop: relax.GradientNorm{Tolerance: tol}})
	}
	b, r := run(1, 1, 0.02, 1)
	_, alone := run(0.02)
	if r.Status != relax.Converged || r.Steps != alone.Steps || r.GradNormWorstSample != 2 || r.GradNorm > tol {
		t.Errorf("got %+v, want the %d steps the slow sample takes alone", r, alone.Steps)
	}
	// Of ½λx² it takes the smallest t with λ(1-γλ)^t ≤ tol.
	if want := int(math.Ceil(math.Log(tol/0.02) / math.Log(1-0.5*0.02))); r.Steps != want {
		t.Errorf("got %d steps, want %d", r.Steps, want)
	}
	if diff := cmp.Diff(relax.GradientNorms(nil, b.Activities())[2], r.GradNorm); diff != "" {
		t.Errorf("GradientNorms and result differ: %s", diff)
	}
}

func TestStopIsTestedWhenDue(t *testing.T) {
	for _, tc := range []struct {
		stop  relax.GradientNorm
		steps int
		want  relax.Status
	}{
		{relax.GradientNorm{Tolerance: 2}, 0, relax.Converged},
		{relax.GradientNorm{Tolerance: 2, MinSteps: 5}, 5, relax.Converged},
		{relax.GradientNorm{Tolerance: 2, MinSteps: 5, Every: 4}, 8, relax.Converged},
		{relax.GradientNorm{Tolerance: 2, MinSteps: 10}, 10, relax.Converged}, // the final state
		{relax.GradientNorm{Tolerance: 2, MinSteps: 11}, 10, relax.StepLimit},
		{relax.GradientNorm{Tolerance: 1e-9}, 10, relax.StepLimit},
	} {
		c := &fusedChain[float64]{chain: newChain[float64](1, 1, 1, 1, 1)}
		setState(c, []float64{0})
		r := mustRun(t, c, relax.Settings{Steps: 10, Control: relax.Constant{Size: 0.01}, Stop: tc.stop})
		if r.Steps != tc.steps || r.Status != tc.want {
			t.Errorf("%+v: got %v after %d steps, want %v after %d", tc.stop, r.Status, r.Steps, tc.want, tc.steps)
		}
		if tc.stop.MinSteps > 0 && c.descents < min(5, tc.steps) {
			t.Errorf("%+v: got %d fused steps although no test was due", tc.stop, c.descents)
		}
	}
}
