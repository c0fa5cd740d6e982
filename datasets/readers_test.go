package datasets_test

import (
	"bytes"
	"compress/gzip"
	"encoding"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/seed-be841da4/prospect/datasets"
)

// put writes files below a new folder; a name that ends in .gz is packed.
func put(t *testing.T, files map[string][]byte) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, data := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if filepath.Ext(name) == ".gz" {
			var out bytes.Buffer
			w := gzip.NewWriter(&out)
			w.Write(data)
			w.Close()
			data = out.Bytes()
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Every element type of the format, by hand.
func TestReadIDXArray(t *testing.T) {
	for _, c := range []struct {
		kind byte
		name string
		data []byte
		want float64 // the last of three elements
	}{
		{0x08, "uint8", []byte{1, 2, 255}, 255},
		{0x09, "int8", []byte{1, 2, 255}, -1},
		{0x0b, "int16", []byte{0, 1, 0, 2, 0xff, 0xfe}, -2},
		{0x0c, "int32", []byte{0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0, 0, 0}, -1 << 24},
		{0x0d, "float32", []byte{0, 0, 0, 1, 0, 0, 0, 2, 0xbf, 0x80, 0, 0}, -1},
		{0x0e, "float64", append(make([]byte, 16), 0x3f, 0xe0, 0, 0, 0, 0, 0, 0), 0.5},
	} {
		file := idxOf(c.kind, []uint32{3, 1}, c.data...)
		for _, size := range []int64{int64(len(file)), -1} {
			a, err := datasets.ReadIDXArray(bytes.NewReader(file), size)
			if err != nil {
				t.Fatal(err)
			}
			if a.Type != c.name || !slices.Equal(a.Shape, []int{3, 1}) || a.Len() != 3 || a.At(2) != c.want {
				t.Errorf("got %s of shape %v with %g last, want %s, [3 1] and %g", a.Type, a.Shape, a.At(a.Len()-1), c.name, c.want)
			}
		}
		_, err := datasets.ReadIDXArray(bytes.NewReader(append(file, 0)), -1)
		wants(t, err, "datasets: idx: ", "bytes after the data")
	}
}

// The names of MNIST as they are met: a dash or a dot, packed or not, folders in folders
// that are called as the file in them; a plain file before its packed copy.
func TestIDXFilesFinds(t *testing.T) {
	images, classes := idxOf(8, []uint32{2, 1, 2}, 0, 255, 51, 0), idxOf(8, []uint32{2}, 7, 5)
	test, answers := idxOf(8, []uint32{1, 1, 2}, 255, 255), idxOf(8, []uint32{1}, 7)
	for name, files := range map[string]map[string][]byte{
		"dashed":         {"train-images-idx3-ubyte": images, "train-labels-idx1-ubyte": classes, "t10k-images-idx3-ubyte": test, "t10k-labels-idx1-ubyte": answers},
		"dotted, packed": {"train-images.idx3-ubyte.gz": images, "train-labels.idx1-ubyte.gz": classes, "t10k-images.idx3-ubyte.gz": test, "t10k-labels.idx1-ubyte.gz": answers},
		"folders": {
			"MNIST/raw/train-images.idx3-ubyte/train-images.idx3-ubyte": images, "MNIST/raw/train-labels-idx1-ubyte": classes,
			"MNIST/raw/emnist-x-test-images-idx3-ubyte": test, "MNIST/raw/emnist-x-test-labels-idx1-ubyte": answers,
		},
		"copies": {
			"train-images-idx3-ubyte": images, "train-images-idx3-ubyte.gz": test, "train-labels-idx1-ubyte": classes, "readme.txt": nil,
			"t10k-images-idx3-ubyte": test, "t10k-labels-idx1-ubyte": answers, ".git/train-images-idx3-ubyte": test,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := datasets.IDXFiles{}.Read(put(t, files))
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "names", datasets.ClassNames(s.Train), []string{"5", "7"})
			equal(t, "labels", labels(s.Train), []int{1, 0})
			equal(t, "test labels", labels(s.Test), []int{1})
			equal(t, "sample", sample(s.Train, 1), []float32{0.2, 0})
		})
	}
	dir := put(t, map[string][]byte{"a": images, "b": idxOf(0x0d, []uint32{2}, 0x3f, 0x80, 0, 0, 0, 0, 0, 0)})
	s, err := datasets.IDXFiles{Images: "a", Labels: "b", Shape: []int{2}}.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "targets", target(t, s.Train, 0), []float32{1})
	if s, err = (datasets.IDXFiles{Images: "a", Task: datasets.NoTargets}).Read(dir); err != nil || s.Train.Classes() != 0 {
		t.Errorf("no targets: got %v, %v", s, err)
	}
}

