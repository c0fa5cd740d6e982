package house_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// root is the folder of the module.
const root = "../.."

// withPlugin is the line of .ci/run that runs tests which need a plugin of XLA by name.
var withPlugin = regexp.MustCompile(`(?m)^\s*go test (.+) -run '([^']+)'$`)

// A test that asks for a plugin of XLA is among those that .ci/run runs with one:
// without a plugin it is skipped, or leaves that engine out, and would never run.
func TestTestsOfDevicesRun(t *testing.T) {
	script, err := os.ReadFile(filepath.Join(root, ".ci", "run"))
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]*regexp.Regexp{} // by folder
	for _, m := range withPlugin.FindAllStringSubmatch(string(script), -1) {
		for _, folder := range strings.Fields(m[1]) {
			named[filepath.Clean(folder)] = regexp.MustCompile(m[2])
		}
	}
	whole := []string{"internal/pjrt", "internal/hlo", "xla"}
	for _, folder := range whole {
		if !strings.Contains(string(script), "./"+folder) {
			t.Errorf(".ci/run does not test %s", folder)
		}
	}
	found := 0
	for _, folder := range testFolders(t) {
		if slices.Contains(whole, folder) {
			continue
		}
		for _, test := range testsOfDevices(t, filepath.Join(root, folder)) {
			found++
			if names := named[folder]; names == nil || !names.MatchString(test) {
				t.Errorf("%s: %s asks for a plugin, and .ci/run, with one, does not run it: name it by XLA or Device", folder, test)
			}
		}
	}
	if found < 20 {
		t.Errorf("found %d tests that ask for a plugin, want at least 20", found)
	}
}

// testFolders are the folders of the module that have tests.
func testFolders(t *testing.T) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") && path != root || entry.Name() == "testdata") {
			return filepath.SkipDir
		}
		if folder, err := filepath.Rel(root, filepath.Dir(path)); err == nil && strings.HasSuffix(path, "_test.go") && !slices.Contains(out, folder) {
			out = append(out, folder)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// testsOfDevices are the tests in a folder from which a call of pjrt.Find is reached
// through the functions of its test files.
func testsOfDevices(t *testing.T, folder string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	uses := map[string][]string{} // function: the names in it
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			ast.Inspect(f.Body, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.SelectorExpr:
					if x, ok := n.X.(*ast.Ident); ok && x.Name == "pjrt" && n.Sel.Name == "Find" {
						uses[f.Name.Name] = append(uses[f.Name.Name], "pjrt.Find")
					}
				case *ast.Ident:
					uses[f.Name.Name] = append(uses[f.Name.Name], n.Name)
				}
				return true
			})
		}
	}
	reached := map[string]bool{"pjrt.Find": true}
	for grown := true; grown; {
		grown = false
		for f, names := range uses {
			if !reached[f] && slices.ContainsFunc(names, func(n string) bool { return reached[n] }) {
				reached[f], grown = true, true
			}
		}
	}
	var out []string
	for f := range uses {
		if reached[f] && strings.HasPrefix(f, "Test") {
			out = append(out, f)
		}
	}
	slices.Sort(out)
	return out
}
