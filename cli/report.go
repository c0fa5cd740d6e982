package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/pkg/errors"

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
func writeTable(w io.Writer, program string, results []result, dir string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	score := "accuracy"
	if len(results) > 0 && results[0].last.TestR2 != nil {
		score = "R²"
	}
	fmt.Fprintf(t, "learning rule\t%s\tsq. error\ttime\tupdates\tsteps\t\n", score)
	for _, r := range results {
		e := r.last
		accuracy := "-" // of a network without labels
		if e.TestError != nil {
			accuracy = fmt.Sprintf("%.2f %%", 100*(1-*e.TestError))
		}
		if e.TestR2 != nil {
			accuracy = fmt.Sprintf("%.4f", *e.TestR2)
		}
		fmt.Fprintf(t, "%s\t%s\t%.4g\t%.1f s\t%d\t%d\t\n",
			r.settings.RuleTitle(), accuracy, e.TestSquaredError, e.TrainSeconds, e.Updates, e.RelaxSteps)
	}
	if err := t.Flush(); err != nil {
		return errors.Wrap(err, "table")
	}
	_, err := fmt.Fprintf(w, "The run is in %s\ntry: %s evaluate --out %s\n", dir, program, quote(dir))
	return errors.Wrap(err, "table")
}
