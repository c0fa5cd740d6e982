package cli

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/internal/safetensors"
)

// Weights that a file holds under PyTorch's names, out×in, evaluate like the
// checkpoint they were taken from.
func TestEvaluateWeights(t *testing.T) {
	data := digits(t)
	dir := t.TempDir()
	out := filepath.Join(dir, "run")
	prospect(t, small(data, out)...)
	want := prospect(t, "evaluate", "--out", out, "--data-dir", data, "--json").stdout

	own := filepath.Join(out, "checkpoint", "weights.safetensors")
	f, err := safetensors.ReadFile(own)
	if err != nil {
		t.Fatal(err)
	}
	theirs := safetensors.File{Metadata: map[string]string{"format": "pt"}}
	for _, w := range f.Tensors {
		w.Name = "net." + w.Name
		if len(w.Shape) == 2 {
			rows, columns := w.Shape[0], w.Shape[1]
			turned := make([]float32, rows*columns)
			for i := range turned {
				turned[i] = w.F32[i%rows*columns+i/rows]
			}
			w.Shape, w.F32 = []int{columns, rows}, turned
		}
		theirs.Tensors = append(theirs.Tensors, w)
	}
	theirs.Tensors = append(theirs.Tensors, safetensors.Tensor{Name: "net.steps", Shape: []int{}, I64: []int64{9}})
	path, mapping := filepath.Join(dir, "torch.safetensors"), filepath.Join(dir, "mapping.json")
	if err := safetensors.WriteFile(path, theirs); err != nil {
		t.Fatal(err)
	}
	write(t, mapping, `{"layout": "pytorch", "prefix": "net.", "skip": ["net.steps"]}`)
	evaluate := []string{"evaluate", "--out", out, "--data-dir", data, "--json", "--weights"}
	if got := prospect(t, append(evaluate, path, "--mapping", mapping)...).stdout; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := prospect(t, append(evaluate, own)...).stdout; got != want {
		t.Errorf("its own file, got %s, want %s", got, want)
	}
	checkFailure(t, finish(t, command(t, "evaluate", "--out", out, "--mapping", mapping)), exitUsage, "--weights")
	write(t, mapping, `{"layout": "pytorch", "prefix": "net.", "skipped": []}`)
	for wanted, args := range map[string][]string{
		"h1/weight is missing": {path},
		"skipped":              {path, "--mapping", mapping},
		"none.safetensors":     {filepath.Join(dir, "none.safetensors")},
	} {
		if got := finish(t, command(t, append(evaluate, args...)...)); got.code != exitFailure || !strings.Contains(got.stderr, wanted) {
			t.Errorf("got exit code %d and %q, want an error with %q", got.code, got.stderr, wanted)
		}
	}
}
