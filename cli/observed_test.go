package cli

import (
	"bytes"
	"encoding/json"
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-be841da4/prospect/run"
)

// wide returns the lines that a terminal of 80 columns would wrap.
func wide(text string) (lines []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\n"); utf8.RuneCountInString(line) > 80 {
			lines = append(lines, line)
		}
	}
	return lines
}

// TestEpochTellsHowItWent checks what every epoch reports, on the screen and in
// metrics.jsonl, for rules with and without a relaxation and a criterion.
func TestEpochTellsHowItWent(t *testing.T) {
	data := digits(t)
	for _, c := range []struct {
		name    string
		flags   []string
		screen  []string
		members []string // of metrics.jsonl, besides those that all have
		without []string
	}{
		{
			"fixed steps", nil,
			[]string{"fixed 4 steps, no criterion", "gradient norm: median ", "learning rate 0.001", " samples/s", "energy: y "},
			[]string{"gradient_norm_median", "gradient_norm_largest", "energies"},
			[]string{"converged"},
		},
		{
			"a criterion",
			[]string{"--tolerance", "0.1", "--steps", "40"},
			[]string{"converged ", " % of batches, ", " of 40 steps", "gradient norm: median "},
			[]string{"converged", "gradient_norm_median", "energies"},
			nil,
		},
		{
			"a criterion that is never met",
			[]string{"--tolerance", "1e-9"},
			[]string{"converged 0 % of batches, 4 of 4 steps"},
			[]string{"converged"},
			nil,
		},
		{
			"error coordinates",
			[]string{"--coordinates", "errors", "--tolerance", "0.05", "--steps", "60"},
			[]string{"error coordinates, at most 60 steps of lbfgs", "converged "},
			[]string{"converged", "gradient_norm_median"},
			nil,
		},
		{
			"incremental",
			[]string{"--rule", "incremental"},
			[]string{"fixed 4 steps, no criterion", "gradient norm: median "},
			[]string{"gradient_norm_median"},
			[]string{"converged"},
		},
		{"by hand", []string{"--rule", "generec"}, []string{"fixed 4 steps, no criterion"}, nil, []string{"converged", "gradient_norm_median", "energies"}},
		{"backprop", []string{"--rule", "bp"}, []string{"learning rate 0.001", " samples/s"}, nil, []string{"converged", "gradient_norm_median"}},
		{
			"many terms",
			[]string{"--model", "mlpresidual:width=8,depth=12", "--steps", "20"},
			[]string{"9 more "},
			[]string{"energies"},
			nil,
		},
	} {
		out := filepath.Join(t.TempDir(), "run")
		got := prospect(t, small(data, out, append([]string{"--epochs", "1"}, c.flags...)...)...)
		for _, want := range c.screen {
			if !strings.Contains(got.stderr, want) {
				t.Errorf("%s: got %q, want it to contain %q", c.name, got.stderr, want)
			}
		}
		if lines := wide(got.stderr + strings.Split(got.stdout, "The run is in")[0]); c.name != "many terms" && lines != nil {
			t.Errorf("%s: lines of more than 80 columns: %q", c.name, lines)
		}
		if len(c.without) > 0 && c.without[0] == "converged" && strings.Contains(got.stderr, "converged") {
			t.Errorf("%s: got %q, want nothing about convergence", c.name, got.stderr)
		}
		var m map[string]any
		if err := json.Unmarshal([]byte(read(t, filepath.Join(out, "metrics.jsonl"))), &m); err != nil {
			t.Fatal(err)
		}
		for _, member := range append(c.members, "steps", "learning_rate", "samples_per_second") {
			if m[member] == nil {
				t.Errorf("%s: metrics.jsonl, got %v, want %q in it", c.name, m, member)
			}
		}
		for _, member := range c.without {
			if m[member] != nil {
				t.Errorf("%s: metrics.jsonl, got %v, want no %q in it", c.name, m, member)
			}
		}
		if energies, ok := m["energies"].(map[string]any); ok {
			sum := 0.0
			for _, e := range energies {
				sum += e.(float64)
			}
			if math.Abs(sum-m["train_energy"].(float64)) > 1e-9 {
				t.Errorf("%s: the energies add up to %v, want the train_energy %v", c.name, sum, m["train_energy"])
			}
		}
	}
}

// TestBarTellsHowItWent checks the lines above the bar of a terminal, and that a
// message takes the place of the bar.
func TestBarTellsHowItWent(t *testing.T) {
	var b bytes.Buffer
	s := run.Settings{Rule: run.PC, Model: "mlpresidual:inputs=784,width=32,depth=64,outputs=10", Data: "glyphs", Steps: 20, StepSize: 0.1, Optimizer: "adam", LR: 0.001, Solver: "euler"}
	o := &barObserver{w: &b, settings: s}
	share, norm := 0.333, 123456.789
	e := run.Epoch{
		Epoch: 100, Epochs: 100, TrainEnergy: 123456.789, TestError: &share, TrainSeconds: 12345.6, Steps: 12.25, Converged: &share, Stalled: 0.5,
		GradientNormMedian: &norm, GradientNormLargest: &norm, LearningRate: 0.000123456, SamplesPerSecond: 1234567,
		Energies: map[string]float64{"layer1": 1.2345e-7, "layer2": 2, "layer3": 3, "layer4": 4, "layer5": 5, "layer6": 6, strings.Repeat("long", 30): 7},
	}
	if err := o.Start(10, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Write([]byte("prospect: warning: something\n")); err != nil {
		t.Fatal(err)
	}
	if err := o.Epoch(e); err != nil {
		t.Fatal(err)
	}
	var shown []string
	for line := range strings.Lines(b.String()) {
		line = line[strings.LastIndex(strings.TrimSuffix(line, "\n"), "\r")+1:]
		shown = append(shown, strings.ReplaceAll(strings.TrimRight(line, "\n"), "\x1b[2K", ""))
	}
	text := strings.Join(shown, "\n") + "\n"
	for _, want := range []string{
		"prospective configuration:\nmlpresidual:", "\nprospect: warning: something\n", "\nepoch 100 of 100  energy 1.235e+05", "converged 33.3 % of batches, 12.2 of 20 steps, stalled 50 %",
		"median 1.2e+05, largest 1.2e+05", "1234567 samples/s", "…",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("got %q, want it to contain %q", text, want)
		}
	}
	if lines := wide(text); lines != nil {
		t.Errorf("lines of more than 80 columns: %q", lines)
	}
}

