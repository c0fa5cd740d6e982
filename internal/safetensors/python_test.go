package safetensors

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// pythonEnv names the interpreter whose package the files are compared with;
// python3 if it is not set.
const pythonEnv = "PROSPECT_PYTHON"

// python runs testdata/fixtures.py, or skips the test where it cannot.
func python(t *testing.T, args ...string) {
	t.Helper()
	interpreter := os.Getenv(pythonEnv)
	if interpreter == "" {
		interpreter = "python3"
	}
	if text, err := exec.Command(interpreter, "-c", "import numpy, safetensors").CombinedOutput(); err != nil {
		t.Skipf("%s cannot import numpy and safetensors (%v); install them, or set %s: %s", interpreter, err, pythonEnv, text)
	}
	if text, err := exec.Command(interpreter, append([]string{"testdata/fixtures.py"}, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("fixtures.py %v: %v: %s", args, err, text)
	}
}

// values returns the elements as Python prints them.
func values(t Tensor) []string {
	out := []string{}
	number := func(x float64) {
		s := strconv.FormatFloat(x, 'g', -1, 64)
		if math.Trunc(x) == x && !strings.ContainsAny(s, ".e") {
			s += ".0"
		}
		out = append(out, s)
	}
	for _, x := range t.F32 {
		number(float64(x))
	}
	for _, x := range t.F64 {
		number(x)
	}
	for _, x := range t.I64 {
		out = append(out, strconv.FormatInt(x, 10))
	}
	for _, x := range t.U64 {
		out = append(out, strconv.FormatUint(x, 10))
	}
	for _, x := range t.U8 {
		out = append(out, strconv.Itoa(int(x)))
	}
	for _, x := range t.Bool {
		out = append(out, map[bool]string{true: "True", false: "False"}[x])
	}
	return out
}

// TestReadsPython reads a file of every type of numpy, and of BF16 and F8, that
// the Python package wrote.
func TestReadsPython(t *testing.T) {
	const path = "testdata/python.safetensors"
	var want struct {
		Metadata map[string]string
		Tensors  map[string]struct {
			DType  DType
			Shape  []int
			Values []string
		}
	}
	text, err := os.ReadFile("testdata/python.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile(path); !errors.Is(err, ErrType) || !strings.Contains(err.Error(), `tensor "eighth": dtype, got F8_E4M3`) {
		t.Errorf("a tensor of F8, got error %v, want ErrType that names it", err)
	}
	f, err := ReadFileSelected(path, func(i Info) bool { return i.DType != "F8_E4M3" })
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(f.Metadata, want.Metadata) {
		t.Errorf("metadata, got %q, want %q", f.Metadata, want.Metadata)
	}
	if len(f.Tensors) != len(want.Tensors) {
		t.Errorf("got %d tensors, want %d", len(f.Tensors), len(want.Tensors))
	}
	for name, w := range want.Tensors {
		got, ok := f.Tensor(name)
		stored := got.Stored
		if stored == "" {
			stored = got.DType()
		}
		if !ok || stored != w.DType || !reflect.DeepEqual(got.Shape, w.Shape) || !reflect.DeepEqual(values(got), w.Values) {
			t.Errorf("%s: got %s %v %v, want %s %v %v", name, stored, got.Shape, values(got), w.DType, w.Shape, w.Values)
		}
	}
}

// TestReadsUnaligned reads a file of another writer, with a header of odd length,
// a line feed at its end, and data that is not aligned.
func TestReadsUnaligned(t *testing.T) {
	f, err := ReadFile("testdata/unaligned.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	w, _ := f.Tensor("w")
	b, _ := f.Tensor("b")
	if !reflect.DeepEqual(w.F32, []float32{1.5, -2}) || !reflect.DeepEqual(b.U8, []uint8{7}) {
		t.Errorf("got %v and %v, want [1.5 -2] and [7]", w.F32, b.U8)
	}
}

// Tensors that are not kept are not read, and its type does not matter.
func TestReadSelected(t *testing.T) {
	var seen []string
	f, err := ReadFileSelected("testdata/python.safetensors", func(i Info) bool {
		seen = append(seen, fmt.Sprint(i.Name, i.DType, i.Shape))
		return i.Name == "scalar"
	})
	if err != nil || len(f.Tensors) != 1 || f.Tensors[0].Name != "scalar" || len(f.Tensors[0].Shape) != 0 {
		t.Errorf("got %v (%v), want the scalar alone", f.Tensors, err)
	}
	if all := strings.Join(seen, " "); len(seen) != 18 || !strings.Contains(all, "eighthF8_E4M3[2]") || !strings.Contains(all, "nothingF16[2 0]") {
		t.Errorf("asked for %s, want every tensor once", all)
	}
}

// value16 is the value of a binary16 by its definition: ±2^(e−15)·1.f, below the
// normal range ±2⁻¹⁴·0.f.
func value16(b uint16) float64 {
	x, e := float64(b&0x3ff)/1024, int(b>>10&0x1f)
	switch e {
	case 0x1f:
		if x > 0 {
			return math.NaN()
		}
		x = math.Inf(1)
	case 0:
		x = math.Ldexp(x, -14)
	default:
		x = math.Ldexp(1+x, e-15)
	}
	if b>>15 == 1 {
		x = -x
	}
	return x
}

// TestHalves widens every binary16 and every bfloat16: the same value, the same
// sign of a zero, NaN for NaN.
func TestHalves(t *testing.T) {
	for i := range 1 << 16 {
		b := uint16(i)
		if got, want := float64(fromF16(b)), value16(b); math.Float64bits(got) != math.Float64bits(want) && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Fatalf("F16 %#04x: got %v, want %v", b, got, want)
		}
		if got := math.Float32bits(fromBF16(b)); got>>16 != uint32(b) || got&0xffff != 0 {
			t.Fatalf("BF16 %#04x: got the bits %#08x", b, got)
		}
	}
}

// TestHalvesOfPython compares the same with what numpy makes of them.
func TestHalvesOfPython(t *testing.T) {
	path := filepath.Join(t.TempDir(), "halves.safetensors")
	python(t, "halves", path)
	f, err := ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"f16", "bf16"} {
		got, _ := f.Tensor(name)
		want, _ := f.Tensor(name + " as f32")
		if len(got.F32) != 1<<16 || len(want.F32) != 1<<16 || got.Stored == "" {
			t.Fatalf("%s: got %d and %d elements of %q", name, len(got.F32), len(want.F32), got.Stored)
		}
		for i, x := range got.F32 {
			y := want.F32[i]
			if math.Float32bits(x) != math.Float32bits(y) && !(x != x && y != y) {
				t.Fatalf("%s %#04x: got %v, want %v", name, i, x, y)
			}
		}
	}
}

// TestRoundTripThroughPython has Python read a file of ours and write it again.
func TestRoundTripThroughPython(t *testing.T) {
	want := sample()
	want.Tensors = append(want.Tensors, Tensor{Name: "flags", Shape: []int{2, 1}, Bool: []bool{true, false}},
		Tensor{Name: "zero/none", Shape: []int{2, 0, 3}, F64: []float64{}}, Tensor{Name: "x", Shape: []int{}, F32: []float32{-0.5}})
	want.Metadata = map[string]string{"": "empty", "layout": "in-out", "é\n": "\"\\\x01😀"}
	dir := t.TempDir()
	ours, theirs := filepath.Join(dir, "ours.safetensors"), filepath.Join(dir, "theirs.safetensors")
	if err := WriteFile(ours, want); err != nil {
		t.Fatal(err)
	}
	python(t, "copy", ours, theirs)
	got, err := ReadFile(theirs)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Metadata, want.Metadata) {
		t.Errorf("metadata, got %q, want %q", got.Metadata, want.Metadata)
	}
	if a, b := string(write(t, File{Tensors: got.Tensors})), string(write(t, File{Tensors: want.Tensors})); a != b {
		t.Errorf("got  %q\nwant %q", a, b)
	}
}
