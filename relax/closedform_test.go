package relax_test

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats/scalar"
	"gonum.org/v1/gonum/stat"

	"github.com/seed-be841da4/prospect/relax"
)

func mustRun(t testing.TB, p relax.Problem, s relax.Settings) relax.Result {
	t.Helper()
	r, err := relax.Run(context.Background(), p, s)
	if err != nil {
		t.Fatalf("Run: %v", err)
	}
	return r
}

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !scalar.EqualWithinAbsOrRel(got, want, tol, tol) {
		t.Errorf("%s: got %.17g, want %.17g", what, got, want)
	}
}

// On ½λx² a step of Euler multiplies x by 1-γλ.
func TestEulerOnOneDimensionalBowl(t *testing.T) {
	const lambda, size, steps = 0.8, 0.1, 50
	b := newBowl(relax.Float64([]float64{3}), lambda)
	r := mustRun(t, b, relax.Settings{Steps: steps, Control: relax.Constant{Size: size}})
	want := 3 * math.Pow(1-size*lambda, steps)
	near(t, "x", state(b)[0], want, 1e-13)
	near(t, "energy", r.Energy, 0.5*lambda*want*want, 1e-13)
	near(t, "initial energy", r.EnergyStart, 0.5*lambda*9, 1e-13)
	near(t, "gradient norm", r.GradNorm, lambda*want, 1e-13)
	if r.Status != relax.StepLimit || r.Steps != steps || r.MeasuredAt != steps || r.Evaluations != steps+1 || r.StepSize != size {
		t.Errorf("result: got %+v", r)
	}
}

// In the limit of small steps x follows the exponential of the gradient flow.
func TestEulerFollowsTheExponential(t *testing.T) {
	const lambda, time, steps = 0.8, 2, 1 << 16
	b := newBowl(relax.Float64([]float64{3}), lambda)
	mustRun(t, b, relax.Settings{Steps: steps, Control: relax.Constant{Size: time / float64(steps)}})
	near(t, "x", state(b)[0], 3*math.Exp(-lambda*time), 5e-5)
}

// On ½xᵀAx - bᵀx the distance from the minimum is (I-γA)^T times that of the start.
func TestEulerOnTiltedBowl(t *testing.T) {
	const size, steps = 0.2, 40
	q := newTilted(4, -7)
	r := mustRun(t, q, relax.Settings{Steps: steps, Control: relax.Constant{Size: size}})

	minimum := [2]float64{1, -1} // A·x = b
	d := [2]float64{4 - minimum[0], -7 - minimum[1]}
	for range steps {
		d = [2]float64{
			d[0] - size*(q.a[0][0]*d[0]+q.a[0][1]*d[1]),
			d[1] - size*(q.a[1][0]*d[0]+q.a[1][1]*d[1]),
		}
	}
	x := state(q)
	near(t, "x0", x[0], minimum[0]+d[0], 1e-12)
	near(t, "x1", x[1], minimum[1]+d[1], 1e-12)
	g := [2]float64{q.a[0][0]*d[0] + q.a[0][1]*d[1], q.a[1][0]*d[0] + q.a[1][1]*d[1]}
	near(t, "gradient norm", r.GradNorm, math.Hypot(g[0], g[1]), 1e-12)
	near(t, "energy", r.Energy, -1.5+0.5*(d[0]*g[0]+d[1]*g[1]), 1e-12)
}

// The declared order of a solver is the slope of log error over log step.
func TestOrderOfSolvers(t *testing.T) {
	for _, tc := range []struct {
		name   string
		solver relax.Solver
		order  float64
	}{
		{"Euler", relax.Euler{}, 1},
		{"Heun", &relax.Heun{}, 2},
		{"RK4", &relax.RK4{}, 4},
	} {
		t.Run(tc.name, func(t *testing.T) {
			const lambda, time = 1.3, 1.0
			var logStep, logError []float64
			first := 32
			if tc.order > 2 {
				first = 8 // beyond 1024 steps rounding would show
			}
			for steps := first; steps <= 32*first; steps *= 2 {
				b := newBowl(relax.Float64([]float64{2, -1}), lambda, lambda)
				size := time / float64(steps)
				r := mustRun(t, b, relax.Settings{Steps: steps, Solver: tc.solver, Control: relax.Constant{Size: size}, SkipFinal: true})
				if want := steps * int(tc.order); r.Evaluations != want {
					t.Errorf("%d steps: got %d evaluations, want %d", steps, r.Evaluations, want)
				}
				logStep = append(logStep, math.Log(size))
				logError = append(logError, math.Log(math.Abs(state(b)[0]-2*math.Exp(-lambda*time))))
			}
			_, slope := stat.LinearRegression(logStep, logError, nil, false)
			if math.Abs(slope-tc.order) > 0.05 {
				t.Errorf("got order %.3f, want %g", slope, tc.order)
			}
		})
	}
}
