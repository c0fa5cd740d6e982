package parquet_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/datasets/parquet"
)

// foreign is the folder of what pyarrow has written; make.py in it says how.
var foreign = filepath.Join("..", "testdata", "foreign")

func equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func sample(d datasets.Dataset, i int) []float32 {
	x := make([]float32, datasets.SampleSize(d))
	d.Read(i, x)
	return x
}

func target(t *testing.T, d datasets.Dataset, i int) []float32 {
	t.Helper()
	r, ok := datasets.Targets(d)
	if !ok {
		t.Fatal("got no targets, want some")
	}
	y := make([]float32, r.TargetShape()[0])
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

func wants(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("got no error, want one that says %q", words)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error, got %q, want it to say %q in one line", err, w)
		}
	}
}

// Shards of pictures with the class names of the hub, of three compressions and both
// versions of pages.
func TestPictures(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(foreign, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var expected map[string]struct{ Values []float32 }
	if err := json.Unmarshal(text, &expected); err != nil {
		t.Fatal(err)
	}
	pixels := expected["digits.npz"].Values
	s, err := parquet.Files{Normalization: &datasets.Normalization{Scale: 1}}.Read(filepath.Join(foreign, "hub"))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "shape", s.Train.Shape(), []int{4, 4})
	equal(t, "names", datasets.ClassNames(s.Test), []string{"zero", "one", "two"})
	equal(t, "labels", labels(s.Train), []int{2, 0, 2, 0, 2})
	equal(t, "test labels", labels(s.Test), []int{1})
	equal(t, "first of the second shard", sample(s.Train, 3), pixels[48:64])
	equal(t, "test picture", sample(s.Test, 0), pixels[80:])
	if s, err = (parquet.Files{Task: datasets.NoTargets, Rows: 2, Columns: 2, Channels: 3}).Read(filepath.Join(foreign, "hub")); err != nil {
		t.Fatal(err)
	}
	if s.Train.Classes() != 0 || s.Name != "hub" {
		t.Errorf("got %s of %d classes, want hub of none", s.Name, s.Train.Classes())
	}
	equal(t, "shape resized", s.Train.Shape(), []int{3, 2, 2})
}

