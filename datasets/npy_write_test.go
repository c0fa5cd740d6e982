package datasets_test

import (
	"bytes"
	"math"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-be841da4/prospect/datasets"
)

// What is written is read back, by us and by NumPy.
func TestWriteNPY(t *testing.T) {
	values := []float64{0, -1.5, math.Pi, math.Inf(1), math.SmallestNonzeroFloat64, 1e300}
	for _, shape := range [][]int{nil, {6}, {2, 3}, {1, 1, 6, 1}} {
		var file bytes.Buffer
		if err := datasets.WriteNPY(&file, values, shape...); err != nil {
			t.Fatal(err)
		}
		if start := file.Len() - 8*len(values); start%64 != 0 {
			t.Errorf("shape %v: the data start at byte %d, want a multiple of 64", shape, start)
		}
		got, err := datasets.ReadNPY(&file, int64(file.Len()))
		if err != nil {
			t.Fatal(err)
		}
		want := &datasets.Array{Shape: shape, Type: "float64", Doubles: values}
		if shape == nil {
			want.Shape = []int{6}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	for _, shape := range [][]int{{5}, {7}, {2, 2}, {0, 6}, {-1, -6}, {6, 1 << 62, 4}} {
		if err := datasets.WriteNPY(&bytes.Buffer{}, values, shape...); err == nil {
			t.Errorf("shape %v: got no error", shape)
		}
	}
	if err := datasets.WriteNPY(&bytes.Buffer{}, []float32{}); err == nil {
		t.Error("no numbers: got no error")
	}
}

func TestWriteNPYForNumPy(t *testing.T) {
	if exec.Command("python3", "-c", "import numpy").Run() != nil {
		t.Skip("no python3 with NumPy")
	}
	var file bytes.Buffer
	if err := datasets.WriteNPY(&file, []float32{1, 2.5, -3, 4, 5, 6}, 2, 3); err != nil {
		t.Fatal(err)
	}
	load := exec.Command("python3", "-c", "import io, sys, numpy\na = numpy.load(io.BytesIO(sys.stdin.buffer.read()))\nprint(a.dtype, a.shape, a.tolist())")
	load.Stdin = &file
	out, err := load.CombinedOutput()
	if want := "float32 (2, 3) [[1.0, 2.5, -3.0], [4.0, 5.0, 6.0]]"; err != nil || strings.TrimSpace(string(out)) != want {
		t.Errorf("got %s, %v, want %s", out, err, want)
	}
}
