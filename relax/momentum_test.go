package relax_test

import (
	"context"
	"math"
	"math/cmplx"
	"testing"

	"github.com/seed-be841da4/prospect/relax"
)

// On ½λx² both forms are linear recurrences of second order,
//
//	heavy ball  x'' = (1+β−γλ)·x' − β·x
//	Nesterov    x'' = (1+β)(1−γλ)·x' − β(1−γλ)·x
//
// whose solution is a sum of two powers.
func TestMomentumOnOneDimensionalBowl(t *testing.T) {
	const size, beta, start, steps = 0.3, 0.8, 3.0, 40
	for _, lambda := range []float64{0.01, 0.8, 3} {
		for _, nesterov := range []bool{false, true} {
			b := newBowl(relax.Float64([]float64{start}), lambda)
			mustRun(t, b, relax.Settings{Steps: steps, Solver: &relax.Momentum{Beta: beta, Nesterov: nesterov}, Control: relax.Constant{Size: size}})
			trace, product, first := 1+beta-size*lambda, beta, start*(1-size*lambda)
			if nesterov {
				trace, product = (1+beta)*(1-size*lambda), beta*(1-size*lambda)
				first = start * (1 - size*lambda*(1+beta))
			}
			near(t, "x", state(b)[0], powers(trace, product, start, first, steps), 1e-12)
		}
	}
}

// powers solves x(t+2) = trace·x(t+1) − product·x(t) at t = n.
func powers(trace, product, x0, x1 float64, n int) float64 {
	root := cmplx.Sqrt(complex(trace*trace/4-product, 0))
	r, s := complex(trace/2, 0)+root, complex(trace/2, 0)-root
	a := (complex(x1, 0) - s*complex(x0, 0)) / (r - s)
	b := complex(x0, 0) - a
	return real(a*cmplx.Pow(r, complex(float64(n), 0)) + b*cmplx.Pow(s, complex(float64(n), 0)))
}

// On a long chain gradient descent needs of the order of L² steps, Nesterov's
// form of the order of L.
func TestNesterovIsFasterOnLongChains(t *testing.T) {
	widths := make([]int, 13)
	for i := range widths {
		widths[i] = 3
	}
	steps := map[string]int{}
	for name, solver := range map[string]relax.Solver{
		"Euler": relax.Euler{}, "Nesterov": &relax.Momentum{Beta: 0.9, Nesterov: true, Restart: true},
	} {
		c := newChain[float64](2, 2, widths...)
		r := mustRun(t, c, relax.Settings{
			Steps: 20000, Solver: solver, Control: relax.Constant{Size: 0.1}, Stop: relax.GradientNorm{Tolerance: 1e-4},
		})
		if r.Status != relax.Converged {
			t.Fatalf("%s: got %+v", name, r)
		}
		steps[name] = r.Steps
	}
	if steps["Nesterov"]*3 > steps["Euler"] {
		t.Errorf("got %d steps with Nesterov and %d with Euler, want less than a third", steps["Nesterov"], steps["Euler"])
	}
}

// With a restart the heavy ball stops at the bottom: the velocity is dropped at
// the first step whose gradient it leads against, in that sample alone.
func TestRestartIsPerSample(t *testing.T) {
	const size, beta = 0.5, 0.95
	solver := &relax.Momentum{Beta: beta, Restart: true}
	b := newBowl(relax.Float64([]float64{1, 1}), 1, 0.01)
	d, err := relax.NewDriver(b, relax.Settings{Steps: 1, Solver: solver, Control: relax.Constant{Size: size}})
	if err != nil {
		t.Fatal(err)
	}
	curvature := []float64{1, 0.01}
	x, v, restarts := []float64{1, 1}, make([]float64, 2), make([]int, 2)
	for range 12 {
		if _, err := d.Continue(context.Background(), 1); err != nil {
			t.Fatal(err)
		}
		for n, c := range curvature {
			g := c * x[n]
			if g*v[n] < 0 {
				v[n] = 0
				restarts[n]++
			}
			v[n] = beta*v[n] + g
			x[n] -= size * v[n]
		}
	}
	for n := range x {
		near(t, "x", state(b)[n], x[n], 1e-13)
	}
	if restarts[0] == 0 || restarts[1] != 0 {
		t.Errorf("got %v restarts, want some in the steep sample and none in the flat one", restarts)
	}
}

func TestSolversForgetBetweenRuns(t *testing.T) {
	for _, solver := range []relax.Solver{&relax.Momentum{}, &relax.Momentum{Nesterov: true, Restart: true}, &relax.Adam{}} {
		b := newBowl(relax.Float64([]float64{1}), 1)
		d, err := relax.NewDriver(b, relax.Settings{Steps: 7, Solver: solver, Control: relax.Constant{Size: 0.1}})
		if err != nil {
			t.Fatal(err)
		}
		var ends [2]float64
		for i := range ends {
			setState(b, []float64{1})
			if _, err := d.Run(context.Background()); err != nil {
				t.Fatal(err)
			}
			ends[i] = state(b)[0]
		}
		if ends[0] != ends[1] || ends[0] == 1 {
			t.Errorf("%T: two runs from the same state: got %g and %g", solver, ends[0], ends[1])
		}
	}
}

// A solver that served one problem serves another of different size.
func TestSolversFitAnotherProblem(t *testing.T) {
	for _, solver := range []relax.Solver{&relax.Momentum{Restart: true}, &relax.Adam{}} {
		settings := relax.Settings{Steps: 5, Solver: solver, Control: relax.Constant{Size: 0.1}}
		mustRun(t, newChain[float32](1, 3, 2, 4, 2), settings)
		got, want := newChain[float64](1, 1, 2, 3, 3, 2), newChain[float64](1, 1, 2, 3, 3, 2)
		mustRun(t, got, settings)
		switch solver.(type) {
		case *relax.Momentum:
			settings.Solver = &relax.Momentum{Restart: true}
		default:
			settings.Solver = &relax.Adam{}
		}
		mustRun(t, want, settings)
		for i, x := range state(want) {
			if x != state(got)[i] || math.IsNaN(x) {
				t.Errorf("%T: activity %d: got %g, want %g", solver, i, state(got)[i], x)
			}
		}
	}
}
