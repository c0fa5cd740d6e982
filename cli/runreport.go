package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/plot"
	"github.com/seed-be841da4/prospect/run"
	"github.com/seed-be841da4/prospect/train"
)

// reportCmd is "prospect report".
type reportCmd struct {
	Out     string `arg:"" name:"run" help:"Run directory."`
	File    string `placeholder:"FILE" help:"Page to write (default report.html in the run directory)."`
	DataDir string `placeholder:"DIR" help:"Where the data are (default $$PROSPECT_DATA, or the user's cache directory)."`
}

// Run writes the page.
func (r *reportCmd) Run(ctx context.Context, c *console) error {
	m, err := run.ReadManifest(r.Out, c.kinds)
	if errors.Is(err, fs.ErrNotExist) {
		return errors.Errorf("report: %s: holds no run (no manifest.json); pass the --out of %s train", r.Out, c.program)
	}
	if err != nil {
		return err
	}
	if r.File == "" {
		r.File = filepath.Join(r.Out, "report.html")
	}
	page, err := r.page(ctx, c, m)
	if err != nil {
		return err
	}
	if err := page.Save(r.File); err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.stdout, r.File)
	return errors.Wrap(err, "report")
}

// page is one file of everything about a run: how it ended, its curves, test samples, a
// relaxation, energies by term, settings.
func (r *reportCmd) page(ctx context.Context, c *console, m run.Manifest) (plot.Page, error) {
	s := m.Settings
	page := plot.Page{Title: s.Model + " on " + s.Data, Blocks: []plot.Block{
		plot.Text(fmt.Sprintf("%s, started %s with Prospect %s on %s/%s.", s.RuleTitle(), m.Created.Format("2006-01-02 15:04 UTC"), m.Versions.Prospect, m.Host.OS, m.Host.Arch)),
	}}
	p := &plotCmd{Runs: []string{r.Out}}
	dirs, err := p.directories(c)
	if err != nil {
		return page, err
	}
	last, err := lastEpochs(c, dirs)
	if err != nil {
		return page, err
	}
	add := func(id, title string, blocks ...plot.Block) {
		page.Sections = append(page.Sections, plot.Section{ID: id, Title: title, Blocks: blocks})
	}
	add("result", "Result", last)
	if err := r.figures(c, &page, p, dirs, "test", "validation"); err != nil {
		return page, err
	}
	weights := run.Weights{Path: run.CheckpointOf(r.Out)}
	x, err := run.Examine(ctx, m, weights, r.DataDir, examined, shown)
	switch {
	case ctx.Err() != nil:
		return page, ctx.Err()
	case err != nil:
		add("samples", "Test samples", plot.Paragraph{Small: true, Spans: spans("They are not shown: " + oneLine(run.Text(err, flagOf)) + ".")})
	default:
		samples, err := sampleBlocks(x)
		if err != nil {
			return page, err
		}
		add("samples", "Test samples", samples...)
		settling, err := relaxationBlocks(ctx, x)
		if err != nil {
			return page, err
		}
		add("relaxation", "How a test sample settles", settling...)
	}
	if score, err := run.Classify(ctx, m, weights, r.DataDir); err == nil {
		add("confusion", "What is taken for what", confusion(score, s.ClassNames())...)
	} else if ctx.Err() != nil {
		return page, ctx.Err()
	}
	energies, convergence, err := energyBlocks(c, dirs)
	if err != nil {
		return page, err
	}
	if energies != nil {
		add("layers", "Energy by layer", energies...)
	}
	if err := r.figures(c, &page, p, dirs, "energies", "energy"); err != nil {
		return page, err
	}
	add("convergence", "Convergence", convergence...)
	if err := r.figures(c, &page, p, dirs, "gradient", "steps", "rate"); err != nil {
		return page, err
	}
	settings, err := settingsTable(s)
	add("settings", "Settings", settings)
	return page, err
}

// figures adds sections with curves, those that the runs have.
func (r *reportCmd) figures(c *console, page *plot.Page, p *plotCmd, dirs []string, names ...string) error {
	for _, what := range names {
		f := plot.Figure{Name: what, X: plot.Axis{Label: "epoch"}, Width: 10, Height: 6.3} // whose text is large enough for a telephone
		var err error
		if p.What = what; what == "energies" {
			err = p.energies(c, &f, dirs)
		} else {
			err = p.curves(c, &f, dirs)
		}
		if err != nil {
			continue // these runs do not have it
		}
		f.Title = "" // that of the page
		picture, err := f.Encode(plot.PNG)
		if err != nil {
			return err
		}
		page.Sections = append(page.Sections, plot.Section{ID: what, Title: strings.ToUpper(f.Y.Label[:1]) + f.Y.Label[1:], Blocks: []plot.Block{plot.Picture{PNG: picture, Alt: f.Y.Label + " over epochs"}}})
	}
	return nil
}

// spans makes cells of texts.
func spans(cells ...string) []plot.Span {
	var out []plot.Span
	for _, cell := range cells {
		out = append(out, plot.Span{Text: cell})
	}
	return out
}

// lastEpochs tells how the runs ended.
func lastEpochs(c *console, dirs []string) (plot.Table, error) {
	t := plot.Table{Head: []string{"rule", "epochs", "test", "energy", "seconds", "relaxation steps", "converged"}}
	for _, dir := range dirs {
		epochs, m, err := readRun(c, dir)
		if err != nil {
			return t, err
		}
		e, converged := epochs[len(epochs)-1], "no criterion"
		if e.Converged != nil {
			converged = fmt.Sprintf("%.3g %% of batches", 100**e.Converged)
		}
		t.Rows = append(t.Rows, spans(m.Settings.Rule, fmt.Sprintf("%d of %d", e.Epoch, e.Epochs), tested(e),
			fmt.Sprintf("%.4g", e.TrainEnergy), fmt.Sprintf("%.1f", e.TrainSeconds), fmt.Sprint(e.RelaxSteps), converged))
	}
	return t, nil
}

// confusion is the table of labels and what they are taken for, with the scores by class.
func confusion(s train.ClassificationScore, names []string) []plot.Block {
	head := []string{"label \\ taken for"}
	for k := range s.Confusion {
		head = append(head, run.ClassName(names, k))
	}
	t := plot.Table{Head: append(head, "recall", "precision", "F1")}
	for label, row := range s.Confusion {
		cells := []string{run.ClassName(names, label)}
		for _, n := range row {
			cells = append(cells, fmt.Sprint(n))
		}
		class := s.Classes[label]
		t.Rows = append(t.Rows, spans(append(cells, percent(class.Recall), percent(class.Precision), percent(class.F1))...))
	}
	text := fmt.Sprintf("%d test samples: %s right; among the %d likeliest %s.", s.Samples, percent(s.Accuracy), s.K, percent(s.TopK))
	return []plot.Block{plot.Text(text), t}
}

// percent has a space that does not break.
func percent(x float64) string { return fmt.Sprintf("%.2f\u00a0%%", 100*x) }

// settingsTable lists all settings.
func settingsTable(s run.Settings) (plot.Table, error) {
	t := plot.Table{Head: []string{"setting", "value"}}
	all, err := members(s)
	if err != nil {
		return t, err
	}
	var names []string
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		text := string(all[name])
		var plain string
		if json.Unmarshal(all[name], &plain) == nil {
			text = plain
		}
		t.Rows = append(t.Rows, spans(name, strings.ReplaceAll(text, "\n", " ")))
	}
	return t, nil
}
