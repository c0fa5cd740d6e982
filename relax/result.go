package relax

import (
	"encoding/json"
	"math"
)

// Result describes a relaxation. The activities themselves are in the problem.
type Result struct {
	// Status says how it ended.
	Status Status `json:"status"`
	// Steps counts the steps taken since the start of the run, including steps before
	// it was continued.
	Steps int `json:"steps"`
	// Evaluations counts the evaluations of the problem since the start of the run,
	// including those inside a step, of rejected steps and of the final state.
	Evaluations int `json:"evaluations"`
	// EnergyStart is the total energy of the initial state, NaN if it was never
	// evaluated.
	EnergyStart float64 `json:"energy_start"`
	// Energy is the total energy at the state MeasuredAt.
	Energy float64 `json:"energy"`
	// GradNorm is the largest gradient norm of a sample (see [GradientNorms]) at
	// the state MeasuredAt, NaN if it was not computed.
	GradNorm float64 `json:"grad_norm"`
	// GradNormWorstSample is the row with that norm, -1 if it was not computed.
	GradNormWorstSample int `json:"grad_norm_worst_sample"`
	// MeasuredAt is the number of steps after which Energy and GradNorm were
	// measured: Steps, unless [Settings.SkipFinal] is set or the run was
	// cancelled or failed. -1 if nothing was evaluated.
	MeasuredAt int `json:"measured_at"`
	// StepSize is the size of the last step taken, 0 if there was none.
	StepSize float64 `json:"step_size"`
	// MeanSteps is the mean over the samples of the steps that each took: Steps, unless
	// samples converged one by one, see [Settings.Stop].
	MeanSteps float64 `json:"mean_steps"`
}

// MarshalJSON writes null for values that were not computed or are not finite, which
// JSON cannot express.
func (r Result) MarshalJSON() ([]byte, error) {
	type fields Result
	return json.Marshal(struct {
		fields
		EnergyStart *float64 `json:"energy_start"`
		Energy      *float64 `json:"energy"`
		GradNorm    *float64 `json:"grad_norm"`
	}{fields(r), finiteOrNil(r.EnergyStart), finiteOrNil(r.Energy), finiteOrNil(r.GradNorm)})
}

func finiteOrNil(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}
