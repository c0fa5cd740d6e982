package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestFullDisk lets a run go on under a limit of the file size, where the disk is
// full for all it knows, and then without.
func TestFullDisk(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell to set a limit with")
	}
	data, root := digits(t), t.TempDir()
	want, out := filepath.Join(root, "undisturbed"), filepath.Join(root, "full")
	prospect(t, small(data, want)...)
	prospect(t, small(data, out, "--epochs", "1")...)
	before := read(t, filepath.Join(out, "checkpoint", "weights.safetensors"))

	cmd := command(t)
	self := cmd.Path
	cmd.Path = shell
	cmd.Args = append([]string{"sh", "-c", `ulimit -f 8 && exec "$0" "$@"`, self}, small(data, out, "--resume", "--json")...)
	got := finish(t, cmd)
	checkFailure(t, got, exitFailure, "free some space")
	if after := read(t, filepath.Join(out, "checkpoint", "weights.safetensors")); after != before {
		t.Error("the last checkpoint has changed")
	}
	prospect(t, "evaluate", "--out", out, "--data-dir", data)
	prospect(t, small(data, out, "--resume")...)
	compareRuns(t, out, want)
}

// TestFullOutput writes results to a device that is always full.
func TestFullOutput(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full")
	}
	defer full.Close()
	data := digits(t)
	out := filepath.Join(t.TempDir(), "run")
	cmd := command(t, small(data, out, "--json")...)
	cmd.Stdout = full
	checkFailure(t, finish(t, cmd), exitFailure, "no space left")
	prospect(t, "evaluate", "--out", out, "--data-dir", data)
}

// TestUnwritable names run directories that cannot be made.
func TestUnwritable(t *testing.T) {
	data, root := digits(t), t.TempDir()
	file := filepath.Join(root, "file")
	write(t, file, "not a folder")
	for _, out := range []string{file, filepath.Join(file, "below"), "/proc/prospect"} {
		got := finish(t, command(t, small(data, out)...))
		checkFailure(t, got, exitFailure, "--out")
	}
	cmd := command(t, "train", "--epochs", "1")
	write(t, filepath.Join(cmd.Dir, "runs"), "not a folder")
	checkFailure(t, finish(t, cmd), exitFailure, "--out")
}

// checkFailure checks that a command failed with one line on standard error.
func checkFailure(t *testing.T, got outcome, code int, want string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(got.stderr, "\n"), "\n")
	last := lines[len(lines)-1]
	switch {
	case got.code != code:
		t.Errorf("exit code, got %d, want %d; stderr %q", got.code, code, got.stderr)
	case len(lines) != 1 || !strings.HasPrefix(last, "prospect: "):
		t.Errorf("stderr, got %q, want one line that begins with \"prospect: \"", got.stderr)
	case !strings.Contains(last, want):
		t.Errorf("stderr, got %q, want it to contain %q", got.stderr, want)
	case strings.Contains(got.stderr, "goroutine") || strings.Contains(got.stderr, "internal error"):
		t.Errorf("stderr, got a crash: %q", got.stderr)
	}
}
