package relax_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-be841da4/prospect/relax"
)

func newton() relax.Settings {
	return relax.Settings{Steps: 1, Solver: &relax.Newton{Forcing: 1e-9}, Control: relax.Constant{Size: 1}}
}

// One step ends at the minimum of a quadratic energy, with an evaluation for each
// iteration, as many as there are eigenvalues.
func TestNewtonEndsAtTheMinimum(t *testing.T) {
	for _, first := range [][2]float64{{3, -2}, {-40, 7}, {0.1, 0.2}} {
		q := newTilted(first[0], first[1])
		r := mustRun(t, q, newton())
		near(t, "x0", state(q)[0], 1, 1e-6)
		near(t, "x1", state(q)[1], -1, 1e-6)
		if r.Evaluations > 2+3 {
			t.Errorf("got %d evaluations", r.Evaluations)
		}
	}
	half := newTilted(3, -2)
	settings := newton()
	settings.Control = relax.Constant{Size: 0.5}
	mustRun(t, half, settings)
	near(t, "half a step", state(half)[0], 2, 1e-6)
}

// A line search lets it take the whole step, however curved the energy is and whichever
// samples are flat beside it, and a shorter one where the energy rises.
func TestNewtonWithArmijo(t *testing.T) {
	for _, curvature := range []float64{1e-3, 1, 1e3, 1e5, 1e9} {
		p := newBowl(relax.Float64([]float64{1, -2}), curvature, 1)
		settings := newton()
		settings.Control = relax.Armijo{Initial: 1}
		r := mustRun(t, p, settings)
		if r.StepSize != 1 || r.Steps != 1 || r.Energy > 1e-9*r.EnergyStart {
			t.Errorf("curvature %v: got %+v", curvature, r)
		}
		settings.Control = relax.Armijo{Initial: 1, Sufficient: 0.6}
		p.activities[0].X.Set(0, 1)
		if r := mustRun(t, p, settings); r.StepSize != 0.5 { // E falls by (γ − γ²/2)·(−g·d)
			t.Errorf("curvature %v, 0.6 of the decrease: got %+v", curvature, r)
		}
	}
}

func TestNewtonKeepsSamplesApart(t *testing.T) {
	start := []float64{1, 2, 3, 4, 5, 6}
	all := newBowl(relax.Float64(append([]float64{}, start...)), 1, 2, 0.3)
	settings := newton()
	settings.Control = relax.Constant{Size: 0.7}
	mustRun(t, all, settings)
	for n, c := range []float64{1, 2, 0.3} {
		one := newBowl(relax.Float64(append([]float64{}, start[2*n:2*n+2]...)), c)
		mustRun(t, one, settings)
		if diff := cmp.Diff(state(one), state(all)[2*n:2*n+2]); diff != "" {
			t.Errorf("sample %d (-alone +among others):\n%s", n, diff)
		}
	}
}

// On networks that are not linear a few steps, some of them shortened, reach what
// gradient descent does, with a third of the evaluations; a second run repeats the first.
func TestNewtonReachesTheMinimum(t *testing.T) {
	for _, widths := range [][]int{{3, 4, 2}, {3, 3, 3, 3, 3, 3, 3, 3, 3}} {
		want, got := newChain[float64](4, 3, widths...), newChain[float64](4, 3, widths...)
		slow := mustRun(t, want, relax.Settings{Steps: 100000, Control: relax.Constant{Size: 0.1}, Stop: relax.GradientNorm{Tolerance: 1e-8}})
		before := state(got)
		settings := relax.Settings{Steps: 30, Solver: &relax.Newton{Iterations: 60}, Control: relax.Armijo{Initial: 1}, Stop: relax.GradientNorm{Tolerance: 1e-8}}
		fast := mustRun(t, got, settings)
		if fast.Status != relax.Converged || 3*fast.Evaluations > slow.Evaluations {
			t.Errorf("widths %v: got %+v, gradient descent takes %d evaluations", widths, fast, slow.Evaluations)
		}
		near(t, "energy", fast.Energy, slow.Energy, 1e-9)
		after := state(got)
		setState(got, before)
		mustRun(t, got, settings)
		if diff := cmp.Diff(after, state(got)); diff != "" {
			t.Errorf("a second run (-first +second):\n%s", diff)
		}
	}
}

// Where no direction curves upwards it steps along the gradient, and at a minimum not at
// all.
func TestNewtonWithoutCurvature(t *testing.T) {
	p := newBowl(relax.Float64([]float64{1, 0, 2}), -1, 1, 3)
	mustRun(t, p, newton())
	for i, want := range []float64{2, 0, 0} {
		if got := state(p)[i]; math.Abs(got-want) > 1e-6 {
			t.Errorf("sample %d: got %v, want %v", i, got, want)
		}
	}
}

func TestNewtonValidates(t *testing.T) {
	for want, s := range map[string]relax.Newton{"Iterations: want": {Iterations: -1}, "Forcing: want": {Forcing: 1}} {
		settings := newton()
		settings.Solver = &s
		if _, err := relax.Run(t.Context(), newTilted(1, 1), settings); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
}
