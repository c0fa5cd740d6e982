package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestJSON checks that --json prints an event for each epoch and one at the end,
// and nothing else on either stream.
func TestJSON(t *testing.T) {
	data := digits(t)
	out := filepath.Join(t.TempDir(), "run")
	got := prospect(t, small(data, out, "--json")...)
	if got.stderr != "" {
		t.Errorf("stderr, got %q, want nothing", got.stderr)
	}
	events := timeless(t, got.stdout)
	if len(events) != 4 {
		t.Fatalf("got %d events, want 3 epochs and done", len(events))
	}
	for i, e := range events {
		want := "epoch"
		if i == 3 {
			want = "done"
		}
		if e["event"] != want || e["rule"] != "pc" {
			t.Errorf("event %d, got %v, want %s", i, e, want)
		}
	}
	done := events[3]
	if done["updates"] != 90.0 || done["relax_steps"] != 360.0 || done["out"] != out {
		t.Errorf("got %v, want 90 updates, 360 steps and the directory", done)
	}
	if e, ok := done["test_error"].(float64); !ok || e < 0 || e > 0.5 {
		t.Errorf("test_error, got %v, want at most 0.5 on data this easy", done["test_error"])
	}
	metrics := timeless(t, read(t, filepath.Join(out, "metrics.jsonl")))
	if len(metrics) != 3 || metrics[2]["test_error"] != done["test_error"] {
		t.Errorf("metrics.jsonl, got %v, want those of the events", metrics)
	}

	var evaluation struct {
		Event     string  `json:"event"`
		Samples   int     `json:"samples"`
		TestError float64 `json:"test_error"`
	}
	text := prospect(t, "evaluate", "--checkpoint", filepath.Join(out, "checkpoint"), "--data-dir", data, "--json").stdout
	if err := json.Unmarshal([]byte(text), &evaluation); err != nil {
		t.Fatal(err)
	}
	if evaluation.Event != "evaluation" || evaluation.Samples != 60 || evaluation.TestError != done["test_error"] {
		t.Errorf("got %+v, want the test error %v of 60 samples", evaluation, done["test_error"])
	}
}

// TestPlain checks what a run without --rule prints where there is no terminal:
// lines without control characters, and a table with both rules.
func TestPlain(t *testing.T) {
	data := digits(t)
	cmd := command(t, "train", "--data", "optdigits", "--data-dir", data, "--epochs", "2", "--batch", "32")
	got := finish(t, cmd)
	if got.code != 0 {
		t.Fatal(got.stderr)
	}
	if strings.ContainsAny(got.stdout+got.stderr, "\r\x1b") {
		t.Errorf("got control characters in %q and %q", got.stdout, got.stderr)
	}
	if n := strings.Count(got.stderr, "\nepoch "); n != 4 {
		t.Errorf("stderr, got %d lines of epochs, want 4: %q", n, got.stderr)
	}
	for _, want := range []string{"learning rule", "prospective configuration", "backprop", "try: prospect evaluate --out runs"} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("stdout, got %q, want it to contain %q", got.stdout, want)
		}
	}
	runs, err := filepath.Glob(filepath.Join(cmd.Dir, "runs", "*-optdigits-pc", "backprop", "checkpoint", "weights.safetensors"))
	if err != nil || len(runs) != 1 {
		t.Errorf("got %v, %v, want the weights of the comparison", runs, err)
	}
}

// TestBesideStartsAlike checks that the comparison starts from the same weights
// as the run: without a hidden layer to relax both rules are the same.
func TestBesideStartsAlike(t *testing.T) {
	data := digits(t)
	out := filepath.Join(t.TempDir(), "run")
	prospect(t, "train", "--data", "optdigits", "--data-dir", data, "--model", "mlp:64-10", "--epochs", "1", "--out", out)
	if read(t, filepath.Join(out, "checkpoint", "weights.safetensors")) != read(t, filepath.Join(out, besideDir, "checkpoint", "weights.safetensors")) {
		t.Error("without a hidden layer the weights of both rules differ")
	}
}

// TestResume checks what becomes of a run that is over.
func TestResume(t *testing.T) {
	data, root := digits(t), t.TempDir()
	long, out := filepath.Join(root, "long"), filepath.Join(root, "run")
	prospect(t, small(data, long, "--epochs", "5")...)
	prospect(t, small(data, out, "--resume")...) // there is none yet, so it starts
	again := prospect(t, "train", "--data-dir", data, "--out", out, "--resume", "--json")
	if events := timeless(t, again.stdout); len(events) != 2 || events[1]["updates"] != 90.0 {
		t.Errorf("resumed when over, got %v, want the last epoch and done", events)
	}
	write(t, filepath.Join(out, "metrics.jsonl"), read(t, filepath.Join(out, "metrics.jsonl"))+`{"epoch":4,"upd`) // torn
	prospect(t, "train", "--data-dir", data, "--out", out, "--resume", "--epochs", "5", "--json")
	g, w := read(t, filepath.Join(out, "checkpoint", "weights.safetensors")), read(t, filepath.Join(long, "checkpoint", "weights.safetensors"))
	if g != w {
		t.Error("3 epochs and then 2 gave other weights than 5")
	}
	if n := strings.Count(read(t, filepath.Join(out, "metrics.jsonl")), "\n"); n != 5 {
		t.Errorf("metrics.jsonl, got %d lines, want 5", n)
	}
	got := finish(t, command(t, small(data, filepath.Join(root, "cosine"), "--schedule", "cosine", "--json")...))
	if got.code != 0 {
		t.Fatal(got.stderr)
	}
	got = finish(t, command(t, small(data, filepath.Join(root, "cosine"), "--schedule", "cosine", "--epochs", "5", "--resume")...))
	checkFailure(t, got, exitUsage, "cosine schedule depends on it")
}

// TestHelp checks that the flags of the issue are there under their names.
func TestHelp(t *testing.T) {
	text := prospect(t, "train", "--help").stdout
	for flag := range strings.FieldsSeq("data data-dir model activation placement energy rule steps step-size step-discount batch epochs " +
		"optimizer lr weight-decay schedule init seed precision train-per-class limit-batches out resume json") {
		if !strings.Contains(text, "--"+flag) {
			t.Errorf("--%s is not in the help", flag)
		}
	}
}

// TestInformation checks the commands that only tell something.
func TestInformation(t *testing.T) {
	data := digits(t)
	if got := prospect(t, "version").stdout; !strings.Contains(got, "gorgonia") && os.Getenv("CI") == "" {
		t.Logf("a test binary does not know its modules: %q", got)
	}
	list := prospect(t, "data", "list", "--data-dir", data).stdout
	for _, want := range []string{"built in", filepath.Join(data, "optdigits"), "prospect data get NAME downloads"} {
		if !strings.Contains(list, want) {
			t.Errorf("data list, got %q, want it to contain %q", list, want)
		}
	}
	if got := prospect(t, "data", "get", "glyphs").stdout; !strings.Contains(got, "nothing to download") {
		t.Errorf("data get glyphs, got %q", got)
	}
}