// What is classification and what regression, and the names of classes.
func TestAssemblyTask(t *testing.T) {
	many := func(n, classes int) *datasets.Array {
		a := &datasets.Array{Shape: []int{n}, Type: "int32", Doubles: make([]float64, n)}
		for i := range a.Doubles {
			a.Doubles[i] = float64(i % classes)
		}
		return a
	}
	numbers := func(kind string, shape []int, v ...float64) *datasets.Array {
		return &datasets.Array{Shape: shape, Type: kind, Doubles: v}
	}
	for _, c := range []struct {
		name    string
		a       datasets.Assembly
		y       *datasets.Array
		words   []string
		classes []string
		targets []int
		want    string
	}{
		{name: "numbers in order of value", y: numbers("int64", []int{4}, 10, 9, -1, 10), classes: []string{"-1", "9", "10"}},
		{name: "words in order of text", words: []string{"b", "10", "9"}, classes: []string{"10", "9", "b"}},
		{name: "floats", y: numbers("float64", []int{2}, 1, 2), targets: []int{1}},
		{name: "floats as classes", a: datasets.Assembly{Task: datasets.Classification}, y: numbers("float64", []int{2}, 1, 2), classes: []string{"1", "2"}},
		{name: "fractions as classes", a: datasets.Assembly{Task: datasets.Classification}, y: numbers("float64", []int{2}, 1, 2.5), want: "label of sample 1, got 2.5, want a whole number"},
		{name: "whole numbers to predict", a: datasets.Assembly{Task: datasets.Regression}, y: numbers("int64", []int{2}, 1, 2), targets: []int{1}},
		{name: "a column of labels", y: numbers("int64", []int{2, 1}, 1, 2), classes: []string{"1", "2"}},
		{name: "rows of whole numbers", y: numbers("int64", []int{1, 2}, 1, 2), targets: []int{2}},
		{name: "matrices", y: numbers("float64", []int{1, 2, 2}, 1, 2, 3, 4), targets: []int{2, 2}},
		{name: "20 classes of one", y: many(20, 20), classes: nil, want: ""},
		{name: "21 of fewer than five", y: many(104, 21), want: "got 21 different whole numbers for 104 samples, which may be classes or quantities"},
		{name: "21 of five", y: many(105, 21)},
		{name: "words for numbers", a: datasets.Assembly{Task: datasets.Regression}, words: []string{"a"}, want: `target of sample 0, got "a", want a number for regression`},
		{name: "names known", a: datasets.Assembly{Classes: []string{"x", "y", "z"}}, y: numbers("int64", []int{2}, 2, 0), classes: []string{"x", "y", "z"}},
		{name: "beyond the names", a: datasets.Assembly{Classes: []string{"x"}}, y: numbers("int64", []int{2}, 0, 1), want: "label of sample 1, got 1, want 0 to 0"},
		{name: "names twice", a: datasets.Assembly{Classes: []string{"x", "x"}}, y: numbers("int64", []int{1}, 0), want: `got "x" twice`},
		{name: "no one-hot", a: datasets.Assembly{OneHot: true}, y: numbers("int64", []int{1, 2}, 1, 1), want: "one-hot label of sample 0"},
		{name: "one-hot of a column", a: datasets.Assembly{OneHot: true}, y: numbers("int64", []int{1}, 1), want: "one-hot label of sample 0"},
		{name: "task", a: datasets.Assembly{Task: 4}, want: "Task, got 4, want one of auto, classification, regression, no-targets"},
		{name: "two scalings", a: datasets.Assembly{Standardize: true, Normalization: &datasets.Normalization{}}, want: "want one of the two"},
		{name: "floats normalised", a: datasets.Assembly{Normalization: &datasets.Normalization{}}, want: "Normalization is for 8-bit samples"},
		{name: "no targets", y: nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := max(len(c.words), 1)
			if c.y != nil {
				n = c.y.Shape[0]
			}
			x := &datasets.Array{Shape: []int{n, 1}, Type: "float32", Floats: make([]float32, n)}
			s, err := c.a.Split(&datasets.Part{File: "file", X: x, Y: c.y, Words: c.words}, nil)
			if c.want != "" {
				wants(t, err, c.want)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if c.classes != nil {
				equal(t, "names", datasets.ClassNames(s.Train), c.classes)
			}
			r, ok := datasets.Targets(s.Train)
			if ok != (c.targets != nil) || ok && !slices.Equal(r.TargetShape(), c.targets) {
				t.Errorf("targets, got %v, want shape %v", ok, c.targets)
			}
			if ok && s.Train.Classes() != 0 {
				t.Errorf("got %d classes beside targets, want none", s.Train.Classes())
			}
		})
	}
	_, err := datasets.Assembly{Name: "mine"}.Split(nil, nil)
	wants(t, err, "mine: training part, got none")
	for name, p := range map[string]*datasets.Part{
		"no shape":  {X: &datasets.Array{Floats: []float32{1}}},
		"too short": {X: &datasets.Array{Shape: []int{2}, Floats: []float32{1}}},
		"targets":   {X: &datasets.Array{Shape: []int{1}, Floats: []float32{1}}, Y: &datasets.Array{Shape: []int{1, 2}, Floats: []float32{1}}},
	} {
		_, err := datasets.Assembly{}.Split(p, nil)
		wants(t, err, "other numbers of elements than their shapes have")
		if _, err := (datasets.Assembly{}).Split(&datasets.Part{X: &datasets.Array{Shape: []int{1}, Floats: []float32{1}}}, p); err == nil {
			t.Errorf("%s in the test part: got no error", name)
		}
	}
}