// TestCoordinates trains in error coordinates, resumes, and refuses rules that
// have none.
func TestCoordinates(t *testing.T) {
	data, root := digits(t), t.TempDir()
	flags := []string{"--coordinates", "errors", "--epochs", "2"}
	long, out := filepath.Join(root, "long"), filepath.Join(root, "run")
	prospect(t, small(data, long, flags...)...)
	prospect(t, small(data, out, "--coordinates", "errors", "--epochs", "1")...)
	prospect(t, "train", "--data-dir", data, "--out", out, "--resume", "--epochs", "2", "--coordinates", "errors")
	compareRuns(t, out, long)
	activities := filepath.Join(root, "activities")
	prospect(t, small(data, activities, "--epochs", "2")...)
	if read(t, filepath.Join(out, "checkpoint", "weights.safetensors")) == read(t, filepath.Join(activities, "checkpoint", "weights.safetensors")) {
		t.Error("error coordinates gave the weights of activities")
	}
	m, err := run.ReadManifest(out, nil)
	if err != nil || m.Settings.Coordinates.String() != "errors" || m.Settings.Solver != "lbfgs" {
		t.Errorf("manifest, got %v and solver %q, %v, want errors and lbfgs", m.Settings.Coordinates, m.Settings.Solver, err)
	}
	got := finish(t, command(t, "train", "--data-dir", data, "--out", out, "--resume", "--coordinates", "activities"))
	checkFailure(t, got, exitUsage, "--coordinates, got")
	for _, rule := range []string{"bp", "incremental", "z-il", "generec", "hopfield", "almeida-pineda", "target-propagation"} {
		activation := "tanh"
		if rule == "target-propagation" {
			activation = "identity"
		}
		got := finish(t, command(t, small(data, filepath.Join(root, rule), "--activation", activation, "--coordinates", "errors", "--rule", rule)...))
		checkFailure(t, got, exitUsage, "--coordinates errors: --rule, got "+rule)
		got = finish(t, command(t, small(data, filepath.Join(root, rule), "--activation", activation, "--tolerance", "1", "--rule", rule)...))
		checkFailure(t, got, exitUsage, "--tolerance: --rule, got "+rule)
	}
	got = finish(t, command(t, small(data, filepath.Join(root, "x"), "--coordinates", "both")...))
	checkFailure(t, got, exitUsage, "want activities or errors")
	got = finish(t, command(t, small(data, filepath.Join(root, "x"), "--tolerance", "-1")...))
	checkFailure(t, got, exitUsage, "--tolerance, got -1")

	beside := filepath.Join(root, "beside") // without --rule
	prospect(t, "train", "--data", "optdigits", "--data-dir", data, "--model", "mlp:64-8-10", "--epochs", "1", "--coordinates", "errors", "--tolerance", "0.1", "--out", beside)
	prospect(t, "train", "--data-dir", data, "--out", beside, "--resume", "--epochs", "2")
}

// TestCriterionResumes kills nothing, but stops after an epoch, and expects the
// metrics of a run that was left alone.
func TestCriterionResumes(t *testing.T) {
	data, root := digits(t), t.TempDir()
	flags := []string{"--tolerance", "0.1", "--steps", "40"}
	long, out := filepath.Join(root, "long"), filepath.Join(root, "run")
	prospect(t, small(data, long, append(flags, "--epochs", "2")...)...)
	prospect(t, small(data, out, append(flags, "--epochs", "1")...)...)
	prospect(t, "train", "--data-dir", data, "--out", out, "--resume", "--epochs", "2")
	compareRuns(t, out, long)
	lines := timeless(t, read(t, filepath.Join(out, "metrics.jsonl")))
	if share, ok := lines[1]["converged"].(float64); !ok || share <= 0 || reflect.DeepEqual(lines[0]["converged"], nil) {
		t.Errorf("got %v, want batches that converge", lines)
	}
}

// TestWarnsOfReach: too few steps for the depth are told once, on a pipe too.
func TestWarnsOfReach(t *testing.T) {
	data := digits(t)
	got := prospect(t, small(data, filepath.Join(t.TempDir(), "run"), "--model", "mlpresidual:width=8,depth=12", "--steps", "4")...)
	if n := strings.Count(got.stderr, "prospect: warning: the signal travels 4 nodes far, but the way to some is 12: it does not reach 8 of 12 free nodes (h1 to h8)"); n != 1 {
		t.Errorf("got %q, want one warning that names 8 of 12 nodes", got.stderr)
	}
	got = prospect(t, small(data, filepath.Join(t.TempDir(), "run"), "--model", "mlpresidual:width=8,depth=12", "--steps", "4", "--coordinates", "errors")...)
	if strings.Contains(got.stderr, "warning") {
		t.Errorf("in error coordinates: got %q, want no warning", got.stderr)
	}
}
