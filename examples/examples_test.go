// Package examples runs every example as a user does.
package examples

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// run runs an example and returns what it printed.
func run(t *testing.T, name string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds a program")
	}
	t.Parallel()
	watch(t)
	cmd := exec.Command("go", "run", "./"+name)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go run ./examples/%s: %v\n%s", name, err, out)
	}
	return string(out)
}

// watch reads the module's directories, so that a cached result of this test is
// not used again once a file anywhere has changed.
func watch(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != ".." {
			return filepath.SkipDir
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// number returns the last number in the output that the pattern captures.
func number(t *testing.T, out, pattern string) float64 {
	t.Helper()
	found := regexp.MustCompile(pattern).FindAllStringSubmatch(out, -1)
	if len(found) == 0 {
		t.Fatalf("no %q in:\n%s", pattern, out)
	}
	x, err := strconv.ParseFloat(found[len(found)-1][1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestMLP(t *testing.T) {
	out := run(t, "mlp")
	if got := number(t, out, `epoch 5: .* accuracy ([\d.]+) %`); got < 93 {
		t.Errorf("test accuracy: got %g %%, want at least 93 %%\n%s", got, out)
	}
}

func TestTangled(t *testing.T) {
	out := run(t, "tangled")
	if got := number(t, out, `finite differences (\S+)`); got > 1e-6 {
		t.Errorf("gradients differ by %g, want at most 1e-6\n%s", got, out)
	}
	if got := number(t, out, `update 300: Converged .* energy ([\d.]+)`); got > 0.1 {
		t.Errorf("energy: got %g, want at most 0.1\n%s", got, out)
	}
	if got := number(t, out, `answer: Converged .* (\d+) of 32 right`); got != 32 {
		t.Errorf("got %g of 32 right\n%s", got, out)
	}
}

func TestCustomLayer(t *testing.T) {
	out := run(t, "customlayer")
	for name, want := range map[string]float64{"wave/frequency": 2, "wave/phase": 1, "y/weight": 3} {
		if got := number(t, out, name+` +(\S+)`); got != want {
			t.Errorf("%s: got %g, want %g\n%s", name, got, want, out)
		}
	}
}

func TestMemory(t *testing.T) {
	out := run(t, "memory")
	if got := number(t, out, `(\d+) of 50 images recalled`); got != 50 {
		t.Errorf("got %g of 50 images recalled\n%s", got, out)
	}
	if got := number(t, out, `mean squared error ([\d.]+),`); got > 0.001 {
		t.Errorf("mean squared error of the missing pixels: got %g, want at most 0.001\n%s", got, out)
	}
}

func TestRules(t *testing.T) {
	out := run(t, "rules")
	if !strings.Contains(out, "healthy: true") {
		t.Errorf("want a healthy relaxation\n%s", out)
	}
	alignment := func(rule string) float64 { return number(t, out, rule+` +target alignment (\S+),`) }
	if pc, bp := alignment("prospective"), alignment("backprop"); pc < bp+.1 {
		t.Errorf("alignment: prospective configuration %g, backprop %g, want the former far above\n%s", pc, bp, out)
	}
	for _, same := range []string{"z-il", "nudged"} {
		if got, bp := alignment(same), alignment("backprop"); got < bp-.005 || got > bp+.005 {
			t.Errorf("alignment: %s %g, want backprop's %g\n%s", same, got, bp, out)
		}
	}
}

func TestDeep(t *testing.T) {
	out := run(t, "deep")
	if got := number(t, out, `24 layers, mupc *: test accuracy ([\d.]+) %`); got < 70 {
		t.Errorf("24 layers: got %g %%, want at least 70 %%\n%s", got, out)
	}
}

func TestGenerative(t *testing.T) {
	out := run(t, "generative")
	if got := number(t, out, `by energy ([\d.]+) %`); got < 40 { // of few updates; a guess is 10 %
		t.Errorf("classified by energy: got %g %%, want at least 40 %%\n%s", got, out)
	}
	if got := number(t, out, `by relaxing the label ([\d.]+) %`); got < 35 {
		t.Errorf("classified by relaxing: got %g %%, want at least 35 %%\n%s", got, out)
	}
}

func TestCurves(t *testing.T) {
	out := run(t, "curves")
	for _, rule := range []string{"prospective configuration", "backpropagation"} {
		if got := number(t, out, rule+`: epoch 3: ([\d.]+) %`); got < 85 {
			t.Errorf("%s: got %g %% after three epochs, want at least 85 %%\n%s", rule, got, out)
		}
	}
}

func TestSequence(t *testing.T) {
	out := run(t, "sequence")
	if got := number(t, out, `transformer: (\d+) of 300`); got < 270 {
		t.Errorf("got %g of 300 symbols copied, want at least 270\n%s", got, out)
	}
	if got := number(t, out, `clique: (\d) of 4 right`); got != 4 {
		t.Errorf("got %g of 4 right\n%s", got, out)
	}
}

// The guide shows the first example word for word, in forty lines.
func TestReadme(t *testing.T) {
	program, err := os.ReadFile("mlp/main.go")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../docs/guide/first-network.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), "```go\n"+string(program)+"```\n") {
		t.Error("docs/guide/first-network.md does not hold examples/mlp/main.go word for word")
	}
	if n := strings.Count(string(program), "\n"); n > 40 {
		t.Errorf("examples/mlp/main.go: got %d lines, want at most the 40 that the guide promises", n)
	}
}
