package cli

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
)

// A run goes on with the command line that started it, however names are spelled, and
// with the model of a manifest whose settings are in another order.
func TestResumeSpelling(t *testing.T) {
	data, out := digits(t), filepath.Join(t.TempDir(), "run")
	line := small(data, out, "--model", "mlp:64-16-16-10,no-bias,placement=after", "--resume", "--json",
		"--rule", "PC:coordinates=activities", "--activation", "LeakyReLU", "--solver", "RK4", "--data", "OptDigits", "--optimizer", "SGD")
	prospect(t, line...)
	prospect(t, line...)
	manifest := filepath.Join(out, "manifest.json")
	text := read(t, manifest)
	other := strings.Replace(text, "no_bias,placement=after", "placement=after,no_bias=true", 1)
	if other == text {
		t.Fatalf("got no model with its settings in\n%s", text)
	}
	write(t, manifest, other)
	prospect(t, line...)
	got := finish(t, command(t, append(line, "--rule", "incremental")...))
	checkFailure(t, got, exitUsage, `--rule, got "incremental", want "pc:coordinates=activities" as the run was started with`)
}

// A setting that was not there when a run was started cannot come later.
func TestResumeNewSetting(t *testing.T) {
	data, out := digits(t), filepath.Join(t.TempDir(), "run")
	prospect(t, small(data, out)...)
	for flag, value := range map[string]string{"--control": "armijo", "--stop": "energy-gap:1", "--nudge": "0.3"} {
		got := finish(t, command(t, "train", "--out", out, "--resume", flag, value))
		checkFailure(t, got, exitUsage, "want none as the run was started with")
	}
	with := filepath.Join(t.TempDir(), "with")
	prospect(t, small(data, with, "--control", "armijo")...)
	got := finish(t, command(t, "train", "--out", with, "--resume", "--control", ""))
	checkFailure(t, got, exitUsage, `--control, got none, want "armijo"`)
}

// Error coordinates that a rule's spec asks for are those of the flag.
func TestCoordinatesOfSpec(t *testing.T) {
	data, root := digits(t), t.TempDir()
	var weights []string
	for i, more := range [][]string{{"--rule", "pc:coordinates=errors"}, {"--coordinates", "errors"}} {
		out := filepath.Join(root, string(rune('a'+i)))
		prospect(t, small(data, out, more...)...)
		weights = append(weights, read(t, filepath.Join(out, "checkpoint", "weights.safetensors")))
		if text := read(t, filepath.Join(out, "manifest.json")); !strings.Contains(text, `"coordinates": "errors"`) || !strings.Contains(text, `"solver": "lbfgs"`) {
			t.Errorf("%v: got %s", more, text)
		}
	}
	if weights[0] != weights[1] {
		t.Error("the spec and the flag end with different weights")
	}
}

// The manifest of a program with kinds of its own says which program can read it.
func TestForeignManifest(t *testing.T) {
	data, out := digits(t), filepath.Join(t.TempDir(), "run")
	prospect(t, small(data, out)...)
	manifest := filepath.Join(out, "manifest.json")
	write(t, manifest, strings.Replace(read(t, manifest), `"rule": "pc"`, `"rule": "clipped"`, 1))
	got := finish(t, command(t, "evaluate", "--out", out))
	checkFailure(t, got, exitFailure, `--rule, got "clipped", want one of pc, `)
	checkFailure(t, got, exitFailure, "if the run is of another program, use that")
}

// A warning begins with the name of the program.
func TestWarningNamesProgram(t *testing.T) {
	var b strings.Builder
	slog.New(&lineHandler{w: &b, program: "own"}).With("a", 1).Warn("careful")
	if want := "own: warning: careful a=1\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}
