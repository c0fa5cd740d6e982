package cli

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/run"
)

// plan is what a command line asks for: a run, and perhaps a second one beside
// it.
type plan struct {
	dir  string
	runs []*claimed
	// old says that the run was started before.
	old bool
}

// claimed is a run that knows whether it made its directory.
type claimed struct {
	run.Run
	// fresh says that the directory must hold no run yet.
	fresh, made bool
	unlock      func()
}

// claim makes the directory of the run if need be, and locks it.
func (r *claimed) claim() error {
	if _, err := os.Lstat(r.Dir); err != nil {
		r.made = true
	}
	err := run.Writable(r.Dir)
	if err != nil {
		return err
	}
	if r.unlock, err = run.Lock(r.Dir); err != nil || !r.fresh {
		return err
	}
	return run.Claim(r.Dir) // another process may have been faster
}

// release unlocks the directory, and removes it after a failure if the run made
// it and wrote nothing.
func (r *claimed) release(failed bool) {
	if r.unlock == nil {
		return
	}
	if failed && r.made {
		run.RemoveEmpty(r.Dir)
	}
	r.unlock()
}

// plan checks the command line and decides what to run. It makes no directory
// but that of a run without --out.
func (t *trainCmd) plan(c *console) (*plan, error) {
	if t.Resume {
		m, err := run.ReadManifest(t.Out, c.kinds)
		if err == nil {
			return t.goOn(c, m)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return t.start(c)
}

// start plans a new run.
func (t *trainCmd) start(c *console) (*plan, error) {
	s, both := t.Settings.settings(c), false
	if err := t.base(c, &s); err != nil {
		return nil, usage(err)
	}
	if s.Rule == "" {
		s.Rule, both = run.PC, !t.JSON
	}
	if err := s.Complete(); err != nil {
		return nil, usage(err)
	}
	if err := refuseIgnored(c, s); err != nil {
		return nil, usage(err)
	}
	if err := refuseTwice(c, s); err != nil {
		return nil, usage(err)
	}
	if err := s.Check(); err != nil {
		return nil, usage(err)
	}
	if s.Pixels == run.UnitPixels && !slices.Contains(c.given, "pixels") {
		c.log.Info("took --pixels unit, because the energy of the samples means numbers from 0 to 1 alone")
	}
	m := run.NewManifest(s)
	if both {
		if both, err := s.Backpropagates(); err != nil {
			return nil, err
		} else if both {
			m.Beside = run.BP
		}
	}
	dir, made := t.Out, false
	var err error
	switch {
	case dir == "":
		made = true
		dir, err = run.DefaultDir(time.Now(), s)
	case !t.Resume:
		_, missing := os.Lstat(dir)
		made = missing != nil
		err = run.Claim(dir)
	}
	if err != nil {
		return nil, err
	}
	p := &plan{dir: dir, runs: []*claimed{t.newRun(dir, m)}}
	p.runs[0].made, p.runs[0].fresh = made, !t.Resume
	if m.Beside != "" {
		p.runs = append(p.runs, t.newRun(besidePath(dir), beside(m)))
	}
	return p, nil
}

// goOn plans the rest of a run.
func (t *trainCmd) goOn(c *console, m run.Manifest) (*plan, error) {
	was := m.Settings
	if err := was.Canonical(); err != nil {
		return nil, err
	}
	asked, err := t.asked(c, was)
	if err != nil {
		return nil, usage(err)
	}
	if slices.Contains(c.given, "model") {
		if asked.Model == was.Model && asked.ModelText != m.Settings.ModelText {
			return nil, usage(errors.Errorf("--out %s: --model, %s has changed since the run was started; leave the flag out to go on with what the run has stored, or choose another --out", t.Out, asked.Model))
		}
	}
	if err := checkSame(asked, was, c.given); err != nil {
		return nil, usage(errors.WithMessagef(err, "--out %s", t.Out))
	}
	if slices.Contains(c.given, "epochs") {
		m.Settings.Epochs = asked.Epochs
	}
	if slices.Contains(c.given, "lr") && asked.LR != m.Settings.LR {
		c.log.Info("goes on with another learning rate", "was", m.Settings.LR, "is", asked.LR)
		m.Settings.LR = asked.LR
	}
	if slices.Contains(c.given, "engine") && asked.Engine != m.Settings.Engine {
		c.log.Warn("another engine rounds differently; the weights will not be those of an undisturbed run",
			"was", m.Settings.Engine, "is", asked.Engine)
		m.Settings.Engine = asked.Engine
	}
	if err := m.Settings.Check(); err != nil {
		return nil, usage(err)
	}
	p := &plan{dir: t.Out, runs: []*claimed{t.newRun(t.Out, m)}, old: true}
	if m.Beside == "" || t.JSON || slices.Contains(c.given, "rule") {
		return p, nil
	}
	second := beside(m)
	old, err := run.ReadManifest(besidePath(t.Out), c.kinds)
	switch {
	case err == nil:
		second.Created = old.Created
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	p.runs = append(p.runs, t.newRun(besidePath(t.Out), second))
	return p, nil
}

// asked are the settings of a run as the flags on the command line would have them, with
// names as the registry writes them.
func (t *trainCmd) asked(c *console, was run.Settings) (run.Settings, error) {
	flags, err := members(t.Settings.settings(c))
	if err != nil {
		return was, err
	}
	merged, err := members(was)
	if err != nil {
		return was, err
	}
	for _, flag := range c.given {
		name := strings.ReplaceAll(flag, "-", "_")
		delete(merged, name)
		if x, ok := flags[name]; ok {
			merged[name] = x
		}
	}
	model := slices.Contains(c.given, "model")
	for _, flag := range []string{"activation", "placement"} { // another model has its own
		if model && !slices.Contains(c.given, flag) {
			delete(merged, flag)
		}
	}
	text, err := json.Marshal(merged)
	if err != nil {
		return was, errors.Wrap(err, "settings")
	}
	asked := run.Settings{Kinds: was.Kinds, Cache: was.Cache}
	if err := json.Unmarshal(text, &asked); err != nil {
		return was, errors.Wrap(err, "settings")
	}
	if !model {
		return asked, asked.Canonical()
	}
	asked.ModelText = ""
	return asked, asked.Complete() // "mlp" alone stands for the same widths
}

// checkSame returns an error that names the first flag on the command line that
// asks for something else than the run was started with.
func checkSame(asked, was run.Settings, given []string) error {
	a, err := members(asked)
	if err != nil {
		return err
	}
	w, err := members(was)
	if err != nil {
		return err
	}
	for _, flag := range given {
		name := strings.ReplaceAll(flag, "-", "_")
		if flag == "engine" || flag == "lr" || bytes.Equal(a[name], w[name]) { // also of a flag that is no setting
			continue
		}
		if flag == "epochs" && asked.Epochs > was.Epochs {
			if was.Schedule == "constant" {
				continue
			}
			return errors.Errorf("--epochs, got %d, want %d as the run was started with, because the %s schedule depends on it; choose another --out",
				asked.Epochs, was.Epochs, was.Schedule)
		}
		return errors.Errorf("--%s, got %s, want %s as the run was started with; leave the flag out or choose another --out", flag, orNone(a[name]), orNone(w[name]))
	}
	return nil
}

// orNone is the text of a setting; one that is left out is not set.
func orNone(text json.RawMessage) string {
	if text == nil {
		return "none"
	}
	return string(text)
}

// members returns the settings as the members of a JSON object.
func members(s run.Settings) (map[string]json.RawMessage, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, errors.Wrap(err, "settings") // a number that JSON cannot express
	}
	var out map[string]json.RawMessage
	return out, errors.Wrap(json.Unmarshal(text, &out), "settings")
}
