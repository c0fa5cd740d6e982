package relax_test

import (
	"context"
	"fmt"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/relax"
)

// spring is E = ½·(x-1)² + ½·(y-x)², two samples of one free activity x between
// a clamped 1 and a clamped y.
type spring struct {
	y          [2]float64
	activities []relax.Activity
}

func newSpring(y0, y1 float64) *spring {
	return &spring{
		y: [2]float64{y0, y1},
		activities: []relax.Activity{{
			Name: "x", Samples: 2,
			X: relax.Float64([]float64{1, 1}), Grad: relax.Float64(make([]float64, 2)),
		}},
	}
}

func (s *spring) Activities() []relax.Activity { return s.activities }

func (s *spring) Terms() []string { return []string{"below", "above"} }

func (s *spring) Evaluate(energies []float64) (float64, error) {
	energies[0], energies[1] = 0, 0
	x, grad := s.activities[0].X.Float64(), s.activities[0].Grad.Float64()
	for n := range x {
		below, above := x[n]-1, s.y[n]-x[n]
		grad[n] = below - above
		energies[0] += 0.5 * below * below
		energies[1] += 0.5 * above * above
	}
	return energies[0] + energies[1], nil
}

// The paper's protocol: a fixed number of steps, whose size is halved whenever
// the energy did not fall.
func ExampleRun() {
	p := newSpring(3, 1)
	result, err := relax.Run(context.Background(), p, relax.Settings{
		Steps:   128,
		Control: relax.Discount{Size: 0.1, Factor: 0.5},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%v after %d steps\n", result.Status, result.Steps)
	fmt.Printf("energy %.3f to %.3f\n", result.EnergyStart, result.Energy)
	fmt.Printf("x = %.3f, %.3f\n", p.activities[0].X.At(0), p.activities[0].X.At(1))
	// Output:
	// StepLimit after 128 steps
	// energy 2.000 to 1.000
	// x = 2.000, 1.000
}

// A training loop keeps a driver and runs it once a batch.
func ExampleDriver() {
	p := newSpring(0, 0)
	driver, err := relax.NewDriver(p, relax.Settings{Steps: 20, Control: relax.Constant{Size: 0.25}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, batch := range [][2]float64{{3, 1}, {5, 7}} {
		p.y = batch
		p.activities[0].X.Fill(1) // the feedforward prediction
		if _, err := driver.Run(context.Background()); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("energy of below and above: %.2f\n", driver.Energies())
	}
	// Output:
	// energy of below and above: [0.50 0.50]
	// energy of below and above: [6.50 6.50]
}

// Backtracking needs no good guess of the step size, and the convergence test
// waits for every sample.
func ExampleGradientNorm() {
	p := newSpring(3, 100)
	result, err := relax.Run(context.Background(), p, relax.Settings{
		Steps:   100,
		Control: relax.Armijo{Initial: 0.7},
		Stop:    relax.GradientNorm{Tolerance: 1e-3},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%v after %d steps\n", result.Status, result.Steps)
	fmt.Printf("gradient norm below 1e-3 in all samples: %v, largest in sample %d\n", result.GradNorm <= 1e-3, result.GradNormWorstSample)
	// Output:
	// Converged after 13 steps
	// gradient norm below 1e-3 in all samples: true, largest in sample 1
}

func ExampleTrace() {
	trace := &relax.Trace{WithGradNorms: true}
	_, err := relax.Run(context.Background(), newSpring(3, 1), relax.Settings{
		Steps:    3,
		Control:  relax.Constant{Size: 0.25},
		Recorder: trace,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	above, norms := trace.Energies("above"), trace.GradNorms()
	for i, total := range trace.Totals() {
		fmt.Printf("step %d: energy %.3f, above %.3f, gradient %.3f\n", trace.Steps()[i], total, above[i], norms[i])
	}
	// Output:
	// step 0: energy 2.000, above 2.000, gradient 2.000
	// step 1: energy 1.250, above 1.125, gradient 1.000
	// step 2: energy 1.062, above 0.781, gradient 0.500
	// step 3: energy 1.016, above 0.633, gradient 0.250
}

// Too large a step diverges; the error says where it showed.
func ExampleNonFiniteError() {
	_, err := relax.Run(context.Background(), newSpring(3, 1), relax.Settings{
		Steps:   1000,
		Control: relax.Constant{Size: 4},
	})
	var diverged *relax.NonFiniteError
	if errors.As(err, &diverged) {
		fmt.Printf("%v of %q after %d steps\n", diverged.Kind, diverged.Node, diverged.Step)
	}
	// Output:
	// energy of "below" after 183 steps
}
