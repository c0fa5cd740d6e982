package cli

import (
	"context"
	stderrors "errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/pkg/errors"
	"golang.org/x/term"

	"github.com/seed-be841da4/prospect/internal/choice"
	"github.com/seed-be841da4/prospect/run"
)

// watchCmd is "prospect watch".
type watchCmd struct {
	Runs  []string `arg:"" name:"run" help:"Run directories; what a run trains beside itself is watched too."`
	What  []string `default:"test,energy" placeholder:"NAMES" help:"What to draw over the epochs, one below the other: test, validation, energy, steps, gradient, rate, or energies of the terms (default ${default})."`
	Once  bool     `help:"Draw what there is and leave."`
	Every float64  `default:"1" placeholder:"X" help:"Look for new epochs every X seconds (default ${default})."`
}

// Run draws until the runs have ended.
func (w *watchCmd) Run(ctx context.Context, c *console) error {
	if err := w.check(); err != nil {
		return usage(err)
	}
	var show screen = &lines{c: c, what: w.What, once: w.Once, told: map[string]int{}}
	if f, ok := c.stdout.(*os.File); ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
		show = &picture{c: c, what: w.What, follow: !w.Once, size: func() (int, int, error) { return term.GetSize(int(f.Fd())) }}
	}
	runs, err := w.follow(ctx, c, show)
	if closeErr := show.close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	if w.Once {
		return missing(c, runs)
	}
	return w.judge(c, runs)
}

// check checks the flags.
func (w *watchCmd) check() error {
	if !(w.Every > 0 && w.Every <= 3600) {
		return errors.Errorf("--every, got %v, want seconds above 0 and up to 3600", w.Every)
	}
	names := []string{"energies"}
	for _, k := range curves() {
		names = append(names, k.name)
	}
	for i, what := range w.What {
		name, err := choice.Parse(what, names)
		if err != nil {
			return errors.WithMessage(err, "--what")
		}
		w.What[i] = name
	}
	return nil
}

// screen shows runs.
type screen interface {
	// show shows what has changed.
	show(runs []watched) error
	// close leaves the last picture.
	close() error
}

// follow shows the runs until all have ended, or once.
func (w *watchCmd) follow(ctx context.Context, c *console, show screen) ([]watched, error) {
	tick := time.NewTicker(time.Duration(w.Every * float64(time.Second)))
	defer tick.Stop()
	for {
		runs, err := w.look(c)
		if err != nil {
			return nil, err
		}
		if err := show.show(runs); err != nil {
			return nil, err
		}
		if w.Once || !slices.ContainsFunc(runs, func(r watched) bool { return r.state == runAwaited || r.state == runGoing }) {
			return runs, nil
		}
		select {
		case <-ctx.Done():
			return nil, interrupted{"stopped watching; what runs goes on"}
		case <-tick.C:
		}
	}
}

// state is what a run is doing.
type state int

const (
	runAwaited state = iota // there is none yet
	runGoing
	runEnded
	runStopped // before its last epoch
)

// watched is a run as it stands.
type watched struct {
	dir      string
	state    state
	manifest run.Manifest
	epochs   []run.Epoch
	named    bool // whether its directory tells it from others
}

// look reads the runs, and those that they train beside themselves.
func (w *watchCmd) look(c *console) ([]watched, error) {
	var out []watched
	for _, dir := range w.Runs {
		r, busy, err := lookAt(c, dir, false)
		if err != nil {
			return nil, err
		}
		r.named = len(w.Runs) > 1
		out = append(out, r)
		if r.manifest.Beside == "" {
			continue
		}
		second, _, err := lookAt(c, besidePath(dir), busy)
		if err != nil {
			return nil, err
		}
		if second.state == runAwaited {
			second.manifest = beside(r.manifest)
			if !busy {
				second.state = runStopped
			}
		}
		second.named = r.named
		out = append(out, second)
	}
	return out, nil
}

// lookAt reads a run; busy says whether a process has it, or has what it belongs to.
// Whether the run goes on is asked before its epochs are read: of one that has ended all
// are there.
func lookAt(c *console, dir string, owned bool) (r watched, busy bool, err error) {
	r.dir = dir
	locked, err := run.Locked(dir)
	busy = owned || locked || errors.Is(err, stderrors.ErrUnsupported)
	if err != nil && !errors.Is(err, stderrors.ErrUnsupported) {
		return r, busy, err
	}
	r.manifest, err = run.ReadManifest(dir, c.kinds)
	if errors.Is(err, fs.ErrNotExist) {
		return r, busy, nil
	}
	if err != nil {
		return r, busy, err
	}
	if r.epochs, err = run.ReadMetrics(dir); err != nil {
		return r, busy, err
	}
	switch s := r.manifest.Settings; {
	case over(r.epochs, s):
		r.state = runEnded
	case busy:
		r.state = runGoing
	default:
		r.state = runStopped
	}
	return r, busy, nil
}

// over reports whether a run has its last epoch.
func over(epochs []run.Epoch, s run.Settings) bool {
	if len(epochs) == 0 {
		return false
	}
	e := epochs[len(epochs)-1]
	return e.Epoch >= s.Epochs || s.Patience > 0 && e.BestEpoch > 0 && e.Epoch-e.BestEpoch >= s.Patience
}

// label is what the run is called; empty for one that is alone.
func (r watched) label() string { return runLabel(r.manifest, r.dir, r.named) }

// status tells in a line how the run gets on.
func (r watched) status() string {
	if r.manifest.Settings.Rule == "" {
		return r.dir + ": waits for a run (no manifest.json yet)"
	}
	n, of := len(r.epochs), r.manifest.Settings.Epochs
	text := fmt.Sprintf("%s: epoch %d of %d", r.label(), n, of)
	if n == 0 {
		text = fmt.Sprintf("%s: no epoch of %d is finished yet", r.label(), of)
	}
	if n > 0 {
		text += ", test " + tested(r.epochs[n-1])
	}
	switch r.state {
	case runEnded:
		text += ", ended"
		if n < of {
			text += fmt.Sprintf(" early (best epoch %d)", r.epochs[n-1].BestEpoch)
		}
	case runStopped:
		text += ", stopped before its end"
	case runGoing:
		if n > 0 {
			left := time.Duration(r.epochs[n-1].TrainSeconds / float64(n) * float64(of-n) * float64(time.Second))
			text += ", about " + left.Round(time.Second).String() + " of training left"
		}
	case runAwaited:
		text = r.label() + ": waits for its turn"
	}
	return text
}

// missing is an error if there is no run at all.
func missing(c *console, runs []watched) error {
	for _, r := range runs {
		if r.state == runAwaited && r.manifest.Settings.Rule == "" {
			return errors.Errorf("watch: %s: holds no run (no manifest.json); pass the --out of %s train", r.dir, c.program)
		}
	}
	return nil
}

// judge is an error if a run has stopped before its end.
func (w *watchCmd) judge(c *console, runs []watched) error {
	var dirs []string
	for _, r := range runs {
		if dir := strings.TrimSuffix(r.dir, string(os.PathSeparator)+besideDir); r.state == runStopped && !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	if dirs == nil {
		return nil
	}
	return errors.Errorf("watch: %s stopped before the last epoch: killed, interrupted or failed; go on with: %s train --out %s --resume",
		strings.Join(dirs, " and "), c.program, quote(dirs[0]))
}
