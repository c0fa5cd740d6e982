package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/pkg/errors"
)

// outcome is the outcome of testing a mutation.
type outcome string

const (
	killed     outcome = "killed"
	survived   outcome = "survived"
	timedOut   outcome = "timed out"
	notCompile outcome = "did not compile"
	notFound   outcome = "text not found"
)

// result is the outcome of one mutation.
type result struct {
	mutation
	outcome outcome
	// detail names the failed test, or the problem.
	detail string
}

// runner tests mutations of the module at root.
type runner struct {
	root    string
	timeout time.Duration
	jobs    int
}

// run tests every mutation, at most jobs at a time, and returns the results in the
// order of the mutations. The tests must first pass without mutations.
func (r *runner) run(ctx context.Context, mutations []mutation) ([]result, error) {
	if err := r.baseline(ctx, mutations); err != nil {
		return nil, err
	}
	temp, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return nil, errors.Wrap(err, "mutate")
	}
	defer os.RemoveAll(temp)

	results, failures := make([]result, len(mutations)), make([]error, len(mutations))
	free := make(chan struct{}, r.jobs)
	var wg sync.WaitGroup
	for i, m := range mutations {
		free <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		wg.Go(func() {
			defer func() { <-free }()
			results[i], failures[i] = r.one(ctx, m, filepath.Join(temp, fmt.Sprint(i)))
			if failures[i] == nil {
				fmt.Fprintf(os.Stderr, "%-15s %s/%s %s\n", results[i].outcome, m.table, m.Name, results[i].detail)
			}
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, errors.Wrap(err, "mutate: stopped")
	}
	for _, err := range failures {
		if err != nil {
			return nil, err
		}
	}
	return results, nil
}

// baseline runs the tests of every package named by the mutations, unmutated: a test
// that fails anyway would count every mutation as killed.
func (r *runner) baseline(ctx context.Context, mutations []mutation) error {
	var packages []string
	seen := map[string]bool{}
	for _, m := range mutations {
		for _, p := range m.Tests {
			if !seen[p] {
				seen[p] = true
				packages = append(packages, p)
			}
		}
	}
	out, passed, err := r.test(ctx, "", "", "", packages)
	if err != nil {
		return err
	}
	if !passed {
		return errors.Errorf("mutate: the tests of %s have to pass before anything is mutated:\n%s", strings.Join(packages, ", "), out)
	}
	return nil
}

// one tests one mutation, with its files in the directory dir.
func (r *runner) one(ctx context.Context, m mutation, dir string) (result, error) {
	data, err := m.mutated(r.root)
	if err != nil {
		return result{m, notFound, err.Error()}, nil
	}
	overlay, err := writeOverlay(dir, filepath.Join(r.root, m.File), data)
	if err != nil {
		return result{}, err
	}
	out, passed, err := r.test(ctx, overlay, m.Run, m.skip, m.Tests)
	if err != nil {
		return result{}, err
	}
	o, detail := judge(out, passed)
	return result{m, o, detail}, nil
}

// writeOverlay writes data and an overlay that substitutes it for file, and returns the
// overlay's path.
func writeOverlay(dir, file string, data []byte) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", errors.Wrap(err, "mutate")
	}
	replacement, overlay := filepath.Join(dir, filepath.Base(file)), filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(replacement, data, 0o644); err != nil {
		return "", errors.Wrap(err, "mutate")
	}
	list, err := json.Marshal(map[string]map[string]string{"Replace": {file: replacement}})
	if err != nil {
		return "", errors.Wrap(err, "mutate")
	}
	return overlay, errors.Wrap(os.WriteFile(overlay, list, 0o644), "mutate")
}

// test runs go test and returns its output and whether it passed. It disables go vet:
// the tests must notice a mutation.
func (r *runner) test(ctx context.Context, overlay, run, skip string, packages []string) (string, bool, error) {
	args := []string{"test", "-count=1", "-failfast", "-vet=off", "-timeout=" + r.timeout.String()}
	if overlay != "" {
		args = append(args, "-overlay="+overlay)
	}
	if run != "" {
		args = append(args, "-run="+run)
	}
	if skip != "" {
		args = append(args, "-skip="+skip)
	}
	for _, p := range packages {
		args = append(args, "./"+p)
	}
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = r.root, &out, &out
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	err := cmd.Run()
	if ctx.Err() != nil {
		return "", false, errors.Wrap(ctx.Err(), "mutate: stopped")
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return "", false, errors.Wrap(err, "mutate: go test")
	}
	return out.String(), err == nil, nil
}

var (
	unbuilt = regexp.MustCompile(`(?m)^FAIL\s.*\[(build|setup) failed\]`)
	late    = regexp.MustCompile(`(?m)^panic: test timed out`)
	failed  = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)
)

// judge interprets the output of go test.
func judge(out string, passed bool) (outcome, string) {
	switch {
	case passed && strings.Contains(out, "[no tests to run]"):
		return survived, "no test matches run"
	case passed:
		return survived, ""
	case unbuilt.MatchString(out):
		return notCompile, firstLines(out, 2)
	case late.MatchString(out):
		return timedOut, ""
	}
	if name := failed.FindStringSubmatch(out); name != nil {
		return killed, name[1]
	}
	return killed, firstLines(out, 1)
}

// firstLines returns the first n lines of s, joined into one.
func firstLines(s string, n int) string {
	lines := strings.SplitN(s, "\n", n+1)
	return strings.Join(lines[:min(n, len(lines))], " ")
}

// moduleRoot returns the directory of the module that the command runs in.
func moduleRoot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", errors.Wrap(err, "mutate: go list -m")
	}
	return strings.TrimSpace(string(out)), nil
}
