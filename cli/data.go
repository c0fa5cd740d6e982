package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/pkg/errors"
	"github.com/schollz/progressbar/v3"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/internal/tables"
)

// dataCmd is "prospect data".
type dataCmd struct {
	List dataListCmd `cmd:"" help:"List the datasets and where they were found."`
	Get  dataGetCmd  `cmd:"" help:"Download the official files of a dataset; goes on where it stopped."`
}

// dataListCmd is "prospect data list".
type dataListCmd struct {
	DataDir string `placeholder:"DIR" help:"Where the data are (default $$PROSPECT_DATA, or the user's cache directory)."`
	formatFlags
}

// Run lists.
func (d *dataListCmd) Run(c *console) error {
	if d.JSON {
		return d.writeJSON(c)
	}
	t := tables.Table{Columns: []tables.Column{
		{Name: "name", Key: "name"},
		{Name: "sample", Key: "shape"},
		{Name: "classes", Key: "classes"},
		{Name: "training", Key: "train"},
		{Name: "test", Key: "test"},
		{Name: "download", Key: "bytes"},
		{Name: "where", Key: "where"},
	}}
	missing := false
	for _, info := range datasets.Names() {
		where, size := any("built in"), tables.Missing()
		if info.Bytes > 0 {
			size = tables.Cell{Text: fmt.Sprintf("%.1f MB", float64(info.Bytes)/1e6), Value: info.Bytes}
			path, err := datasets.Locate(info.Name, d.DataDir)
			switch {
			case errors.Is(err, datasets.ErrMissing):
				where, missing = tables.Cell{Text: "missing"}, true
			case err != nil:
				return err
			default:
				where = filepath.Dir(path)
			}
		}
		t.Add(info.Name, shape(info.Shape), info.Classes, info.Train, info.Test, size, where)
	}
	p := d.printer(c)
	p.Table(t)
	if missing {
		p.Line("%s data get NAME downloads what is missing.", c.program)
	}
	return p.Err()
}

// writeJSON prints the datasets for programs.
func (d *dataListCmd) writeJSON(c *console) error {
	for _, info := range datasets.Names() {
		path, err := datasets.Locate(info.Name, d.DataDir)
		if err != nil && !errors.Is(err, datasets.ErrMissing) {
			return err
		}
		n := datasets.Standard(info.Name)
		event := struct {
			Name    string `json:"name"`
			Shape   []int  `json:"shape"`
			Classes int    `json:"classes"`
			Train   int    `json:"train"`
			Test    int    `json:"test"`
			// Bytes are those of the download; 0 means that it is built in.
			Bytes int64 `json:"bytes"`
			// Scale, Mean and Std, by channel, make (Scale·pixel − Mean)/Std of a pixel.
			Scale float64   `json:"scale"`
			Mean  []float64 `json:"mean,omitempty"`
			Std   []float64 `json:"std,omitempty"`
			// Measured says that Mean and Std are measured when the data are read.
			Measured bool `json:"measured,omitempty"`
			// Found says that it can be read.
			Found bool   `json:"found"`
			Dir   string `json:"dir,omitempty"`
		}{
			Name: info.Name, Shape: info.Shape, Classes: info.Classes, Train: info.Train, Test: info.Test, Bytes: info.Bytes,
			Scale: n.Scale, Mean: n.Mean, Std: n.Std, Measured: n.Mean == nil && n.Scale == datasets.Standard("unit").Scale,
			Found: err == nil || info.Bytes == 0,
		}
		if err == nil && info.Bytes > 0 {
			event.Dir = filepath.Dir(path)
		}
		if err := writeEvent(c.stdout, event); err != nil {
			return err
		}
	}
	return nil
}

// shape returns "28x28".
func shape(s []int) string { return strings.ReplaceAll(strings.Trim(fmt.Sprint(s), "[]"), " ", "x") }

// dataGetCmd is "prospect data get".
type dataGetCmd struct {
	Name    string `arg:"" help:"Dataset, as in prospect data list."`
	DataDir string `placeholder:"DIR" help:"Where to put it, in a folder of its name (default $$PROSPECT_DATA, or the user's cache directory)."`
}

// Run downloads.
func (d *dataGetCmd) Run(ctx context.Context, c *console) error {
	paths, err := datasets.Fetch(ctx, d.Name, datasets.FetchSettings{Dir: d.DataDir, Progress: fetchProgress(c)})
	if err != nil {
		return err
	}
	if len(paths) == 0 {
		_, err := fmt.Fprintf(c.stdout, "%s is made in memory; there is nothing to download\n", d.Name)
		return err
	}
	for _, p := range paths {
		if _, err := fmt.Fprintln(c.stdout, p); err != nil {
			return err
		}
	}
	return nil
}

// fetchProgress tells how a download gets on: bars on a terminal, elsewhere a
// line for each file that is complete.
func fetchProgress(c *console) func(file string, done, total int64) {
	if !c.terminal {
		return func(file string, done, total int64) {
			if done == total {
				fmt.Fprintf(c.stderr, "%s: %.1f MB\n", file, float64(total)/1e6)
			}
		}
	}
	var bar *progressbar.ProgressBar
	current := ""
	return func(file string, done, total int64) {
		if file != current {
			current = file
			bar = newBar(c.stderr, total, progressbar.OptionSetDescription(file), progressbar.OptionShowBytes(true))
		}
		_ = bar.Set64(done) // a bar that cannot be drawn is no reason to stop
	}
}
