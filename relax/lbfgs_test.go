package relax_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seed-be841da4/prospect/relax"
)

// Without a second sample the direction is that of a dense BFGS matrix, updated
// by its textbook formula.
func TestLBFGSIsBFGS(t *testing.T) {
	q := newTilted(3, -2)
	x := [2]float64{3, -2}
	gradient := func(x [2]float64) [2]float64 {
		return [2]float64{2*x[0] + x[1] - 1, x[0] + 3*x[1] + 2}
	}
	h := [2][2]float64{{1, 0}, {0, 1}}
	var s, y [2]float64
	const size = 0.3
	for step := range 2 {
		g := gradient(x)
		if step > 0 { // H ← (I − sρyᵀ)·γI·(I − yρsᵀ) + ρssᵀ with γ = s·y/y·y
			sy, yy := s[0]*y[0]+s[1]*y[1], y[0]*y[0]+y[1]*y[1]
			rho, scale := 1/sy, sy/yy
			v := [2][2]float64{{1 - rho*y[0]*s[0], -rho * y[0] * s[1]}, {-rho * y[1] * s[0], 1 - rho*y[1]*s[1]}}
			for i := range 2 {
				for j := range 2 {
					h[i][j] = rho * s[i] * s[j]
					for k := range 2 {
						h[i][j] += scale * v[k][i] * v[k][j]
					}
				}
			}
		}
		s = [2]float64{-size * (h[0][0]*g[0] + h[0][1]*g[1]), -size * (h[1][0]*g[0] + h[1][1]*g[1])}
		x = [2]float64{x[0] + s[0], x[1] + s[1]}
		next := gradient(x)
		y = [2]float64{next[0] - g[0], next[1] - g[1]}
	}
	mustRun(t, q, relax.Settings{Steps: 2, Solver: &relax.LBFGS{}, Control: relax.Constant{Size: size}})
	near(t, "x0", state(q)[0], x[0], 1e-12)
	near(t, "x1", state(q)[1], x[1], 1e-12)
}

// Fewer evaluations than gradient descent to the same minimum, and a third of them
// where it is far.
func TestLBFGSReachesTheMinimum(t *testing.T) {
	for _, widths := range [][]int{{3, 4, 2}, {1, 1, 1}, {3, 3, 3, 3, 3, 3, 3, 3, 3}} {
		want, got := newChain[float64](4, 3, widths...), newChain[float64](4, 3, widths...)
		slow := mustRun(t, want, relax.Settings{Steps: 100000, Control: relax.Constant{Size: 0.1}, Stop: relax.GradientNorm{Tolerance: 1e-6}})
		fast := mustRun(t, got, relax.Settings{
			Steps: 1000, Solver: &relax.LBFGS{}, Control: relax.Armijo{Initial: 1}, Stop: relax.GradientNorm{Tolerance: 1e-6},
		})
		if slow.Status != relax.Converged || fast.Status != relax.Converged {
			t.Fatalf("widths %v: got %v and %v", widths, slow.Status, fast.Status)
		}
		factor := 1
		if len(widths) > 3 {
			factor = 3
		}
		if fast.Evaluations*factor > slow.Evaluations {
			t.Errorf("widths %v: got %d evaluations, gradient descent takes %d", widths, fast.Evaluations, slow.Evaluations)
		}
		near(t, "energy", fast.Energy, slow.Energy, 1e-9)
	}
}

// A sample's way does not depend on the others, as long as the sizes do not.
func TestLBFGSKeepsSamplesApart(t *testing.T) {
	solver := func() relax.Settings {
		return relax.Settings{Steps: 6, Solver: &relax.LBFGS{Memory: 2}, Control: relax.Constant{Size: 0.5}}
	}
	all := newBowl(relax.Float64([]float64{1, 2, 3, 4, 5, 6}), 1, 2, 0.3)
	mustRun(t, all, solver())
	for n, c := range []float64{1, 2, 0.3} {
		one := newBowl(relax.Float64([]float64{float64(2*n + 1), float64(2*n + 2)}), c)
		mustRun(t, one, solver())
		if diff := cmp.Diff(state(one), state(all)[2*n:2*n+2]); diff != "" {
			t.Errorf("sample %d (-alone +among others):\n%s", n, diff)
		}
	}
}

// Accepted steps never raise the energy, wherever the search starts.
func TestLBFGSDescendsUnderArmijo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newChain[float32](rapid.Uint64().Draw(t, "seed"), rapid.IntRange(1, 3).Draw(t, "samples"), 2, 3, 4, 2)
		last := math.Inf(1)
		energies := &energyTrace{}
		if _, err := relax.Run(t.Context(), c, relax.Settings{
			Steps: 15, Solver: &relax.LBFGS{Memory: 3}, Control: relax.Armijo{Initial: 1}, Recorder: energies,
		}); err != nil {
			t.Fatal(err)
		}
		for i, e := range energies.seen {
			if e > last {
				t.Fatalf("step %d: the energy rose from %g to %g", i, last, e)
			}
			last = e
		}
	})
}

// energyTrace keeps the total energies.
type energyTrace struct{ seen []float64 }

func (e *energyTrace) Record(_ int, _ []float64, energy, _, _ float64, _ []relax.Activity) {
	e.seen = append(e.seen, energy)
}

// The certificate holds on a bowl, where it is exact for the smallest curvature.
func TestEnergyGapIsABound(t *testing.T) {
	b := newBowl(relax.Float64([]float64{5, 5}), 1, 4)
	stop := relax.EnergyGap{Tolerance: 0.01}
	r := mustRun(t, b, relax.Settings{Steps: 1000, Control: relax.Constant{Size: 0.1}, Stop: stop})
	x := state(b)
	if r.Status != relax.Converged || x[0]*x[0]/2 > 0.01 || 4*x[1]*x[1]/2 > 0.01 {
		t.Errorf("got %v at %v, want both energies at most 0.01", r.Status, x)
	}
	if before := x[0] / 0.9; before*before/2 <= 0.01 {
		t.Errorf("stopped at %v, a step too late", x)
	}
	if err := (relax.EnergyGap{}).Validate(); err == nil {
		t.Error("a tolerance of zero: got no error")
	}
}

// On a bowl the noise settles to the variance that its step size has.
func TestLangevinVariance(t *testing.T) {
	const lambda, size, temperature = 2.0, 0.1, 0.5
	x := make([]float64, 20000)
	b := newBowl(relax.Float64(x), lambda)
	mustRun(t, b, relax.Settings{Steps: 60, Solver: &relax.Langevin{Temperature: temperature, Seed: 3}, Control: relax.Constant{Size: size}})
	sum := 0.0
	for _, v := range state(b) {
		sum += v * v
	}
	want := temperature / lambda / (1 - size*lambda/2)
	if got := sum / float64(len(x)); math.Abs(got-want) > 0.04*want {
		t.Errorf("got variance %g, want %g", got, want)
	}
	if err := (&relax.Langevin{}).Validate(); err == nil {
		t.Error("a temperature of zero: got no error")
	}
}
