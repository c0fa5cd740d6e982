package relax_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-be841da4/prospect/relax"
)

// The noise of a Langevin goes on from run to run: two runs of a driver use the
// stream that one of twice the length uses. Seeds differ.
func TestLangevinGoesOnFromRunToRun(t *testing.T) {
	const size, temperature = 0.1, 0.5
	settings := func(seed uint64, steps int) relax.Settings {
		return relax.Settings{Steps: steps, Solver: &relax.Langevin{Temperature: temperature, Seed: seed}, Control: relax.Constant{Size: size}}
	}
	run := func(seed uint64, steps, runs int) []float64 {
		b := newBowl(relax.Float64([]float64{1, -2, 3}), 2)
		d, err := relax.NewDriver(b, settings(seed, steps))
		if err != nil {
			t.Fatal(err)
		}
		for range runs {
			if _, err := d.Run(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		return state(b)
	}
	if diff := cmp.Diff(run(7, 8, 1), run(7, 4, 2)); diff != "" {
		t.Errorf("one run and two (-want +got):\n%s", diff)
	}
	if cmp.Equal(run(7, 4, 1), run(8, 4, 1)) {
		t.Error("two seeds draw the same noise")
	}
	// The formula, with the stream of the seed.
	x, rng := []float64{1, -2, 3}, rand.New(rand.NewPCG(7, 0x1a6e71))
	for range 4 {
		for i := range x {
			x[i] -= size * 2 * x[i]
		}
		for i := range x {
			x[i] += math.Sqrt(2*size*temperature) * rng.NormFloat64()
		}
	}
	for i, got := range run(7, 4, 1) {
		near(t, "activity", got, x[i], 1e-14)
	}
}

// saddle is E = ½·Σ_i λ_i·x_i² of one sample, with curvatures of both signs.
type saddle struct {
	curvature  []float64
	activities []relax.Activity
}

func newSaddle(x, curvature []float64) *saddle {
	v := relax.Float64(append([]float64(nil), x...))
	return &saddle{curvature, []relax.Activity{{Name: "x", Samples: 1, X: v, Grad: v.MakeLike()}}}
}

func (s *saddle) Activities() []relax.Activity { return s.activities }

func (s *saddle) Terms() []string { return []string{"saddle"} }

func (s *saddle) Evaluate(energies []float64) (float64, error) {
	x, g := s.activities[0].X.Float64(), s.activities[0].Grad.Float64()
	energies[0] = 0
	for i, c := range s.curvature {
		g[i] = c * x[i]
		energies[0] += 0.5 * x[i] * g[i]
	}
	return energies[0], nil
}

// A pair along which the energy does not curve upwards is left out, so on a
// hilltop every step of L-BFGS is one along the gradient; so is one whose
// curvature is positive but below 1e-8 of the change of the gradient.
func TestLBFGSLeavesOutPairsWithoutCurvature(t *testing.T) {
	for _, tc := range []struct {
		name      string
		curvature []float64
	}{
		{"hilltop", []float64{-0.5, -2}},
		{"nearly flat along the step", []float64{1, -1 + 1e-9}},
	} {
		x := []float64{1, 1}
		newton, euler := newSaddle(x, tc.curvature), newSaddle(x, tc.curvature)
		s := relax.Settings{Steps: 2, Control: relax.Constant{Size: 0.1}, Solver: &relax.LBFGS{}}
		mustRun(t, newton, s)
		s.Solver = relax.Euler{}
		mustRun(t, euler, s)
		if diff := cmp.Diff(state(euler), state(newton)); diff != "" {
			t.Errorf("%s: (-gradient +L-BFGS):\n%s", tc.name, diff)
		}
	}
}

// A second run of an LBFGS, from the same state, is the first one again: pairs,
// and the step that would make the next pair, are forgotten.
func TestLBFGSForgetsBetweenRuns(t *testing.T) {
	c := newChain[float64](5, 3, 2, 4, 3, 2)
	start := state(c)
	d, err := relax.NewDriver(c, relax.Settings{Steps: 3, Solver: &relax.LBFGS{}, Control: relax.Constant{Size: 0.1}})
	if err != nil {
		t.Fatal(err)
	}
	var ends [2][]float64
	for i := range ends {
		setState(c, start)
		if _, err := d.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		ends[i] = state(c)
	}
	if diff := cmp.Diff(ends[0], ends[1]); diff != "" {
		t.Errorf("first and second run (-first +second):\n%s", diff)
	}
}
