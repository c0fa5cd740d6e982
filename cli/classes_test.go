package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The classes of a file keep their names and their numbers: in questions, in answers, in
// the evaluation of a file that lacks some, and on the page.
func TestClassNames(t *testing.T) {
	dir := t.TempDir()
	ask := func(args ...string) outcome {
		t.Helper()
		got := in(t, dir, args...)
		if got.code != 0 {
			t.Fatalf("%q: exit code %d, %s", args, got.code, got.stderr)
		}
		return got
	}
	table := func(name string, kinds ...string) {
		var b strings.Builder
		b.WriteString("a,b,kind\n")
		for i := range 20 {
			for k, kind := range kinds {
				x := map[string]float64{"up": 2, "down": -2}[kind]
				fmt.Fprintf(&b, "%g,%g,%s\n", x+float64(i%5)/10, float64(k)*float64(i%3), kind)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	table("all.csv", "up", "down", "left")
	table("up.csv", "up")
	table("other.csv", "up", "right")
	ask("train", "--data", "all.csv:target=kind", "--model", "mlp:auto-16-auto", "--rule", "bp", "--epochs", "30", "--lr", "0.01", "--out", "run")
	if got := ask("query", "--out", "run", "--clamp", "x=2,0").stdout; !strings.Contains(got, "\n0  up  ") {
		t.Errorf("got %q, want the class up", got)
	}
	if got := ask("query", "--out", "run", "--clamp", "y=down..up", "--read", "x").stdout; !strings.Contains(got, "\n2  ") {
		t.Errorf("got %q, want an answer for each class", got)
	}
	checkFailure(t, in(t, dir, "query", "--out", "run", "--clamp", "y=0"), exitFailure, `--clamp y: got "0", want one of down, left, up, or FIRST..LAST`)
	if got := ask("evaluate", "--out", "run", "--data", "up.csv:target=kind").stdout; !strings.Contains(got, "100.00 %") {
		t.Errorf("a file of one class: got %q, want all right", got)
	}
	checkFailure(t, in(t, dir, "evaluate", "--out", "run", "--data", "other.csv:target=kind"), exitFailure, `got "right", want one of the 3 classes of the training part: down, left, up`)
	ask("report", "run")
	page, err := os.ReadFile(filepath.Join(dir, "run", "report.html"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), "<th>down</th>") {
		t.Error("the confusion on the page does not name the classes")
	}
}

// The settings of readers in the words of the command line: several columns, one class.
func TestReaderWords(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "d.csv"), []byte("id,name,a,p,q\n"+strings.Repeat("1,x,2,0.5,3.5\n2,y,1,1.5,2.5\n", 20)))
	writeFile(t, filepath.Join(dir, "one.csv"), []byte("a,y\n"+strings.Repeat("1,u\n2,u\n", 20)))
	base := strings.Fields("train --model mlp --rule bp --epochs 1 --out run --data")
	if got := in(t, dir, append(base, "d.csv:target=p;q,ignore=id;name")...); got.code != 0 || !strings.Contains(got.stderr+got.stdout, "mlp:1-64-64-2") {
		t.Errorf("two targets: exit code %d, %s%s", got.code, got.stderr, got.stdout)
	}
	for data, want := range map[string]string{
		"d.csv:target=r":           `target, got the column "r", want one of id, name, a, p, q; several have semicolons between them`,
		"d.csv:target=p,ignore=id": "name the column by ignore= or target=",
		"one.csv":                  `--data one.csv: the targets, got "u" for all samples, want at least 2 classes; name another target, or say task=no-targets`,
	} {
		checkFailure(t, in(t, dir, append(base, data)...), exitUsage, want)
	}
}
