package cli

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-be841da4/prospect/internal/pjrt"
)

// A plugin that is none is a line with its problem, and the remedy follows.
func TestDevicesWithout(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "plugin.so")
	t.Setenv(pjrt.Variable, missing)
	out := prospect(t, "devices").stdout
	for _, want := range []string{missing, "No plugin of XLA has a device", "pip install xla-cpu-pjrt", "libtpu", "rocm", "cuda"} {
		if !strings.Contains(strings.ReplaceAll(out, "\n", " "), want) {
			t.Errorf("got no %q in\n%s", want, out)
		}
	}
	if got := finish(t, command(t, "train", "--engine", "xla", "--epochs", "1")); got.code == 0 || !strings.Contains(got.stderr, "--engine: graph: xla: pjrt: ") {
		t.Errorf("train: got %d, %s", got.code, got.stderr)
	}
}

// Training on a device resumes bit for bit.
func TestTrainOnDevice(t *testing.T) {
	if len(pjrt.Find()) == 0 {
		t.Skipf("no PJRT plugin: set %s, or pip install xla-cpu-pjrt", pjrt.Variable)
	}
	t.Setenv("XLA_FLAGS", "--xla_backend_optimization_level=0") // compile faster
	if out := prospect(t, "devices", "--json").stdout; !strings.Contains(out, `"device":0`) {
		t.Fatalf("devices: got %s", out)
	}
	data, dir := digits(t), t.TempDir()
	whole, parts := filepath.Join(dir, "whole"), filepath.Join(dir, "parts")
	prospect(t, small(data, whole, "--engine", "xla")...)
	prospect(t, small(data, parts, "--engine", "xla", "--epochs", "1")...)
	prospect(t, small(data, parts, "--engine", "xla", "--resume")...)
	for _, file := range []string{"weights.safetensors", "optimizer.safetensors"} {
		if read(t, filepath.Join(whole, "checkpoint", file)) != read(t, filepath.Join(parts, "checkpoint", file)) {
			t.Errorf("the run that was resumed ends with other %s", file)
		}
	}
	if out := prospect(t, "explain", "--engine", "xla", "--model", "mlp:784-16-10", "--batch", "4").stdout; !strings.Contains(out, "updates       one launch") {
		t.Errorf("explain: got %s", out)
	}
}

// Runs on a device that are killed between checkpoints, by either rule, go on to the
// weights, the optimizer and the metrics of a run that was left alone.
func TestKillOnDevice(t *testing.T) {
	if len(pjrt.Find()) == 0 {
		t.Skipf("no PJRT plugin: set %s, or pip install xla-cpu-pjrt", pjrt.Variable)
	}
	t.Setenv("XLA_FLAGS", "--xla_backend_optimization_level=0") // compile faster
	data := digits(t)
	for _, flags := range [][]string{
		{"--rule", "pc", "--optimizer", "adam"},
		{"--rule", "bp", "--optimizer", "momentum", "--lr", "0.01", "--rates", "h1/*=0.1,*/bias=2"},
	} {
		flags = append(flags, "--engine", "xla", "--checkpoint-every", "3", "--epochs", "6", "--json")
		want, out := filepath.Join(t.TempDir(), "undisturbed"), filepath.Join(t.TempDir(), "killed")
		prospect(t, small(data, want, flags...)...)
		args := small(data, out, append(flags, "--resume")...)
		cmd := command(t, args...)
		cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for until := time.Now().Add(time.Minute); time.Now().Before(until); time.Sleep(time.Millisecond) {
			if _, err := os.Stat(filepath.Join(out, "checkpoint")); err == nil {
				break
			}
		}
		_ = cmd.Process.Kill() // fails if it has ended
		_ = cmd.Wait()
		if cmd.ProcessState.ExitCode() != -1 {
			t.Fatalf("%v: the run ended before it was killed: %v", flags, cmd.ProcessState)
		}
		prospect(t, args...)
		compareRuns(t, out, want)
	}
}
