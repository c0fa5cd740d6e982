package modelfile_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/modelfile"
)

// Every exported layer, energy, prior and initialiser of packages layers and
// energy has a name in a file. They are told by their methods: that they are
// missing must not depend on anyone remembering.
func TestKindsAreComplete(t *testing.T) {
	kinds := modelfile.Standard()
	for _, c := range []struct {
		dir, method string
		parameters  []string
		have        map[string]bool
	}{
		{"layers", "Build", []string{"*graph.Builder", "...*gorgonia.Node"}, typesOf(kinds.Layers)},
		{"models", "Declaration", nil, typesOf(kinds.Models)},
		{"layers", "Fill", []string{"[]float64", "graph.ParamSpec", "*rand.Rand"}, typesOf(kinds.Initializers)},
		{"energy", "Build", []string{"*graph.Builder", "*gorgonia.Node", "*gorgonia.Node"}, typesOf(kinds.Energies)},
		{"energy", "Build", []string{"*graph.Builder", "*gorgonia.Node"}, typesOf(kinds.Priors)},
	} {
		found := receivers(t, "../"+c.dir, c.method, c.parameters)
		if len(found) == 0 {
			t.Errorf("%s.%s%v: found %v, so the test looks in the wrong place", c.dir, c.method, c.parameters, found)
		}
		for name := range found {
			if !c.have[c.dir+"."+name] {
				t.Errorf("%s.%s has no name in a file: add \"NAME\": %s.%s{} to Standard in modelfile/kinds.go", c.dir, name, c.dir, name)
			}
		}
	}
}

func typesOf[T any](m map[string]T) map[string]bool {
	out := map[string]bool{}
	for _, prototype := range m {
		out[strings.TrimPrefix(reflect.TypeOf(prototype).String(), "*")] = true
	}
	return out
}

// receivers returns the exported types of a package with a method of the given
// parameters.
func receivers(t *testing.T, dir, method string, parameters []string) map[string]bool {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no Go files in %s: %v", dir, err)
	}
	out := map[string]bool{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv == nil || f.Name.Name != method || !reflect.DeepEqual(typesIn(f.Type.Params), parameters) {
				continue
			}
			if name := strings.TrimPrefix(text(f.Recv.List[0].Type), "*"); ast.IsExported(name) {
				out[name] = true
			}
		}
	}
	return out
}

// typesIn lists the types of parameters, one for each.
func typesIn(l *ast.FieldList) []string {
	var out []string
	for _, f := range l.List {
		for range max(1, len(f.Names)) {
			out = append(out, text(f.Type))
		}
	}
	return out
}

func text(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.StarExpr:
		return "*" + text(e.X)
	case *ast.SelectorExpr:
		return text(e.X) + "." + e.Sel.Name
	case *ast.Ellipsis:
		return "..." + text(e.Elt)
	case *ast.ArrayType:
		return "[]" + text(e.Elt)
	}
	return "?"
}

// Every exported field of every kind has a JSON name and a type that a file can
// express.
func TestFieldsAreReadable(t *testing.T) {
	kinds := modelfile.Standard()
	for name, k := range kinds.Models {
		checkFields(t, "model "+name, reflect.TypeOf(k))
	}
	for name, k := range kinds.Layers {
		checkFields(t, "layer "+name, reflect.TypeOf(k))
	}
	for name, k := range kinds.Energies {
		checkFields(t, "energy "+name, reflect.TypeOf(k))
	}
	for name, k := range kinds.Priors {
		checkFields(t, "prior "+name, reflect.TypeOf(k))
	}
	for name, k := range kinds.Initializers {
		checkFields(t, "initialiser "+name, reflect.TypeOf(k))
	}
}

func checkFields(t *testing.T, where string, typ reflect.Type) {
	t.Helper()
	switch typ.Kind() {
	case reflect.Struct:
		for _, f := range reflect.VisibleFields(typ) {
			if f.Anonymous || !f.IsExported() {
				continue
			}
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name == "" {
				t.Errorf("%s: field %s has no JSON name", where, f.Name)
			}
			checkFields(t, where+"."+f.Name, f.Type)
		}
	case reflect.Slice, reflect.Array, reflect.Pointer:
		checkFields(t, where, typ.Elem())
	case reflect.Interface:
		for _, known := range []reflect.Type{
			reflect.TypeFor[graph.Layer](), reflect.TypeFor[graph.Energy](), reflect.TypeFor[graph.Prior](), reflect.TypeFor[graph.Initializer](),
		} {
			if typ == known {
				return
			}
		}
		t.Errorf("%s: no file can express a %v", where, typ)
	case reflect.Map, reflect.Func, reflect.Chan, reflect.Complex64, reflect.Complex128:
		t.Errorf("%s: no file can express a %v", where, typ)
	}
}
