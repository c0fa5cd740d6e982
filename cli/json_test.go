package cli

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-be841da4/prospect/datasets"
)

// readArrays reads a file of NumPy.
func readArrays(t *testing.T, path string) map[string]*datasets.Array {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	out := map[string]*datasets.Array{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if out[strings.TrimSuffix(f.Name, ".npy")], err = datasets.ReadNPY(bytes.NewReader(text), int64(len(text))); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// The arrays of --npz are the numbers of --json in the shapes of the nodes, which --json
// then leaves out.
func TestQueryArrays(t *testing.T) {
	data, dir := digits(t), t.TempDir()
	out, file := filepath.Join(dir, "run"), filepath.Join(dir, "answer.npz")
	prospect(t, small(data, out, "--model", "mlp:64-16-10")...)
	ask := []string{"--out", out, "--data-dir", data, "--clamp", "x=test:0..2", "--read", "y,h1", "--predict", "y", "--energy"}
	want := query(t, ask...)
	short := query(t, append(ask, "--npz", file)...)
	if short.Nodes != nil || short.Predictions != nil {
		t.Errorf("--json beside --npz, got the activities too: %v", short)
	}
	arrays := readArrays(t, file)
	got := map[string][]int{}
	for name, a := range arrays {
		got[name] = a.Shape
	}
	if d := cmp.Diff(map[string][]int{
		"nodes/y": {3, 10}, "nodes/h1": {3, 16}, "predictions/y": {3, 10}, "energies": {3}, "classes": {3}, "truth": {3},
	}, got); d != "" {
		t.Fatal(d)
	}
	same := func(name string, values []float64) {
		t.Helper()
		for i, v := range values {
			if x := arrays[name].At(i); float32(x) != float32(v) {
				t.Errorf("%s[%d], got %v, want %v", name, i, x, v)
			}
		}
	}
	same("nodes/y", slices.Concat(want.Nodes["y"]...))
	same("nodes/h1", slices.Concat(want.Nodes["h1"]...))
	same("predictions/y", slices.Concat(want.Predictions["y"]...))
	same("energies", want.Energies)
	for i, class := range want.Classes {
		if truth, x := arrays["truth"].At(i), arrays["classes"].At(i); truth != float64(want.Truth[i]) || x != float64(class) {
			t.Errorf("sample %d: got truth %v and class %v, want %d and %d", i, truth, x, want.Truth[i], class)
		}
	}

	scored := []string{"--out", out, "--data-dir", data, "--clamp", "x=test:0..1", "--score", "--npz", file}
	scores := query(t, scored...).Scores
	arrays = readArrays(t, file)
	if !slices.Equal(arrays["scores"].Shape, []int{2, 10}) {
		t.Fatalf("scores, got shape %v, want [2 10]", arrays["scores"].Shape)
	}
	same("scores", slices.Concat(scores...))

	precise := filepath.Join(dir, "precise")
	prospect(t, small(data, precise, "--model", "mlp:64-16-10", "--precision", "f64")...)
	query(t, "--out", precise, "--data-dir", data, "--clamp", "x=test:0", "--npz", file)
	x := readArrays(t, file)["nodes/y"].At(0)
	if x == float64(float32(x)) {
		t.Errorf("with --precision f64, got %v, a number of 32 bits", x)
	}
}

// What programs ask for in JSON is JSON.
func TestListsJSON(t *testing.T) {
	var version struct{ Prospect, Go, OS, Arch, Kernels string }
	if err := json.Unmarshal([]byte(prospect(t, "version", "--json").stdout), &version); err != nil || version.Go == "" || version.OS == "" || version.Kernels == "" {
		t.Errorf("version, got %+v, %v", version, err)
	}
	var net networkEvent
	shown := prospect(t, "model", "show", "convnet:4", "--data", "fashion-mnist", "--json").stdout
	if err := json.Unmarshal([]byte(shown), &net); err != nil || net.Parameters == 0 || len(net.Predictions) == 0 {
		t.Fatalf("model show, got %s, %v", shown, err)
	}
	first, last := net.Nodes[0], net.Nodes[len(net.Nodes)-1]
	if d := cmp.Diff([]nodeEvent{{"x", []int{1, 28, 28}, "samples"}, {"y", []int{10}, "labels"}}, []nodeEvent{first, last}); d != "" {
		t.Error(d)
	}
	type dataset struct {
		Name                  string
		Shape                 []int
		Classes, Train, Bytes int
		Scale                 float64
		Mean, Std             []float64
		Measured, Found       bool
		Dir                   string
	}
	got := map[string]dataset{}
	data := digits(t)
	lines := bufio.NewScanner(strings.NewReader(prospect(t, "data", "list", "--json", "--data-dir", data).stdout))
	for lines.Scan() {
		var d dataset
		if err := json.Unmarshal(lines.Bytes(), &d); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		got[d.Name] = d
	}
	for _, info := range datasets.Names() {
		d, n := got[info.Name], datasets.Standard(info.Name)
		if d.Name == "" || !slices.Equal(d.Shape, info.Shape) || d.Classes != info.Classes || !slices.Equal(d.Std, n.Std) || d.Scale != n.Scale {
			t.Errorf("%s, got %+v, want that of %+v with %+v", info.Name, d, info, n)
		}
	}
	if d := got["optdigits"]; !d.Found || d.Dir == "" || d.Measured {
		t.Errorf("optdigits, got %+v, want it found", d)
	}
	if d := got["mnist"]; d.Found || d.Measured {
		t.Errorf("mnist, got %+v, want it missing", d)
	}
	if !got["glyphs"].Found || !got["kmnist"].Measured {
		t.Errorf("glyphs %+v, kmnist %+v", got["glyphs"], got["kmnist"])
	}
}

// The last event of a sweep is the table with its tests.
func TestSweepEvent(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir)
	run := in(t, dir, append(slices.Clone(smallSweep), "--out", "sweep", "--json")...)
	lines := strings.Split(strings.TrimSpace(run.stdout), "\n")
	if run.code != 0 || len(lines) != 13 {
		t.Fatalf("got %d and %d lines, want 12 trials and the result: %s", run.code, len(lines), run.stderr)
	}
	var event struct {
		Event          string
		Classes        bool
		Configurations []configurationEvent
		Comparisons    []comparisonEvent
		Remarks        []string
		Out            string
	}
	if err := json.Unmarshal([]byte(lines[12]), &event); err != nil {
		t.Fatal(err)
	}
	if event.Event != "sweep" || !event.Classes || event.Out != "sweep" || len(event.Configurations) != 4 || len(event.Comparisons) != 1 || len(event.Remarks) == 0 {
		t.Fatalf("got %s", lines[12])
	}
	best := map[string][]*float64{}
	for _, c := range event.Configurations {
		if len(c.Test) != 3 || len(c.Validation) != 3 || c.Params["rule"] != c.Rule {
			t.Errorf("got %+v, want 3 seeds", c)
		}
		if c.Best {
			best[c.Rule] = c.Test
		}
	}
	difference := 0.0
	for i := range 3 {
		difference += (*best["pc"][i] - *best["bp"][i]) / 3
	}
	if c := event.Comparisons[0]; c.A != "pc" || c.B != "bp" || math.Abs(*c.Difference-difference) > 1e-12 {
		t.Errorf("got %+v, want a difference of %v", c, difference)
	}
}
