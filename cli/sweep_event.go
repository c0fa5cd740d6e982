package cli

import (
	"io"
	"math"
)

// configurationEvent is a configuration of a sweep.
type configurationEvent struct {
	Params point  `json:"params"`
	Rule   string `json:"rule"`
	// Best says that it is the best of its rule by Validation.
	Best     bool `json:"best,omitempty"`
	Diverged int  `json:"diverged,omitempty"`
	// Validation and Test are those of each seed, null where it diverged.
	Validation []*float64 `json:"validation"`
	Test       []*float64 `json:"test"`
}

// comparisonEvent is a paired test between the best configurations of two rules.
type comparisonEvent struct {
	A string `json:"a"`
	B string `json:"b"`
	// Difference is the mean of A less B on the test part.
	Difference *float64 `json:"difference,omitempty"`
	T          *float64 `json:"t,omitempty"`
	DF         *float64 `json:"df,omitempty"`
	P          *float64 `json:"p,omitempty"`
	WilcoxonP  *float64 `json:"wilcoxon_p,omitempty"`
	HolmP      *float64 `json:"holm_p,omitempty"`
	Error      string   `json:"error,omitempty"`
}

// writeEvent prints what came out of a sweep, for programs.
func (r *sweepReport) writeEvent(w io.Writer, dir string) error {
	event := struct {
		Event string `json:"event"`
		// Classes says that scores are fractions of wrong labels, not squared errors.
		Classes        bool                 `json:"classes"`
		Configurations []configurationEvent `json:"configurations"`
		Comparisons    []comparisonEvent    `json:"comparisons"`
		Remarks        []string             `json:"remarks"`
		Out            string               `json:"out"`
	}{Event: "sweep", Classes: r.percent, Remarks: r.remarks(), Out: dir, Comparisons: []comparisonEvent{}}
	for _, c := range r.all {
		params := point{}
		for _, name := range r.names {
			params[name] = c.at[name]
		}
		event.Configurations = append(event.Configurations, configurationEvent{
			Params: params, Rule: c.rule, Best: c.best, Diverged: c.diverged, Validation: nullable(c.validation), Test: nullable(c.test),
		})
	}
	for _, t := range r.tests {
		e := comparisonEvent{A: t.a, B: t.b}
		if t.err != nil {
			e.Error = t.err.Error()
		} else {
			numbers := nullable([]float64{t.t.Difference, t.t.T, t.t.DF, t.t.P, t.wilcoxon.P, t.holm})
			e.Difference, e.T, e.DF, e.P, e.WilcoxonP, e.HolmP = numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]
		}
		event.Comparisons = append(event.Comparisons, e)
	}
	return writeEvent(w, event)
}

// nullable returns numbers as JSON has them: those that are not finite are null.
func nullable(values []float64) []*float64 {
	out := make([]*float64, len(values))
	for i, x := range values {
		if !math.IsNaN(x) && !math.IsInf(x, 0) {
			out[i] = &x
		}
	}
	return out
}
