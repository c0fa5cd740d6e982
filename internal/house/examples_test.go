package house_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// Every package that others can import shows how it is used, by an Example whose output
// is tested.
func TestExamples(t *testing.T) {
	shown := 0
	for path, p := range list(t) {
		name, ours := strings.CutPrefix(path, module)
		if !ours || strings.Contains(name, "internal/") || strings.HasPrefix(name, "cmd/") || strings.HasPrefix(name, "examples/") || len(p.GoFiles) == 0 {
			continue
		}
		shown++
		if !hasExample(t, p.Dir) {
			t.Errorf("package %s has no Example with an output: show the first thing that one does with it in %s/example_test.go", name, name)
		}
	}
	if shown < 15 {
		t.Errorf("looked at %d packages, want all that others can import", shown)
	}
}

// hasExample tells whether a test file of a folder has an example that says its output.
func hasExample(t *testing.T, dir string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv != nil || !strings.HasPrefix(f.Name.Name, "Example") {
				continue
			}
			for _, c := range file.Comments {
				if f.Pos() < c.Pos() && c.End() < f.End() && strings.HasPrefix(c.Text(), "Output:") {
					return true
				}
			}
		}
	}
	return false
}
