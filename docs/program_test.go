package docs_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// program is the Go of a page: its blocks one after the other in one main function, which
// stops after each until the blocks of other languages before the next have run; or a
// block that is a program of its own; or, headed ```go test, a test of what the page
// declared; or, headed ```go command NAME, the main function of a command that later
// blocks run.
type program struct {
	source   string
	declared string          // the declarations
	names    map[string]bool // of the packages that they use
	command  *exec.Cmd
	in       io.WriteCloser
	out      *bufio.Reader
}

// mark ends the output of a block; a line on standard input lets the next one run.
const mark = '\x01'

func newProgram(blocks []block) (*program, error) {
	var body, declarations strings.Builder
	used, names := map[string]bool{"fmt": true, "log": true}, map[string]bool{}
	for _, b := range blocks {
		if b.language != "go" || b.word("norun") || b.word("test") || b.word("command") || b.whole() {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+b.text, parser.ParseComments)
		if err == nil {
			note(file, used)
			note(file, names)
			declarations.WriteString(b.text + "\n")
			continue
		}
		file, err = parser.ParseFile(token.NewFileSet(), "", "package p\nfunc f() {\n"+b.text+"\n}", 0)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", b.line, err)
		}
		note(file, used)
		body.WriteString(b.text + "\n" + blanks(file) + "fmt.Print(\"\\x01\")\nfmt.Scanln()\n")
	}
	source := header("main", used) + declarations.String() +
		"func check(err error) { if err != nil { log.Fatal(err) } }\n" +
		"func main() {\n" + body.String() + "}\n"
	return &program{source: source, declared: declarations.String(), names: names}, nil
}

// header is a package clause and the imports of what is used.
func header(name string, used map[string]bool) string {
	var s strings.Builder
	s.WriteString("package " + name + "\n")
	for _, name := range slices.Sorted(maps.Keys(used)) {
		if path, ok := packages[name]; ok {
			fmt.Fprintf(&s, "import %s %q\n", name, path)
		}
	}
	return s.String()
}

// whole tells whether a block is a program of its own.
func (b *block) whole() bool {
	return strings.Contains(b.text, "\npackage ") || strings.HasPrefix(b.text, "package ")
}

// run runs the next block of a page and returns what it printed.
func (p *program) run(with tools, dir string, b *block) (string, error) {
	if b.word("norun") {
		return "", nil
	}
	if b.whole() {
		return with.execute(dir, "main.go", b.text)
	}
	if b.word("test") || b.word("command") {
		file, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+b.text, 0)
		if err != nil {
			return "", err
		}
		used := maps.Clone(p.names)
		note(file, used)
		if b.word("test") {
			return with.execute(dir, "page_test.go", header("page", used)+p.declared+b.text)
		}
		bin, err := with.build("main.go", header("main", used)+p.declared+b.text)
		if err != nil {
			return "", err
		}
		return "", os.Rename(bin, filepath.Join(dir, b.words[1]))
	}
	if _, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+b.text, 0); err == nil {
		return "", nil // declarations
	}
	if p.command == nil {
		if err := p.start(with, dir); err != nil {
			return "", err
		}
	} else if _, err := io.WriteString(p.in, "\n"); err != nil {
		return "", err
	}
	out, err := p.out.ReadString(mark)
	if err != nil {
		return out, fmt.Errorf("the program ended in this block: %w", err)
	}
	return strings.TrimSuffix(out, string(mark)), nil
}

func (p *program) start(with tools, dir string) error {
	bin, err := with.build("main.go", p.source)
	if err != nil {
		return err
	}
	p.command = exec.Command(bin)
	p.command.Dir = dir
	if p.in, err = p.command.StdinPipe(); err != nil {
		return err
	}
	out, err := p.command.StdoutPipe()
	if err != nil {
		return err
	}
	p.command.Stderr = p.command.Stdout
	p.out = bufio.NewReader(out)
	return p.command.Start()
}

// close ends the program, also one that waits in the middle of a page.
func (p *program) close() {
	if p.command == nil {
		return
	}
	p.command.Process.Kill()
	p.command.Wait()
}

// execute builds a program or a test and runs it in dir.
func (w tools) execute(dir, file, source string) (string, error) {
	bin, err := w.build(file, source)
	if err != nil {
		return "", err
	}
	cmd := exec.Command(bin)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// build builds a file as a package of this module that exists in an overlay only. A
// name that ends in _test.go makes it a test.
func (w tools) build(name, source string) (bin string, err error) {
	temp, err := os.MkdirTemp(w.overlays, "page")
	if err != nil {
		return "", err
	}
	file := filepath.Join(temp, name)
	if err := os.WriteFile(file, []byte(source), 0o644); err != nil {
		return "", err
	}
	folder := filepath.Base(temp)
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(w.root, "docs", folder, name): file}})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(temp, "overlay.json"), overlay, 0o644); err != nil {
		return "", err
	}
	bin = filepath.Join(temp, "page.exe")
	arguments := []string{"build"}
	if strings.HasSuffix(name, "_test.go") {
		arguments = []string{"test", "-c", "-vet=off"}
	}
	build := exec.Command("go", append(arguments, "-overlay", filepath.Join(temp, "overlay.json"), "-o", bin, "./docs/"+folder)...)
	build.Dir = w.root
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s%s", err, out, numbered(source))
	}
	return bin, nil
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
		"binary": "encoding/binary", "context": "context", "csv": "encoding/csv", "errors": "errors", "fmt": "fmt", "log": "log", "math": "math", "os": "os", "rand": "math/rand/v2",
		"slices": "slices", "strconv": "strconv", "strings": "strings", "filepath": "path/filepath",
		"G": "gorgonia.org/gorgonia", "gorgonia": "gorgonia.org/gorgonia", "testing": "testing", "tensor": "gorgonia.org/tensor", "mat": "gonum.org/v1/gonum/mat",
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
