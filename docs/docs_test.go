// Package docs_test runs every command and every piece of Go and Python that README
// and guide show, and compares what they print with what the page says.
//
// A page is a notebook: its blocks run in order, in one empty folder. What follows a
// block as ```text is its output, compared by words: numbers within 3 %, anything where
// the page has "...", times not at all. go test ./docs -update writes the outputs anew
// that no longer match.
package docs_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the outputs that no longer match into the pages")

// tools holds what the pages run, built once.
type tools struct {
	root     string // of the module
	bin      string // folder of the command prospect
	python   string // an interpreter with NumPy; "" if there is none
	data     string // folder of real data sets; "" if there is none
	overlays string
}

func TestPages(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob(filepath.Join(root, "docs", "guide", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	pages = append(pages, filepath.Join(root, "README.md"))
	if len(pages) < 2 {
		t.Fatal("no pages of the guide")
	}
	with := newTools(t, root)
	for _, path := range pages {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".md"), func(t *testing.T) {
			t.Parallel()
			runPage(t, with, path)
		})
	}
}

// newTools builds the command and looks for Python.
func newTools(t *testing.T, root string) tools {
	t.Helper()
	with := tools{root: root, bin: t.TempDir(), data: os.Getenv("PROSPECT_DATA"), overlays: t.TempDir()}
	build := exec.Command("go", "build", "-o", with.bin, "./cmd/prospect")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build ./cmd/prospect: %v\n%s", err, out)
	}
	if exec.Command("python3", "-c", "import numpy").Run() == nil {
		with.python = "python3"
	}
	return with
}

// runPage runs the blocks of a page in order.
func runPage(t *testing.T, with tools, path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	blocks := parse(string(text))
	if *update {
		defer func() {
			if err := os.WriteFile(path, []byte(rewrite(string(text), blocks)), 0o644); err != nil {
				t.Fatal(err)
			}
		}()
	}
	dir := t.TempDir()
	program, err := newProgram(blocks)
	if err != nil {
		t.Fatalf("%s: %v", filepath.Base(path), err)
	}
	defer program.close()
	for i := range blocks {
		b := &blocks[i]
		at := fmt.Sprintf("%s:%d", filepath.Base(path), b.line)
		var out string
		switch {
		case b.language == "go":
			out, err = program.run(with, dir, b)
		case b.language == "sh":
			if b.word("data") && with.data == "" {
				t.Logf("%s: not run: needs real data; set PROSPECT_DATA", at)
				continue
			}
			if b.word("needs-python") && with.python == "" {
				continue
			}
			out, err = with.shell(dir, b.text)
		case b.language == "python":
			if with.python == "" {
				t.Logf("%s: not run: no python3 with NumPy", at)
				continue
			}
			out, err = with.runPython(dir, b)
		case b.language == "toml" || b.language == "json":
			err = b.save(dir)
		}
		if err != nil {
			t.Errorf("%s: %v\n%s", at, err, out)
			return
		}
		if b.output == nil {
			continue
		}
		if diff := compare(b.output.text, out); diff != "" {
			if *update {
				b.output.text = strings.TrimRight(out, "\n") + "\n"
				continue
			}
			t.Errorf("%s: output differs: %s\nthe page says\n%s\ngot\n%s", at, diff, b.output.text, out)
		}
	}
}

// notRun are commands that a page shows and a test of the page cannot run: what needs a
// published version, and what would run this very test.
var notRun = []string{"go install ", "go get ", "git clone ", "cd prospect", "go test ./..."}

// shell runs lines of a page in dir, with the command prospect as built from here.
func (w tools) shell(dir, text string) (string, error) {
	// A head that ends early would end the command before it by a signal.
	script := "set -euo pipefail\nhead() { if [ \"$1\" = -n ]; then sed -n \"1,$2p\" \"${@:3}\"; else command head \"$@\"; fi; }\n"
	for line := range strings.Lines(text) {
		skip := false
		for _, prefix := range notRun {
			skip = skip || strings.HasPrefix(line, prefix)
		}
		if !skip {
			script += line
		}
	}
	script = strings.ReplaceAll(script, "go run ./cmd/prospect", "prospect")
	script = strings.ReplaceAll(script, "go run ./", "go run -C "+w.root+" ./")
	script = strings.ReplaceAll(script, "--data-dir DIR", "--data-dir "+w.data)
	cmd := exec.Command("bash", "-c", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+w.bin+":"+os.Getenv("PATH"), "COLUMNS=80")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// runPython runs a block of Python in dir, where earlier blocks left their files. A block
// that imports what is not installed is not run.
func (w tools) runPython(dir string, b *block) (string, error) {
	for _, name := range imports(b.text) {
		if exec.Command(w.python, "-c", "import "+name).Run() != nil {
			b.output = nil
			return "", nil
		}
	}
	cmd := exec.Command(w.python, "-c", b.text)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+w.bin+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// imports returns the modules that lines of Python import.
func imports(text string) []string {
	var names []string
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) > 1 && (words[0] == "import" || words[0] == "from") {
			names = append(names, strings.TrimSuffix(words[1], ","))
		}
	}
	return names
}

// save writes a block whose heading names a file, as ```toml net.toml, into dir.
func (b *block) save(dir string) error {
	if len(b.words) == 0 {
		return nil
	}
	return os.WriteFile(filepath.Join(dir, b.words[0]), []byte(b.text), 0o644)
}