func TestTables(t *testing.T) {
	s, err := parquet.Files{Targets: []string{"price"}}.Read(filepath.Join(foreign, "houses.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "sample", sample(s.Train, 2), []float32{2, 43, 300})
	equal(t, "target", target(t, s.Train, 2), []float32{9.9e4})
	if s, err = (parquet.Files{Targets: []string{"rent", "price"}, Ignore: []string{"rooms"}, Shape: []int{1, 1}}).Read(filepath.Join(foreign, "houses.parquet")); err != nil {
		t.Fatal(err)
	}
	equal(t, "targets", target(t, s.Train, 0), []float32{500.5, 1.5e5})
	equal(t, "shape", s.Train.Shape(), []int{1, 1})
	if s, err = (parquet.Files{Targets: []string{"species"}}).Read(filepath.Join(foreign, "iris.parquet")); err != nil {
		t.Fatal(err)
	}
	equal(t, "names", datasets.ClassNames(s.Train), []string{"ibiza", "setosa", `virginica "A"`})
	equal(t, "labels", labels(s.Train), []int{1, 1, 2, 0})
	if s, err = (parquet.Files{}).Read(filepath.Join(foreign, "kinds.parquet")); err != nil {
		t.Fatal(err)
	}
	equal(t, "every kind", sample(s.Train, 0), []float32{1, -1, 1 << 32, 0.5})
	equal(t, "labels", labels(s.Train), []int{0, 1})
	equal(t, "names", datasets.ClassNames(s.Train), []string{"1", "2"})
}

// allocates is how many bytes f allocates.
func allocates(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestMalformed(t *testing.T) {
	file := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(foreign, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	houses, iris := file("houses.parquet"), file("iris.parquet")
	shard := file("hub/data/train-00000-of-00002.parquet")
	footer := func(length uint32) []byte {
		data := bytes.Clone(houses)
		binary.LittleEndian.PutUint32(data[len(data)-8:], length)
		return data
	}
	// A description that promises a list of 2³¹-1 columns.
	list := append([]byte("PAR1"), 0x15, 0x02, 0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07)
	list = append(binary.LittleEndian.AppendUint32(list, 9), "PAR1"...)
	// The first page of the file claims to unpack to 2³⁰ bytes.
	at := bytes.Index(iris, []byte{0x15, 0x00, 0x15})
	page := append(append(bytes.Clone(iris[:at+3]), 0x80, 0x80, 0x80, 0x80, 0x08), iris[at+4:]...)
	table := parquet.Files{Targets: []string{"price"}}
	for _, c := range []struct {
		name  string
		files map[string][]byte
		read  parquet.Files
		want  []string
	}{
		{"empty", map[string][]byte{"a.parquet": nil}, table, []string{"a.parquet", "got 0 bytes"}},
		{"other file", map[string][]byte{"a.parquet": []byte("<html>this is a web page</html>")}, table, []string{"a.parquet", "no Parquet file", "fetch it again"}},
		{"cut off", map[string][]byte{"a.parquet": houses[:len(houses)/2]}, table, []string{"a.parquet", "cut off"}},
		{"pages cut out", map[string][]byte{"a.parquet": append(bytes.Clone(houses[:4]), houses[len(houses)-1700:]...)}, table, []string{"a.parquet", "fetch it again"}},
		{"encrypted", map[string][]byte{"a.parquet": append(bytes.Clone(houses[:len(houses)-4]), "PARE"...)}, table, []string{"encrypted"}},
		{"footer beyond the file", map[string][]byte{"a.parquet": footer(1 << 30)}, table, []string{"footer, got 1073741824 bytes"}},
		{"footer too short", map[string][]byte{"a.parquet": footer(100)}, table, []string{"footer", "damaged"}},
		{"list of gigabytes", map[string][]byte{"a.parquet": list}, table, []string{"got a list of 2147483647 where 0 bytes are left"}},
		{"page of gigabytes", map[string][]byte{"a.parquet": page}, parquet.Files{Targets: []string{"species"}}, []string{"a.parquet", "row group 0, column 0", "1073741824 unpacked", "fetch it again"}},
		{"null", map[string][]byte{"a.parquet": file("null.parquet")}, parquet.Files{}, []string{"a.parquet", "row 1, column x: got null", "leave the row out"}},
		{"NaN", map[string][]byte{"a.parquet": file("nan.parquet")}, parquet.Files{}, []string{"row 1, column x: got NaN"}},
		{"lists", map[string][]byte{"a.parquet": file("lists.parquet")}, parquet.Files{}, []string{"column x, got lists or records, want numbers"}},
		{"no row", map[string][]byte{"a.parquet": file("empty.parquet")}, parquet.Files{}, []string{"got no row"}},
		{"text among numbers", map[string][]byte{"a.parquet": iris}, parquet.Files{Targets: []string{"sepal length"}}, []string{"column species, got text, want numbers; name it in Ignore or Targets"}},
		{"no target", map[string][]byte{"a.parquet": houses}, parquet.Files{}, []string{"no column label, target, class, fine_label or y among rooms, area, price, rent"}},
		{"unknown column", map[string][]byte{"a.parquet": houses}, parquet.Files{Targets: []string{"prize"}}, []string{`column, got "prize", want one of rooms`}},
		{"no pictures", map[string][]byte{"a.parquet": houses}, parquet.Files{Picture: "area", Targets: []string{"price"}}, []string{"column area, got no pictures"}},
		{"missing shard", map[string][]byte{"train-00000-of-00002.parquet": shard}, parquet.Files{}, []string{"got 1, want 2; fetch the missing ones"}},
		{"shards of other columns", map[string][]byte{"a.parquet": houses, "b.parquet": file("kinds.parquet")}, parquet.Files{Targets: []string{"price"}}, []string{"b.parquet", `got "price"`}},
		{"test part alone", map[string][]byte{"test-00000-of-00001.parquet": shard}, parquet.Files{}, []string{"no Parquet file of training data"}},
		{"no picture in it", map[string][]byte{"a.parquet": bytes.Replace(shard, []byte("\x89PNG"), []byte("\x89JPG"), 1)}, parquet.Files{}, []string{"row 0 of", "a.parquet", "want PNG or JPEG"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, data := range c.files {
				if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var err error
			if n := allocates(func() { _, err = c.read.Read(dir) }); n > 4<<20 {
				t.Errorf("allocated %d bytes, want at most 4 megabytes", n)
			}
			wants(t, err, append(c.want, "datasets: ")...)
		})
	}
	_, err := parquet.Files{}.Read(filepath.Join(t.TempDir(), "absent"))
	wants(t, err, "absent")
}

// The word nearest to the end of a path says the part; validation serves where test is
// not.
func TestParts(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(foreign, "kinds.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		files       []string
		train, test int // shards
	}{
		{[]string{"a.parquet", "b.parquet"}, 2, 0},
		{[]string{"train/0000.parquet", "test/0000.parquet", "test/0001.parquet", "validation/0000.parquet"}, 1, 2},
		{[]string{"test-set/train-0.parquet", "test-set/valid-0.parquet", ".hidden.parquet"}, 1, 1},
		{[]string{"data/train-00000-of-00001-0123abcd.parquet", "data/val.PARQUET"}, 1, 1},
	} {
		dir := t.TempDir()
		for _, name := range c.files {
			path := filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s, err := parquet.Files{}.Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		test := 0
		if s.Test != nil {
			test = s.Test.Len()
		}
		if s.Train.Len() != 2*c.train || test != 2*c.test {
			t.Errorf("%v: got %d and %d samples, want %d and %d", c.files, s.Train.Len(), test, 2*c.train, 2*c.test)
		}
	}
}

func FuzzFiles(f *testing.F) {
	for _, name := range []string{"houses.parquet", "iris.parquet", "kinds.parquet", "null.parquet", "hub/data/train-00000-of-00002.parquet", "hub/data/train-00001-of-00002.parquet", "hub/data/test-00000-of-00001.parquet"} {
		data, err := os.ReadFile(filepath.Join(foreign, filepath.FromSlash(name)))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	path := filepath.Join(f.TempDir(), "fuzz.parquet")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, r := range []parquet.Files{{}, {Targets: []string{"price"}}, {Task: datasets.NoTargets}} {
			s, err := r.Read(path)
			if err != nil {
				continue
			}
			for i := range s.Train.Len() {
				for _, v := range sample(s.Train, i) {
					if v-v != 0 {
						t.Fatalf("sample %d is not finite", i)
					}
				}
				if k := s.Train.Label(i); k < 0 || k > 0 && k >= s.Train.Classes() {
					t.Fatalf("sample %d has label %d of %d classes", i, k, s.Train.Classes())
				}
			}
		}
	})
}
