package main

import (
	"embed"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pkg/errors"
)

//go:embed tables/*.toml
var tableFiles embed.FS

// table is the content of a table file.
type table struct {
	// Package is the package of the mutations' files and of their tests, relative to
	// the module.
	Package string `toml:"package"`
	// Skip names the tests that are not run, as in go test -skip: slow ones, which no
	// sentence should depend on.
	Skip     string     `toml:"skip"`
	Mutation []mutation `toml:"mutation"`
}

// mutation is a small fault and the sentence that it makes false.
type mutation struct {
	Name   string `toml:"name"`
	File   string `toml:"file"`
	Old    string `toml:"old"`
	New    string `toml:"new"`
	Breaks string `toml:"breaks"`
	// Tests are the packages whose tests must notice, Run is their -run.
	Tests []string `toml:"tests"`
	Run   string   `toml:"run"`
	// Survives explains why no test can notice. Empty means that a test must.
	Survives string `toml:"survives"`

	table string // name of the file, without its ending
	skip  string // of the table
}

// load returns the mutations of every table, in the order of the files.
func load() ([]mutation, error) {
	files, err := fs.Glob(tableFiles, "tables/*.toml")
	if err != nil {
		return nil, errors.Wrap(err, "mutate")
	}
	var all []mutation
	for _, file := range files {
		data, err := tableFiles.ReadFile(file)
		if err != nil {
			return nil, errors.Wrap(err, "mutate")
		}
		mutations, err := parse(strings.TrimSuffix(path.Base(file), ".toml"), data)
		if err != nil {
			return nil, err
		}
		all = append(all, mutations...)
	}
	return all, nil
}

// parse reads one table and fills in the defaults of its entries.
func parse(name string, data []byte) ([]mutation, error) {
	var t table
	d := toml.NewDecoder(strings.NewReader(string(data)))
	d.DisallowUnknownFields()
	if err := d.Decode(&t); err != nil {
		return nil, errors.Wrapf(err, "mutate: table %s", name)
	}
	if t.Package == "" {
		return nil, errors.Errorf("mutate: table %s: package is missing", name)
	}
	seen := map[string]bool{}
	for i := range t.Mutation {
		m := &t.Mutation[i]
		m.table, m.skip = name, t.Skip
		if m.Name == "" || seen[m.Name] {
			return nil, errors.Errorf("mutate: table %s: name of mutation %d, got %q, want one of its own", name, i, m.Name)
		}
		seen[m.Name] = true
		if m.File == "" || m.Old == "" || m.Breaks == "" {
			return nil, errors.Errorf("mutate: table %s: %s: want file, old, new and breaks", name, m.Name)
		}
		if m.Old == m.New {
			return nil, errors.Errorf("mutate: table %s: %s: old and new are the same", name, m.Name)
		}
		if !strings.Contains(m.File, "/") {
			m.File = t.Package + "/" + m.File
		}
		if !filepath.IsLocal(m.File) {
			return nil, errors.Errorf("mutate: table %s: %s: file, got %q, want a path inside the module", name, m.Name, m.File)
		}
		if len(m.Tests) == 0 {
			m.Tests = []string{t.Package}
		}
	}
	return t.Mutation, nil
}

// mutated returns the mutated file, read under root.
func (m mutation) mutated(root string) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(root, m.File))
	if err != nil {
		return nil, errors.Wrapf(err, "mutate: %s/%s", m.table, m.Name)
	}
	if n := strings.Count(string(data), m.Old); n != 1 {
		return nil, errors.Errorf("mutate: %s/%s: occurrences of %q in %s, got %d, want 1", m.table, m.Name, m.Old, m.File, n)
	}
	return []byte(strings.Replace(string(data), m.Old, m.New, 1)), nil
}
