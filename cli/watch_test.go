package cli

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/seed-be841da4/prospect/kinds"
	"github.com/seed-be841da4/prospect/run"
)

// watchedRuns trains a run with its comparison, and one alone.
func watchedRuns(t *testing.T) (data, both, alone string) {
	t.Helper()
	data, root := digits(t), t.TempDir()
	both, alone = filepath.Join(root, "both"), filepath.Join(root, "alone")
	prospect(t, "train", "--data", "optdigits", "--data-dir", data, "--model", "mlp:64-16-10", "--steps", "4", "--batch", "10", "--epochs", "2", "--out", both)
	prospect(t, small(data, alone)...)
	return data, both, alone
}

// Down a pipe each epoch is one plain line.
func TestWatchLines(t *testing.T) {
	_, both, alone := watchedRuns(t)
	got := prospect(t, "watch", alone)
	if lines := strings.Count(got.stdout, "\n"); lines != 3 || !strings.HasPrefix(got.stdout, "pc: epoch 1 of 3  test error (%) ") || !strings.Contains(got.stdout, "training energy of a sample 0.") {
		t.Errorf("got %q, want a line for each epoch", got.stdout)
	}
	if !strings.Contains(got.stderr, "epoch 3 of 3, test accuracy") || !strings.Contains(got.stderr, ", ended\n") {
		t.Errorf("got %q, want that it has ended", got.stderr)
	}
	got = prospect(t, "watch", both, alone, "--what", "rate,energies")
	for _, want := range []string{"both pc: epoch 2 of 2  learning rate 0.001  energies: y ", "both bp: epoch 1 of 2  learning rate", "alone pc: epoch 3 of 3"} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("got %q, want %s", got.stdout, want)
		}
	}
	if strings.ContainsAny(got.stdout+got.stderr, "\r\x1b") {
		t.Errorf("got control characters in %q", got.stdout+got.stderr)
	}
}

// A run that does not exist, has no epoch, has a torn last line or was killed is told of.
func TestWatchStates(t *testing.T) {
	_, _, alone := watchedRuns(t)
	got := finish(t, command(t, "watch", filepath.Join(alone, "nowhere"), "--once"))
	checkFailure(t, got, exitFailure, "nowhere: holds no run (no manifest.json)")
	metrics := filepath.Join(alone, "metrics.jsonl")
	whole := read(t, metrics)
	two := whole[:strings.LastIndex(strings.TrimSuffix(whole, "\n"), "\n")+1]
	for content, want := range map[string]string{
		"":                   "pc: no epoch of 3 is finished yet, stopped before its end\n",
		two:                  "pc: epoch 2 of 3, test accuracy",
		whole[:len(whole)-9]: "pc: epoch 2 of 3, test accuracy", // torn
	} {
		write(t, metrics, content)
		if got := prospect(t, "watch", alone, "--once"); !strings.Contains(got.stderr, want) || !strings.Contains(got.stderr, "stopped before its end") {
			t.Errorf("%q: got %q, want %q", content, got.stderr, want)
		}
		checkFailure(t, finish(t, command(t, "watch", alone)), exitFailure, "train --out "+quote(alone)+" --resume")
	}
	write(t, metrics, two)
	unlock, err := run.Lock(alone) // as a process that trains has it
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if got := prospect(t, "watch", alone, "--once"); !strings.Contains(got.stderr, "of training left") {
		t.Errorf("got %q, want that it is running", got.stderr)
	}
	checkFailure(t, finish(t, command(t, "watch", alone, "--every", "0")), exitUsage, "--every, got 0")
	checkFailure(t, finish(t, command(t, "watch", alone, "--what", "enrgy")), exitUsage, `did you mean "energy"?`)
}

// A run is followed from before it exists until it ends.
func TestWatchFollows(t *testing.T) {
	data, out := digits(t), filepath.Join(t.TempDir(), "run")
	cmd := command(t, "watch", out, "--every", "0.02")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	prospect(t, small(data, out)...)
	var lines []string
	for s := bufio.NewScanner(stdout); s.Scan(); {
		lines = append(lines, s.Text())
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v, want that it ends with the run", err)
	}
	if len(lines) != 3 || !strings.HasPrefix(lines[2], "pc: epoch 3 of 3") {
		t.Errorf("got %q, want the 3 epochs", lines)
	}
}

var escapes = regexp.MustCompile("\x1b\\[[0-9;?]*[a-zA-Z]")

