package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/internal/reproduce"
	"github.com/seed-be841da4/prospect/internal/run"
)

// reproduceCmd is "prospect reproduce".
type reproduceCmd struct {
	Panels   []string `arg:"" name:"panel" help:"Panels, as in prospect reproduce list, or all; list prints them."`
	Preset   string   `default:"quick" placeholder:"NAME" help:"quick: fewer seeds and a thinner grid; full: the published protocol (${default})."`
	Protocol string   `default:"published" placeholder:"NAME" help:"published: with the slips of the published configurations; clean: without (${default})."`
	Seeds    int      `default:"0" placeholder:"N" help:"Seeds (default 0: those of the preset)."`
	Workers  int      `default:"0" placeholder:"N" help:"Trials at a time (default 0: one a processor)."`
	Out      string   `placeholder:"DIR" help:"Output directory (default runs/TIME-reproduce)."`
	DataDir  string   `placeholder:"DIR" help:"Where the data are (default $$PROSPECT_DATA, or the user's cache directory)."`
	Resume   bool     `help:"Go on with the trials stored in --out; start if there are none."`
	JSON     bool     `name:"json" help:"Print one JSON object for each panel on standard output, and nothing else."`
}

// Run reproduces.
func (r *reproduceCmd) Run(ctx context.Context, c *console) error {
	if len(r.Panels) == 1 && r.Panels[0] == "list" {
		return listPanels(c)
	}
	panels, err := reproduce.Find(r.Panels)
	if err != nil {
		return usage(err)
	}
	options, err := reproduce.Options{
		Preset: reproduce.Preset(r.Preset), Protocol: reproduce.Protocol(r.Protocol),
		Seeds: r.Seeds, Workers: r.Workers, DataDir: r.DataDir,
	}.Resolve()
	if err != nil {
		return usage(err)
	}
	if r.Resume && r.Out == "" {
		return usage(errors.New("--resume needs to know which trials; add --out DIR"))
	}
	for _, p := range panels {
		if p.Data == "" {
			continue
		}
		if _, err := datasets.Locate(p.Data, r.DataDir); err != nil {
			return errors.WithMessage(err, p.Name)
		}
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
	return r.explain(ctx, r.run(ctx, c, session, panels))
}

// run runs the panels one after another.
func (r *reproduceCmd) run(ctx context.Context, c *console, session *reproduce.Session, panels []*reproduce.Panel) error {
	var results []*reproduce.Result
	for _, p := range panels {
		watch := &trialObserver{console: c}
		result, err := session.Run(ctx, p, watch)
		watch.end()
		if err != nil {
			return err
		}
		results = append(results, result)
		if err := result.Write(r.Out, "prospect "+strings.Join(r.command(p.Name), " ")); err != nil {
			return err
		}
		if r.JSON {
			err = json.NewEncoder(c.stdout).Encode(result.Event())
		} else {
			err = result.WriteText(c.stdout)
			fmt.Fprintln(c.stdout)
		}
		if err != nil {
			return errors.Wrap(err, "reproduce")
		}
	}
	page := filepath.Join(r.Out, "index.html")
	if err := reproduce.WritePage(page, results); err != nil {
		return err
	}
	if !r.JSON {
		fmt.Fprintln(c.stdout, "figures and tables: "+page)
	}
	return nil
}

// command returns the arguments that run a panel as it was run.
func (r *reproduceCmd) command(panel string) []string {
	args := []string{"reproduce", panel, "--preset", r.Preset}
	if r.Protocol != string(reproduce.Published) {
		args = append(args, "--protocol", r.Protocol)
	}
	if r.Seeds != 0 {
		args = append(args, "--seeds", fmt.Sprint(r.Seeds))
	}
	return args
}

// explain says how to go on after an interrupt.
func (r *reproduceCmd) explain(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil || !errors.Is(err, ctx.Err()) {
		return err
	}
	args := r.command(strings.Join(r.Panels, " "))
	args = append(args, "--out", quote(r.Out), "--resume")
	if r.DataDir != "" {
		args = append(args, "--data-dir", quote(r.DataDir))
	}
	return interrupted{"stopped; go on with: prospect " + strings.Join(args, " ")}
}

// listPanels prints the panels.
func listPanels(c *console) error {
	t := tabwriter.NewWriter(c.stdout, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, "panel\tquick\tfull\tdata\tshows")
	for _, p := range reproduce.Panels() {
		data := p.Data
		if data == "" {
			data = "-"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", p.Name, minutes(p.Minutes[reproduce.Quick]), minutes(p.Minutes[reproduce.Full]), data, p.Shows)
	}
	if err := t.Flush(); err != nil {
		return errors.Wrap(err, "reproduce list")
	}
	_, err := fmt.Fprintln(c.stdout, "\nTimes are on two cores. all stands for every panel.")
	return err
}

// minutes prints a time.
func minutes(m float64) string {
	switch {
	case m < 1:
		return fmt.Sprintf("%.0f s", 60*m)
	case m < 100:
		return fmt.Sprintf("%.0f min", m)
	}
	return fmt.Sprintf("%.0f h", m/60)
}

// trialObserver tells how the trials of a panel get on: a line that is written
// over on a terminal, elsewhere a line now and then.
type trialObserver struct {
	console *console
	name    string
	last    time.Time
	open    bool
}

// Start implements reproduce.Observer.
func (o *trialObserver) Start(p *reproduce.Panel, trials, done int) {
	o.name, o.last = p.Name, time.Now()
	text := fmt.Sprintf("%s: %d trials", p.Name, trials)
	if done > 0 {
		text += fmt.Sprintf(", %d of them stored", done)
	}
	fmt.Fprintln(o.console.stderr, text)
}

// Trial implements reproduce.Observer.
func (o *trialObserver) Trial(_ reproduce.Record, trials, done int, left time.Duration) {
	every := lineEvery
	if o.console.terminal {
		every = 200 * time.Millisecond
	}
	if time.Since(o.last) < every && done < trials {
		return
	}
	o.last = time.Now()
	text := fmt.Sprintf("%s: trial %d of %d, %s left", o.name, done, trials, left.Round(time.Second))
	if !o.console.terminal {
		fmt.Fprintln(o.console.stderr, text)
		return
	}
	o.open = true
	fmt.Fprintf(o.console.stderr, "\r%s\x1b[K", text)
}

// end ends a line that was written over.
func (o *trialObserver) end() {
	if o.open {
		fmt.Fprintln(o.console.stderr)
		o.open = false
	}
}
