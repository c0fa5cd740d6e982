package cli

import (
	"encoding/json"
	"io"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/tables"
	"github.com/seed-be841da4/prospect/run"
	"github.com/seed-be841da4/prospect/train"
)

// result is how a run ended.
type result struct {
	settings run.Settings
	last     run.Epoch
}

// jsonObserver prints an event for each epoch.
type jsonObserver struct {
	w        io.Writer
	settings run.Settings
}

// Start implements run.Observer.
func (o *jsonObserver) Start(int, int) error { return nil }

// Update implements run.Observer.
func (o *jsonObserver) Update(train.Progress) error { return nil }

// Epoch implements run.Observer.
func (o *jsonObserver) Epoch(e run.Epoch) error {
	return writeEvent(o.w, struct {
		Event string `json:"event"`
		Rule  string `json:"rule"`
		run.Epoch
	}{"epoch", o.settings.Rule, e})
}

// writeDone prints the last event of a run.
func writeDone(w io.Writer, r result, dir string) error {
	return writeEvent(w, struct {
		Event string `json:"event"`
		Data  string `json:"data"`
		Rule  string `json:"rule"`
		Seed  uint64 `json:"seed"`
		run.Epoch
		Out string `json:"out"`
	}{"done", r.settings.Data, r.settings.Rule, r.settings.Seed, r.last, dir})
}

// writeEvent prints a JSON object on a line of its own.
func writeEvent(w io.Writer, event any) error {
	line, err := json.Marshal(event)
	if err != nil {
		return errors.Wrap(err, "--json")
	}
	_, err = w.Write(append(line, '\n'))
	return errors.Wrap(err, "--json")
}

// writeTable prints the results of runs that were trained alike.
func writeTable(w *tables.Writer, program string, results []result, dir string) {
	score := "accuracy"
	if len(results) > 0 && results[0].last.TestR2 != nil {
		score = "R²"
	}
	t := tables.Table{Columns: []tables.Column{
		{Key: "data"},
		{Key: "model"},
		{Name: "learning rule"},
		{Key: "rule"},
		{Key: "seed"},
		{Name: score},
		{Key: "test_error"},
		{Key: "test_r2"},
		{Name: "sq. error", Key: "test_squared_error"},
		{Name: "time", Key: "train_seconds"},
		{Name: "updates", Key: "updates"},
		{Name: "steps", Key: "relax_steps"},
		{Key: "out"},
	}}
	for i, r := range results {
		out := dir
		if i > 0 {
			out = besidePath(dir)
		}
		e, s := r.last, r.settings
		t.Add(s.Data, s.Model, s.RuleTitle(), s.Rule, int64(s.Seed), scored(e.TestError, e.TestR2), optional(e.TestError), optional(e.TestR2),
			tables.Number("%.4g", e.TestSquaredError), tables.Number("%.1f s", e.TrainSeconds), e.Updates, e.RelaxSteps, out)
	}
	w.Table(t)
	w.Line("The run is in %s", dir)
	w.Code("try: " + program + " evaluate --out " + quote(dir))
}

// scored is the accuracy, or R²; "-" of a network without labels.
func scored(wrong, r2 *float64) tables.Cell {
	switch {
	case r2 != nil:
		return tables.Number("%.4f", *r2)
	case wrong != nil:
		return tables.Percent(1 - *wrong)
	}
	return tables.Missing()
}

// optional is a number that there may be none of.
func optional(x *float64) tables.Cell {
	if x == nil {
		return tables.Missing()
	}
	return tables.Cell{Text: fourDigits(*x), Value: *x}
}
