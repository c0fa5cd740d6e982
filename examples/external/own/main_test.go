package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const beProgram = "OWN_TEST_BE_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(beProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// program runs the program in a directory and returns what it prints.
func program(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), beProgram+"=1")
	text, err := cmd.CombinedOutput()
	return string(text), err
}

// Our own kinds train from the command line: with a run directory, resume and metrics.
func TestTrain(t *testing.T) {
	dir := t.TempDir()
	net := `input = "x"
node = [{name = "x", shape = 784}, {name = "h", shape = 32}, {name = "y", shape = 10}]
prediction = [
	{of = "h", from = "x", layer = {kind = "dense", out = 32, weight = {kind = "cubed", std = 0.01}}},
	{of = "y", from = "h", layer = [{kind = "sine", frequency = 0.5}, {kind = "dense", out = 10}], energy = "pseudo-huber"},
]
`
	if err := os.WriteFile(filepath.Join(dir, "net.toml"), []byte(net), 0o666); err != nil {
		t.Fatal(err)
	}
	flags := []string{"--model", "mlp:784-32-10", "--activation", "Sine:0.5", "--init", "cubed:0.01", "--energy", "Pseudo_Huber"}
	for name, model := range map[string][]string{"flags": flags, "file": {"--model", "net.toml"}} {
		for _, whole := range []bool{true, false} {
			out := name + map[bool]string{true: "-whole", false: "-resumed"}[whole]
			train := append([]string{"train", "--rule", "clipped", "--train-per-class", "20", "--json", "--out", out}, model...)
			epochs := []string{"2"}
			if !whole {
				epochs = []string{"1", "2"}
			}
			for _, n := range epochs {
				if text, err := program(t, dir, append(train, "--epochs", n, "--resume")...); err != nil {
					t.Fatalf("%s: %v\n%s", out, err, text)
				}
			}
		}
		whole, resumed := metrics(t, filepath.Join(dir, name+"-whole")), metrics(t, filepath.Join(dir, name+"-resumed"))
		if len(whole) != 2 || whole[1] != resumed[1] {
			t.Errorf("%s: got %v, and resumed %v, want the same twice", name, whole, resumed)
		}
		if text, err := program(t, dir, "evaluate", "--out", name+"-whole"); err != nil || !strings.Contains(text, "clipped") {
			t.Errorf("evaluate: %v\n%s", err, text)
		}
	}
}

// metrics returns the energies of the epochs of a run.
func metrics(t *testing.T, dir string) []float64 {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "metrics.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var out []float64
	for line := range bytes.Lines(text) {
		var e struct {
			Energy float64 `json:"train_energy"`
		}
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		out = append(out, e.Energy)
	}
	return out
}

// Our names are in the messages beside all others.
func TestMessages(t *testing.T) {
	for args, want := range map[string]string{
		"train --activation sin":         `want one of identity, sigmoid, tanh, relu, leaky-relu, elu, gelu, silu, softplus, hard-tanh, sine; did you mean "sine"?`,
		"train --rule clipped:nugde=0.5": `clipped: unknown field "nugde"; the fields are relax, coordinates, stages, state, start, seed, average, nudge, warm_start, warm_start_memory; did you mean "nudge"?`,
		"train --rule clip":              `did you mean "clipped"?`,
		"train --help":                   "repeated, clipped",
	} {
		text, _ := program(t, t.TempDir(), strings.Fields(args)...)
		if joined := strings.Join(strings.Fields(text), " "); !strings.Contains(joined, want) {
			t.Errorf("%s: got %s\nwant %s", args, text, want)
		}
	}
}
