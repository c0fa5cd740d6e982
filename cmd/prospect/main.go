// Command prospect trains and evaluates predictive-coding networks.
//
//	prospect train                            a demonstration of about half a minute
//	prospect train --data fashion-mnist --rule pc --epochs 5
//	prospect train --out DIR --resume         go on where a run stopped
//	prospect evaluate --out DIR
//	prospect query --out DIR --clamp y=0..9 --read x --png digits.png
//	prospect model list
//	prospect model show resnet18 --data cifar-10 --toml
//	prospect reproduce list
//	prospect reproduce fig4b --preset quick
//	prospect data list
//	prospect data get fashion-mnist
//
// Results go to standard output, progress and messages to standard error. Every
// error is one line, "prospect: ...", and the exit code is 1, or 2 for a command
// line that cannot be right, or 130 after an interrupt.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/seed-be841da4/prospect/internal/run"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/train"
)

// cli is the command line.
type cli struct {
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

func main() {
	os.Exit(execute(os.Args[1:], newConsole(os.Stdout, os.Stderr)))
}

// execute runs a command line and returns the exit code.
func execute(args []string, c *console) (code int) {
	defer func() {
		if r := recover(); r != nil {
			code = c.failPanic(r, debug.Stack())
		}
	}()
	var commands cli
	parser, err := kong.New(&commands, kong.Name("prospect"),
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
