package cli

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"strings"

	"github.com/pkg/errors"
	"golang.org/x/term"

	"github.com/seed-be841da4/prospect/internal/tables"
	"github.com/seed-be841da4/prospect/kinds"
	"github.com/seed-be841da4/prospect/mpi"
	"github.com/seed-be841da4/prospect/run"
)

// console is where a command writes.
type console struct {
	stdout, stderr io.Writer
	// terminal says that stderr is a terminal, where a progress bar can be drawn.
	terminal bool
	// width is that of the terminal of stdout in columns, 0 for any.
	width int
	log   *slog.Logger
	// given are the names of the flags on the command line.
	given []string
	// arguments are those of the command line.
	arguments []string
	// program is the name of the program.
	program string
	kinds   *kinds.Registry
	// rank is the number of this process among those that a launcher of MPI has started.
	// Those above 0 print nothing but errors that no other one knows of.
	rank     int
	launched bool // by one of MPI
	// group is these processes once they work together; nil before, or if there are none.
	group *mpi.Communicator
}

func newConsole(p Program, stdout, stderr *os.File) *console {
	c := &console{
		program: p.Name, kinds: p.Kinds,
		stdout: stdout, stderr: stderr, width: tables.Width(stdout),
		terminal: term.IsTerminal(int(stderr.Fd())) && os.Getenv("TERM") != "dumb",
		log:      slog.New(&lineHandler{w: stderr, program: p.Name}),
	}
	launch, ok := mpi.ReadLaunch()
	if c.launched = ok; ok && launch.Rank > 0 {
		c.rank, c.stdout, c.terminal = launch.Rank, io.Discard, false
		c.log = slog.New(slog.DiscardHandler)
	}
	if ok && launch.Local > 1 && os.Getenv("GOMAXPROCS") == "" { // they share the processors
		runtime.GOMAXPROCS(max(1, min(runtime.GOMAXPROCS(0), runtime.NumCPU()/launch.Local)))
	}
	return c
}

// The exit codes.
const (
	exitFailure     = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// usageError is an error of the command line itself.
type usageError struct{ error }

// Unwrap returns the error.
func (e usageError) Unwrap() error { return e.error }

// usage marks an error as one of the command line; nil stays nil.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return usageError{err}
}

// interrupted is what a command returns after an interrupt.
type interrupted struct{ remark string }

// Error implements error.
func (e interrupted) Error() string { return e.remark }

// fail prints an error as one line and returns the exit code.
func (c *console) fail(err error) int {
	if err == nil {
		return 0
	}
	text, known := oneLine(run.Text(err, flagOf)), c.allKnow(err)
	switch {
	case c.rank == 0:
		fmt.Fprintln(c.stderr, c.program+": "+text)
	case !known:
		fmt.Fprintf(c.stderr, "%s: rank %d: %s\n", c.program, c.rank, text)
	}
	code := exitFailure
	switch {
	case errors.As(err, new(usageError)):
		code = exitUsage
	case errors.As(err, new(interrupted)) || errors.Is(err, context.Canceled):
		code = exitInterrupted
	}
	if c.group != nil && !known {
		c.group.Abort(code) // or the others would wait for this one
	}
	return code
}

// flagOf is the flag of a setting.
func flagOf(setting string) string { return "--" + strings.ReplaceAll(setting, "_", "-") }

// failPanic prints what a panic left, the trace only if it is asked for.
func (c *console) failPanic(r any, stack []byte) int {
	if os.Getenv("PROSPECT_DEBUG") != "" {
		fmt.Fprintf(c.stderr, "%s\n", stack)
	}
	fmt.Fprintf(c.stderr, "%s: internal error: %s; please report it, with the trace that PROSPECT_DEBUG=1 prints\n", c.program, oneLine(fmt.Sprint(r)))
	return exitFailure
}

// oneLine joins the lines of s.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
}
