package datasets_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-be841da4/prospect/datasets"
)

// foreign is the folder of what NumPy, pandas, Pillow and pyarrow have written; make.py
// in it says how.
var foreign = filepath.Join("testdata", "foreign")

// noted is an array as make.py notes it.
type noted struct {
	Shape  []int     `json:"shape"`
	Values []float64 `json:"values"`
}

// expected reads what make.py notes of its files.
func expected(t testing.TB) map[string]noted {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(foreign, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]noted
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// wants fails unless err is there and says every one of words.
func wants(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("got no error, want one that says %q", words)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("error, got %q, want one line", err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error, got %q, want it to say %q", err, w)
		}
	}
}

// sample reads sample i.
func sample(d datasets.Dataset, i int) []float32 {
	x := make([]float32, datasets.SampleSize(d))
	d.Read(i, x)
	return x
}

// target reads the targets of sample i.
func target(t testing.TB, d datasets.Dataset, i int) []float32 {
	t.Helper()
	r, ok := datasets.Targets(d)
	if !ok {
		t.Fatal("got no targets, want some")
	}
	size := 1
	for _, n := range r.TargetShape() {
		size *= n
	}
	y := make([]float32, size)
	r.ReadTarget(i, y)
	return y
}

func labels(d datasets.Dataset) []int {
	var out []int
	for i := range d.Len() {
		out = append(out, d.Label(i))
	}
	return out
}

// equal compares in one line.
func equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// Every element type, byte order, order of axes and version of the format, as NumPy
// writes it.
func TestReadNPY(t *testing.T) {
	for name, want := range expected(t) {
		if filepath.Ext(name) != ".npy" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(foreign, name))
			if err != nil {
				t.Fatal(err)
			}
			for _, size := range []int64{int64(len(data)), -1} {
				a, err := datasets.ReadNPY(strings.NewReader(string(data)), size)
				if err != nil {
					t.Fatal(err)
				}
				var got []float64
				for i := range a.Len() {
					got = append(got, a.At(i))
				}
				equal(t, "shape", a.Shape, want.Shape)
				equal(t, "values", got, want.Values)
				kind := strings.TrimSuffix(name, ".npy")
				if _, err := datasets.ReadNPY(strings.NewReader(string(data[:len(data)-1])), size-1); err == nil {
					t.Error("a byte less: got no error")
				}
				switch kind {
				case "big-endian", "fortran", "version-2", "version-3", "halves":
				default:
					if a.Type != kind || a.Whole() != !strings.HasPrefix(kind, "float") {
						t.Errorf("type, got %s (whole %v), want %s", a.Type, a.Whole(), kind)
					}
				}
			}
		})
	}
}

