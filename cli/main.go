// Package cli is the command line of Prospect: train, evaluate, data, query, model,
// kinds, explain, bench, reproduce and version.
//
// Every error is one line, "prospect: ...", and the exit code is 1, or 2 for a command
// line that cannot be right, or 130 after an interrupt.
package cli

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/datasets/parquet"
	"github.com/seed-be841da4/prospect/kinds"
	"github.com/seed-be841da4/prospect/run"
	"github.com/seed-be841da4/prospect/train"
)

// commands is the command line.
type commands struct {
	Train     trainCmd     `cmd:"" help:"Train a network and write a run directory. Without flags: a demonstration on drawn digits."`
	Sweep     sweepCmd     `cmd:"" help:"Train over several values of settings and seeds, and compare them with statistics."`
	Watch     watchCmd     `cmd:"" help:"Draw the curves of running or ended runs in the terminal, and follow them to their ends."`
	Plot      plotCmd      `cmd:"" help:"Draw the curves of runs, and compare them."`
	Report    reportCmd    `cmd:"" help:"Write one page of a run: curves, energies, test samples, a relaxation to step through, settings."`
	Evaluate  evaluateCmd  `cmd:"" help:"Evaluate the checkpoint of a run on test data."`
	Data      dataCmd      `cmd:"" help:"List and download datasets."`
	Query     queryCmd     `cmd:"" help:"Ask the network of a run in any direction: classify, generate, fill in, score."`
	Model     modelCmd     `cmd:"" help:"List and show the networks that --model can name."`
	Kinds     kindsCmd     `cmd:"" help:"List what flags and files can name: layers, energies, rules, solvers and so on, and their settings."`
	Devices   devicesCmd   `cmd:"" help:"List the accelerators that --engine xla finds on this machine."`
	Explain   explainCmd   `cmd:"" help:"Print the program that an engine makes of a network."`
	Bench     benchCmd     `cmd:"" help:"Time weight updates of named networks."`
	Reproduce reproduceCmd `cmd:"" help:"Reproduce the experiments of the paper, with figures; reproduce list prints them."`
	Version   versionCmd   `cmd:"" help:"Print the versions of prospect and of what it is built from."`
}

// Program is a command line over the kinds of a registry. A program with layers, energies
// or rules of its own has all of Prospect's commands in three lines:
//
//	r := kinds.Standard()
//	r.Layers.Add(kinds.Kind[graph.Layer]{Name: "radial", Value: Radial{}})
//	cli.Main(r)
type Program struct {
	// Name is what the program is called in messages. Empty means the name of its file.
	Name string
	// Kinds are what flags and files can name. Nil means those of kinds.Standard.
	Kinds *kinds.Registry
}

// Main runs the command line of the process with the kinds of r and exits. It is that of
// [Program].
func Main(r *kinds.Registry) { Program{Kinds: r}.Main() }

// Main runs the command line of the process and exits. The exit code is 0, or 1 after a
// failure, 2 for a command line that cannot be right, 130 after an interrupt.
func (p Program) Main() {
	if p.Name == "" {
		p.Name = strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")
	}
	if p.Kinds == nil {
		p.Kinds = kinds.Standard()
	}
	p.Kinds.Readers.Add(kinds.Kind[kinds.Reader]{Name: "parquet", Value: parquetReader{}, Help: "files as the Hugging Face hub has them"})
	c := newConsole(p, os.Stdout, os.Stderr)
	code := execute(os.Args[1:], c)
	c.leave()
	os.Exit(code)
}

// execute runs a command line and returns the exit code.
func execute(args []string, c *console) (code int) {
	defer func() {
		if r := recover(); r != nil {
			code = c.failPanic(r, debug.Stack())
		}
	}()
	if err := c.kinds.Check(); err != nil {
		return c.fail(err)
	}
	all := commands{Sweep: newSweepCmd()}
	parser, err := kong.New(&all, kong.Name(c.program),
		kong.Description("Predictive coding and prospective configuration on Gorgonia."),
		kong.Writers(c.stdout, c.stderr),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 80}),
		variables(c.kinds))
	if err != nil {
		panic(err) // the structs above are wrong
	}
	c.arguments = joinNegative(args)
	parsed, err := parser.Parse(c.arguments)
	if err != nil {
		if name, _, ok := strings.Cut(err.Error(), `: expected `); ok && strings.HasSuffix(err.Error(), `but got "EOL" (<EOL>)`) {
			err = errors.Errorf("%s, got nothing behind it, want a value", name)
		}
		return c.fail(usage(err))
	}
	for _, p := range parsed.Path {
		if p.Flag != nil {
			c.given = append(c.given, p.Flag.Name)
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second interrupt ends the process at once
	parsed.BindTo(ctx, (*context.Context)(nil))
	return c.fail(parsed.Run(c))
}

// joinNegative writes a flag and a negative number behind it as one argument, so
// that the number is not taken for a flag.
func joinNegative(args []string) []string {
	var out []string
	for _, a := range args {
		_, err := strconv.ParseFloat(a, 64)
		last := len(out) - 1
		if err == nil && strings.HasPrefix(a, "-") && last >= 0 && strings.HasPrefix(out[last], "--") && out[last] != "--" && !strings.Contains(out[last], "=") {
			out[last] += "=" + a
			continue
		}
		out = append(out, a)
	}
	return out
}

// variables are what the help texts and defaults of flags are made of: the names of the
// registry, and the default of every setting as default_NAME.
func variables(r *kinds.Registry) kong.Vars {
	list := func(names []string) string { return strings.Join(names, ", ") }
	var named []string
	for _, info := range datasets.Names() {
		named = append(named, info.Name)
	}
	var optimizers []string
	for _, kind := range r.Optimizers.All() {
		if _, chain := kind.Value.(train.Chain); train.Descends(kind.Value) && !chain {
			optimizers = append(optimizers, kind.Name)
		}
	}
	vars := kong.Vars{
		"activations": list(r.Activations().Names()),
		"energies":    list(r.Energies.Names()),
		"inits":       list(r.Initializers.Names()),
		"optimizers":  list(optimizers),
		"schedules":   list(r.Schedules.Names()),
		"engines":     list(r.Engines.Names()),
		"rules":       list(r.Rules.Names()),
		"solvers":     list(r.Solvers.Names()),
		"controls":    list(r.Controls.Names()),
		"stops":       list(r.Stops.Names()),
		"precisions":  list(r.Precisions.Names()),

		"augmentations": list(r.Augmentations.Names()),
		"datasets":      list(named),
		"bench_cases":   benchCases(),
	}
	defaults, err := members(run.Defaults())
	if err != nil {
		panic(err) // its numbers are finite
	}
	for name, text := range defaults {
		vars["default_"+name] = strings.Trim(string(text), `"`)
	}
	return vars
}

// parquetReader reads Parquet files.
type parquetReader struct {
	parquet.Files
	// Target is one more of Targets, or several with semicolons.
	Target string `json:"target,omitempty"`
}

// Read implements kinds.Reader.
func (p parquetReader) Read(path string) (*datasets.Split, error) {
	if p.Target != "" {
		p.Targets = append(slices.Clone(p.Targets), strings.Split(p.Target, ";")...)
	}
	return p.Files.Read(path)
}
