package cli

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// smallSweep are the flags of a sweep of a few seconds.
var smallSweep = strings.Fields("sweep --data d.npz --rule pc,bp --lr 0.01,0.03 --seed 1..3 --epochs 3 --batch 16 --workers 2")

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A sweep that is killed at random moments and resumed ends with the same table, bit for
// bit.
func TestSweepKilled(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir)
	whole := in(t, dir, append(smallSweep, "--out", "whole")...)
	if whole.code != 0 || !strings.Contains(whole.stdout, "pc less bp, paired by seed") {
		t.Fatalf("got %d, %s%s", whole.code, whole.stdout, whole.stderr)
	}
	killAndCompare(t, dir, smallSweep, whole.stdout)
	if page := readFile(t, filepath.Join(dir, "whole", "index.html")); strings.Contains(page, "http") && strings.Contains(page, "src=\"http") {
		t.Error("the page needs the network")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "whole", "work-*")); left != nil {
		t.Errorf("left behind: %v", left)
	}
	// What is there is not taken for something else, and not overwritten.
	if got := in(t, dir, append(smallSweep, "--out", "whole")...); got.code == 0 || !strings.Contains(got.stderr, "already holds trials; pass --resume") {
		t.Errorf("without --resume: got %d, %s", got.code, got.stderr)
	}
	if got := in(t, dir, append(smallSweep, "--out", "whole", "--resume", "--steps", "5")...); got.code == 0 || !strings.Contains(got.stderr, "steps") {
		t.Errorf("with other settings: got %d, %s", got.code, got.stderr)
	}
	// More seeds are more trials of the same sweep.
	more := in(t, dir, append(append([]string(nil), smallSweep...), "--out", "whole", "--resume", "--json", "--seed", "1..4")...)
	if n := strings.Count(more.stdout, `"event":"trial"`); more.code != 0 || n != 4 {
		t.Errorf("one more seed: got %d, %d new trials, want 4: %s", more.code, n, more.stderr)
	}
}

// killAndCompare kills a sweep at random moments, resumes it, and compares it with one in
// the folder "whole", which printed want.
func killAndCompare(t *testing.T, dir string, flags []string, want string) {
	t.Helper()
	flags = flags[:len(flags):len(flags)]
	rng := rand.New(rand.NewPCG(1, 1))
	for range 5 {
		cmd := command(t, append(flags, "--out", "killed", "--resume")...)
		cmd.Dir = dir
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(50+rng.IntN(250)) * time.Millisecond)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	killed := in(t, dir, append(flags, "--out", "killed", "--resume")...)
	if killed.code != 0 {
		t.Fatal(killed.stderr)
	}
	if got := strings.ReplaceAll(killed.stdout, "killed", "whole"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, name := range []string{"table.csv", "trials.csv", "figure.csv", "figure.svg"} {
		if readFile(t, filepath.Join(dir, "killed", name)) != readFile(t, filepath.Join(dir, "whole", name)) {
			t.Errorf("%s differs", name)
		}
	}
}

// So does one whose trials follow from what others found, with another number of workers;
// what was pruned is told.
func TestAdaptiveSweepKilled(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir)
	flags := strings.Fields("sweep --data d.npz --rule pc,bp --lr 1e-4..1:log --activation tanh,relu --seed 1,2 --epochs 4 --batch 16 " +
		"--search tpe:startup=3,round=2 --trials 7 --prune median:min=2,round=4")
	whole := in(t, dir, append(flags[:len(flags):len(flags)], "--out", "whole", "--workers", "1")...)
	if whole.code != 0 || !strings.Contains(whole.stdout, " of 28 trials were pruned") {
		t.Fatalf("got %d, %s%s", whole.code, whole.stdout, whole.stderr)
	}
	pruned, lines := 0, strings.Split(strings.TrimSpace(readFile(t, filepath.Join(dir, "whole", "trials.csv"))), "\n")
	for _, line := range lines[1:] {
		if strings.HasSuffix(line, ",true") {
			pruned++
		}
	}
	if want := fmt.Sprintf("%d of 28 trials were pruned", pruned); pruned == 0 || len(lines) != 29 || !strings.Contains(whole.stdout, want) {
		t.Errorf("got %d lines, and %q in %s", len(lines), want, whole.stdout)
	}
	killAndCompare(t, dir, append(flags, "--workers", "2"), whole.stdout)
	// Another way to prune finds other trials.
	got := in(t, dir, append(flags, "--out", "whole", "--resume", "--prune", "median:min=3")...)
	if got.code == 0 || !strings.Contains(got.stderr, "prune.min") {
		t.Errorf("another --prune: got %d, %s", got.code, got.stderr)
	}
}