func TestNPZ(t *testing.T) {
	want := expected(t)
	t.Run("pixels and labels from 3", func(t *testing.T) {
		s, err := datasets.NPZ{}.Read(filepath.Join(foreign, "digits.npz"))
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "shape", s.Train.Shape(), []int{4, 4})
		equal(t, "labels", labels(s.Train), []int{2, 0, 1, 0, 2, 3})
		equal(t, "names", datasets.ClassNames(s.Train), []string{"3", "4", "5", "9"})
		if got, want := sample(s.Train, 5)[15], float32(want["digits.npz"].Values[95]/255); got != want || s.Name != "digits" || s.Test != nil {
			t.Errorf("got %s with last pixel %g and test part %v, want digits, %g and none", s.Name, got, s.Test, want)
		}
	})
	t.Run("regression of two outputs", func(t *testing.T) {
		s, err := datasets.NPZ{}.Read(filepath.Join(foreign, "regression.npz"))
		if err != nil {
			t.Fatal(err)
		}
		x := want["regression.npz"].Values
		if s.Train.Len() != 3 || s.Test.Len() != 2 || s.Train.Classes() != 0 {
			t.Fatalf("got %d and %d samples in %d classes, want 3 and 2 in none", s.Train.Len(), s.Test.Len(), s.Train.Classes())
		}
		equal(t, "sample", sample(s.Test, 1), []float32{float32(x[12]), float32(x[13]), float32(x[14])})
		equal(t, "target", target(t, s.Test, 1), []float32{2 * float32(x[12]), 2 * float32(x[13])})
	})
	t.Run("one-hot if asked", func(t *testing.T) {
		path := filepath.Join(foreign, "onehot.npz")
		s, err := datasets.NPZ{OneHot: true}.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "labels", labels(s.Train), []int{2, 0, 1, 2, 0})
		equal(t, "names", datasets.ClassNames(s.Train), []string{"0", "1", "2", "3"})
		if _, err = (datasets.NPZ{}).Read(path); err == nil || !strings.Contains(err.Error(), "say OneHot or Task Regression") {
			t.Errorf("rows that may be either: got %v", err)
		}
		if s, err = (datasets.NPZ{Task: datasets.Regression}).Read(path); err != nil {
			t.Fatal(err)
		}
		equal(t, "target", target(t, s.Train, 1), []float32{1, 0, 0, 0})
		_, err = datasets.NPZ{Task: datasets.Classification}.Read(path)
		wants(t, err, path, "rows of 4 numbers", "say OneHot")
	})
	t.Run("names", func(t *testing.T) {
		path := filepath.Join(foreign, "unnamed.npz")
		_, err := datasets.NPZ{}.Read(path)
		wants(t, err, path, "no array x or x_train among arr_0, arr_1", "name it in X")
		s, err := datasets.NPZ{X: "arr_0", Y: "arr_1"}.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "labels", labels(s.Train), []int{0, 1, 2, 3, 4})
		_, err = datasets.NPZ{X: "x"}.Read(path)
		wants(t, err, "got no x, want one of arr_0, arr_1")
		_, err = datasets.NPZ{X: "arr_0", TestY: "arr_1"}.Read(path)
		wants(t, err, "targets and not those it belongs to")
	})
	t.Run("x_train before x", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "a.npz")
		if err := os.WriteFile(path, npzOf(t, "x", npyOf("|u1", "(1,)", 9), "X_Train", npyOf("|u1", "(2,)", 1, 2)), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := datasets.NPZ{}.Read(path)
		if err != nil || s.Train.Len() != 2 {
			t.Errorf("got %v, %v, want the 2 samples of X_Train", s, err)
		}
	})
	t.Run("channels last", func(t *testing.T) {
		path := filepath.Join(foreign, "channels-last.npz")
		_, err := datasets.NPZ{}.Read(path)
		wants(t, err, "[6 5 3]", "say ChannelsLast")
		s, err := datasets.NPZ{Channels: datasets.ChannelsLast, Normalization: &datasets.Normalization{Scale: 1}}.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		w := want["channels-last.npz"]
		equal(t, "shape", s.Train.Shape(), w.Shape[1:])
		equal(t, "names", datasets.ClassNames(s.Train), []string{"false", "true"})
		equal(t, "labels", labels(s.Train), []int{1, 0})
		for i, v := range sample(s.Train, 1) {
			if float64(v) != w.Values[90+i] {
				t.Fatalf("pixel %d, got %g, want %g", i, v, w.Values[90+i])
			}
		}
		s, err = datasets.NPZ{Channels: datasets.ChannelsFirst}.Read(path)
		if err != nil || !slices.Equal(s.Train.Shape(), []int{6, 5, 3}) {
			t.Errorf("channels first: got %v, %v, want the shape as it is", s, err)
		}
	})
	t.Run("shape and no targets", func(t *testing.T) {
		s, err := datasets.NPZ{Shape: []int{1, 2, 8}, Task: datasets.NoTargets}.Read(filepath.Join(foreign, "digits.npz"))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := datasets.Targets(s.Train); ok || s.Train.Classes() != 0 || !slices.Equal(s.Train.Shape(), []int{1, 2, 8}) {
			t.Errorf("got shape %v and %d classes, want [1 2 8] and none", s.Train.Shape(), s.Train.Classes())
		}
	})
}

