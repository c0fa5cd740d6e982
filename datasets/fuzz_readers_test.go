package datasets_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/datasets"
)

// seeds adds the files of make.py that have an extension.
func seeds(f *testing.F, extension string) {
	f.Helper()
	paths, err := filepath.Glob(filepath.Join(foreign, "*"+extension))
	if err != nil || len(paths) == 0 {
		f.Fatalf("no files %s: %v", extension, err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
}

// room bounds what a reader may allocate for a file of n bytes.
func room(n int) uint64 { return 4<<20 + 64*uint64(n) }

// sound fails unless a split is what its readers promise.
func sound(t *testing.T, s *datasets.Split) {
	t.Helper()
	for _, d := range []datasets.Dataset{s.Train, s.Test} {
		if d == nil {
			continue
		}
		if d.Len() < 1 || datasets.SampleSize(d) < 1 {
			t.Fatalf("got %d samples of shape %v", d.Len(), d.Shape())
		}
		x := make([]float32, datasets.SampleSize(d))
		for i := range d.Len() {
			d.Read(i, x)
			if slices.ContainsFunc(x, func(v float32) bool { return v-v != 0 }) {
				t.Fatalf("sample %d is not finite: %v", i, x)
			}
			if k := d.Label(i); k < 0 || k > 0 && k >= d.Classes() {
				t.Fatalf("sample %d has label %d of %d classes", i, k, d.Classes())
			}
		}
		if len(datasets.ClassNames(d)) != d.Classes() {
			t.Fatalf("got %d names of %d classes", len(datasets.ClassNames(d)), d.Classes())
		}
		if r, ok := datasets.Targets(d); ok {
			size := 1
			for _, n := range r.TargetShape() {
				size *= n
			}
			y := make([]float32, size)
			r.ReadTarget(d.Len()-1, y)
			if slices.ContainsFunc(y, func(v float32) bool { return v-v != 0 }) {
				t.Fatalf("targets are not finite: %v", y)
			}
		}
	}
}

// checkArray fails unless both ways of reading agree and the array is whole.
func checkArray(t *testing.T, data []byte, read func(r *bytes.Reader, size int64) (*datasets.Array, error)) {
	t.Helper()
	var a, b *datasets.Array
	var err, err2 error
	if n := allocates(func() { a, err = read(bytes.NewReader(data), int64(len(data))) }); n > room(len(data)) {
		t.Fatalf("allocated %d bytes for %d", n, len(data))
	}
	if n := allocates(func() { b, err2 = read(bytes.NewReader(data), -1) }); n > room(len(data)) {
		t.Fatalf("allocated %d bytes for %d of unknown size", n, len(data))
	}
	if (err == nil) != (err2 == nil) {
		t.Fatalf("size known: %v; unknown: %v; want both to agree", err, err2)
	}
	if err != nil {
		return
	}
	size := 1
	for _, n := range a.Shape {
		size *= n
	}
	if size != a.Len() || a.Len() != b.Len() {
		t.Fatalf("got %d and %d elements of shape %v", a.Len(), b.Len(), a.Shape)
	}
	for i := range size {
		if math.Float64bits(a.At(i)) != math.Float64bits(b.At(i)) {
			t.Fatalf("element %d, got %g and %g", i, a.At(i), b.At(i))
		}
	}
}

func FuzzReadNPY(f *testing.F) {
	seeds(f, ".npy")
	f.Add(npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2147483647, 1), }\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		checkArray(t, data, func(r *bytes.Reader, size int64) (*datasets.Array, error) { return datasets.ReadNPY(r, size) })
	})
}

func FuzzReadIDXArray(f *testing.F) {
	f.Add(idxOf(8, []uint32{2, 2}, 1, 2, 3, 4))
	f.Add(idxOf(0x0e, []uint32{1}, 0, 0, 0, 0, 0, 0, 0, 1))
	f.Add(idxOf(0x0d, []uint32{1 << 30, 1 << 30}))
	f.Fuzz(func(t *testing.T, data []byte) {
		checkArray(t, data, func(r *bytes.Reader, size int64) (*datasets.Array, error) { return datasets.ReadIDXArray(r, size) })
	})
}

func FuzzNPZ(f *testing.F) {
	seeds(f, ".npz")
	path := filepath.Join(f.TempDir(), "fuzz.npz")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, r := range []datasets.NPZ{{}, {OneHot: true}, {Task: datasets.NoTargets, Channels: datasets.ChannelsLast}} {
			if s, err := r.Read(path); err == nil {
				sound(t, s)
			}
		}
	})
}

func FuzzCSV(f *testing.F) {
	seeds(f, ".csv")
	f.Add([]byte("\xef\xbb\xbfa;label\r\n\"1\n\";x\r\n"))
	path := filepath.Join(f.TempDir(), "fuzz.csv")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, r := range []datasets.CSV{{}, {TargetColumns: []int{-1}}, {Task: datasets.NoTargets, Standardize: true}, {TargetColumns: []int{0, -1}, Header: datasets.HeaderAbsent}} {
			if s, err := r.Read(path, ""); err == nil {
				sound(t, s)
			}
		}
	})
}

func FuzzPictures(f *testing.F) {
	f.Add(pngOf(f, 3, 2))
	for _, name := range []string{"ant/colour.png", "ant/grey-16.png", "bee/palette.png", "bee/flat.jpg"} {
		data, err := os.ReadFile(filepath.Join(foreign, "pictures", "train", filepath.FromSlash(name)))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p := &datasets.Pictures{}
		if p.Add("fuzz", data) != nil {
			return
		}
		a, err := p.Array()
		if err != nil || len(a.Bytes) == 0 || len(a.Bytes)%(a.Shape[len(a.Shape)-1]*a.Shape[len(a.Shape)-2]) != 0 {
			t.Fatalf("got %v, %v", a, err)
		}
	})
}
