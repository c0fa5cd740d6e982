// Command mutate falsifies documented sentences one at a time and checks that a test
// fails.
//
//	go run ./internal/mutate [-package REGEXP] [-name REGEXP] [-jobs 2] [-timeout 2m] [-allow 3] [-list]
//
// The mutations are listed in tables/*.toml, one file per package:
//
//	package = "train"                  # whose files and whose tests, by default
//	skip = "TestLearns"                # go test -skip: slow tests, which pin no sentence
//
//	[[mutation]]
//	name   = "adam-beta1"              # unique in the file
//	file   = "train/adam.go"           # from the root of the module; a bare name is in the package
//	old    = '''orDefault(beta1, 0.9)'''   # has to occur exactly once in the file
//	new    = '''orDefault(beta1, 0.8)'''
//	breaks = "Adam.Beta1: zero means 0.9"  # the sentence that becomes false
//	tests  = ["train"]                 # packages whose tests must notice; default: package
//	run    = "Adam"                    # go test -run; default: every test
//	survives = "why no test can tell"  # only for a mutation that is known to survive
//
// Every mutation is passed to go test as an overlay, so the source tree is never
// written to. The tests must first pass without mutations. The outcome of a mutation is
// one of
//
//	killed           a test failed; the table names the first one
//	survived         every test passed
//	timed out        the tests neither passed nor failed in time
//	did not compile  the mutation proves nothing
//	text not found   old is not in the file exactly once
//
// The exit status is 0 if every mutation was killed, except at most -allow that
// survived with an explanation.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"time"

	"github.com/pkg/errors"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ok, err := command(ctx, os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

// command runs the mutations that the arguments select and reports whether the
// outcome is good.
func command(ctx context.Context, args []string) (bool, error) {
	flags := flag.NewFlagSet("mutate", flag.ContinueOnError)
	tables := flags.String("package", "", "only tables whose name matches this regular `expression`")
	names := flags.String("name", "", "only mutations whose name matches this regular `expression`")
	jobs := flags.Int("jobs", 2, "mutations tested at the same time")
	timeout := flags.Duration("timeout", 2*time.Minute, "limit of one run of a package's tests")
	allow := flags.Int("allow", 3, "explained survivors that are tolerated")
	list := flags.Bool("list", false, "print the mutations and run nothing")
	if err := flags.Parse(args); err != nil {
		return false, err
	}
	if *jobs < 1 {
		return false, errors.Errorf("mutate: -jobs: got %d, want at least 1", *jobs)
	}
	all, err := load()
	if err != nil {
		return false, err
	}
	chosen, err := choose(all, *tables, *names)
	if err != nil {
		return false, err
	}
	if *list {
		for _, m := range chosen {
			fmt.Printf("%s/%s\t%s\n", m.table, m.Name, m.Breaks)
		}
		return true, nil
	}
	root, err := moduleRoot(ctx)
	if err != nil {
		return false, err
	}
	r := &runner{root: root, timeout: *timeout, jobs: *jobs}
	results, err := r.run(ctx, chosen)
	if err != nil {
		return false, err
	}
	return report(os.Stdout, results, *allow), nil
}

// choose returns the mutations whose table and name match.
func choose(all []mutation, tables, names string) ([]mutation, error) {
	table, err := regexp.Compile(tables)
	if err != nil {
		return nil, errors.Wrap(err, "mutate: -package")
	}
	name, err := regexp.Compile(names)
	if err != nil {
		return nil, errors.Wrap(err, "mutate: -name")
	}
	var chosen []mutation
	for _, m := range all {
		if table.MatchString(m.table) && name.MatchString(m.Name) {
			chosen = append(chosen, m)
		}
	}
	if len(chosen) == 0 {
		return nil, errors.New("mutate: no mutation matches; go run ./internal/mutate -list prints them all")
	}
	return chosen, nil
}