// The training samples alone give the scale: of each column, of each channel, of all
// pixels.
func TestStandardize(t *testing.T) {
	part := func(shape []int, v ...float32) *datasets.Part {
		return &datasets.Part{File: "f", X: &datasets.Array{Shape: shape, Type: "float32", Floats: v}}
	}
	near := func(got, want []float32) bool {
		return slices.EqualFunc(got, want, func(a, b float32) bool { return math.Abs(float64(a-b)) < 1e-6 })
	}
	a := datasets.Assembly{Standardize: true}
	s, err := a.Split(part([]int{2, 2}, 1, 5, 3, 5), part([]int{1, 2}, 7, 6))
	if err != nil {
		t.Fatal(err)
	}
	if got, test := sample(s.Train, 0), sample(s.Test, 0); !near(got, []float32{-1, 0}) || !near(test, []float32{5, 1}) {
		t.Errorf("columns, got %v and %v, want [-1 0] and [5 1]", got, test)
	}
	if s, err = a.Split(part([]int{1, 2, 1, 2}, 0, 2, 10, 30), nil); err != nil {
		t.Fatal(err)
	}
	if got := sample(s.Train, 0); !near(got, []float32{-1, 1, -1, 1}) {
		t.Errorf("channels, got %v, want [-1 1 -1 1]", got)
	}
	if s, err = a.Split(part([]int{1, 2, 2}, 0, 0, 0, 4), nil); err != nil {
		t.Fatal(err)
	}
	if got := sample(s.Train, 0); !near(got, []float32{-1 / float32(math.Sqrt(3)), -1 / float32(math.Sqrt(3)), -1 / float32(math.Sqrt(3)), float32(math.Sqrt(3))}) {
		t.Errorf("pixels, got %v, want mean 1 and deviation √3 taken out", got)
	}
	eight := func(v ...uint8) *datasets.Part {
		return &datasets.Part{File: "f", X: &datasets.Array{Shape: []int{1, len(v)}, Type: "uint8", Bytes: v}}
	}
	if s, err = a.Split(eight(0, 255), eight(255, 255)); err != nil {
		t.Fatal(err)
	}
	if got, test := sample(s.Train, 0), sample(s.Test, 0); !near(got, []float32{-1, 1}) || !near(test, []float32{1, 1}) {
		t.Errorf("8 bits, got %v and %v, want [-1 1] and [1 1]", got, test)
	}
	if n, ok := s.Train.(*datasets.Samples).Normalization(); !ok || n.Mean[0] != 0.5 || n.Std[0] != 0.5 {
		t.Errorf("normalization, got %+v, want mean and std ½", n)
	}
}

