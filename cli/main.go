// Package cli is the command line of Prospect: train, evaluate, query, model, data,
// explain, bench, reproduce and version.
//
// Every error is one line, "prospect: ...", and the exit code is 1, or 2 for a command
// line that cannot be right, or 130 after an interrupt.
package cli

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/run"
	"github.com/seed-be841da4/prospect/train"
)

// commands is the command line.
type commands struct {
	Train     trainCmd     `cmd:"" help:"Train a network and write a run directory. Without flags: a demonstration on drawn digits."`
	Evaluate  evaluateCmd  `cmd:"" help:"Evaluate the checkpoint of a run on test data."`
	Data      dataCmd      `cmd:"" help:"List and download datasets."`
	Query     queryCmd     `cmd:"" help:"Ask the network of a run in any direction: classify, generate, fill in, score."`
	Model     modelCmd     `cmd:"" help:"List and show the networks that --model can name."`
	Explain   explainCmd   `cmd:"" help:"Print the program that the compiled engine makes of a network."`
	Bench     benchCmd     `cmd:"" help:"Time weight updates of three networks."`
	Reproduce reproduceCmd `cmd:"" help:"Reproduce the experiments of the paper, with figures; reproduce list prints them."`
	Version   versionCmd   `cmd:"" help:"Print the versions of prospect and of what it is built from."`
}

// Main runs the command line of the process and exits.
func Main() {
	os.Exit(execute(os.Args[1:], newConsole(os.Stdout, os.Stderr)))
}

// execute runs a command line and returns the exit code.
func execute(args []string, c *console) (code int) {
	defer func() {
		if r := recover(); r != nil {
			code = c.failPanic(r, debug.Stack())
		}
	}()
	var all commands
	parser, err := kong.New(&all, kong.Name("prospect"),
		kong.Description("Predictive coding and prospective configuration on Gorgonia."),
		kong.Writers(c.stdout, c.stderr),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		variables())
	if err != nil {
		panic(err) // the structs above are wrong
	}
	parsed, err := parser.Parse(joinNegative(args))
	if err != nil {
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

// variables are the lists that the help texts show.
func variables() kong.Vars {
	list := func(names []string) string { return strings.Join(names, ", ") }
	return kong.Vars{
		"activations": list(layers.ActivationNames()),
		"energies":    list(run.EnergyNames()),
		"inits":       list(layers.InitializerNames()),
		"optimizers":  list(train.OptimizerNames()),
		"schedules":   list(train.ScheduleNames()),
		"engines":     list(run.EngineNames()),
		"rules":       list(run.RuleNames()),
		"solvers":     list(run.SolverNames()),
	}
}
