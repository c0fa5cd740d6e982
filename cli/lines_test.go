package cli

import (
	"path/filepath"
	"strings"
	"testing"
)

// A text whose lines are sequences is trained on, resumed, tested and asked about, and so
// is a network of a file.
func TestLines(t *testing.T) {
	dir := t.TempDir()
	text := strings.Repeat("anna\nbo\ncharlotte\n\nannabel\n", 20)
	writeFile(t, filepath.Join(dir, "names.txt"), []byte(text))
	flags := strings.Fields("train --data names.txt:lines --model transformer:width=8,depth=1,heads=2 --rule pc --coordinates errors --steps 4 --batch 16")
	good := func(args ...string) outcome {
		t.Helper()
		got := in(t, dir, args...)
		if got.code != 0 {
			t.Fatalf("%v: %s", args, got.stderr)
		}
		return got
	}
	if got := good(append(flags, "--epochs", "2", "--out", "a")...); !strings.Contains(got.stderr, "transformer:10,symbols=11,width=8,depth=1,heads=2,masked on names.txt:lines") {
		t.Errorf("got %s", got.stderr)
	}
	good(append(flags, "--epochs", "1", "--out", "b")...)
	good(append(flags, "--epochs", "2", "--out", "b", "--resume")...)
	compareRuns(t, filepath.Join(dir, "b"), filepath.Join(dir, "a"))
	if got := good("evaluate", "--out", "a", "--json"); !strings.Contains(got.stdout, `"samples":8,`) {
		t.Errorf("got %s", got.stdout)
	}
	// What it says to type, answers.
	hint := in(t, dir, "query", "--out", "a")
	_, command, ok := strings.Cut(strings.TrimSpace(hint.stderr), "type ")
	if hint.code == 0 || !ok || !strings.HasSuffix(command, "--clamp mask=1,1,1,1,1,0,0,0,0,0") {
		t.Errorf("got %d, %s", hint.code, hint.stderr)
	}
	good(append([]string{"query", "--out", "a"}, strings.Fields(command)...)...)
	file := good("model", "show", "--out", "a", "--toml").stdout
	writeFile(t, filepath.Join(dir, "net.toml"), []byte(file))
	good("train", "--data", "names.txt:lines", "--model", "net.toml", "--rule", "bp", "--epochs", "1", "--out", "c")
	for args, want := range map[string]string{
		"--data names.txt --model net.toml":                            `node "y": Mask, got "mask", but data names.txt has windows of one length; leave it out, or add :lines`,
		"--data names.txt --model transformer:masked":                  "has no padding; leave masked out",
		"--data names.txt:lines --model transformer:length=4":          "has lines of up to 10 symbols; leave length out",
		"--data names.txt:lines --model mlp":                           "is a text",
		"--data names.txt:lines --model transformer --val-split 0.1":   "a text has no validation part",
		"--data nosuch.txt:lines --model transformer":                  "nosuch.txt",
		"--data names.txt:line --model transformer":                    "names.txt:line",
		"--data names.txt:lines --model transformer --augment noise:1": "a text has no pictures",
	} {
		got := in(t, dir, append(strings.Fields("train --rule pc --out bad"), strings.Fields(args)...)...)
		if got.code == 0 || !strings.Contains(got.stderr, want) || strings.Count(got.stderr, "\n") != 1 {
			t.Errorf("%s: got %d, %s\nwant one line with %s", args, got.code, got.stderr, want)
		}
	}
}
