package cli

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/internal/bench"
)

func TestBenchThreads(t *testing.T) {
	out := prospect(t, "bench", "--cases", "a", "--rule", "bp", "--threads", "1,2", "--seconds", "0.001", "--json")
	var results []bench.Result
	for d := json.NewDecoder(strings.NewReader(out.stdout)); d.More(); {
		var r bench.Result
		if err := d.Decode(&r); err != nil {
			t.Fatal(err)
		}
		results = append(results, r)
	}
	if len(results) != 2 || results[0].Threads != 1 || results[1].Threads != 2 || results[0].Speedup != 0 || !(results[1].Speedup > 0) {
		t.Fatalf("got %+v, want one thread and then two, with a speed-up", results)
	}
	for _, r := range results {
		if !(r.PeakGflops > 0) || !(r.PeakFraction > 0) {
			t.Errorf("got %+v, want a peak and the fraction of it", r)
		}
	}
	table := prospect(t, "bench", "--cases", "a", "--rule", "bp", "--threads", "1,2", "--seconds", "0.001").stdout
	for _, want := range []string{"GFLOP/s with 1 thread, ", " with 2 (", "speed-up", "of the peaks'"} {
		if !strings.Contains(table, want) {
			t.Errorf("got\n%s\nwant %q in it", table, want)
		}
	}
}

func TestBenchServes(t *testing.T) {
	cmd := command(t, "bench", "--serve", "--cases", "a", "--rule", "bp", "--precision", "f64")
	w, d := filepath.ToSlash(filepath.Join(cmd.Dir, "w")), filepath.ToSlash(filepath.Join(cmd.Dir, "d"))
	cmd.Stdin = strings.NewReader(strings.ReplaceAll(strings.ReplaceAll(`{"do":"export","weights":"W","data":"D"}
{"do":"load","weights":"W","data":"D"}
{"do":"update","count":3}
`, "W", w), `"D"`, `"`+d+`"`))
	out := finish(t, cmd)
	lines := strings.Split(strings.TrimSpace(out.stdout), "\n")
	if out.code != 0 || len(lines) != 3 || !strings.Contains(lines[2], `"ok":true,"count":3,"seconds":`) {
		t.Errorf("got code %d and %q, want three answers: %s", out.code, lines, out.stderr)
	}
}

func TestBenchRefuses(t *testing.T) {
	for want, flags := range map[string]string{
		`--cases, got "z", want some of a, b, c, wide, vgg5, residual16, residual, resnet18, transformer`: "--cases z",
		"--threads, got 0, want 1 to 1024": "--threads 0",
		"--serve, got 2 cases, 1 rules, 1 numbers of threads, want one of each: --cases b --rule pc --threads 1": "--serve --cases a,b --rule pc",
		`--rule, got "mc", want pc or bp`:                   "--rule mc",
		`--engine, got "steam", want compiled, tape or xla`: "--engine steam",
		`fashion-mnist`: "--data-dir nowhere",
		"--to-equilibrium, got 2, want more than 0 and less than 1": "--to-equilibrium 2",
		"--to-accuracy and --to-equilibrium: want one of the two":   "--to-equilibrium 0.1 --to-accuracy 0.5",
		"--to-accuracy, got 3, want more than 0 and at most 1":      "--to-accuracy 3",
		"--updates, got [5 1], want numbers of at least 0":          "--to-equilibrium 0.1 --updates 5,1",
		"--max-steps, got 0, want at least 1":                       "--to-equilibrium 0.1 --max-steps 0",
		"--every and --max-epochs, got 0 and 20":                    "--to-accuracy 0.5 --every 0",
		"--to-equilibrium, got 2 numbers of threads, want one":      "--to-equilibrium 0.1 --threads 1,2",
		`--model, got "nomodel"`:                                    "--to-equilibrium 0.1 --model nomodel",
		"--seconds, got 0, want more than 0 and at most 3600":       "--seconds 0",
	} {
		out := finish(t, command(t, append([]string{"bench"}, strings.Fields(flags)...)...))
		if out.code == 0 || !strings.Contains(out.stderr, want) {
			t.Errorf("%s: got code %d and %q, want %q", flags, out.code, out.stderr, want)
		}
	}
}

// The runner of bench/peers compares, alone, what needs no peer: our updates with those
// in double precision; and says which peers are left out.
func TestBenchPeersAlone(t *testing.T) {
	python := os.Getenv("PROSPECT_PYTHON")
	if python == "" {
		python = "python3"
	}
	if err := exec.Command(python, "-c", "import numpy, safetensors").Run(); err != nil {
		t.Skipf("%s cannot import numpy and safetensors; install them, or set PROSPECT_PYTHON", python)
	}
	runner, err := filepath.Abs("../bench/peers/run.py")
	if err != nil {
		t.Fatal(err)
	}
	dir, self := t.TempDir(), command(t)
	cmd := exec.Command(python, runner, "--cases", "a", "--rules", "bp", "--peers", "jpc", "--blocks", "2", "--seconds", "0.01",
		"--prospect", self.Path, "--environment", dir, "--json", filepath.Join(dir, "o.json"))
	cmd.Env = append(self.Env, "PYTHONDONTWRITEBYTECODE=1", "PROSPECT_DATA=")
	out := finish(t, cmd)
	if out.code != 0 {
		t.Fatalf("got code %d, %s", out.code, out.stderr)
	}
	if want := "- jpc is left out of a bp: not installed"; !strings.Contains(out.stdout, want) {
		t.Errorf("got\n%s\nwant %q in it", out.stdout, want)
	}
	text, err := os.ReadFile(filepath.Join(dir, "o.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Comparisons []struct {
			Results map[string]struct {
				Accepted bool
				Ms       float64
				OfPeak   float64 `json:"of_peak"`
			}
		}
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	if r := all.Comparisons[0].Results["prospect"]; !r.Accepted || !(r.Ms > 0) || !(r.OfPeak > 0) {
		t.Errorf("got %+v, want an accepted update with its time and the fraction of the peak", r)
	}
}

// Any model can be relaxed to its equilibrium and learned to an accuracy, in a table and
// as JSON.
func TestBenchOfModel(t *testing.T) {
	small := []string{"bench", "--model", "mlp:784-8-10", "--data", "glyphs", "--seconds", "0.001"}
	table := prospect(t, append(small, "--to-equilibrium", "1e-2", "--updates", "0,2")...).stdout
	for _, want := range []string{"certified to be within 0.01", "mlp:784-8-10", "euler, fixed steps", "anderson", "times faster"} {
		if !strings.Contains(table, want) {
			t.Errorf("got\n%s\nwant %q in it", table, want)
		}
	}
	out := prospect(t, append(small, "--to-accuracy", "0.2", "--every", "20", "--max-epochs", "1", "--json")...).stdout
	rules := 0
	for d := json.NewDecoder(strings.NewReader(out)); d.More(); rules++ {
		var r bench.Accuracy
		if err := d.Decode(&r); err != nil {
			t.Fatal(err)
		}
		if !r.Reached || r.Case != "mlp:784-8-10" {
			t.Errorf("got %+v, want an accuracy of 0.2", r)
		}
	}
	if rules != 4 {
		t.Errorf("got %d results, want 4", rules)
	}
}
