package house_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/seed-be841da4/prospect/"

// rule says what one of our packages may import.
type rule struct {
	// ours are the packages of this module, without the module's path.
	ours []string
	// gorgonia allows gorgonia.org/gorgonia, to build expressions; tensor alone is
	// always allowed with it.
	gorgonia bool
	// outside are the other modules, by prefix.
	outside []string
}

// The house. Imports run one way: from the bottom of this table to the top.
var rules = map[string]rule{
	"relax":    {ours: []string{"internal/kernel"}, outside: []string{"github.com/pkg/errors"}},
	"datasets": {outside: []string{"github.com/pkg/errors", "golang.org/x/image/"}},
	"datasets/parquet": {
		ours:    []string{"datasets"},
		outside: []string{"github.com/pkg/errors", "github.com/parquet-go/parquet-go"},
	},
	"graph": {
		ours: []string{"relax", "internal/engine", "internal/hlo", "internal/launch", "internal/lower", "internal/kernel", "internal/pjrt", "internal/recent", "internal/replace", "internal/threads"}, gorgonia: true,
		outside: []string{"github.com/pkg/errors", "go4.org/unsafe/assume-no-moving-gc"},
	},
	"energy": {ours: []string{"graph", "internal/ops"}, gorgonia: true, outside: []string{"github.com/pkg/errors"}},
	"layers": {
		ours: []string{"graph", "internal/ops"}, gorgonia: true,
		outside: []string{"github.com/pkg/errors", "gonum.org/v1/gonum/mat"},
	},
	"models": {ours: []string{"graph", "energy", "layers"}, outside: []string{"github.com/pkg/errors"}},
	"modelfile": {
		ours:    []string{"graph", "models", "kinds"},
		outside: []string{"github.com/pkg/errors", "github.com/pelletier/go-toml/v2"},
	},
	"train": {
		ours:     []string{"relax", "datasets", "graph", "internal/atomicfile", "internal/hlo", "internal/kernel", "internal/threads", "internal/recent", "internal/safetensors"},
		gorgonia: true, // the adapter for its solvers; see TestSolverAdapter
		outside:  []string{"github.com/pkg/errors"},
	},
	"baselines": {ours: []string{"graph", "layers", "relax", "train"}, outside: []string{"github.com/pkg/errors", "gonum.org/v1/gonum/mat"}},

	"mpi":   {outside: []string{"github.com/pkg/errors", "github.com/ebitengine/purego"}},
	"stats": {outside: []string{"github.com/pkg/errors", "gonum.org/v1/gonum/stat/distuv", "gonum.org/v1/gonum/mat"}},
	"sweep": {ours: []string{"internal/cputime"}, outside: []string{"github.com/pkg/errors", "github.com/gofrs/flock"}},

	"tensorboard": {
		ours:    []string{"graph", "train"},
		outside: []string{"github.com/pkg/errors", "google.golang.org/protobuf/encoding/protowire"},
	},
	"plot": {
		ours:    []string{"internal/atomicfile"},
		outside: []string{"github.com/pkg/errors", "gonum.org/v1/plot", "golang.org/x/image/font/sfnt", "golang.org/x/image/math/fixed"},
	},
	"kinds": {
		ours:    []string{"graph", "energy", "layers", "models", "relax", "train", "baselines", "datasets", "internal/choice"},
		outside: []string{"github.com/pkg/errors"},
	},

	"query":     {ours: []string{"graph", "relax", "internal/recent"}, outside: []string{"github.com/pkg/errors"}},
	"gradcheck": {ours: []string{"graph", "relax"}}, // serves tests
	"analysis":  {ours: []string{"graph", "relax", "train"}, outside: []string{"github.com/pkg/errors", "gonum.org/v1/gonum/mat"}},

	"internal/choice":     {outside: []string{"github.com/pkg/errors"}},
	"internal/kernel":     {outside: []string{"golang.org/x/sys/cpu"}},
	"internal/threads":    {},
	"internal/cputime":    {outside: []string{"golang.org/x/sys/unix"}},
	"internal/conv":       {ours: []string{"internal/kernel"}},
	"internal/kernel/gen": {outside: []string{"github.com/mmcloughlin/avo/"}},
	"internal/ops":        {gorgonia: true, outside: []string{"github.com/pkg/errors", "github.com/chewxy/hm"}},
	"internal/engine":     {ours: []string{"internal/conv", "internal/kernel", "internal/ops", "internal/threads"}, outside: []string{"github.com/pkg/errors"}},
	"internal/lower":      {ours: []string{"internal/engine", "internal/ops"}, gorgonia: true, outside: []string{"github.com/pkg/errors"}},
	"internal/hlo":        {ours: []string{"internal/engine", "internal/ops", "internal/conv"}, outside: []string{"github.com/pkg/errors"}},
	"internal/launch":     {ours: []string{"internal/engine", "internal/hlo", "relax"}},
	"internal/pjrt":       {outside: []string{"github.com/pkg/errors"}},
	"xla":                 {ours: []string{"internal/pjrt"}, outside: []string{"github.com/pkg/errors", "github.com/ebitengine/purego"}},
	"internal/replace":    {ours: []string{"internal/ops"}, gorgonia: true, outside: []string{"github.com/pkg/errors"}},
	"internal/atomicfile": {outside: []string{"github.com/pkg/errors"}},
	"internal/recent":     {},
	"internal/npz":        {ours: []string{"datasets"}, outside: []string{"github.com/pkg/errors"}},
	"internal/torchrand":  {},
	"internal/tables": {
		ours:    []string{"internal/choice"},
		outside: []string{"github.com/pkg/errors", "github.com/jedib0t/go-pretty/v6", "golang.org/x/term"},
	},
	"internal/safetensors": {ours: []string{"internal/atomicfile"}, outside: []string{"github.com/pkg/errors"}},
	"internal/mlflow":      {ours: []string{"internal/atomicfile"}, outside: []string{"github.com/pkg/errors"}},
	"internal/cluster":     {ours: []string{"internal/atomicfile"}, outside: []string{"github.com/pkg/errors", "github.com/pelletier/go-toml/v2"}},
	"internal/house":       {},
	"docs":                 {}, // a test alone
	"internal/mutate":      {outside: []string{"github.com/pkg/errors", "github.com/pelletier/go-toml/v2"}},
}

