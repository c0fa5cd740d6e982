package cli

import (
	"context"
	"encoding/json"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/bench"
	"github.com/seed-be841da4/prospect/internal/tables"
)

// accuracies measures the time to a test accuracy.
func (b *benchCmd) accuracies(ctx context.Context, c *console, cases []bench.Case) error {
	if len(b.Threads) != 1 {
		return errors.Errorf("--to-accuracy, got %d numbers of threads, want one", len(b.Threads))
	}
	data, err := b.data()
	if err != nil {
		return err
	}
	s := bench.AccuracySettings{Settings: b.settings(b.Threads[0]), Test: data.Test, Target: b.ToAccuracy, Every: b.Every, MaxEpochs: b.MaxEpochs}
	s.Data, s.Settings.Precision = data.Train, b.Precision
	t := tables.Table{Columns: []tables.Column{
		{Name: "case", Key: "case"},
		{Name: "rule", Key: "rule"},
		{Name: "relaxation", Key: "how"},
		{Name: "passes", Key: "passes"},
		{Name: "updates", Key: "updates"},
		{Name: "epochs", Key: "epochs"},
		{Name: "accuracy", Key: "accuracy"},
		{Name: "s", Key: "seconds"},
		{Name: "s of processors", Key: "cpu_seconds"},
	}}
	for _, k := range cases {
		err := bench.MeasureAccuracies(ctx, k, s, func(r bench.Accuracy) error {
			if b.JSON {
				return errors.Wrap(json.NewEncoder(c.stdout).Encode(r), "bench")
			}
			addAccuracy(&t, r)
			return nil
		})
		if err != nil {
			return errors.WithMessagef(err, "case %s", k.Name)
		}
	}
	if b.JSON {
		return nil
	}
	p := b.printer(c)
	p.Line("learning until a test accuracy of %g, measured every %d updates; > where it was not reached in %d epochs", b.ToAccuracy, b.Every, b.MaxEpochs)
	p.Gap()
	p.Table(t)
	return p.Err()
}

func addAccuracy(t *tables.Table, r bench.Accuracy) {
	passes, cpu := tables.Missing(), tables.Missing()
	if r.Passes > 0 {
		passes = tables.Number("%.3g", r.Passes)
	}
	if r.CPUSeconds > 0 {
		cpu = tables.Number("%.3g", r.CPUSeconds)
	}
	accuracy := tables.Number("%.2f %%", 100*r.Accuracy)
	accuracy.Value = r.Accuracy
	seconds := tables.Number("%.3g", r.Seconds)
	if !r.Reached {
		seconds.Text = ">" + seconds.Text
	}
	t.Add(r.Case, r.Rule, r.How, passes, r.Updates, tables.Number("%.2f", r.Epochs), accuracy, seconds, cpu)
}
