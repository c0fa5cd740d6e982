package cli

import (
	"context"
	stderrors "errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/internal/reproduce"
	"github.com/seed-be841da4/prospect/internal/tables"
	"github.com/seed-be841da4/prospect/run"
)

// reproduceCmd is "prospect reproduce".
type reproduceCmd struct {
	Panels   []string          `arg:"" optional:"" name:"panel" help:"Panels by name, or all, paper, after (later publications). list prints them; list and a name describes one."`
	Preset   string            `default:"quick" placeholder:"NAME" help:"quick: fewer seeds and a thinner grid; full: the published protocol (${default})."`
	Protocol string            `default:"published" placeholder:"NAME" help:"published: with the slips of the published configurations; clean: without (${default})."`
	Quirk    map[string]string `placeholder:"NAME=on|off" help:"Repeat a single slip or leave it out, whatever the protocol; list and a panel names them."`
	Seeds    string            `default:"0" placeholder:"N" help:"Seeds (default 0: those of the preset); published: the paper's own, drawn as PyTorch does."`
	Workers  int               `default:"0" placeholder:"N" help:"Trials at a time (default 0: one a processor)."`
	Out      string            `placeholder:"DIR" help:"Output directory (default runs/TIME-reproduce)."`
	DataDir  string            `placeholder:"DIR" help:"Where the data are (default $$PROSPECT_DATA, or the user's cache directory)."`
	Resume   bool              `help:"Go on with the trials stored in --out; start if there are none."`
	formatFlags
	clusterFlags

	program string
}

// Help is printed below the flags' summary.
func (*reproduceCmd) Help() string {
	return "Each panel is a grid of trials, which are stored in --out as they end. What was found is written beside what was published, with " +
		"figures, tables and a page of all panels in --out.\n\n" +
		"The exit code is 0 when every panel was run, whatever the verdicts: whether a panel agrees is in its report, and in \"agrees\" of --json. " +
		"It is 1 when a panel could not be run, though the others are; 2 for a command line that cannot be right; 130 after an interrupt."
}

// Run reproduces.
func (r *reproduceCmd) Run(ctx context.Context, c *console) error {
	r.program = c.program
	if len(r.Panels) == 0 {
		return usage(errors.New("reproduce: want the names of panels, or all; prospect reproduce list prints them"))
	}
	if r.Panels[0] == "list" {
		return r.list(c)
	}
	panels, err := reproduce.Find(r.Panels, r.published())
	if err != nil {
		return usage(err)
	}
	options, err := r.options(panels)
	if err != nil {
		return usage(err)
	}
	if err := r.check(); err != nil {
		return usage(err)
	}
	if r.Resume && r.Out == "" {
		return usage(errors.New("--resume needs to know which trials; add --out DIR"))
	}
	if err := r.locate(panels); err != nil {
		return err
	}
	if r.Out == "" {
		if r.Out, err = run.DefaultDir(time.Now(), run.Settings{Data: "reproduce", Rule: options.Preset.String()}); err != nil {
			return err
		}
	}
	if err := run.Writable(r.Out); err != nil {
		return err
	}
	session := &reproduce.Session{Dir: r.Out, Resume: r.Resume, Env: reproduce.NewEnv(options)}
	defer session.Close()
	if shard, ok, err := r.shard(); ok {
		if err != nil {
			return err
		}
		session.Task = fmt.Sprintf("task-%04d", shard.Index)
		return r.explain(ctx, r.runShard(ctx, c, session, panels, shard))
	}
	switch r.Launcher {
	case launchMPI:
		return r.explain(ctx, r.runRanks(ctx, c, session, panels))
	case launchSlurm, launchKubernetes:
		return r.submit(ctx, c, session, panels)
	}
	return r.runAll(ctx, c, session, panels)
}

// runAll runs the trials that nobody has run, and reports on all.
func (r *reproduceCmd) runAll(ctx context.Context, c *console, session *reproduce.Session, panels []*reproduce.Panel) error {
	unlock, err := run.Lock(r.Out)
	if err != nil {
		return err
	}
	defer unlock()
	return r.explain(ctx, r.run(ctx, c, session, panels))
}

// published reports whether the seeds are those of the paper.
func (r *reproduceCmd) published() bool { return r.Seeds == "published" }

