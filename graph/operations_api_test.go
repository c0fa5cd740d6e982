package graph_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/operations.md")

// gorgoniaFunctions are the exported functions of Gorgonia that return nodes, by its
// sources.
func gorgoniaFunctions(t *testing.T) (names []string) {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "gorgonia.org/gorgonia").Output()
	dir := strings.TrimSpace(string(out))
	if err != nil || dir == "" {
		t.Skipf("the sources of Gorgonia are not here: %v", err)
	}
	p, err := build.Default.ImportDir(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range p.GoFiles {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, file), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv != nil || !fn.Name.IsExported() || fn.Type.Results == nil {
				continue
			}
			for _, r := range fn.Type.Results.List {
				if s := typeString(r.Type); s == "*Node" || s == "Nodes" {
					names = append(names, fn.Name.Name)
					break
				}
			}
		}
	}
	return names
}

func typeString(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return "*" + typeString(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// No function of Gorgonia's is forgotten, and none is made up.
func TestEveryOperationIsInTheTable(t *testing.T) {
	known := map[string]bool{}
	for _, o := range operations() {
		if known[o.name] {
			t.Errorf("%s: twice in the table", o.name)
		}
		known[o.name] = true
		if o.trials == nil && o.refusal == nil && o.outcome != noOperation {
			t.Errorf("%s: is %s without a test", o.name, o.outcome)
		}
	}
	functions := gorgoniaFunctions(t)
	if len(functions) < 90 {
		t.Fatalf("got %d functions of Gorgonia's, want about 100", len(functions))
	}
	for _, name := range functions {
		if !known[name] {
			t.Errorf("gorgonia.%s: returns a node and is not in the table", name)
		}
		delete(known, name)
	}
	for name := range known {
		t.Errorf("%s: is in the table and not in Gorgonia", name)
	}
}

// message is the error of what is refused, without what was being built.
func (o operation) message() string {
	text := o.refuse().Error()
	for _, prefix := range []string{`node "h": `, "graph: network: "} {
		_, rest, ok := strings.Cut(text, prefix)
		if ok {
			text = rest
		}
	}
	for _, cause := range []string{": Operation failed", ": building it panicked"} {
		text, _, _ = strings.Cut(text, cause)
	}
	return text
}

// The documentation is what the tests say.
func TestOperationsDocument(t *testing.T) {
	var b strings.Builder
	b.WriteString(`# Gorgonia's operations in layers

A layer, an energy or a prior is ordinary Gorgonia code. What Gorgonia 0.9.18 gets wrong in it, Prospect puts right or refuses when the
network is declared. This table is written by a test (` + "`go test ./graph -run OperationsDocument -update`" + `) from the one that
sweeps every function of Gorgonia's that returns a node: values against plain loops and gradients against finite differences, on shapes of
2 to 5 axes with sizes of 1 among them, at batch 1 and 3, on both engines. What is supported or replaced has kernels on the compiled engine.

- **supported**: Gorgonia's own operation, as it is.
- **replaced**: an operation of Prospect's takes its place, with its own derivative.
- **refused**: an error at ` + "`graph.New`" + ` that says what to use instead.

Two things cannot be seen from the graph, because Gorgonia takes nodes for one by a hash that leaves parameters out: SoftMax and LogSoftMax
of one node along one axis are both the first of them, and so are two Conv2d or Im2Col of one image that differ in dilation alone and give
one shape, and two GroupNorm that differ in epsilon alone. The layers of package layers tell them apart.

| function | outcome | notes |
| --- | --- | --- |
`)
	for _, o := range operations() {
		note := o.note
		if o.outcome == refused {
			note = o.message()
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", o.name, o.outcome, note)
	}
	const file = "../docs/operations.md"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != b.String() {
		t.Errorf("%s is not what the tests say; run go test ./graph -run OperationsDocument -update", file)
	}
}