// A search draws the same points for every rule.
func TestSweepSearch(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir)
	got := in(t, dir, strings.Fields("sweep --data d.npz --rule pc,bp --lr 1e-3..1e-1:log --steps 4..20 --search halton --trials 4 --epochs 1 --out s")...)
	if got.code != 0 {
		t.Fatal(got.stderr)
	}
	points := map[string]int{}
	for _, line := range strings.Split(strings.TrimSpace(readFile(t, filepath.Join(dir, "s", "table.csv"))), "\n")[1:] {
		cells := strings.Split(line, ",") // rule, steps, lr, ...
		points[cells[1]+" "+cells[2]]++
	}
	if len(points) != 4 {
		t.Errorf("got the points %v, want 4", points)
	}
	for p, n := range points {
		if n != 2 {
			t.Errorf("point %s: got %d rules, want 2", p, n)
		}
	}
	if lines := strings.Count(readFile(t, filepath.Join(dir, "s", "trials.csv")), "\n"); lines != 9 {
		t.Errorf("got %d lines, want 8 trials and a head", lines)
	}
	// A trial that diverges is a result.
	got = in(t, dir, strings.Fields("sweep --data d.npz --rule pc --lr 0.01,1e30 --optimizer sgd --epochs 1 --out d")...)
	if got.code != 0 || !strings.Contains(got.stdout, "1 diverged") {
		t.Errorf("got %d, %s%s", got.code, got.stdout, got.stderr)
	}
}

// Numbers to predict are scored by their squared error, and a single rule is compared
// with none.
func TestSweepRegression(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir)
	got := in(t, dir, strings.Fields("sweep --data house.csv:target=price --lr 0.01,0.02 --seed 1..2 --epochs 2 --out s")...)
	if got.code != 0 || strings.Contains(got.stdout, "paired") || !strings.Contains(got.stdout, "mean squared error over the seeds") {
		t.Errorf("got %d, %s%s", got.code, got.stdout, got.stderr)
	}
	if rows := strings.Split(got.stdout, "\n"); len(rows) < 3 || strings.Contains(rows[1], "%") || strings.Count(got.stdout, "*\n") != 1 {
		t.Errorf("got %s, want numbers, and one best", got.stdout)
	}
}

// What cannot be swept is said before anything runs.
func TestBadSweeps(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir)
	for flags, want := range map[string]string{
		"--lr 0.1,x":                                        `--lr: got "x", want a number`,
		"--lr 0.1,0.1":                                      `--lr: got 0.1 twice`,
		"--lr 0.1..0.2":                                     "list values for a grid, or add --search random",
		"--lr 0.1,,0.2":                                     "want values separated by commas",
		"--seed 5..1":                                       "want FIRST..LAST",
		"--rule pc,pb":                                      `rule=pb: --rule, got "pb", want one of pc, bp`,
		"--rule pc:nugde=1":                                 `did you mean "nudge"?`,
		"--search random":                                   "got no range to draw from",
		"--search randon --lr 1e-3..1:log":                  `--search: got "randon", want one of grid, random, halton, tpe; did you mean "random"?`,
		"--search halton --lr 1..0.1":                       "want MIN..MAX",
		"--search halton --lr 0..0.1:log":                   "with MIN above 0",
		"--steps 1,0":                                       "--steps, got 0",
		"--rule pc,bp(":                                     "want every parenthesis closed",
		"--search tpe":                                      "got nothing to choose",
		"--search tpe --rule pc,bp":                         "got nothing to choose",
		"--search tpe:round=2x --lr 1e-3..1:log":            `round: got "2x", want a whole number`,
		"--search tpe:nosuch=2 --lr 1e-3..1:log":            "want one of startup, round, gamma, candidates",
		"--search tpe:gamma=2 --lr 1e-3..1:log":             "Gamma, got 2",
		"--search halton:round=2 --lr 1e-3..1:log":          "only tpe has settings",
		"--search tpe --trials 60000 --lr 1,2 --rule pc,bp": "got 120000 trials, want at most 100000",
		"--prune meadian":                                   `did you mean "median"?`,
		"--prune median:min=-1":                             "want numbers of at least 0",
		"--prune median:5":                                  "want KEY=VALUE with one of warmup, min, round",
		"--trials 0":                                        "--trials, got 0",
		"--workers -1":                                      "--workers, got -1",
		"--seed 1..300 --lr 1,2 --batch 1..200":             "more than 100000 trials",
	} {
		got := in(t, dir, append(strings.Fields("sweep --data d.npz --epochs 1 --out bad"), strings.Fields(flags)...)...)
		if got.code != 2 || !strings.Contains(got.stderr, want) || strings.Count(got.stderr, "\n") != 1 {
			t.Errorf("%s: got %d, %s\nwant one line with %s", flags, got.code, got.stderr, want)
		}
		if _, err := os.Stat(filepath.Join(dir, "bad")); err == nil {
			t.Fatalf("%s: a directory was made", flags)
		}
	}
	// Values with commas are separated by semicolons.
	got := in(t, dir, strings.Fields("sweep --data d.npz --epochs 1 --rule pc:nudge=0.5,average;bp --out ok")...)
	if got.code != 0 || !strings.Contains(got.stdout, "pc:nudge=0.5,average") {
		t.Errorf("got %d, %s%s", got.code, got.stdout, got.stderr)
	}
}
