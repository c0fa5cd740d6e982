package relax_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/relax"
)

type nopSolver struct{}

func (nopSolver) Init(relax.Problem) error { return nil }

func (nopSolver) Step(relax.Problem, float64) error { return nil }

func TestSettingsErrorsTellTheRemedy(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	valid := relax.Constant{Size: 0.1}
	for _, tc := range []struct {
		settings relax.Settings
		want     []string
	}{
		{relax.Settings{Control: valid}, []string{"Steps", "got 0", "no default"}},
		{relax.Settings{Steps: -1, Control: valid}, []string{"Steps", "got -1"}},
		{relax.Settings{Steps: 1}, []string{"Control", "nil", "Discount"}},
		{relax.Settings{Steps: 1, Control: relax.Constant{}}, []string{"constant: Size", "no default, 0.1"}},
		{relax.Settings{Steps: 1, Control: relax.Constant{Size: nan}}, []string{"NaN"}},
		{relax.Settings{Steps: 1, Control: relax.Constant{Size: inf}}, []string{"+Inf"}},
		{relax.Settings{Steps: 1, Control: relax.Discount{Factor: 0.5}}, []string{"discount: Size", "0.1"}},
		{relax.Settings{Steps: 1, Control: relax.Discount{Size: 0.1}}, []string{"Factor", "(0, 1]", "0.5"}},
		{relax.Settings{Steps: 1, Control: relax.Discount{Size: 0.1, Factor: 1.1}}, []string{"Factor", "1.1"}},
		{relax.Settings{Steps: 1, Control: relax.Discount{Size: 0.1, Factor: nan}}, []string{"Factor", "NaN"}},
		{relax.Settings{Steps: 1, Control: relax.Discount{Size: 0.1, Factor: 1, Amplify: 0.9}}, []string{"Amplify"}},
		{relax.Settings{Steps: 1, Control: relax.Armijo{}}, []string{"armijo: Initial"}},
		{relax.Settings{Steps: 1, Control: relax.Armijo{Initial: 1, Shrink: 1}}, []string{"Shrink"}},
		{relax.Settings{Steps: 1, Control: relax.Armijo{Initial: 1, Sufficient: nan}}, []string{"Sufficient"}},
		{relax.Settings{Steps: 1, Control: relax.Armijo{Initial: 1, Grow: 0.5}}, []string{"Grow"}},
		{relax.Settings{Steps: 1, Control: relax.Armijo{Initial: 1, MaxSize: 0.5}}, []string{"MaxSize", "Initial = 1"}},
		{relax.Settings{Steps: 1, Control: relax.Armijo{Initial: 1, MinSize: 2}}, []string{"MinSize"}},
		{relax.Settings{Steps: 1, Control: relax.Armijo{Initial: 1}, Solver: nopSolver{}}, []string{"Rewinder", "nopSolver", "Armijo"}},
		{relax.Settings{Steps: 1, Control: valid, Solver: &relax.Momentum{Beta: 1}}, []string{"momentum: Beta", "0.9", "got 1"}},
		{relax.Settings{Steps: 1, Control: valid, Solver: &relax.Adam{Beta1: nan}}, []string{"adam: Beta1", "NaN"}},
		{relax.Settings{Steps: 1, Control: valid, Solver: &relax.Adam{Beta2: -1}}, []string{"adam: Beta2", "0.999"}},
		{relax.Settings{Steps: 1, Control: valid, Solver: &relax.Adam{Epsilon: inf}}, []string{"adam: Epsilon", "1e-8"}},
		{relax.Settings{Steps: 1, Control: valid, Stop: relax.GradientNorm{}}, []string{"Tolerance", "no default"}},
		{relax.Settings{Steps: 1, Control: valid, Stop: relax.GradientNorm{Tolerance: nan}}, []string{"Tolerance", "NaN"}},
		{relax.Settings{Steps: 1, Control: valid, Stop: relax.GradientNorm{Tolerance: 1, MinSteps: -1}}, []string{"MinSteps"}},
		{relax.Settings{Steps: 1, Control: valid, Stop: relax.GradientNorm{Tolerance: 1, Every: -1}}, []string{"Every"}},
	} {
		_, err := relax.NewDriver(newTilted(1, 1), tc.settings)
		if err == nil {
			t.Errorf("%+v: got no error", tc.settings)
			continue
		}
		for _, want := range append(tc.want, "relax: ") {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%+v: error %q does not contain %q", tc.settings, err, want)
			}
		}
	}
}

func TestActivityErrors(t *testing.T) {
	x := relax.Float64(make([]float64, 6))
	for _, tc := range []struct {
		activities []relax.Activity
		want       string
	}{
		{[]relax.Activity{{Name: "a", X: x, Grad: x}}, "at least 1 sample"},
		{[]relax.Activity{{Name: "a", Samples: 4, X: x, Grad: x}}, "multiple of 4 samples"},
		{[]relax.Activity{{Name: "a", Samples: 4}}, "multiple of 4 samples"},
		{[]relax.Activity{{Name: "a", Samples: 2, X: x}}, "equal length"},
		{[]relax.Activity{{Name: "a", Samples: 2, X: x, Grad: relax.Float32(make([]float32, 6))}}, "equal length and precision"},
		{[]relax.Activity{{Name: "a", Samples: 2, X: x, Grad: x}, {Name: "b", Samples: 3, X: x, Grad: x}}, `want 2 samples as in "a", got 3`},
	} {
		_, err := relax.NewDriver(&bowl{activities: tc.activities}, relax.Settings{Steps: 1, Control: relax.Constant{Size: 1}})
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("got %v, want an error with %q", err, tc.want)
		}
	}
}

func TestResultMarshalsWithoutItsNaNs(t *testing.T) {
	data, err := json.Marshal(relax.Result{Status: relax.StepLimit, Steps: 3, Energy: 2, EnergyStart: 1, GradNorm: math.NaN(), GradNormWorstSample: -1})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"status":"StepLimit","steps":3,"evaluations":0,"grad_norm_worst_sample":-1,"measured_at":0,"step_size":0,"mean_steps":0,"energy_start":1,"energy":2,"grad_norm":null}`
	if string(data) != want {
		t.Errorf("got %s\nwant %s", data, want)
	}
}

func TestStatus(t *testing.T) {
	for s := relax.NotTerminated; s <= relax.Failure; s++ {
		text, err := s.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var back relax.Status
		if err := back.UnmarshalText(text); err != nil || back != s {
			t.Errorf("%v: got back %v, %v", s, back, err)
		}
		if (s.Err() != nil) != s.Early() {
			t.Errorf("%v: early is %v but the error is %v", s, s.Early(), s.Err())
		}
	}
	if relax.Converged.Early() || !relax.StepLimit.Early() {
		t.Error("only Converged is not early")
	}
	unknown := relax.Failure + 1
	if _, err := unknown.MarshalText(); err == nil || unknown.Err() == nil || unknown.String() != "unknown status" {
		t.Error("a status beyond the table must be an error")
	}
}