// ends are the packages at the bottom, which nothing imports and which may
// import everything.
var ends = []string{"cmd/", "cli", "run", "examples", "internal/bench", "internal/experiments", "internal/rl", "internal/reproduce"}

// terminal are the modules that only commands and examples may use, and the packages
// that are made for some of them.
var terminal = []string{
	"github.com/alecthomas/kong", "github.com/schollz/progressbar", "github.com/gofrs/flock", "gonum.org/v1/plot", "golang.org/x/term",
	"github.com/guptarohit/asciigraph", "github.com/jedib0t/go-pretty", "github.com/ebitengine/purego",
}

// madeFor are the packages made for some of the terminal modules. Nothing but the ends
// may import them.
var madeFor = map[string][]string{
	"sweep":           {"github.com/gofrs/flock"},
	"plot":            {"gonum.org/v1/plot"},
	"internal/tables": {"github.com/jedib0t/go-pretty", "golang.org/x/term"},
	"xla":             {"github.com/ebitengine/purego"},
	"mpi":             {"github.com/ebitengine/purego"},
}

type goPackage struct {
	Dir, ImportPath         string
	Standard                bool
	GoFiles, CgoFiles, Deps []string
	Imports                 []string
}

// list returns our packages and everything they depend on.
func list(t *testing.T) map[string]goPackage {
	t.Helper()
	watch(t)
	out, err := exec.Command("go", "list", "-deps", "-json=Dir,ImportPath,Standard,GoFiles,CgoFiles,Deps,Imports", module+"...").Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	packages := map[string]goPackage{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		packages[p.ImportPath] = p
	}
	if len(packages) < 50 {
		t.Fatalf("go list names %d packages, want this module with all it depends on", len(packages))
	}
	return packages
}

// watch reads the module's directories, so that a cached result of this test is
// not used again once a file anywhere has changed.
func watch(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != ".." {
			return filepath.SkipDir
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func isEnd(name string) bool {
	return slices.ContainsFunc(ends, func(end string) bool { return strings.HasPrefix(name, end) })
}

func hasPrefixOf(path string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(path, p) })
}

