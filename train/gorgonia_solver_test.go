package train

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/graph"
)

func newSolver(*testing.T) *GorgoniaSolver {
	return &GorgoniaSolver{Solver: gorgonia.NewVanillaSolver()}
}

// matrices leaves the scalar out: Gorgonia's solvers want slices.
func matrices(dt tensor.Dtype) []*graph.Param { return newParams(8, dt)[:3] }

// TestGorgoniaSolverAgreesWithOurs runs Gorgonia's solvers beside ours under a
// learning rate that changes at every step.
func TestGorgoniaSolverAgreesWithOurs(t *testing.T) {
	for _, c := range []struct {
		name   string
		theirs func() gorgonia.Solver
		ours   func() Optimizer
	}{
		{
			"vanilla", func() gorgonia.Solver { return gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(99)) },
			func() Optimizer { return &SGD{} },
		},
		{
			"vanilla L2", func() gorgonia.Solver { return gorgonia.NewVanillaSolver(gorgonia.WithL2Reg(0.1)) },
			func() Optimizer { return &SGD{WeightDecay: 0.1, DecayAll: true} },
		},
		{
			"adam", func() gorgonia.Solver { return gorgonia.NewAdamSolver() },
			func() Optimizer { return &Adam{} },
		},
		{
			"adam L2", func() gorgonia.Solver { return gorgonia.NewAdamSolver(gorgonia.WithL2Reg(0.1)) },
			func() Optimizer { return &Adam{WeightDecay: 0.1, DecayAll: true} },
		},
	} {
		for dt, tolerance := range map[tensor.Dtype]float64{tensor.Float32: 1e-5, tensor.Float64: 1e-12} {
			a, b := matrices(dt), matrices(dt)
			ours, theirs := c.ours(), &GorgoniaSolver{Solver: c.theirs()}
			rngA, rngB := rand.New(rand.NewPCG(1, 2)), rand.New(rand.NewPCG(1, 2))
			for step := 1; step <= 30; step++ {
				noisyGradients(a, rngA)
				noisyGradients(b, rngB)
				grad := values(b[0].Grad)
				lr := 0.1 / float64(step)
				if err := errors.Join(ours.Step(a, lr), theirs.Step(b, lr)); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(values(b[0].Grad), grad) {
					t.Fatalf("%s: the gradient was changed", c.name)
				}
			}
			for k := range a {
				w := values(b[k].Value)
				for i, x := range values(a[k].Value) {
					if !(math.Abs(x-w[i]) <= tolerance) {
						t.Errorf("%s %v: %s[%d] = %v, want %v", c.name, dt, a[k].Name, i, w[i], x)
					}
				}
			}
		}
	}
}

func TestGorgoniaRMSProp(t *testing.T) {
	const rho, eps, lr = 0.9, 1e-8, 0.01
	ps := matrices(tensor.Float64)
	opt := &GorgoniaSolver{Solver: gorgonia.NewRMSPropSolver(gorgonia.WithRho(rho))}
	rng := rand.New(rand.NewPCG(1, 2))
	want, size := values(ps[0].Value), make([]float64, 15)
	for range 50 {
		noisyGradients(ps, rng)
		for i, g := range values(ps[0].Grad) {
			size[i] = rho*size[i] + (1-rho)*g*g
			want[i] -= lr * g / math.Sqrt(size[i]+eps)
		}
		if err := opt.Step(ps, lr); err != nil {
			t.Fatal(err)
		}
	}
	for i, w := range values(ps[0].Value) {
		if math.Abs(w-want[i]) > 1e-10 {
			t.Errorf("w[%d] = %v, want %v", i, w, want[i])
		}
	}
}

type badSolver struct{ panics bool }

func (s badSolver) Step([]gorgonia.ValueGrad) error {
	if s.panics {
		panic("no such type")
	}
	return errors.New("no luck")
}

func TestGorgoniaSolverRefuses(t *testing.T) {
	fewer := func() error {
		o := newSolver(t)
		if err := o.Step(matrices(tensor.Float64), 0.1); err != nil {
			return err
		}
		return o.Step(matrices(tensor.Float64)[:2], 0.1)
	}
	other := func() error {
		o := newSolver(t)
		if err := o.Step(matrices(tensor.Float64), 0.1); err != nil {
			return err
		}
		return o.Step(matrices(tensor.Float32), 0.1)
	}
	step := func(o *GorgoniaSolver) error { return o.Step(matrices(tensor.Float32), 0.1) }
	for want, err := range map[string]error{
		"Solver is nil":              step(&GorgoniaSolver{}),
		"use train.AdamW":            step(&GorgoniaSolver{Solver: gorgonia.NewAdamW()}),
		"AdaGradSolver is fixed":     step(&GorgoniaSolver{Solver: gorgonia.NewAdaGradSolver()}),
		"panicked: no such type":     step(&GorgoniaSolver{Solver: badSolver{true}, FixedRate: 0.1}),
		"no luck":                    step(&GorgoniaSolver{Solver: badSolver{}, FixedRate: 0.1}),
		"learning rate, got 0":       newSolver(t).Step(nil, 0),
		"parameters, got 2, want 3":  fewer(),
		"got h1/weight of float32 (": other(),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one with %q", err, want)
		}
	}
	if err := step(&GorgoniaSolver{Solver: gorgonia.NewAdaGradSolver(gorgonia.WithLearnRate(0.1)), FixedRate: 0.1}); err != nil {
		t.Error(err)
	}
}
