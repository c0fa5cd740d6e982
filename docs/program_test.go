package docs_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// program is the Go of a page: its blocks one after the other in one main function, or a
// block that is a program of its own.
type program struct {
	blocks []block
}

func newProgram(blocks []block) program { return program{blocks} }

const mark = "\x01"

// run returns what each block of Go printed, by the block's index.
func (p program) run(with tools, dir string) (map[int]string, error) {
	outputs := map[int]string{}
	var order []int
	var body, declarations strings.Builder
	used := map[string]bool{}
	for i, b := range p.blocks {
		if b.language != "go" || b.word("norun") {
			continue
		}
		if strings.Contains(b.text, "\npackage ") || strings.HasPrefix(b.text, "package ") {
			out, err := with.goRun(dir, b.text)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w\n%s", b.line, err, out)
			}
			outputs[i] = out
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+b.text, parser.ParseComments)
		if err == nil {
			note(file, used)
			declarations.WriteString(b.text + "\n")
			continue
		}
		file, err = parser.ParseFile(token.NewFileSet(), "", "package p\nfunc f() {\n"+b.text+"\n}", 0)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", b.line, err)
		}
		note(file, used)
		order = append(order, i)
		body.WriteString(b.text + "\n" + blanks(file) + "fmt.Print(\"" + `\x01` + "\")\n")
	}
	if len(order) == 0 {
		return outputs, nil
	}
	used["fmt"], used["log"] = true, true
	var source strings.Builder
	source.WriteString("package main\n")
	for _, name := range slices.Sorted(maps.Keys(used)) {
		if path, ok := packages[name]; ok {
			fmt.Fprintf(&source, "import %s %q\n", name, path)
		}
	}
	source.WriteString(declarations.String())
	source.WriteString("func check(err error) { if err != nil { log.Fatal(err) } }\n")
	source.WriteString("func main() {\n" + body.String() + "}\n")
	out, err := with.goRun(dir, source.String())
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	parts := strings.Split(out, mark)
	for k, i := range order {
		if k < len(parts) {
			outputs[i] = parts[k]
		}
	}
	return outputs, nil
}

// goRun builds a program as a package of this module that exists in an overlay only, and
// runs it in dir.
func (w tools) goRun(dir, source string) (string, error) {
	temp, err := os.MkdirTemp(w.overlays, "page")
	if err != nil {
		return "", err
	}
	file := filepath.Join(temp, "main.go")
	if err := os.WriteFile(file, []byte(source), 0o644); err != nil {
		return "", err
	}
	name := filepath.Base(temp)
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(w.root, "docs", name, "main.go"): file}})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(temp, "overlay.json"), overlay, 0o644); err != nil {
		return "", err
	}
	bin := filepath.Join(temp, "page.exe")
	build := exec.Command("go", "build", "-overlay", filepath.Join(temp, "overlay.json"), "-o", bin, "./docs/"+name)
	build.Dir = w.root
	if out, err := build.CombinedOutput(); err != nil {
		return string(out) + numbered(source), err
	}
	cmd := exec.Command(bin)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func numbered(source string) string {
	var s strings.Builder
	n := 0
	for line := range strings.Lines(source) {
		n++
		fmt.Fprintf(&s, "%4d  %s", n, line)
	}
	return s.String()
}

// note adds the packages that a file selects from.
func note(file *ast.File, used map[string]bool) {
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && x.Obj == nil {
				used[x.Name] = true
			}
		}
		return true
	})
}

// blanks uses what the statements of a block declare: the page may show a variable whose
// use comes later, or never.
func blanks(file *ast.File) string {
	var s strings.Builder
	function := file.Decls[len(file.Decls)-1].(*ast.FuncDecl)
	for _, statement := range function.Body.List {
		switch x := statement.(type) {
		case *ast.AssignStmt:
			if x.Tok != token.DEFINE {
				continue
			}
			for _, e := range x.Lhs {
				if name := e.(*ast.Ident).Name; name != "_" {
					s.WriteString("_ = " + name + "\n")
				}
			}
		case *ast.DeclStmt:
			if d, ok := x.Decl.(*ast.GenDecl); ok && d.Tok == token.VAR {
				for _, spec := range d.Specs {
					for _, name := range spec.(*ast.ValueSpec).Names {
						s.WriteString("_ = " + name.Name + "\n")
					}
				}
			}
		}
	}
	return s.String()
}

// packages are what pages use without an import.
var packages = func() map[string]string {
	known := map[string]string{
		"context": "context", "errors": "errors", "fmt": "fmt", "log": "log", "math": "math", "os": "os", "rand": "math/rand/v2",
		"slices": "slices", "strings": "strings", "filepath": "path/filepath",
		"G": "gorgonia.org/gorgonia", "tensor": "gorgonia.org/tensor", "mat": "gonum.org/v1/gonum/mat",
	}
	for _, name := range []string{
		"analysis", "baselines", "cli", "datasets", "energy", "gradcheck", "graph", "kinds", "layers", "modelfile", "models", "plot",
		"query", "relax", "run", "stats", "sweep", "train",
	} {
		known[name] = "github.com/seed-be841da4/prospect/" + name
	}
	known["parquet"] = "github.com/seed-be841da4/prospect/datasets/parquet"
	return known
}()
