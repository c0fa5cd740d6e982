package npz_test

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/internal/npz"
)

// What is written is read back by the reader of NumPy's files, element by element.
func TestWrite(t *testing.T) {
	var b bytes.Buffer
	err := npz.Write(&b, []npz.Array{
		npz.New("h1/deep", []int{2, 3}, []float32{1, 2, 3, 4, 5, 0.1}),
		npz.New("energies", []int{2}, []float64{0.1, -1e300}),
		npz.New("classes", []int{2, 1}, []int64{-7, 1 << 40}),
	})
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	type array struct {
		Shape  []int
		Values []float64
	}
	got := map[string]array{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		a, err := datasets.ReadNPY(bytes.NewReader(text), int64(len(text)))
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		x := array{Shape: a.Shape}
		for i := range a.Len() {
			x.Values = append(x.Values, a.At(i))
		}
		got[strings.TrimSuffix(f.Name, ".npy")] = x
	}
	want := map[string]array{
		"h1/deep":  {[]int{2, 3}, []float64{1, 2, 3, 4, 5, float64(float32(0.1))}},
		"energies": {[]int{2}, []float64{0.1, -1e300}},
		"classes":  {[]int{2, 1}, []float64{-7, 1 << 40}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestWriteRefuses(t *testing.T) {
	for want, arrays := range map[string][]npz.Array{
		"npz: x: datasets: npy: shape, got [2 2] for 3 numbers, want axes of at least 1 whose product is their number": {npz.New("x", []int{2, 2}, []float32{1, 2, 3})},
		"npz: x: got it twice, want it once": {npz.New("x", nil, []float32{1}), npz.New("x", nil, []float32{1})},
	} {
		if err := npz.Write(io.Discard, arrays); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
