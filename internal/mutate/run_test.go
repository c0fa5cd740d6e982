package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// files are a module with one sentence that a test holds and one that none does.
var files = map[string]string{
	"go.mod": "module example.test/m\n\ngo 1.26\n",
	"m/m.go": "package m\n\n// Twice returns 2x.\nfunc Twice(x int) int { return 2 * x }\n\n// Half returns x/2.\nfunc Half(x int) int { return x / 2 }\n",
	"m/m_test.go": "package m\n\nimport \"testing\"\n\nfunc TestTwice(t *testing.T) {\n\tif Twice(3) != 6 {\n\t\tt.Error(Twice(3))\n\t}\n" +
		"}\n\nfunc TestOther(t *testing.T) {}\n",
}

func writeModule(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestRun(t *testing.T) {
	dir := writeModule(t)
	entry := func(name, old, replacement string) mutation {
		return mutation{table: "m", Name: name, File: "m/m.go", Old: old, New: replacement, Tests: []string{"m"}}
	}
	filtered := entry("filtered", "2 * x", "3 * x")
	filtered.Run = "TestOther"
	unmatched := entry("unmatched", "2 * x", "3 * x")
	unmatched.Run = "TestNone"
	skipped := entry("skipped", "2 * x", "3 * x")
	skipped.skip = "TestTwice"
	mutations := []mutation{
		entry("held", "2 * x", "3 * x"), entry("not held", "x / 2", "x / 3"),
		entry("broken", "2 * x", "2 * y"), entry("gone", "4 * x", "3 * x"), filtered, unmatched, skipped,
	}
	r := &runner{root: dir, timeout: time.Minute, jobs: 2}
	results, err := r.run(context.Background(), mutations)
	if err != nil {
		t.Fatal(err)
	}
	want := []outcome{killed, survived, notCompile, notFound, survived, survived, survived}
	for i, r := range results {
		if r.outcome != want[i] {
			t.Errorf("%s: got %s (%s), want %s", r.Name, r.outcome, r.detail, want[i])
		}
	}
	if got := results[0].detail; got != "TestTwice" {
		t.Errorf("held: got killed by %q, want TestTwice", got)
	}
	data, err := os.ReadFile(filepath.Join(dir, "m/m.go"))
	if err != nil || string(data) != files["m/m.go"] {
		t.Errorf("the tree was written to: %v\n%s", err, data)
	}
}

// Tests that fail anyway would count every mutation as killed.
func TestBaselineHasToPass(t *testing.T) {
	dir := writeModule(t)
	broken := strings.Replace(files["m/m.go"], "2 * x", "5 * x", 1)
	if err := os.WriteFile(filepath.Join(dir, "m/m.go"), []byte(broken), 0o644); err != nil {
		t.Fatal(err)
	}
	r := &runner{root: dir, timeout: time.Minute, jobs: 1}
	_, err := r.run(context.Background(), []mutation{{File: "m/m.go", Old: "x / 2", New: "x / 3", Tests: []string{"m"}}})
	if err == nil || !strings.Contains(err.Error(), "have to pass before anything is mutated") {
		t.Errorf("got error %v, want one about the tests without a mutation", err)
	}
}

func TestJudge(t *testing.T) {
	for name, c := range map[string]struct {
		out    string
		passed bool
		want   outcome
	}{
		"passed":  {"ok  \tm\t0.1s\n", true, survived},
		"failed":  {"--- FAIL: TestA (0.00s)\nFAIL\nFAIL\tm\t0.1s\nFAIL\n", false, killed},
		"panic":   {"panic: index out of range\n\ngoroutine 1\nFAIL\tm\t0.1s\n", false, killed},
		"build":   {"# m\nm/m.go:4:3: undefined: y\nFAIL\tm [build failed]\nFAIL\n", false, notCompile},
		"timeout": {"panic: test timed out after 1s\n\trunning tests:\n\t\tTestA (1s)\nFAIL\tm\t1.0s\n", false, timedOut},
	} {
		if got, _ := judge(c.out, c.passed); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

func TestReport(t *testing.T) {
	dead := result{mutation: mutation{Name: "a"}, outcome: killed}
	alive := result{mutation: mutation{Name: "b"}, outcome: survived}
	excused := result{mutation: mutation{Name: "c", Survives: "the values are equal"}, outcome: survived}
	unbuilt := result{mutation: mutation{Name: "d", Survives: "no"}, outcome: notCompile}
	for name, c := range map[string]struct {
		results []result
		allow   int
		want    bool
	}{
		"all killed":          {[]result{dead, dead}, 0, true},
		"a survivor":          {[]result{dead, alive}, 3, false},
		"an explained one":    {[]result{dead, excused}, 1, true},
		"too many explained":  {[]result{excused, excused}, 1, false},
		"one does not build":  {[]result{dead, unbuilt}, 3, false},
		"text is not in file": {[]result{{outcome: notFound}}, 3, false},
		"timed out":           {[]result{{outcome: timedOut}}, 3, false},
	} {
		var out strings.Builder
		if got := report(&out, c.results, c.allow); got != c.want {
			t.Errorf("%s: got %v, want %v\n%s", name, got, c.want, &out)
		}
	}
}
