package examples

import (
	"os/exec"
	"strings"
	"testing"
)

// The example external is a module of its own, as a user has one, so go test ./...
// does not reach it. Its layer with an operation of its own, its energy and its
// solver are built and tested here. That it is another module is what makes it a
// proof: the Go tool lets it import nothing from internal, so what it needs is
// public.
func TestExternal(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a module")
	}
	t.Parallel()
	watch(t)
	inside := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("go", args...)
		cmd.Dir = "external"
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("in examples/external: go %s: %v\n%s\nIf only go.mod or go.sum are behind, run go mod tidy there.", strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	module := strings.TrimSpace(inside("list", "-m"))
	if strings.HasPrefix(module, "github.com/seed-be841da4/prospect") {
		t.Fatalf("the module is %s: it has to be one that is not ours", module)
	}
	inside("vet", "./...")
	inside("test", "./...")
	out := inside("run", ".")
	squared, student := number(t, out, `squared error +distance from the curve ([\d.]+)`), number(t, out, `Student's t +distance from the curve ([\d.]+)`)
	if !(student < squared/4) {
		t.Errorf("distance from the curve: got %g with Student's t and %g with the squared error, want less than a quarter\n%s", student, squared, out)
	}
}
