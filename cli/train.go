package cli

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/plot"
	"github.com/seed-be841da4/prospect/run"
	"github.com/seed-be841da4/prospect/train"
)

// trainCmd is "prospect train".
type trainCmd struct {
	Settings settingsFlags `embed:""`

	DataDir     string `group:"Data:" placeholder:"DIR" help:"Where the data are (default $$PROSPECT_DATA, or the user's cache directory)."`
	Like        string `group:"Run:" placeholder:"RUN" xor:"like" help:"Take the settings of a run, but for those that flags give."`
	Config      string `group:"Run:" placeholder:"FILE" xor:"like" help:"Take settings from a file, TOML or JSON, by the names of the flags with underscores, but for those that flags give."`
	Out         string `group:"Run:" placeholder:"DIR" help:"Run directory to write (default runs/TIME-DATA-RULE)."`
	Resume      bool   `group:"Run:" help:"Go on with the run in --out, with its settings; start it if there is none."`
	formatFlags `group:"Run:"`

	TensorBoard bool   `group:"Run:" name:"tensorboard" help:"Write event files for TensorBoard into the folder tensorboard of the run: curves, histograms and pictures; a resumed run goes on with them."`
	MLflow      string `group:"Run:" name:"mlflow" placeholder:"DIR|URL" help:"Log to MLflow: the http address of a tracking server, or a folder for its file store, which MLflow 3 opens with MLFLOW_ALLOW_FILE_STORE=true; a resumed run goes on with it."`

	CheckpointSeconds float64 `group:"Run:" default:"20" placeholder:"X" help:"Save a checkpoint at least every X seconds within an epoch; 0 only between epochs (default ${default})."`
	CheckpointEvery   int     `group:"Run:" default:"0" placeholder:"N" help:"Save a checkpoint every N updates as well (default 0: never)."`

	program string
}

// besideDir is the directory of the comparison within that of the run.
const besideDir = "backprop"

// Run trains.
func (t *trainCmd) Run(ctx context.Context, c *console) error {
	t.program = c.program
	if err := t.check(); err != nil {
		return usage(err)
	}
	if err := c.join(); err != nil {
		return err
	}
	p, err := t.planTogether(c)
	if err != nil {
		return err
	}
	var results []result
	for _, r := range p.runs {
		if err := t.claimTogether(c, r); err != nil {
			return err
		}
		defer r.release(false)
		r.Log = c.log
		if c.group != nil {
			r.Group = c.group
		}
		if c.rank > 0 {
			if _, err := r.Train(ctx); err != nil {
				return t.explain(ctx, p, err)
			}
			continue
		}
		teller := t.observer(c, r.Manifest.Settings)
		if bar, ok := teller.(*barObserver); ok {
			r.Log = slog.New(&lineHandler{w: bar, program: c.program})
		}
		r.Observer = append(t.loggers(c, r), teller)
		last, err := r.Train(ctx)
		if err != nil {
			if bar, ok := teller.(*barObserver); ok {
				bar.abandon()
			}
			r.release(true)
			return t.explain(ctx, p, err)
		}
		results = append(results, result{r.Manifest.Settings, last})
	}
	if c.rank > 0 {
		return nil
	}
	if t.JSON {
		return writeDone(c.stdout, results[0], p.dir)
	}
	w := t.printer(c)
	writeTable(w, c.program, results, p.dir)
	return w.Err()
}

// check checks the flags that are not settings.
func (t *trainCmd) check() error {
	x := t.CheckpointSeconds
	switch {
	case !(x >= 0 && x <= math.MaxInt32):
		return errors.Errorf("--checkpoint-seconds, got %v, want 0 (only between epochs) or more", x)
	case t.CheckpointEvery < 0:
		return errors.Errorf("--checkpoint-every, got %d, want 0 (never) or more", t.CheckpointEvery)
	case t.Resume && t.Out == "":
		return errors.New("--resume needs to know which run; add --out DIR")
	}
	return nil
}

// explain says how to go on after an interrupt.
func (t *trainCmd) explain(ctx context.Context, p *plan, err error) error {
	if !errors.Is(err, context.Canceled) && (ctx.Err() == nil || !errors.Is(err, ctx.Err())) {
		return err
	}
	command := t.program + " train --out " + quote(p.dir) + " --resume"
	if t.DataDir != "" {
		command += " --data-dir " + quote(t.DataDir)
	}
	return interrupted{"stopped; go on with: " + command}
}

