package graph_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
)

// A whole relaxation as one launch ends where the steps on the tape machine end, whatever
// the solver, the control and the stop.
func TestXLALoop(t *testing.T) {
	e := onXLA(t)
	for i, s := range []relax.Settings{
		{Control: relax.Constant{Size: 0.05}},
		{Control: relax.Discount{Size: 0.6, Factor: 0.5}, SkipFinal: true},
		{Control: relax.Discount{Size: 0.3, Factor: 0.9, Amplify: 1.1}, Solver: &relax.Momentum{Beta: 0.8}},
		{Control: relax.Constant{Size: 0.02}, Solver: &relax.Momentum{Nesterov: true, Restart: true}},
		{Control: relax.Constant{Size: 0.02}, Solver: &relax.Adam{}},
		{Control: relax.Armijo{Initial: 1}},
		{Control: relax.Armijo{Initial: 0.5, Grow: 1.5}, Solver: &relax.Momentum{Beta: 0.5}, Stop: relax.GradientNorm{Tolerance: 0.05}},
		{Control: relax.Discount{Size: 0.1, Factor: 0.5}, Stop: relax.GradientNorm{Tolerance: 0.3, MinSteps: 2, Every: 3}},
		{Control: relax.Discount{Size: 0.1, Factor: 0.5}, Stop: relax.EnergyGap{Tolerance: 0.5}},
	} {
		s.Steps = 20
		t.Run(fmt.Sprintf("%d %T %T %T", i, s.Solver, s.Control, s.Stop), func(t *testing.T) {
			x := newPairOn(require{t.Fatalf}, tangled(), graph.Roles{Clamped: []string{"a", "b", "y"}}, graph.Float64, 3, 3, e)
			want := runOn(t, x.a, s)
			got := runOn(t, x.b, s)
			if got.Steps != want.Steps || got.Status != want.Status || got.MeasuredAt != want.MeasuredAt || got.Evaluations != want.Evaluations || got.GradNormWorstSample != want.GradNormWorstSample {
				t.Errorf("got %+v, want %+v", got, want)
			}
			for _, n := range [][2]float64{{got.Energy, want.Energy}, {got.EnergyStart, want.EnergyStart}, {got.StepSize, want.StepSize}, {got.GradNorm, want.GradNorm}} {
				if !(math.Abs(n[0]-n[1]) <= 1e-9*max(1, math.Abs(n[1]))) && !(math.IsNaN(n[0]) && math.IsNaN(n[1])) {
					t.Errorf("got %+v, want %+v", got, want)
				}
			}
			for k, a := range x.a.Activities() {
				require{t.Errorf}.close(a.Name, x.b.Activities()[k].X, a.X, 1e-9)
				if !s.SkipFinal {
					require{t.Errorf}.close("gradient of "+a.Name, x.b.Activities()[k].Grad, a.Grad, 1e-9)
				}
			}
		})
	}
}

// runOn relaxes a session.
func runOn(t *testing.T, s *graph.Session, r relax.Settings) relax.Result {
	t.Helper()
	result, err := relax.Run(context.Background(), s, r)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// What diverges is named as by the steps.
func TestXLALoopDiverges(t *testing.T) {
	x := newPairOn(require{t.Fatalf}, tangled(), graph.Roles{Clamped: []string{"a", "b", "y"}}, graph.Float32, 3, 3, onXLA(t))
	s := relax.Settings{Steps: 60, Control: relax.Constant{Size: 1e6}}
	_, want := relax.Run(context.Background(), x.a, s)
	_, got := relax.Run(context.Background(), x.b, s)
	if want == nil || got == nil || got.Error() != want.Error() {
		t.Errorf("got %v, want %v", got, want)
	}
}