// locate returns an error that names the data sets that are missing, and for which
// panels, before anything is run.
func (r *reproduceCmd) locate(panels []*reproduce.Panel) error {
	var order []string
	users := map[string][]string{}
	for _, p := range panels {
		if p.Data == "" {
			continue
		}
		if users[p.Data] == nil {
			order = append(order, p.Data)
		}
		users[p.Data] = append(users[p.Data], p.Name)
	}
	var missing []error
	for _, data := range order {
		if _, err := datasets.Locate(data, r.DataDir); err != nil {
			missing = append(missing, errors.WithMessage(err, strings.Join(users[data], ", ")))
		}
	}
	return stderrors.Join(missing...)
}

// options returns the options of the command line.
func (r *reproduceCmd) options(panels []*reproduce.Panel) (reproduce.Options, error) {
	o := reproduce.Options{
		Preset: reproduce.Preset(r.Preset), Protocol: reproduce.Protocol(r.Protocol),
		PublishedSeeds: r.published(), Workers: r.Workers, DataDir: r.DataDir,
	}
	if !o.PublishedSeeds {
		var err error
		if o.Seeds, err = strconv.Atoi(r.Seeds); err != nil {
			return o, errors.Errorf("--seeds, got %q, want a number or published", r.Seeds)
		}
	}
	for name, state := range r.Quirk {
		if state != "on" && state != "off" {
			return o, errors.Errorf("--quirk %s, got %q, want on or off", name, state)
		}
		if o.Quirks == nil {
			o.Quirks = map[reproduce.QuirkName]bool{}
		}
		o.Quirks[reproduce.QuirkName(name)] = state == "on"
	}
	o, err := o.Resolve()
	if err != nil {
		return o, err
	}
	return o, reproduce.Check(panels, o)
}

// run runs the panels one after another. One that fails does not keep the others
// from being run.
func (r *reproduceCmd) run(ctx context.Context, c *console, session *reproduce.Session, panels []*reproduce.Panel) error {
	var failed []string
	p := r.printer(c)
	for _, panel := range panels {
		err := r.panel(ctx, c, session, panel, p)
		if err == nil {
			continue
		}
		var stdout outputError
		if len(panels) == 1 || ctx.Err() != nil || errors.As(err, &stdout) {
			return err
		}
		c.log.Error(err.Error())
		failed = append(failed, panel.Name)
	}
	p.Code("figures and tables: " + filepath.Join(r.Out, reproduce.PageFile))
	if err := p.Err(); err != nil {
		return err
	}
	if len(failed) > 0 {
		return errors.Errorf("reproduce: %d of %d panels could not be run: %s; see above, then go on with: prospect %s --out %s --resume",
			len(failed), len(panels), strings.Join(failed, ", "), strings.Join(r.command(failed...), " "), quote(r.Out))
	}
	return nil
}

// outputError is an error of standard output, which every panel would meet.
type outputError struct{ error }

// Unwrap returns the error.
func (e outputError) Unwrap() error { return e.error }

// panel runs a panel, writes its files and the page, and prints the verdict.
func (r *reproduceCmd) panel(ctx context.Context, c *console, session *reproduce.Session, p *reproduce.Panel, print *tables.Writer) error {
	watch := &trialObserver{console: c}
	result, err := session.Run(ctx, p, watch)
	watch.end()
	if err != nil {
		return err
	}
	command := r.program + " " + strings.Join(r.command(p.Name), " ")
	if err := result.Write(r.Out, command); err != nil {
		return err
	}
	if r.JSON {
		err = writeEvent(c.stdout, result.Event(r.Out))
	} else {
		result.Summary(command).Print(print)
		print.Gap()
		err = print.Err()
	}
	if err != nil {
		return outputError{err}
	}
	return reproduce.WritePage(r.Out)
}

// command returns the arguments that run panels as they were run.
func (r *reproduceCmd) command(panels ...string) []string {
	args := append([]string{"reproduce"}, panels...)
	args = append(args, "--preset", r.Preset)
	if r.Protocol != string(reproduce.Published) {
		args = append(args, "--protocol", r.Protocol)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Quirk)) {
		args = append(args, "--quirk", name+"="+r.Quirk[name])
	}
	if r.Seeds != "0" {
		args = append(args, "--seeds", r.Seeds)
	}
	return args
}

// explain says how to go on after an interrupt.
func (r *reproduceCmd) explain(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil || !errors.Is(err, ctx.Err()) {
		return err
	}
	args := r.command(r.Panels...)
	if r.Workers != 0 {
		args = append(args, "--workers", fmt.Sprint(r.Workers))
	}
	args = append(args, "--out", quote(r.Out), "--resume")
	if r.DataDir != "" {
		args = append(args, "--data-dir", quote(r.DataDir))
	}
	if r.JSON {
		args = append(args, "--json")
	}
	return interrupted{"stopped; go on with: prospect " + strings.Join(args, " ")}
}