// quote returns s as a shell takes it.
func quote(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("+-./:=@_", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// newRun returns a run in a directory.
func (t *trainCmd) newRun(dir string, m run.Manifest) *claimed {
	return &claimed{Run: run.Run{
		Dir: dir, Manifest: m, DataDir: t.DataDir,
		CheckpointEvery: t.CheckpointEvery,
		CheckpointAfter: time.Duration(t.CheckpointSeconds * float64(time.Second)),
	}}
}

// observer returns who tells the user how the run gets on.
func (t *trainCmd) observer(c *console, s run.Settings) run.Observer {
	switch {
	case t.JSON:
		return &jsonObserver{w: c.stdout, settings: s}
	case c.terminal:
		return &barObserver{w: c.stderr, settings: s}
	}
	return &lineObserver{w: c.stderr, settings: s}
}

// loggers are the observers that write for other tools: those that are asked for, and, of
// a run that goes on, those that it began with.
func (t *trainCmd) loggers(c *console, r *claimed) run.Observers {
	var out run.Observers
	before := func(name string) bool {
		_, err := os.Stat(filepath.Join(r.Dir, name))
		return t.Resume && err == nil
	}
	if t.TensorBoard || before(run.TensorBoardDir) {
		out = append(out, &run.TensorBoard{})
	}
	if t.MLflow != "" || before(run.MLflowFile) {
		m := &run.MLflow{Place: t.MLflow, Experiment: os.Getenv("MLFLOW_EXPERIMENT_NAME"), Source: t.program, Log: r.Log}
		if filepath.Base(r.Dir) == besideDir {
			if dir, err := filepath.Abs(r.Dir); err == nil {
				m.Name = filepath.Base(filepath.Dir(dir)) + " " + besideDir
			}
		}
		m.Artifacts = func() (map[string][]byte, error) { return artifacts(c, r.Dir) }
		out = append(out, m)
	}
	return out
}

// artifacts are pictures of the curves of a run.
func artifacts(c *console, dir string) (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, what := range []string{"test", "energy"} {
		p, f := &plotCmd{Runs: []string{dir}, What: what}, plot.Figure{Name: what, X: plot.Axis{Label: "epoch"}}
		if err := p.curves(c, &f, p.Runs); err != nil {
			return nil, err
		}
		picture, err := f.Encode(plot.PNG)
		if err != nil {
			return nil, err
		}
		out[what+".png"] = picture
	}
	return out, nil
}

// beside is the manifest of the comparison with a run.
func beside(m run.Manifest) run.Manifest {
	m.Settings.Rule, m.Beside = m.Beside, ""
	m.Settings.Coordinates, m.Settings.Tolerance = train.Activities, 0 // which only pc has
	m.Settings.Control, m.Settings.Stop, m.Settings.Nudge, m.Settings.WarmStart = "", "", 0, false
	return m
}

// besidePath is the directory of the comparison with a run.
func besidePath(dir string) string { return filepath.Join(dir, besideDir) }

// ownSteps reports whether a solver finds its own step sizes.
func ownSteps(solver string) bool {
	name, _, _ := strings.Cut(solver, ":")
	return slices.Contains([]string{"lbfgs", "anderson", "cg"}, name)
}

// heading is what comes before the first epoch: what is trained, and how.
func heading(s run.Settings) string {
	how := fmt.Sprintf("%s at %v", s.Optimizer, s.LR)
	switch {
	case !s.Relaxes():
	case ownSteps(s.Solver):
		how = fmt.Sprintf("at most %d steps of %s, ", s.Steps, s.Solver) + how
	case s.Stop != "" || s.Tolerance > 0:
		how = fmt.Sprintf("at most %d relaxation steps of %v, ", s.Steps, s.StepSize) + how
	default:
		how = fmt.Sprintf("%d relaxation steps of %v, ", s.Steps, s.StepSize) + how
	}
	if s.Coordinates == train.Errors {
		how = "error coordinates, " + how
	}
	if s.Pixels == run.UnitPixels {
		how = "pixels 0 to 1, " + how
	}
	what := fmt.Sprintf("%s: %s on %s", s.RuleTitle(), s.Model, s.Data)
	if utf8.RuneCountInString(what) > columns {
		what = fmt.Sprintf("%s:\n%s on %s", s.RuleTitle(), s.Model, s.Data)
	}
	return what + "\n" + how
}