func TestImports(t *testing.T) {
	packages := list(t)
	for path, p := range packages {
		name, ours := strings.CutPrefix(path, module)
		if !ours || isEnd(name) {
			continue
		}
		r, ok := rules[name]
		if !ok {
			t.Errorf("package %s is not in the table of rules: say what it may import", name)
			continue
		}
		for _, imported := range p.Imports {
			if packages[imported].Standard || imported == "unsafe" {
				continue
			}
			local, ours := strings.CutPrefix(imported, module)
			allowed := hasPrefixOf(imported, r.outside)
			switch {
			case ours:
				allowed = slices.Contains(r.ours, local)
			case strings.HasPrefix(imported, "gorgonia.org/"):
				allowed = r.gorgonia && (imported == "gorgonia.org/gorgonia" || imported == "gorgonia.org/tensor")
			}
			if !allowed {
				t.Errorf("package %s must not import %s", name, imported)
			}
		}
	}
	for name := range rules {
		if p, ok := packages[module+name]; !ok && (len(p.GoFiles) > 0 || !strings.HasPrefix(name, "internal/")) {
			t.Errorf("package %s is in the table of rules and not in the module", name)
		}
	}
}

// What a package may not even depend on through others.
func TestDependencies(t *testing.T) {
	packages := list(t)
	for name, forbidden := range map[string][]string{
		"datasets":        {module + "graph", module + "relax", "gorgonia.org/"},
		"relax":           {module + "graph", module + "internal/engine", "gorgonia.org/"},
		"internal/kernel": {module, "gorgonia.org/"},
		"graph":           {module + "energy", module + "layers", module + "models", module + "train", module + "datasets"},
		"models":          {module + "train", module + "datasets"},
	} {
		for _, dep := range packages[module+name].Deps {
			if hasPrefixOf(dep, forbidden) {
				t.Errorf("package %s must not depend on %s", name, dep)
			}
		}
	}
	for path, p := range packages {
		name, ours := strings.CutPrefix(path, module)
		if !ours {
			continue
		}
		if len(p.CgoFiles) > 0 {
			t.Errorf("package %s uses cgo in %q; the default build must not", name, p.CgoFiles)
		}
		if isEnd(name) {
			continue
		}
		for _, dep := range p.Deps {
			if hasPrefixOf(dep, madeFor[name]) {
				continue
			}
			if hasPrefixOf(dep, terminal) {
				t.Errorf("package %s must not depend on %s, which belongs to the command", name, dep)
			}
		}
	}
}

// Machines run in graph alone: every other package only builds expressions.
func TestOnlyGraphRunsGorgonia(t *testing.T) {
	running := []string{
		"NewTapeMachine", "NewLispMachine", "Compile", "CompileFunction", "Grad", "Backpropagate", "Let", "UnsafeLet",
		"Read", "Set", "BindDualValues",
	}
	for path, p := range list(t) {
		name, ours := strings.CutPrefix(path, module)
		if !ours || name == "graph" {
			continue
		}
		eachGorgoniaUse(t, p, func(at token.Position, used string) {
			if slices.Contains(running, used) {
				t.Errorf("%s: package %s uses gorgonia.%s, which belongs to package graph", at, name, used)
			}
		})
	}
}

// Package train knows Gorgonia only as a source of solvers.
func TestSolverAdapter(t *testing.T) {
	found := false
	eachGorgoniaUse(t, list(t)[module+"train"], func(at token.Position, _ string) {
		found = true
		if file := filepath.Base(at.Filename); file != "gorgonia_solver.go" {
			t.Errorf("%s: only gorgonia_solver.go may use gorgonia", at)
		}
	})
	if !found {
		t.Error("found no use of gorgonia in package train: the test looks in the wrong place")
	}
}

// eachGorgoniaUse calls f for every gorgonia.X in a package.
func eachGorgoniaUse(t *testing.T, p goPackage, f func(at token.Position, used string)) {
	t.Helper()
	for _, file := range p.GoFiles {
		files := token.NewFileSet()
		tree, err := parser.ParseFile(files, filepath.Join(p.Dir, file), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if id, ok := s.X.(*ast.Ident); ok && id.Name == "gorgonia" {
				f(files.Position(s.Pos()), s.Sel.Name)
			}
			return true
		})
	}
}
