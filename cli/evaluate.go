package cli

import (
	"context"
	"io/fs"
	"path/filepath"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/tables"
	"github.com/seed-be841da4/prospect/run"
)

// evaluateCmd is "prospect evaluate".
type evaluateCmd struct {
	Out        string `placeholder:"DIR" required:"" xor:"from" help:"Run directory of the network."`
	Checkpoint string `placeholder:"DIR" required:"" xor:"from" help:"Its checkpoint directory, with manifest.json in the folder above."`
	Data       string `placeholder:"NAME" help:"Dataset (default that of the run)."`
	DataDir    string `placeholder:"DIR" help:"Where the data are (default $$PROSPECT_DATA, or the user's cache directory)."`
	Weights    string `placeholder:"FILE" help:"Weights of the network instead of those of its checkpoint: a .safetensors file, for example from Python."`
	Mapping    string `placeholder:"FILE" help:"How the names and axes of --weights are the network's: JSON with layout (prospect, pytorch or keras), prefix, names, skip, keep, axes, convert."`
	formatFlags
}

// Run evaluates.
func (e *evaluateCmd) Run(ctx context.Context, c *console) error {
	dir, checkpoint := e.Out, run.CheckpointOf(e.Out)
	if e.Checkpoint != "" {
		dir, checkpoint = filepath.Dir(filepath.Clean(e.Checkpoint)), e.Checkpoint
	}
	m, err := run.ReadManifest(dir, c.kinds)
	if errors.Is(err, fs.ErrNotExist) {
		return errors.Errorf("evaluate: %s: holds no run (no manifest.json); pass the --out of %s train", dir, c.program)
	}
	if err != nil {
		return err
	}
	if e.Data == m.Settings.Data {
		e.Data = ""
	}
	weights, err := e.weights(checkpoint)
	if err != nil {
		return err
	}
	result, err := run.Evaluate(ctx, m, weights, e.Data, e.DataDir)
	if errors.Is(err, fs.ErrNotExist) && e.Weights == "" {
		return errors.WithMessagef(err, "evaluate: the run has no whole checkpoint; go on with %s train --resume", c.program)
	}
	if err != nil {
		return err
	}
	data := e.Data
	if data == "" {
		data = m.Settings.Data
	}
	return e.report(c, data, m.Settings, result)
}

// weights are those of the checkpoint or of --weights.
func (e *evaluateCmd) weights(checkpoint string) (w run.Weights, err error) {
	if e.Weights == "" {
		if e.Mapping != "" {
			return w, usage(errors.New("--mapping, got one without a file it is for; add --weights FILE"))
		}
		return run.Weights{Path: checkpoint}, nil
	}
	w.Path = e.Weights
	if e.Mapping != "" {
		w.Settings, err = run.ReadWeightSettings(e.Mapping)
	}
	return w, err
}

// report prints the result.
func (e *evaluateCmd) report(c *console, data string, s run.Settings, r run.Outcome) error {
	if e.JSON {
		return writeEvent(c.stdout, struct {
			Event        string   `json:"event"`
			Data         string   `json:"data"`
			Model        string   `json:"model"`
			Rule         string   `json:"rule"`
			Samples      int      `json:"samples"`
			TestError    *float64 `json:"test_error,omitempty"`
			SquaredError float64  `json:"test_squared_error"`
			R2           *float64 `json:"test_r2,omitempty"`
			RMSE         *float64 `json:"test_rmse,omitempty"`
		}{"evaluation", data, s.Model, s.Rule, r.Samples, r.Error, r.SquaredError, r.R2, r.RMSE})
	}
	score := "accuracy"
	if r.R2 != nil {
		score = "R²"
	}
	t := tables.Table{Columns: []tables.Column{
		{Name: "data", Key: "data"},
		{Name: "model", Key: "model"},
		{Name: "rule", Key: "rule"},
		{Name: "samples", Key: "samples"},
		{Name: score},
		{Key: "test_r2"},
		{Key: "test_error"},
		{Name: "sq. error", Key: "test_squared_error"},
		{Key: "test_rmse"},
	}}
	row := []any{
		data, s.Model, s.Rule, r.Samples, scored(r.Error, r.R2), optional(r.R2), optional(r.Error),
		tables.Number("%.4g", r.SquaredError), optional(r.RMSE),
	}
	if r.RMSE != nil {
		t.Columns[len(t.Columns)-1].Name = "RMSE"
	}
	t.Add(row...)
	p := e.printer(c)
	p.Table(t)
	return p.Err()
}