// Views of samples with targets, with class names, and with neither keep what they have.
func TestViewsKeepTargetsAndNames(t *testing.T) {
	x := &datasets.Array{Shape: []int{3, 1}, Type: "float32", Floats: []float32{10, 11, 12}}
	y := &datasets.Array{Shape: []int{3, 2}, Type: "float64", Doubles: []float64{0, 1, 2, 3, 4, 5}}
	s, err := datasets.Assembly{}.Split(&datasets.Part{X: x, Y: y}, nil)
	if err != nil {
		t.Fatal(err)
	}
	view, err := datasets.Subset(s.Train, []int{2, 0})
	if err != nil {
		t.Fatal(err)
	}
	if view, err = datasets.First(view, 1); err != nil {
		t.Fatal(err)
	}
	equal(t, "target of a view of a view", target(t, view, 0), []float32{4, 5})
	for b, err := range datasets.Batches(s.Train, datasets.BatchSettings{Size: 2}, nil) {
		if err != nil || b.Labels != nil || len(b.Indices) != b.Size {
			t.Errorf("batch, got labels %v and %v, want none", b.Labels, err)
		}
	}
	for what, do := range map[string]func() error{
		"Classes":     func() error { _, err := datasets.Classes(s.Train, []int{0}, true); return err },
		"PerClass":    func() error { _, err := datasets.PerClass(s.Train, 1, nil); return err },
		"ClassCounts": func() error { _, err := datasets.ClassCounts(s.Train); return err },
	} {
		if err := do(); err == nil {
			t.Errorf("%s of samples without classes: got no error", what)
		}
	}
	x.Floats = []float32{10, 11, 12}
	if s, err = (datasets.Assembly{}).Split(&datasets.Part{X: x, Words: []string{"c", "a", "b"}}, nil); err != nil {
		t.Fatal(err)
	}
	if view, err = datasets.Classes(s.Train, []int{2, 0}, true); err != nil {
		t.Fatal(err)
	}
	equal(t, "names renumbered", datasets.ClassNames(view), []string{"c", "a"})
	if view, err = datasets.Classes(s.Train, []int{1}, false); err != nil {
		t.Fatal(err)
	}
	equal(t, "names kept", datasets.ClassNames(view), []string{"a", "b", "c"})
	if _, ok := datasets.Targets(view); ok {
		t.Error("a view of classes has targets")
	}
	plain, err := datasets.NewFloats([]int{1}, 2, []float32{1}, []int{0})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "no names", datasets.ClassNames(plain), []string{"0", "1"})
}

// Settings are written by name.
func TestNamesOfSettings(t *testing.T) {
	for _, c := range []struct {
		value encoding.TextMarshaler
		back  encoding.TextUnmarshaler
		name  string
		ok    bool
	}{
		{datasets.Auto, new(datasets.Task), "auto", true},
		{datasets.Classification, new(datasets.Task), "classification", true},
		{datasets.Regression, new(datasets.Task), "regression", true},
		{datasets.NoTargets, new(datasets.Task), "no-targets", true},
		{datasets.Task(9), new(datasets.Task), "task 9", false},
		{datasets.HeaderDetected, new(datasets.Header), "detected", true},
		{datasets.HeaderPresent, new(datasets.Header), "present", true},
		{datasets.HeaderAbsent, new(datasets.Header), "absent", true},
		{datasets.Header(-1), new(datasets.Header), "header -1", false},
		{datasets.ChannelsUnstated, new(datasets.Channels), "unstated", true},
		{datasets.ChannelsFirst, new(datasets.Channels), "first", true},
		{datasets.ChannelsLast, new(datasets.Channels), "last", true},
		{datasets.Channels(3), new(datasets.Channels), "channels 3", false},
	} {
		text, err := c.value.MarshalText()
		if err != nil || string(text) != c.name {
			t.Errorf("got %q, %v, want %q", text, err, c.name)
		}
		err = c.back.UnmarshalText(text)
		if got := reflect.ValueOf(c.back).Elem().Interface(); (err == nil) != c.ok || c.ok && got != c.value {
			t.Errorf("%q read back as %v, %v", text, got, err)
		}
	}
}

