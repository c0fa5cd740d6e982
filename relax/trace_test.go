package relax_test

import (
	"context"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/seed-be841da4/prospect/relax"
)

func TestTraceKeepsTheCourse(t *testing.T) {
	q := newTilted(4, -7)
	trace := &relax.Trace{WithGradNorms: true, ActivitiesEvery: 2}
	d, err := relax.NewDriver(q, relax.Settings{Steps: 5, Control: relax.Constant{Size: 0.1}, Recorder: trace})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second run must not see the first
		setState(q, []float64{4, -7})
		if _, err := d.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	same := func(what string, want, got any) {
		t.Helper()
		if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-12, 0), cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}

	reference := newTilted(4, -7)
	var totals, quadratic, norms []float64
	states := map[int][]float64{}
	terms := make([]float64, 2)
	for step := range 6 {
		total, _ := reference.Evaluate(terms)
		totals, quadratic = append(totals, total), append(quadratic, terms[0])
		norms = append(norms, math.Hypot(gradients(reference)[0], gradients(reference)[1]))
		states[step] = state(reference)
		same("energies at", terms, trace.EnergiesAt(step))
		x := state(reference)
		g := gradients(reference)
		setState(reference, []float64{x[0] - 0.1*g[0], x[1] - 0.1*g[1]})
	}
	same("terms", []string{"quadratic", "linear"}, trace.Terms())
	same("steps", []int{0, 1, 2, 3, 4, 5}, trace.Steps())
	same("totals", totals, trace.Totals())
	same("energies", quadratic, trace.Energies("quadratic"))
	same("norms", norms, trace.GradNorms())
	same("sizes", []float64{0, 0.1, 0.1, 0.1, 0.1, 0.1}, trace.Sizes())
	steps, values := trace.Activity("x")
	same("steps of copies", []int{0, 2, 4}, steps)
	for i, v := range values {
		same("copy", states[steps[i]], elements(v))
	}
	if steps, values := trace.Activity("y"); trace.Energies("none") != nil || steps != nil || values != nil {
		t.Error("want nil for unknown names")
	}
}

func TestFinalStateIsRecordedOnce(t *testing.T) {
	for name, s := range map[string]relax.Settings{
		"converged":  {Control: relax.Constant{Size: 0.1}, Stop: relax.GradientNorm{Tolerance: 1e9}},
		"stalled":    {Control: never{relax.Armijo{Initial: 1}}},
		"step limit": {Control: relax.Armijo{Initial: 0.1}},
	} {
		trace := &relax.Trace{}
		s.Steps, s.Recorder = 4, trace
		r := mustRun(t, newTilted(1, 2), s)
		if trace.Len() != r.Steps+1 || trace.Steps()[r.Steps] != r.Steps || trace.Totals()[r.Steps] != r.Energy {
			t.Errorf("%s: got records of steps %v after %d steps", name, trace.Steps(), r.Steps)
		}
	}
}

// unselective does not say what it needs, and so is given everything.
type unselective struct {
	t     *testing.T
	calls int
}

func (u *unselective) Record(step int, energies []float64, total, gradNorm, size float64, activities []relax.Activity) {
	if step != u.calls || len(energies) != 2 || math.IsNaN(total) || math.IsNaN(gradNorm) || (size > 0) != (step > 0) || len(activities) != 1 {
		u.t.Errorf("call %d: got step %d, %d energies, total %g, norm %g, size %g, %d activities",
			u.calls, step, len(energies), total, gradNorm, size, len(activities))
	}
	u.calls++
}

func TestPlainRecorderIsGivenEverything(t *testing.T) {
	u := &unselective{t: t}
	c := &fusedChain[float64]{chain: newChain[float64](1, 2, 3, 4, 2)}
	mustRun(t, c, relax.Settings{Steps: 6, Control: relax.Constant{Size: 0.1}, Recorder: u})
	if u.calls != 7 || c.descents != 0 {
		t.Errorf("got %d records and %d fused steps, want 7 and 0", u.calls, c.descents)
	}
}
