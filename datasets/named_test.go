package datasets

import (
	"archive/zip"
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// cifar100Bytes is one record for each pair of labels; its red plane is 255, its green
// 51, its blue 0, and the first pixel 0.
func cifar100Bytes(pairs ...[2]uint8) []byte {
	var out []byte
	for _, p := range pairs {
		out = append(out, p[0], p[1], 0)
		out = append(out, bytes.Repeat([]byte{255}, 1023)...)
		out = append(out, bytes.Repeat([]byte{51}, 1024)...)
		out = append(out, make([]byte, 1024)...)
	}
	return out
}

func TestLoadCIFAR100(t *testing.T) {
	train, test := cifar100Bytes([2]uint8{19, 99}, [2]uint8{4, 30}), cifar100Bytes([2]uint8{0, 1})
	archive := tarBytes(t, entryFile{"cifar-100-binary/coarse_label_names.txt", nil}, entryFile{"cifar-100-binary/train.bin", train}, entryFile{"cifar-100-binary/test.bin", test})
	for name, files := range map[string]map[string][]byte{
		"official archive": {"cifar-100/cifar-100-binary.tar.gz": archive},
		"unpacked":         {"cifar-100/cifar-100-binary/train.bin": train, "cifar-100/cifar-100-binary/test.bin": test},
		"unpacked above":   {"cifar-100-binary/train.bin.gz": train, "cifar-100-binary/test.bin": test, "cifar-100-binary.tar": archive},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, data := range files {
				write(t, dir, file, data)
			}
			for _, c := range []struct {
				name    string
				classes int
				labels  []int
			}{{"cifar-100", 100, []int{99, 30}}, {"cifar-100-coarse", 20, []int{19, 4}}} {
				s, err := Load(c.name, LoadSettings{Dir: dir})
				if err != nil {
					t.Fatal(err)
				}
				if got := labelsOf(s.Train); !slices.Equal(got, c.labels) || s.Train.Classes() != c.classes || s.Test.Len() != 1 {
					t.Errorf("%s: got labels %v of %d classes, want %v of %d", c.name, got, s.Train.Classes(), c.labels, c.classes)
				}
				path, err := Locate(c.name, dir)
				if err != nil || !strings.HasPrefix(path, dir) {
					t.Errorf("%s: Locate gives %s, %v", c.name, path, err)
				}
			}
		})
	}
	_, err := Load("cifar-100", LoadSettings{Dir: t.TempDir()})
	if !errors.Is(err, ErrMissing) {
		t.Errorf("got %v, want ErrMissing", err)
	}
	wantError(t, err, "train.bin[.gz] or cifar-100-binary.tar.gz", `run "prospect data get cifar-100"`)
}

// The normalisation is that of the training pixels in [0, 1], by the formula of Moments.
func TestMeasuredNormalization(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "cifar-100/train.bin", cifar100Bytes([2]uint8{1, 2}, [2]uint8{1, 2}))
	write(t, dir, "cifar-100/test.bin", cifar100Bytes([2]uint8{1, 2}))
	s, err := Load("cifar-100", LoadSettings{Dir: dir, Train: 1})
	if err != nil {
		t.Fatal(err)
	}
	const p = 1023. / 1024 // of the red plane is 1
	for k, d := range []Dataset{s.Train, s.Test} {
		n := d.(*Images).Normalization()
		for c, want := range [3][2]float64{{p, math.Sqrt(p * (1 - p))}, {0.2, 1}, {0, 1}} {
			if math.Abs(n.Mean[c]-want[0]) > 1e-12 || math.Abs(n.Std[c]-want[1]) > 1e-9 {
				t.Errorf("part %d, channel %d: got %g and %g, want %g and %g", k, c, n.Mean[c], n.Std[c], want[0], want[1])
			}
		}
	}
	s, err = Load("cifar-100", LoadSettings{Dir: dir, Normalization: &Normalization{}})
	if err != nil || len(s.Train.(*Images).Normalization().Mean) != 0 {
		t.Errorf("one's own normalisation was replaced: %v", err)
	}
	for _, info := range Names() {
		measured := strings.HasPrefix(info.Name, "emnist-") || strings.HasPrefix(info.Name, "cifar-100") || info.Name == "kmnist"
		src, err := find(info.Name)
		if err != nil || src.measured != measured || measured && len(Standard(info.Name).Mean) != 0 {
			t.Errorf("%s: measured %v, want %v, and then none that is stated", info.Name, src.measured, measured)
		}
	}
}

func TestReadCIFAR100Rejects(t *testing.T) {
	file := cifar100Bytes([2]uint8{1, 2}, [2]uint8{3, 4})
	for _, c := range []struct {
		name string
		file []byte
		size int64
		want string
	}{
		{"empty", nil, -1, "got 0 records"},
		{"size 0", nil, 0, "got 0 bytes, want a positive multiple of 3074"},
		{"ragged", file[:4000], -1, "record 1, got 926 bytes, want 3074"},
		{"ragged size", file[:4000], 4000, "got 4000 bytes"},
		{"shorter than said", file[:cifar100Record], 2 * cifar100Record, "got 1 records, want 2"},
		{"coarse", cifar100Bytes([2]uint8{20, 0}), -1, "got 20 and 0, want 0 to 19 and 0 to 99"},
		{"fine", cifar100Bytes([2]uint8{0, 100}), -1, "got 0 and 100"},
		{"most", nil, (1<<20 + 1) * cifar100Record, "at most 1048576 records"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, _, err := ReadCIFAR100(bytes.NewReader(c.file), c.size)
			wantError(t, err, "datasets: cifar-100: ", c.want)
		})
	}
	for name, archive := range map[string][]byte{
		"twice":  tarBytes(t, entryFile{"a/train.bin", file}, entryFile{"b/train.bin", file}),
		"absent": tarBytes(t, entryFile{"a/train.bin", file}),
		"cut":    tarBytes(t, entryFile{"a/train.bin", file}, entryFile{"a/test.bin", file})[:4000],
	} {
		dir := t.TempDir()
		write(t, dir, "cifar-100/cifar-100-binary.tar.gz", archive)
		_, err := Load("cifar-100", LoadSettings{Dir: dir})
		wantError(t, err, "cifar-100-binary.tar.gz", map[string]string{"twice": "train.bin, got it twice", "absent": "not both", "cut": "record 1, got 414 bytes"}[name])
	}
}

