package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	root = "../.."
	// fewest is the number of mutations below which the tables have lost some.
	fewest = 60
)

// Code moves on under the tables. Every mutation still has to find its text, once,
// and the packages whose tests it names.
func TestTables(t *testing.T) {
	mutations, err := load()
	if err != nil {
		t.Fatal(err)
	}
	if len(mutations) < fewest {
		t.Errorf("got %d mutations, want at least %d", len(mutations), fewest)
	}
	for _, m := range mutations {
		if _, err := m.mutated(root); err != nil {
			t.Error(err)
		}
		for _, p := range m.Tests {
			files, err := filepath.Glob(filepath.Join(root, p, "*_test.go"))
			if err != nil || len(files) == 0 {
				t.Errorf("%s/%s: package %s: no tests found", m.table, m.Name, p)
			}
		}
	}
}

func TestParse(t *testing.T) {
	const entry = `
[[mutation]]
name = "a"
file = "b.go"
old = '''x'''
new = '''y'''
breaks = "c"
`
	got, err := parse("train", []byte(`package = "train"`+entry))
	if err != nil {
		t.Fatal(err)
	}
	if m := got[0]; m.File != "train/b.go" || len(m.Tests) != 1 || m.Tests[0] != "train" {
		t.Errorf("defaults: got file %q and tests %q, want train/b.go and train", m.File, m.Tests)
	}
	for name, c := range map[string]struct{ text, want string }{
		"no package":    {entry, "package is missing"},
		"unknown key":   {`package = "train"` + entry + `because = "z"`, "strict mode"},
		"same name":     {`package = "train"` + entry + entry, "want one of its own"},
		"no sentence":   {`package = "train"` + strings.Replace(entry, `"c"`, `""`, 1), "want file, old, new and breaks"},
		"no difference": {`package = "train"` + strings.Replace(entry, "y", "x", 1), "are the same"},
		"outside":       {`package = "train"` + strings.Replace(entry, "b.go", "../../b.go", 1), "inside the module"},
	} {
		if _, err := parse("train", []byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want one with %q", name, err, c.want)
		}
	}
}

func TestMutated(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.go"), []byte("one two two"), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := mutation{File: "a.go", Old: "one", New: "three"}.mutated(dir)
	if err != nil || string(got) != "three two two" {
		t.Errorf("got %q, %v, want three two two", got, err)
	}
	for _, old := range []string{"two", "four"} {
		if _, err := (mutation{File: "a.go", Old: old, New: "x"}).mutated(dir); err == nil {
			t.Errorf("%q, which is not there once: got no error", old)
		}
	}
}