func TestNPYPair(t *testing.T) {
	s, err := datasets.NPY{}.Read(filepath.Join(foreign, "float32.npy"), filepath.Join(foreign, "targets.npy"))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "target", target(t, s.Train, 2), []float32{2.25})
	if s, err = (datasets.NPY{}).Read(filepath.Join(foreign, "float32.npy"), ""); err != nil {
		t.Fatal(err)
	}
	if _, ok := datasets.Targets(s.Train); ok || s.Train.Classes() != 0 || s.Train.Len() != 3 {
		t.Errorf("got targets %v and %d classes, want neither", ok, s.Train.Classes())
	}
	_, err = datasets.NPY{}.Read(filepath.Join(foreign, "float32.npy"), filepath.Join(foreign, "halves.npy"))
	wants(t, err, "float32.npy", "got 8 targets for 3 samples")
	_, err = datasets.NPY{Task: datasets.Regression}.Read(filepath.Join(foreign, "float32.npy"), "")
	wants(t, err, "got no targets", "say where they are")
	_, err = datasets.NPY{}.Read(filepath.Join(foreign, "absent.npy"), "")
	wants(t, err, "absent.npy")
}

// A truth value is 0 or 1, not 1/255.
func TestBoolSamples(t *testing.T) {
	s, err := datasets.NPY{}.Read(filepath.Join(foreign, "bool.npy"), "")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "sample", sample(s.Train, 0), []float32{0, 1, 0, 1})
}

func TestCSV(t *testing.T) {
	for _, c := range []struct {
		name string
		read datasets.CSV
	}{
		{"iris.csv", datasets.CSV{Targets: []string{"species"}}},
		{"iris.csv", datasets.CSV{TargetColumns: []int{2}}},
		{"iris.csv", datasets.CSV{TargetColumns: []int{-1}, Header: datasets.HeaderPresent}},
		{"iris-windows.csv", datasets.CSV{Targets: []string{"species"}}},
		{"iris-bare.csv", datasets.CSV{TargetColumns: []int{-1}}},
		{"iris-bare.csv", datasets.CSV{TargetColumns: []int{-1}, Header: datasets.HeaderAbsent}},
		{"iris-index.csv", datasets.CSV{Targets: []string{"species"}, Ignore: []string{""}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := c.read.Read(filepath.Join(foreign, c.name), "")
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "names", datasets.ClassNames(s.Train), []string{"ibiza", "setosa", `virginica "A"`})
			equal(t, "labels", labels(s.Train), []int{1, 1, 2, 0})
			equal(t, "sample", sample(s.Train, 2), []float32{6.3, 1.9})
		})
	}
	for name, text := range map[string]string{
		"mark":             "\xef\xbb\xbflabel,a\n3,2\n",
		"quoted separator": "\"a;b;c;d\",label\n2,3\n",
		"tabs":             "a\tlabel\r\n2\t3\r\n",
		"spaces":           " a , label\n 2 , 3 \n",
		"names of numbers": "label,0\n3,2\n",
	} {
		path := filepath.Join(t.TempDir(), "a.csv")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := datasets.CSV{}.Read(path, "")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		equal(t, name, datasets.ClassNames(s.Train), []string{"3"})
		equal(t, name, sample(s.Train, 0), []float32{2})
	}
	t.Run("Kaggle's digits", func(t *testing.T) {
		s, err := datasets.CSV{}.Read(filepath.Join(foreign, "kaggle.csv"), filepath.Join(foreign, "kaggle-test.csv.gz"))
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "shape", s.Train.Shape(), []int{4, 4})
		equal(t, "labels", labels(s.Test), []int{2, 0, 1, 0})
		equal(t, "names", datasets.ClassNames(s.Test), []string{"3", "4", "5", "9"})
		if got := sample(s.Train, 5)[15]; got != float32(219./255) || s.Test.Len() != 4 {
			t.Errorf("got a last pixel of %g and %d test samples, want 219/255 and 4", got, s.Test.Len())
		}
		flat, err := datasets.CSV{Shape: []int{16}}.Read(filepath.Join(foreign, "kaggle.csv"), "")
		if err != nil || !slices.Equal(flat.Train.Shape(), []int{16}) {
			t.Errorf("with a shape: got %v, %v", flat, err)
		}
	})
	t.Run("regression", func(t *testing.T) {
		path := filepath.Join(foreign, "houses.csv")
		s, err := datasets.CSV{Targets: []string{"rent", "price"}}.Read(path, "")
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "sample", sample(s.Train, 1), []float32{4, 100})
		equal(t, "target", target(t, s.Train, 1), []float32{900, 2.75e5})
		s, err = datasets.CSV{Task: datasets.NoTargets, Standardize: true}.Read(path, "")
		if err != nil {
			t.Fatal(err)
		}
		if x := sample(s.Train, 0); len(x) != 4 || x[0] != 0 || math.Abs(float64(x[1])+0.0286431) > 1e-6 {
			t.Errorf("standardized, got %v, want 0 and (70.5 − 71.1667)/23.2749 first", x)
		}
	})
}

