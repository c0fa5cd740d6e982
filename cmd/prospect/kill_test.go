package main

import (
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"
)

// compareRuns checks that two run directories hold the same results, bit for bit
// but for the times.
func compareRuns(t *testing.T, got, want string) {
	t.Helper()
	for _, file := range []string{"weights.safetensors", "optimizer.safetensors", "trainer.json"} {
		if read(t, filepath.Join(got, "checkpoint", file)) != read(t, filepath.Join(want, "checkpoint", file)) {
			t.Errorf("%s differs from that of the undisturbed run", file)
		}
	}
	g, w := timeless(t, read(t, filepath.Join(got, "metrics.jsonl"))), timeless(t, read(t, filepath.Join(want, "metrics.jsonl")))
	if !reflect.DeepEqual(g, w) {
		t.Errorf("metrics.jsonl, got\n%v\nwant\n%v", g, w)
	}
}

// killAfter starts a command and kills it after a time. It reports whether the
// command was still running.
func killAfter(t *testing.T, cmd *exec.Cmd, d time.Duration) bool {
	t.Helper()
	cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(d)
	_ = cmd.Process.Kill() // fails if it has ended
	_ = cmd.Wait()
	if status := cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signaled() {
		return true
	}
	if code := cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("resumed run: exit code %d", code)
	}
	return false
}

// TestKill kills runs at random moments, resumes them, and expects the weights,
// the optimizer and the metrics of a run that was left alone.
func TestKill(t *testing.T) {
	data := digits(t)
	variants := [][]string{
		{},
		{"--rule", "bp", "--optimizer", "momentum", "--lr", "0.01"},
		{"--schedule", "cosine", "--limit-batches", "9", "--batch", "32", "--precision", "f64"},
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	kills := 0
	for _, variant := range variants {
		flags := append([]string{"--checkpoint-every", "3", "--json"}, variant...)
		want := filepath.Join(t.TempDir(), "undisturbed")
		begin := time.Now()
		prospect(t, small(data, want, flags...)...)
		whole := time.Since(begin)
		for range 3 {
			out := filepath.Join(t.TempDir(), "killed")
			args := small(data, out, append(flags, "--resume")...)
			for range 6 {
				if !killAfter(t, command(t, args...), time.Duration(rng.Int64N(int64(whole)/2))) {
					break
				}
				kills++
			}
			prospect(t, args...)
			compareRuns(t, out, want)
		}
	}
	if kills == 0 {
		t.Error("no run was killed before its end")
	}
	t.Logf("%d kills", kills)
}

// TestInterrupt stops a run with SIGINT and goes on as the message says.
func TestInterrupt(t *testing.T) {
	data, root := digits(t), t.TempDir()
	want := filepath.Join(root, "undisturbed")
	flags := []string{"--epochs", "20", "--json"}
	prospect(t, small(data, want, flags...)...)
	for _, signal := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
		out := filepath.Join(root, signal.String())
		cmd := command(t, small(data, out, flags...)...)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := stdout.Read(make([]byte, 1)); err != nil { // the first epoch is over
			t.Fatal(err)
		}
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, stdout)
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
			t.Errorf("%v: exit code, got %d, want %d\n%s", signal, code, exitInterrupted, stderr.String())
		}
		_, hint, ok := strings.Cut(stderr.String(), "prospect: stopped; go on with: prospect ")
		if !ok || strings.Count(stderr.String(), "\n") != 1 {
			t.Fatalf("%v: got stderr %q", signal, stderr.String())
		}
		prospect(t, "evaluate", "--out", out, "--data-dir", data)
		prospect(t, strings.Fields(hint)...)
		compareRuns(t, out, want)
	}
}