// A scaling and its inverse, and what was measured on one part for another.
func TestScalings(t *testing.T) {
	part := func(x, y []float64) *datasets.Part {
		return &datasets.Part{File: "f", X: &datasets.Array{Shape: []int{len(x) / 2, 2}, Type: "float64", Doubles: x}, Y: &datasets.Array{Shape: []int{len(y)}, Type: "float64", Doubles: y}}
	}
	a := datasets.Assembly{Name: "a", Task: datasets.Regression, Standardize: true, StandardizeTargets: true}
	split, err := a.Split(part([]float64{0, 10, 4, 10}, []float64{100, 300}), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := datasets.Scalings{
		Samples: &datasets.Scaling{Mean: []float64{2, 10}, Std: []float64{2, 1}, Plane: 1},
		Targets: &datasets.Scaling{Mean: []float64{200}, Std: []float64{100}, Plane: 1},
	}
	if diff := cmp.Diff(want, split.Scalings); diff != "" {
		t.Errorf("scalings (-want +got):\n%s", diff)
	}
	a.Scalings = &split.Scalings
	other, err := a.Split(part([]float64{6, 11}, []float64{250}), nil)
	if err != nil {
		t.Fatal(err)
	}
	x, y := make([]float32, 2), make([]float32, 1)
	other.Train.Read(0, x)
	targets, _ := datasets.Targets(other.Train)
	targets.ReadTarget(0, y)
	if x[0] != 2 || x[1] != 1 || y[0] != 0.5 {
		t.Errorf("another file by the scaling of the first: got %v and %v, want [2 1] and [0.5]", x, y)
	}
	back := []float64{2, 1}
	if err := split.Scalings.Samples.Undo(back); err != nil || back[0] != 6 || back[1] != 11 {
		t.Errorf("undone: got %v, %v, want [6 11]", back, err)
	}
	a.Scalings = &datasets.Scalings{Samples: &datasets.Scaling{Mean: []float64{0}, Std: []float64{1}, Plane: 1}}
	if _, err := a.Split(part([]float64{6, 11}, []float64{250}), nil); err == nil || !strings.Contains(err.Error(), "samples: got 2 numbers each, want 1") {
		t.Errorf("a scaling for other samples: got %v", err)
	}
	a.Scalings.Samples = &datasets.Scaling{Mean: []float64{0, 0}, Std: []float64{1, 0}, Plane: 1}
	if _, err := a.Split(part([]float64{6, 11}, []float64{250}), nil); err == nil || !strings.Contains(err.Error(), "deviation 0") {
		t.Errorf("a scaling that divides by zero: got %v", err)
	}
}

// Numbers of a type for fractions that are all whole may be classes or not.
func TestWholeFractions(t *testing.T) {
	read := func(task datasets.Task, y ...float64) error {
		n := len(y)
		x := &datasets.Array{Shape: []int{n, 1}, Type: "float64", Doubles: make([]float64, n)}
		part := &datasets.Part{File: "f", X: x, Y: &datasets.Array{Shape: []int{n}, Type: "float64", Doubles: y}}
		_, err := datasets.Assembly{Name: "a", Task: task}.Split(part, nil)
		return err
	}
	binary := []float64{0, 1, 0, 1, 0, 1, 0, 1, 0, 1}
	if err := read(datasets.Auto, binary...); err == nil || !strings.Contains(err.Error(), "2 different numbers of type float64 that are all whole") {
		t.Errorf("0.0 and 1.0: got %v, want an error", err)
	}
	for _, task := range []datasets.Task{datasets.Classification, datasets.Regression} {
		if err := read(task, binary...); err != nil {
			t.Errorf("%v: got %v", task, err)
		}
	}
	for _, y := range [][]float64{{0, 1, 0, 1, 0, 1, 0, 1, 0, 1.5}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}} {
		if err := read(datasets.Auto, y...); err != nil {
			t.Errorf("%v: got %v, want regression", y, err)
		}
	}
}

// The scalings of a part of the samples, found from all of them scaled.
func TestScalingsOn(t *testing.T) {
	x := []float64{0, 10, 4, 10, 100, 30}
	read := func(s *datasets.Scalings, x, y []float64) *datasets.Split {
		n := len(y)
		part := &datasets.Part{
			File: "f", X: &datasets.Array{Shape: []int{n, 2}, Type: "float64", Doubles: x},
			Y: &datasets.Array{Shape: []int{n}, Type: "float64", Doubles: y},
		}
		a := datasets.Assembly{Name: "a", Task: datasets.Regression, Standardize: true, StandardizeTargets: true, Scalings: s}
		split, err := a.Split(part, nil)
		if err != nil {
			t.Fatal(err)
		}
		return split
	}
	all := read(nil, x, []float64{100, 300, 900})
	part, err := datasets.Subset(all.Train, []int{0, 1})
	if err != nil {
		t.Fatal(err)
	}
	got, err := all.Scalings.On(part)
	if err != nil {
		t.Fatal(err)
	}
	want := read(nil, x[:4], []float64{100, 300}).Scalings
	want.Samples.Std[1] = all.Scalings.Samples.Std[1] // constant in the part
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-6, 1e-6)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
