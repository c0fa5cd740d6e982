package relax_test

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/seed-be841da4/prospect/relax"
)

// dense returns the Hessian of a problem by central differences.
func denseHessian(p relax.Problem) *mat.SymDense {
	x := state(p)
	energies := make([]float64, len(p.Terms()))
	gradient := func(i int, by float64) (g []float64) {
		moved := append([]float64{}, x...)
		moved[i] += by
		setState(p, moved)
		_, _ = p.Evaluate(energies)
		for _, a := range p.Activities() {
			g = a.Grad.AppendTo(g)
		}
		setState(p, x)
		return g
	}
	const h = 1e-5
	out := mat.NewSymDense(len(x), nil)
	for i := range x {
		up, down := gradient(i, h), gradient(i, -h)
		for j := i; j < len(x); j++ {
			out.SetSym(i, j, (up[j]-down[j])/(2*h))
		}
	}
	return out
}

// largest is the largest eigenvalue of a matrix.
func largest(m *mat.SymDense) float64 {
	var e mat.EigenSym
	e.Factorize(m, false)
	return e.Values(nil)[m.SymmetricDim()-1]
}

// surveyed returns the size that a control finds.
func surveyed(t *testing.T, p relax.Problem, c *relax.Spectral) float64 {
	t.Helper()
	before := state(p)
	if err := c.Survey(p); err != nil {
		t.Fatal(err)
	}
	for i, x := range state(p) {
		if x != before[i] {
			t.Fatalf("activity %d: %v after the survey, %v before", i, x, before[i])
		}
	}
	return c.Start()
}

// On a quadratic energy as many iterations as dimensions find the eigenvalue; on networks
// few find it nearly, from above, against a dense matrix and its decomposition.
func TestSpectralFindsTheCurvature(t *testing.T) {
	near(t, "tilted", surveyed(t, newTilted(3, -2), &relax.Spectral{Iterations: 2}), 2/(5+math.Sqrt(5)), 1e-6)
	near(t, "fraction", surveyed(t, newTilted(3, -2), &relax.Spectral{Iterations: 2, Fraction: 1.5}), 3/(5+math.Sqrt(5)), 1e-6)
	near(t, "samples of their own", surveyed(t, newBowl(relax.Float64([]float64{1, 2, 3}), 0.1, 7, 2), &relax.Spectral{Iterations: 3}), 1.0/7, 1e-6)
	for _, widths := range [][]int{{3, 4, 2}, {6, 5, 7, 5, 6, 4}, {3, 3, 3, 3, 3, 3, 3, 3, 3}} {
		want := 1 / largest(denseHessian(newChain[float64](4, 3, widths...)))
		for _, iterations := range []int{0, 5, 20} {
			got := surveyed(t, newChain[float64](4, 3, widths...), &relax.Spectral{Iterations: iterations})
			least := map[int]float64{0: 0.75, 5: 0.6, 20: 0.97}[iterations]
			if got > want*1.02 || got < want*least {
				t.Errorf("widths %v, %d iterations: got %v, want %v", widths, iterations, got, want)
			}
			small := surveyed(t, newChain[float32](4, 3, widths...), &relax.Spectral{Iterations: iterations})
			if math.Abs(small-got) > 0.01*got {
				t.Errorf("widths %v, %d iterations: %v in float32, %v in float64", widths, iterations, small, got)
			}
		}
	}
}

// A run converges with it, surveys each time it starts, and counts what that takes.
func TestSpectralRuns(t *testing.T) {
	p := newBowl(relax.Float64([]float64{1, 2}), 4, 1)
	settings := relax.Settings{Steps: 200, Control: &relax.Spectral{Iterations: 2}, Stop: relax.GradientNorm{Tolerance: 1e-9}}
	d, err := relax.NewDriver(p, settings)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []float64{4, 400} {
		p.curvature[0] = c
		p.activities[0].X.Set(0, 1)
		p.activities[0].X.Set(1, 0)
		r, err := d.Run(t.Context())
		if err != nil || r.Status != relax.Converged || math.Abs(r.StepSize-1/c) > 1e-6 || r.Evaluations != r.Steps+1+3 {
			t.Errorf("curvature %v: got %+v, %v", c, r, err)
		}
	}
}

// A survey that fails leaves nothing of the run before in the result.
func TestSpectralFailsAnew(t *testing.T) {
	p := newBowl(relax.Float64([]float64{1, 2}), 4, 1)
	d, err := relax.NewDriver(p, relax.Settings{Steps: 5, Control: &relax.Spectral{}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.curvature[0], p.curvature[1] = -4, -1
	if r, err := d.Run(t.Context()); err == nil || r.Status != relax.Failure || r.Steps != 0 || r.MeasuredAt != -1 || !math.IsNaN(r.EnergyStart) {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestSpectralRefuses(t *testing.T) {
	for want, c := range map[string]relax.Spectral{
		"Fraction: want 0 (meaning 1)": {Fraction: -1},
		"Iterations: want 0":           {Iterations: -1},
		"largest curvature":            {},
	} {
		p := newBowl(relax.Float64([]float64{1, 2}), -4, -1)
		_, err := relax.Run(t.Context(), p, relax.Settings{Steps: 1, Control: &c})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
}