func TestImageFolder(t *testing.T) {
	want := expected(t)
	dir := filepath.Join(foreign, "pictures")
	one := &datasets.Normalization{Scale: 1}
	s, err := datasets.ImageFolder{Normalization: one}.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "shape", s.Train.Shape(), []int{3, 4, 6})
	equal(t, "names", datasets.ClassNames(s.Test), []string{"ant", "bee"})
	equal(t, "labels", labels(s.Train), []int{0, 0, 0, 1, 1, 1, 1})
	equal(t, "test labels", labels(s.Test), []int{1})
	values := func(name string) []float32 {
		var out []float32
		for _, v := range want[name].Values {
			out = append(out, float32(v))
		}
		return out
	}
	colour, grey := values("pictures"), values("pictures grey")
	equal(t, "colour.png", sample(s.Train, 0), colour)
	equal(t, "grey-16.png", sample(s.Train, 1), slices.Concat(grey, grey, grey))
	equal(t, "grey.png", sample(s.Train, 2), slices.Concat(grey, grey, grey))
	alpha := slices.Clone(colour)
	alpha[0], alpha[24], alpha[48] = 0, 0, 0 // what is transparent is black
	equal(t, "alpha.png", sample(s.Train, 3), alpha)
	for i, v := range sample(s.Train, 5) { // flat.jpg
		if w := []float32{200, 100, 50}[i/24]; v < w-2 || v > w+2 {
			t.Fatalf("flat.jpg, pixel %d: got %g, want about %g", i, v, w)
		}
	}
	if s, err = (datasets.ImageFolder{Channels: 1, Normalization: one}).Read(dir); err != nil {
		t.Fatal(err)
	}
	equal(t, "shape in grey", s.Train.Shape(), []int{4, 6})
	equal(t, "grey.png in grey", sample(s.Train, 2), grey)
	if s, err = (datasets.ImageFolder{Rows: 2, Columns: 3}).Read(dir); err != nil {
		t.Fatal(err)
	}
	equal(t, "shape resized", s.Train.Shape(), []int{3, 2, 3})
	if s, err = (datasets.ImageFolder{Task: datasets.NoTargets}).Read(filepath.Join(dir, "train")); err != nil {
		t.Fatal(err)
	}
	if s.Train.Len() != 7 || s.Train.Classes() != 0 {
		t.Errorf("without classes: got %d samples of %d classes, want 7 of none", s.Train.Len(), s.Train.Classes())
	}
	_, err = datasets.ImageFolder{Task: datasets.Regression}.Read(dir)
	wants(t, err, "got regression", "use CSV")
	s, err = datasets.ImageFolder{}.Read(filepath.Join(dir, "test")) // one folder of classes, without parts
	if err != nil || s.Test != nil || s.Train.Len() != 1 {
		t.Errorf("a folder of classes: got %v, %v, want one part", s, err)
	}
}

// Colours after grey turn what came before into colours.
func TestPicturesGreyFirst(t *testing.T) {
	p := &datasets.Pictures{}
	folder := filepath.Join(foreign, "pictures", "train", "ant")
	for _, name := range []string{"grey.png", "colour.png", "grey.png"} {
		data, err := os.ReadFile(filepath.Join(folder, name))
		if err == nil {
			err = p.Add(name, data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	a, err := p.Array()
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "shape", a.Shape, []int{3, 3, 4, 6})
	for i, v := range expected(t)["pictures grey"].Values {
		for c := range 3 {
			if first, third := a.At(24*c+i), a.At(144+24*c+i); first != v || third != v {
				t.Fatalf("pixel %d of channel %d, got %g and %g, want %g", i, c, first, third, v)
			}
		}
	}
	for _, bad := range []*datasets.Pictures{{Rows: 1}, {Rows: -1, Columns: -1}, {Channels: 2}} {
		wants(t, bad.Add("a", nil), "want a size or zeros, and 0, 1 or 3 channels")
	}
}
