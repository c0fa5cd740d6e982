package relax_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-be841da4/prospect/relax"
)

// moving is a chain that takes the steps of solvers with memory itself.
type moving struct {
	*fusedChain[float32]
	moves, applied int
}

func (c *moving) Move(m *relax.Motion, energies []float64) (float64, error) {
	c.moves++
	total, err := c.Evaluate(energies)
	m.Apply(c.Activities())
	return total, err
}

func (c *moving) Apply(m *relax.Motion) {
	c.applied++
	m.Apply(c.Activities())
}

// A problem that can takes the steps of Momentum and Adam itself, in one pass unless the
// gradient is wanted, and leaves the bits of the solver's own steps.
func TestProblemMoves(t *testing.T) {
	solvers := map[string]func() relax.Solver{
		"heavy ball": func() relax.Solver { return &relax.Momentum{Beta: 0.7} },
		"nesterov":   func() relax.Solver { return &relax.Momentum{Nesterov: true} },
		"restart":    func() relax.Solver { return &relax.Momentum{Beta: 0.97, Nesterov: true, Restart: true} },
		"adam":       func() relax.Solver { return &relax.Adam{} },
	}
	for name, solver := range solvers {
		for _, tc := range []struct {
			settings       relax.Settings
			moves, applied int
		}{
			{relax.Settings{}, 30, 0},
			{relax.Settings{Stop: relax.GradientNorm{Tolerance: 1e-30, Every: 3}}, 20, 10},
			{relax.Settings{Recorder: &relax.Trace{WithGradNorms: true}}, 0, 30},
		} {
			settings := tc.settings
			settings.Steps, settings.Control = 30, relax.Discount{Size: 0.2, Factor: 0.9}
			settings.Solver = solver()
			want := newChain[float32](4, 3, 4, 5, 2, 3)
			mustRun(t, want, settings)
			settings.Solver = solver()
			got := &moving{fusedChain: &fusedChain[float32]{chain: newChain[float32](4, 3, 4, 5, 2, 3)}}
			for range 2 { // the second run starts anew
				setState(got, state(newChain[float32](4, 3, 4, 5, 2, 3)))
				got.moves, got.applied = 0, 0
				mustRun(t, got, settings)
			}
			if diff := cmp.Diff(state(want), state(got)); diff != "" {
				t.Errorf("%s: (-by the solver +by the problem):\n%s", name, diff)
			}
			if got.moves != tc.moves || got.applied != tc.applied {
				t.Errorf("%s: got %d steps in one pass and %d of gradients, want %d and %d", name, got.moves, got.applied, tc.moves, tc.applied)
			}
		}
		// Steps that may be taken back are the solver's own.
		p := &moving{fusedChain: &fusedChain[float32]{chain: newChain[float32](4, 3, 4, 5, 2, 3)}}
		mustRun(t, p, relax.Settings{Steps: 30, Control: relax.Armijo{Initial: 1}, Solver: solver()})
		if p.moves+p.applied > 0 {
			t.Errorf("%s under Armijo: got %d steps by the problem, want none", name, p.moves+p.applied)
		}
	}
}
