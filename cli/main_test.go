package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// beCommand makes the test binary the command itself.
const beCommand = "PROSPECT_TEST_BE_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(beCommand) != "" {
		Program{Name: "prospect"}.Main()
		return
	}
	os.Exit(m.Run())
}

// command returns the prospect command, to be run in an empty directory of its own.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), beCommand+"=1", "PROSPECT_DATA="+filepath.Join(cmd.Dir, "no-data"), "PROSPECT_DEBUG=")
	return cmd
}

// outcome is what a command left.
type outcome struct {
	stdout, stderr string
	code           int
}

// finish runs a command to its end.
func finish(t *testing.T, cmd *exec.Cmd) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if cmd.Stdout == nil {
		cmd.Stdout = &stdout
	}
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return outcome{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// prospect runs a command line that has to succeed.
func prospect(t *testing.T, args ...string) outcome {
	t.Helper()
	out := finish(t, command(t, args...))
	if out.code != 0 {
		t.Fatalf("prospect %s: exit code %d\n%s", strings.Join(args, " "), out.code, out.stderr)
	}
	return out
}

// digits writes a small dataset under the name of optdigits and returns the data
// directory. Class k lights pixels 6k to 6k+5 of the 64.
func digits(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for file, n := range map[string]int{"optdigits.tra": 300, "optdigits.tes": 60} {
		var b strings.Builder
		for i := range n {
			class := i % 10
			for j := range 64 {
				pixel := (i*31 + j*17) % 5
				if j/6 == class {
					pixel += 6
				}
				fmt.Fprintf(&b, "%d,", pixel)
			}
			fmt.Fprintf(&b, "%d\n", class)
		}
		write(t, filepath.Join(dir, "optdigits", file), b.String())
	}
	return dir
}

// small are the flags of a run that takes a fraction of a second.
func small(data, out string, more ...string) []string {
	return append([]string{
		"train", "--data", "optdigits", "--data-dir", data, "--model", "mlp:64-16-16-10", "--rule", "pc",
		"--steps", "4", "--batch", "10", "--epochs", "3", "--out", out,
	}, more...)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// timeless returns JSON lines without the times in them.
func timeless(t *testing.T, lines string) []map[string]any {
	t.Helper()
	var out []map[string]any
	for line := range strings.Lines(lines) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		if m["train_seconds"].(float64) < 0 {
			t.Errorf("line %q: train_seconds below 0", line)
		}
		delete(m, "train_seconds")
		delete(m, "samples_per_second")
		out = append(out, m)
	}
	return out
}