// emnistSplit is the four files of a split of two training pictures and a test picture:
// each has one bright pixel, at row 1, column 2 once it is upright.
func emnistSplit(name string, labels ...uint8) map[string][]byte {
	picture := make([]uint8, 784)
	picture[2*28+1] = 255
	files := emnistFiles(name)
	return map[string][]byte{
		files[0]: idxBytes(slices.Concat(picture, picture), 2, 28, 28), files[1]: idxBytes(labels[:2], 2),
		files[2]: idxBytes(picture, 1, 28, 28), files[3]: idxBytes(labels[2:], 1),
	}
}

func TestLoadEMNIST(t *testing.T) {
	official := func(dir string) {
		var out bytes.Buffer
		w := zip.NewWriter(&out)
		for _, files := range []map[string][]byte{emnistSplit("emnist-letters", 1, 26, 2), emnistSplit("emnist-balanced", 0, 46, 1)} {
			for name, data := range files {
				f, err := w.Create("gzip/" + name + ".gz")
				if err != nil {
					t.Fatal(err)
				}
				f.Write(pack(t, data))
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		write(t, dir, "emnist/gzip.zip", out.Bytes())
	}
	unpacked := func(form string) func(dir string) {
		return func(dir string) {
			for name, data := range emnistSplit("emnist-letters", 1, 26, 2) {
				write(t, dir, strings.Replace(form, "%s", name, 1), data)
			}
		}
	}
	for name, prepare := range map[string]func(dir string){"archive": official, "gzip": unpacked("emnist/gzip/%s.gz"), "plain": unpacked("emnist/%s"), "above": unpacked("%s.gz")} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			prepare(dir)
			s, err := Load("emnist-letters", LoadSettings{Dir: dir, Normalization: &Normalization{}})
			if err != nil {
				t.Fatal(err)
			}
			x := make([]float32, 784)
			s.Test.Read(0, x)
			if got := labelsOf(s.Train); !slices.Equal(got, []int{0, 25}) || s.Test.Label(0) != 1 || slices.Index(x, 1) != 28+2 {
				t.Errorf("got labels %v and %d and the bright pixel at %d, want 0 25, 1 and 30", got, s.Test.Label(0), slices.Index(x, 1))
			}
			if path, err := Locate("emnist-letters", dir); err != nil || path == "" {
				t.Errorf("Locate: got %q, %v", path, err)
			}
			if name == "archive" {
				b, err := Load("emnist-balanced", LoadSettings{Dir: dir})
				if err != nil || !slices.Equal(labelsOf(b.Train), []int{0, 46}) || b.Train.Classes() != 47 {
					t.Errorf("balanced: got %v, %v, want labels as they are", b, err)
				}
				_, err = Load("emnist-digits", LoadSettings{Dir: dir})
				wantError(t, err, "gzip.zip", "got no emnist-digits-train-images-idx3-ubyte.gz")
			}
		})
	}
	dir := t.TempDir()
	_, err := Load("emnist-mnist", LoadSettings{Dir: dir})
	wantError(t, err, "emnist-mnist-train-images-idx3-ubyte[.gz] or gzip.zip", `run "prospect data get emnist-mnist"`)
	for name, data := range emnistSplit("emnist-letters", 0, 1, 2) {
		write(t, dir, "emnist/"+name, data)
	}
	_, err = Load("emnist-letters", LoadSettings{Dir: dir})
	wantError(t, err, "got label 0 of sample 0, want 1 to 26")
	if err := os.WriteFile(filepath.Join(dir, "emnist", "gzip.zip"), []byte("PK"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Load("emnist-digits", LoadSettings{Dir: dir})
	wantError(t, err, "gzip.zip", "archive")
}

func TestLoadKMNIST(t *testing.T) {
	dir := t.TempDir()
	writeMNIST(t, dir, "kmnist/%s.gz")
	s, err := Load("kmnist", LoadSettings{Dir: dir, Normalization: &Normalization{}})
	if err != nil || s.Train.Len() != 2 || s.Test.Label(0) != 5 {
		t.Fatalf("got %v, %v, want 2 training samples", s, err)
	}
	for k, name := range []string{"mnist", "fashion-mnist"} {
		write(t, dir, "kmnist/train-images-idx3-ubyte.gz", idxBytes(make([]uint8, 10*784), 10, 28, 28))
		write(t, dir, "kmnist/train-labels-idx1-ubyte.gz", idxBytes(firstLabels(name)[0], 10))
		_, err = Load("kmnist", LoadSettings{Dir: dir})
		wantError(t, err, []string{"got those of mnist", "got those of fashion-mnist"}[k])
	}
}