// A picture fits the terminal, whatever its size.
func TestWatchFits(t *testing.T) {
	_, both, alone := watchedRuns(t)
	c := &console{program: "prospect", kinds: kinds.Standard()}
	w := &watchCmd{Runs: []string{both, alone}}
	runs, err := w.look(c)
	if err != nil {
		t.Fatal(err)
	}
	one, err := (&watchCmd{Runs: []string{alone}}).look(c)
	if err != nil {
		t.Fatal(err)
	}
	what := []string{"test", "energy", "validation", "energies"}
	for _, noColor := range []string{"", "1"} {
		t.Setenv("NO_COLOR", noColor)
		for _, size := range [][2]int{{80, 24}, {120, 60}, {40, 12}, {24, 9}, {20, 5}, {10, 2}, {80, 8}} {
			for _, runs := range [][]watched{runs, one} {
				text, err := frame(c, runs, what, size[0], size[1])
				if err != nil {
					t.Fatal(err)
				}
				lines := strings.Split(strings.TrimSuffix(escapes.ReplaceAllString(text, ""), "\n"), "\n")
				if len(lines) > size[1] {
					t.Errorf("%v: got %d lines\n%s", size, len(lines), text)
				}
				for _, line := range lines {
					if n := utf8.RuneCountInString(line); n > size[0] {
						t.Errorf("%v: got %d columns: %q", size, n, line)
					}
				}
				if colored := strings.Contains(text, "\x1b"); colored && noColor != "" {
					t.Errorf("%v: got colours", size)
				}
			}
		}
	}
	text, err := frame(c, runs, what, 100, 60)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"test error (%)  * both pc  o both bp  + alone pc", "validation: these runs have none", "energy of a sample", "└", "alone pc: epoch 3 of 3"} {
		if !strings.Contains(text, want) {
			t.Errorf("the picture has no %q:\n%s", want, text)
		}
	}
	if text, err = frame(c, runs, what, 80, 12); err != nil || !strings.Contains(text, "charts have no room") {
		t.Errorf("got %s, %v, want that charts have no room", text, err)
	}
	if text, err = frame(c, one, []string{"test"}, 80, 24); err != nil || strings.Contains(text, "■") {
		t.Errorf("got %s, %v, want one line without a legend", text, err)
	}
}

// The screen of a terminal is drawn over while the runs go on, and left with the picture.
func TestWatchScreen(t *testing.T) {
	_, _, alone := watchedRuns(t)
	var b strings.Builder
	c := &console{program: "prospect", kinds: kinds.Standard(), stdout: &b}
	p := &picture{c: c, what: []string{"test"}, follow: true, size: func() (int, int, error) { return 60, 14, nil }}
	runs, err := (&watchCmd{Runs: []string{alone}}).look(c)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time nothing has changed
		if err := p.show(runs); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(b.String(), "\x1b[H"); n != 1 || !strings.HasPrefix(b.String(), "\x1b[?1049h") {
		t.Errorf("got %d pictures, want one: %q", n, &b)
	}
	if err := p.close(); err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut(b.String(), "\x1b[?1049l")
	if !ok || after != p.drawn {
		t.Errorf("got %q, want the picture on the screen there was", after)
	}
	b.Reset()
	once := &picture{c: c, what: []string{"test"}, size: func() (int, int, error) { return 0, 0, os.ErrInvalid }}
	if err := once.show(runs); err != nil {
		t.Fatal(err)
	}
	if err := once.close(); err != nil || b.Len() == 0 || strings.Contains(b.String(), "\x1b[?") {
		t.Errorf("got %q, %v, want the picture alone", &b, err)
	}
}

// Asking whether a run goes on does not keep one from starting.
func TestLocked(t *testing.T) {
	dir := t.TempDir()
	if locked, err := run.Locked(dir); locked || err != nil {
		t.Errorf("without a lock: got %v, %v", locked, err)
	}
	unlock, err := run.Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if locked, err := run.Locked(dir); !locked || err != nil {
		t.Errorf("locked: got %v, %v", locked, err)
	}
	unlock()
	done := make(chan error)
	go func() {
		for range 200 {
			if locked, err := run.Locked(dir); err != nil {
				done <- fmt.Errorf("got %v, %w", locked, err)
				return
			}
		}
		done <- nil
	}()
	for range 20 {
		unlock, err := run.Lock(dir)
		if err != nil {
			t.Fatal(err)
		}
		unlock()
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
