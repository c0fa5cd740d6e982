package relax_test

import (
	"math"
	"testing"

	"github.com/seed-be841da4/prospect/relax"
)

// slope is E = Σ c·x: its gradient is the same everywhere.
type slope struct {
	c          []float64
	activities []relax.Activity
}

func newSlope(c ...float64) *slope {
	x := relax.Float64(make([]float64, len(c)))
	return &slope{c, []relax.Activity{{Name: "x", Samples: 1, X: x, Grad: x.MakeLike()}}}
}

func (s *slope) Activities() []relax.Activity { return s.activities }

func (s *slope) Terms() []string { return []string{"slope"} }

func (s *slope) Evaluate(energies []float64) (float64, error) {
	copy(s.activities[0].Grad.Float64(), s.c)
	energies[0] = s.activities[0].X.Dot(s.activities[0].Grad)
	return energies[0], nil
}

// Where the gradient is constant every step moves by the step size, whatever the
// gradient is.
func TestAdamMovesByTheStepSize(t *testing.T) {
	s := newSlope(1e-3, -2, 50)
	mustRun(t, s, relax.Settings{Steps: 30, Solver: &relax.Adam{Epsilon: 1e-300}, Control: relax.Constant{Size: 0.1}})
	for i, want := range []float64{-3, 3, -3} {
		near(t, "x", state(s)[i], want, 1e-12)
	}
}

// The formula of the doc comment, one line each.
func TestAdamIsTheFormula(t *testing.T) {
	const size, beta1, beta2, epsilon = 0.2, 0.8, 0.95, 1e-3
	curvature := []float64{0.3, 7}
	b := newBowl(relax.Float64([]float64{2, -1}), curvature...)
	mustRun(t, b, relax.Settings{
		Steps: 25, Solver: &relax.Adam{Beta1: beta1, Beta2: beta2, Epsilon: epsilon}, Control: relax.Constant{Size: size},
	})
	for n, x := range []float64{2, -1} {
		var m, v float64
		for step := 1; step <= 25; step++ {
			g := curvature[n] * x
			m = beta1*m + (1-beta1)*g
			v = beta2*v + (1-beta2)*g*g
			mHat, vHat := m/(1-math.Pow(beta1, float64(step))), v/(1-math.Pow(beta2, float64(step)))
			x -= size * mHat / (math.Sqrt(vHat) + epsilon)
		}
		near(t, "x", state(b)[n], x, 1e-12)
	}
}
