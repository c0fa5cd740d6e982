package relax_test

import (
	"math"
	"testing"

	"github.com/seed-be841da4/prospect/relax"
)

// The error at the end falls with the tolerance, though the first step size is far
// too large.
func TestPIDKeepsTheTolerance(t *testing.T) {
	const lambda, time = 1.3, 2.0
	previous := math.Inf(1)
	for _, tolerance := range []float64{1e-2, 1e-4, 1e-6} {
		b := newBowl(relax.Float64([]float64{2, -1}), lambda, lambda)
		clock := &stepSizes{}
		r := mustRun(t, b, relax.Settings{
			Steps: 100000, Solver: &relax.Heun{}, Recorder: clock,
			Control: &relax.PID{Initial: 10, Absolute: tolerance, P: 0.3, I: 0.4}, Stop: clock.until(time),
		})
		if r.Status != relax.Converged {
			t.Fatalf("tolerance %g: got %+v", tolerance, r)
		}
		wrong := math.Abs(state(b)[0] - 2*math.Exp(-lambda*clock.total))
		if wrong > 30*tolerance || wrong > previous/10 {
			t.Errorf("tolerance %g: got an error of %g, %g at the tolerance before", tolerance, wrong, previous)
		}
		previous = wrong
	}
}

// stepSizes adds up the sizes of the steps.
type stepSizes struct {
	total float64
	steps int
}

func (s *stepSizes) Record(step int, _ []float64, _, _, size float64, _ []relax.Activity) {
	if step > s.steps {
		s.steps, s.total = step, s.total+size
	}
}

type untilTime struct {
	clock *stepSizes
	end   float64
}

func (s *stepSizes) until(end float64) relax.Converger { return untilTime{s, end} }

func (untilTime) Due(int) bool                   { return true }
func (u untilTime) Converged(_ relax.State) bool { return u.clock.total >= u.end }

// A rejected step leaves no trace: the run is the one that starts with the size
// that was accepted.
func TestPIDRejectionIsInvisible(t *testing.T) {
	run := func(initial float64) (*chain[float64], relax.Result) {
		c := newChain[float64](3, 2, 3, 4, 2)
		return c, mustRun(t, c, relax.Settings{
			Steps: 1, Solver: &relax.Heun{}, Control: &relax.PID{Initial: initial, Absolute: 1e-3}, SkipFinal: true,
		})
	}
	rejected, r := run(5)
	if r.Evaluations < 4 {
		t.Fatalf("got %d evaluations, want a rejected step", r.Evaluations)
	}
	straight, _ := run(r.StepSize)
	for i, x := range state(straight) {
		if got := state(rejected)[i]; got != x {
			t.Errorf("activity %d: got %v after a rejection, want %v", i, got, x)
		}
	}
}

func TestPIDWantsAnEstimator(t *testing.T) {
	err := relax.Settings{Steps: 1, Control: &relax.PID{Initial: 0.1, Absolute: 1e-3}}.Validate()
	if err == nil {
		t.Error("Euler under PID: got no error")
	}
	for _, bad := range []relax.PID{
		{},
		{Initial: 0.1},
		{Initial: 0.1, Relative: -1},
		{Initial: 0.1, Relative: 1, P: math.NaN()},
		{Initial: 0.1, Relative: 1, MaxSize: 0.01},
		{Initial: 0.1, Relative: 1, MinSize: 1},
	} {
		if bad.Validate() == nil {
			t.Errorf("%+v: got no error", &bad)
		}
	}
}
