package cli

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Trials that train as one leave the files that trials one by one leave. Those of a sweep
// whose gradients are clipped train one by one, and nothing is clipped at 1e30.
func TestSweepTogether(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir)
	for name, flags := range map[string]string{
		"classes":    "--data answers.csv:target=answer --rule pc,bp --lr 0.01,0.03,1e4 --optimizer sgd,adam --seed 1..3 --steps 6 --workers 2",
		"regression": "--data house.csv:target=price --step-size 0.05,0.1 --step-discount 0.5,1 --weight-decay 0,0.01 --schedule cosine --workers 1",
	} {
		command := append(strings.Fields("sweep --model mlp:3-6- --epochs 2 --batch 32 "), strings.Fields(flags)...)
		command[2] += map[string]string{"classes": "2", "regression": "1"}[name]
		together, alone := name+"-together", name+"-alone"
		a := in(t, dir, append(slices.Clone(command), "--out", together)...)
		b := in(t, dir, append(slices.Clone(command), "--out", alone, "--clip", "1e30")...)
		if a.code != 0 || b.code != 0 {
			t.Fatalf("%s: got %d and %d, %s%s", name, a.code, b.code, a.stderr, b.stderr)
		}
		if got := strings.ReplaceAll(a.stdout, together, alone); got != b.stdout {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, b.stdout)
		}
		files, err := filepath.Glob(filepath.Join(dir, alone, "*"))
		if err != nil || len(files) < 7 {
			t.Fatalf("%s: got %v, %v", name, files, err)
		}
		for _, path := range files {
			file := filepath.Base(path)
			if file == "index.html" || file == "trials.jsonl" { // which tell of the clip, and of times
				continue
			}
			if readFile(t, path) != readFile(t, filepath.Join(dir, together, file)) {
				t.Errorf("%s: %s differs", name, file)
			}
		}
		some, times := storedTrials(t, filepath.Join(dir, together))
		one, others := storedTrials(t, filepath.Join(dir, alone))
		if !slices.Equal(some, one) {
			t.Errorf("%s: trials, got\n%s\nwant\n%s", name, strings.Join(some, "\n"), strings.Join(one, "\n"))
		}
		if times >= len(some)*2/3 || others < len(one)*2/3 {
			t.Errorf("%s: %d and %d different times of %d trials, want shares of a time, and times", name, times, others, len(one))
		}
	}
}

// storedTrials returns the sorted trials of a sweep without their times, and how many
// different times they have.
func storedTrials(t *testing.T, dir string) (lines []string, times int) {
	t.Helper()
	seen := map[any]bool{}
	for i, line := range strings.Split(strings.TrimSpace(readFile(t, filepath.Join(dir, "trials.jsonl"))), "\n") {
		if i == 0 {
			continue // the header
		}
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatal(err)
		}
		seen[record["seconds"]] = true
		delete(record, "seconds")
		delete(record, "cpu_seconds")
		text, err := json.Marshal(record)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(text))
	}
	slices.Sort(lines)
	return lines, len(seen)
}
