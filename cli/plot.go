package cli

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/choice"
	"github.com/seed-be841da4/prospect/plot"
	"github.com/seed-be841da4/prospect/run"
)

// plotCmd is "prospect plot".
type plotCmd struct {
	Runs []string `arg:"" name:"run" help:"Run directories; what a run trained beside itself is drawn too."`
	What string   `default:"test" placeholder:"NAME" help:"What to draw over the epochs: test, validation, energy, steps, gradient, rate, or energies of the terms (default ${default})."`
	File string   `default:"curves.png" placeholder:"FILE" help:"Where to: FILE.png, .svg, .pdf, or .csv for the numbers (default ${default})."`
}

// curve is a quantity of an epoch, nil where the epoch does not have it.
type curve struct {
	name, label string
	log         bool
	of          func(e run.Epoch) *float64
}

// curves lists what can be drawn.
func curves() []curve {
	return []curve{
		{"test", "", false, func(e run.Epoch) *float64 { return score(e.TestError, e.TestR2, &e.TestSquaredError) }},
		{"validation", "", false, func(e run.Epoch) *float64 { return score(e.ValError, e.ValR2, e.ValSquaredError) }},
		{"energy", "training energy of a sample", true, func(e run.Epoch) *float64 { return &e.TrainEnergy }},
		{"steps", "relaxation steps of a batch", false, func(e run.Epoch) *float64 { return &e.Steps }},
		{"gradient", "median gradient norm of a sample", true, func(e run.Epoch) *float64 { return e.GradientNormMedian }},
		{"rate", "learning rate", true, func(e run.Epoch) *float64 { return &e.LearningRate }},
	}
}

// score is the error in percent, or R², or the squared error, whichever the data have.
func score(wrong, r2, squared *float64) *float64 {
	if wrong != nil {
		percent := 100 * *wrong
		return &percent
	}
	if r2 != nil {
		return r2
	}
	return squared
}

// scoreLabel says which of them score returns.
func scoreLabel(part string, e run.Epoch) string {
	switch {
	case e.TestError != nil:
		return part + " error (%)"
	case e.TestR2 != nil:
		return part + " R²"
	}
	return part + " squared error"
}

// Run draws.
func (p *plotCmd) Run(c *console) error {
	if !slices.Contains([]string{".png", ".svg", ".pdf", ".csv"}, strings.ToLower(filepath.Ext(p.File))) {
		return usage(errors.Errorf("--file, got %q, want a name that ends in .png, .svg, .pdf or .csv", p.File))
	}
	dirs, err := p.directories(c)
	if err != nil {
		return err
	}
	f := plot.Figure{Name: "curves", X: plot.Axis{Label: "epoch"}}
	if p.What == "energies" {
		err = p.energies(c, &f, dirs)
	} else {
		err = p.curves(c, &f, dirs)
	}
	if err != nil {
		return err
	}
	if err := f.Save(p.File); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.stdout, "%s: %s of %d runs\n", p.File, f.Y.Label, len(dirs))
	return errors.Wrap(err, "plot")
}

// directories are the runs, and those that they trained beside themselves.
func (p *plotCmd) directories(c *console) ([]string, error) {
	var dirs []string
	for _, dir := range p.Runs {
		m, err := run.ReadManifest(dir, c.kinds)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, errors.Errorf("plot: %s: holds no run (no manifest.json); pass the --out of %s train", dir, c.program)
		}
		if err != nil {
			return nil, err
		}
		dirs = append(dirs, dir)
		if m.Beside != "" {
			if _, err := run.ReadManifest(besidePath(dir), c.kinds); err == nil {
				dirs = append(dirs, besidePath(dir))
			}
		}
	}
	return dirs, nil
}

// curves adds a line for each run.
func (p *plotCmd) curves(c *console, f *plot.Figure, dirs []string) error {
	all := curves()
	names := []string{"energies"}
	for _, k := range all {
		names = append(names, k.name)
	}
	name, err := choice.Parse(p.What, names)
	if err != nil {
		return usage(errors.WithMessage(err, "--what"))
	}
	k := all[slices.IndexFunc(all, func(k curve) bool { return k.name == name })]
	f.Y = plot.Axis{Label: k.label, Log: k.log}
	found := false
	for _, dir := range dirs {
		epochs, m, err := readRun(c, dir)
		if err != nil {
			return err
		}
		if f.Title == "" {
			f.Title = m.Settings.Model + " on " + m.Settings.Data
		}
		s := plot.Series{Name: runLabel(m, dir, len(dirs) > 1 && len(p.Runs) > 1)}
		for _, e := range epochs {
			if label := scoreLabel(k.name, e); k.label == "" && f.Y.Label != "" && label != f.Y.Label {
				return errors.Errorf("plot: %s: got %s, want %s as of the runs before; draw runs of one task, or another --what", dir, label, f.Y.Label)
			} else if k.label == "" {
				f.Y.Label = label
			}
			if y := k.of(e); y != nil {
				s.Add(float64(e.Epoch), *y)
				found = true
			}
		}
		f.Series = append(f.Series, s)
	}
	if !found {
		return errors.Errorf("plot: --what %s: no epoch of these runs has it; try another", k.name)
	}
	return nil
}

// energies adds a line for each energy term of the runs.
func (p *plotCmd) energies(c *console, f *plot.Figure, dirs []string) error {
	f.Title, f.Y = "energy by term", plot.Axis{Label: "energy of a sample", Log: true}
	for _, dir := range dirs {
		epochs, m, err := readRun(c, dir)
		if err != nil {
			return err
		}
		terms := map[string]*plot.Series{}
		var order []string
		for _, e := range epochs {
			for term, x := range e.Energies {
				if terms[term] == nil {
					name := term
					if len(dirs) > 1 {
						name = runLabel(m, dir, len(p.Runs) > 1) + " " + term
					}
					terms[term], order = &plot.Series{Name: name}, append(order, term)
				}
				terms[term].Add(float64(e.Epoch), x)
			}
		}
		slices.Sort(order)
		for _, term := range order {
			f.Series = append(f.Series, *terms[term])
		}
	}
	if f.Series == nil {
		return errors.New("plot: --what energies: the rules of these runs tell their total energy alone; try energy")
	}
	return nil
}

// readRun reads the epochs and the manifest of a run.
func readRun(c *console, dir string) ([]run.Epoch, run.Manifest, error) {
	m, err := run.ReadManifest(dir, c.kinds)
	if err != nil {
		return nil, m, err
	}
	epochs, err := run.ReadMetrics(dir)
	if err == nil && len(epochs) == 0 {
		err = errors.Errorf("plot: %s: no epoch is finished yet", dir)
	}
	return epochs, m, err
}

// runLabel is what a run is called in a picture.
func runLabel(m run.Manifest, dir string, named bool) string {
	if named {
		if filepath.Base(dir) == besideDir {
			dir = filepath.Dir(dir)
		}
		return filepath.Base(dir) + " " + m.Settings.Rule
	}
	return m.Settings.Rule
}
