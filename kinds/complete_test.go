package kinds_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/kinds"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// Every exported type of the packages that implements an interface of the registry has a
// name. They are told by their methods: that one is missing must not depend on anyone
// remembering.
func TestRegistryIsComplete(t *testing.T) {
	r := kinds.Standard()
	for _, c := range []struct {
		dir, method string
		parameters  []string
		have        map[string]bool
	}{
		{"layers", "Build", []string{"*graph.Builder", "...*gorgonia.Node"}, typesOf(r.Layers.All())},
		{"models", "Declaration", nil, typesOf(r.Models.All())},
		{"layers", "Fill", []string{"[]float64", "graph.ParamSpec", "*rand.Rand"}, typesOf(r.Initializers.All())},
		{"energy", "Build", []string{"*graph.Builder", "*gorgonia.Node", "*gorgonia.Node"}, typesOf(r.Energies.All())},
		{"energy", "Build", []string{"*graph.Builder", "*gorgonia.Node"}, typesOf(r.Priors.All())},
		{"train", "Gradients", []string{"context.Context", "*graph.Network", "*Batch"}, typesOf(r.Rules.All())},
		{"baselines", "Gradients", []string{"context.Context", "*graph.Network", "*train.Batch"}, typesOf(r.Rules.All())},
		{"relax", "Init", []string{"Problem"}, typesOf(r.Solvers.All())},
		{"relax", "Next", []string{"Taken"}, typesOf(r.Controls.All())},
		{"relax", "Converged", []string{"State"}, typesOf(r.Stops.All())},
		{"relax", "Factor", []string{"string", "int", "int"}, typesOf(r.Precisions.All())},
		{"train", "Step", []string{"[]*graph.Param", "float64"}, typesOf(r.Optimizers.All())},
		{"train", "Factor", []string{"int", "int"}, typesOf(r.Schedules.All())},
		{"graph", "Compile", []string{"Module"}, typesOf(r.Engines.All())},
		{"datasets", "Augment", []string{"[]float32", "[]float32", "[]int", "*rand.Rand"}, typesOf(r.Augmentations.All())},
	} {
		found := receivers(t, "../"+c.dir, c.method, c.parameters)
		if len(found) == 0 {
			t.Errorf("%s.%s%v: found %v, so the test looks in the wrong place", c.dir, c.method, c.parameters, found)
		}
		for name := range found {
			// The solver of the one has no name; no checkpoint keeps precisions of the
			// other.
			nameless := []string{"train.GorgoniaSolver", "baselines.GaussianFilter"}
			if name := c.dir + "." + name; !c.have[name] && !slices.Contains(nameless, name) {
				t.Errorf("%s has no name: add it to Standard in kinds/standard.go", name)
			}
		}
	}
}

func typesOf[T any](all []kinds.Kind[T]) map[string]bool {
	out := map[string]bool{}
	for _, k := range all {
		out[strings.TrimPrefix(reflect.TypeOf(k.Value).String(), "*")] = true
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
			if name := strings.TrimPrefix(textOf(f.Recv.List[0].Type), "*"); ast.IsExported(name) {
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
			out = append(out, textOf(f.Type))
		}
	}
	return out
}

func textOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.StarExpr:
		return "*" + textOf(e.X)
	case *ast.SelectorExpr:
		return textOf(e.X) + "." + e.Sel.Name
	case *ast.Ellipsis:
		return "..." + textOf(e.Elt)
	case *ast.ArrayType:
		return "[]" + textOf(e.Elt)
	}
	return "?"
}

// Every exported field of every kind has a JSON name and a type that a file can express,
// and every kind says what it is.
func TestFieldsAreReadable(t *testing.T) {
	r := kinds.Standard()
	checkKinds(t, "model", r.Models.All())
	checkKinds(t, "layer", r.Layers.All())
	checkKinds(t, "energy", r.Energies.All())
	checkKinds(t, "prior", r.Priors.All())
	checkKinds(t, "initialiser", r.Initializers.All())
	checkKinds(t, "rule", r.Rules.All())
	checkKinds(t, "solver", r.Solvers.All())
	checkKinds(t, "control", r.Controls.All())
	checkKinds(t, "stop", r.Stops.All())
	checkKinds(t, "precision", r.Precisions.All())
	checkKinds(t, "optimizer", r.Optimizers.All())
	checkKinds(t, "schedule", r.Schedules.All())
	checkKinds(t, "engine", r.Engines.All())
	checkKinds(t, "reader", r.Readers.All())
	checkKinds(t, "augmenter", r.Augmentations.All())
	if err := r.Check(); err != nil {
		t.Error(err)
	}
}

func checkKinds[T any](t *testing.T, what string, all []kinds.Kind[T]) {
	t.Helper()
	for _, k := range all {
		if k.Help == "" {
			t.Errorf("%s %s does not say what it is", what, k.Name)
		}
		checkFields(t, what+" "+k.Name, reflect.TypeOf(k.Value))
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
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "-" {
				continue
			}
			if name == "" {
				t.Errorf("%s: field %s has no JSON name", where, f.Name)
			}
			checkFields(t, where+"."+f.Name, f.Type)
		}
	case reflect.Slice, reflect.Array, reflect.Pointer:
		checkFields(t, where, typ.Elem())
	case reflect.Interface:
		for _, known := range []reflect.Type{
			reflect.TypeFor[graph.Layer](), reflect.TypeFor[graph.Energy](), reflect.TypeFor[graph.Prior](), reflect.TypeFor[graph.Initializer](),
			reflect.TypeFor[layers.Pointwise](), reflect.TypeFor[train.Rule](), reflect.TypeFor[train.Optimizer](),
			reflect.TypeFor[relax.Solver](), reflect.TypeFor[relax.Control](), reflect.TypeFor[relax.Converger](),
			reflect.TypeFor[relax.PrecisionSchedule](),
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
