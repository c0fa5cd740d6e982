package analysis_test

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/seed-be841da4/prospect/analysis"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
)

// chainSession is a network with one free layer and every unit clamped around it.
func chainSession(t *testing.T, p graph.Precision, batch int, widths ...int) *graph.Session {
	t.Helper()
	net, err := models.MLP{Widths: widths, NoBias: true, Activation: layers.Identity{}}.New(graph.Settings{Precision: p, Seed: 4})
	if err != nil {
		t.Fatal(err)
	}
	s, err := net.Session(batch, graph.Roles{Clamped: []string{"x", "y"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, width := range map[string]int{"x": widths[0], "y": widths[len(widths)-1]} {
		data := make([]float64, batch*width)
		for i := range data {
			data[i] = math.Sin(float64(i + 1))
		}
		if err := s.ClampFloat64(name, data); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Initialize(graph.Start{}, nil); err != nil {
		t.Fatal(err)
	}
	return s
}

// With one hidden layer the Hessian is I + W·Wᵀ, W being the matrix behind it.
func TestCurvatureOfOneHiddenLayer(t *testing.T) {
	s := chainSession(t, graph.Float64, 1, 3, 5, 2)
	c, err := analysis.NewCurvature(s, 0)
	if err != nil {
		t.Fatal(err)
	}
	w, err := s.Network().Param("y/weight")
	if err != nil {
		t.Fatal(err)
	}
	value := w.Values().Float64()
	m := mat.NewDense(5, 2, value)
	var want mat.Dense
	want.Mul(m, m.T())
	for i := range 5 {
		for j := range 5 {
			h := want.At(i, j)
			if i == j {
				h++
			}
			if math.Abs(c.Hessian.At(i, j)-h) > 1e-8 {
				t.Errorf("H[%d,%d]: got %.10g, want %.10g", i, j, c.Hessian.At(i, j), h)
			}
		}
	}
	top := c.Eigenvalues[4]
	if math.Abs(c.Eigenvalues[0]-1) > 1e-8 || math.Abs(c.LargestStep()-2/top) > 1e-12 || math.Abs(c.Condition()-top/c.Eigenvalues[0]) > 1e-12 {
		t.Errorf("got eigenvalues %v, largest step %g, condition %g", c.Eigenvalues, c.LargestStep(), c.Condition())
	}
}

// The largest step is the border between descent and explosion, and the Newton
// step of a linear network is where descent ends.
func TestCurvatureTellsWhatDescentDoes(t *testing.T) {
	s := chainSession(t, graph.Float64, 1, 3, 4, 4, 2)
	c, err := analysis.NewCurvature(s, 0)
	if err != nil {
		t.Fatal(err)
	}
	start := s.Activities()[0].X.At(0)
	run := func(size float64) relax.Result {
		if err := s.Initialize(graph.Start{}, nil); err != nil {
			t.Fatal(err)
		}
		r, err := relax.Run(t.Context(), s, relax.Settings{Steps: 2000, Control: relax.Constant{Size: size}})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := run(1.01 * c.LargestStep()); r.Energy < 1e3 {
		t.Errorf("a step above the largest: got energy %g, want an explosion", r.Energy)
	}
	r := run(0.99 * c.LargestStep())
	if r.GradNorm > 1e-6 {
		t.Errorf("a step below the largest: got gradient norm %g, want descent", r.GradNorm)
	}
	if err := s.Initialize(graph.Start{}, nil); err != nil {
		t.Fatal(err)
	}
	if got := s.Activities()[0].X.At(0); got != start {
		t.Errorf("the state came back as %v, was %v", got, start)
	}
	if err := c.Equilibrium(s); err != nil {
		t.Fatal(err)
	}
	energy, err := s.Evaluate(make([]float64, len(s.Terms())))
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(energy-r.Energy) > 1e-9 {
		t.Errorf("Newton's step ends at energy %.12g, descent at %.12g", energy, r.Energy)
	}
}

func TestCurvatureErrors(t *testing.T) {
	for _, s := range []*graph.Session{chainSession(t, graph.Float32, 1, 2, 3, 2), chainSession(t, graph.Float64, 2, 2, 3, 2), chainSession(t, graph.Float64, 1, 2, 2)} {
		if _, err := analysis.NewCurvature(s, 0); err == nil {
			t.Error("got no error")
		}
	}
	if _, err := analysis.NewCurvature(chainSession(t, graph.Float64, 1, 2, 3, 2), -1); err == nil {
		t.Error("negative h: got no error")
	}
}
