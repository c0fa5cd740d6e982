package cli

import (
	"path/filepath"
	"strings"
	"testing"

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
