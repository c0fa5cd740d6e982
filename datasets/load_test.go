package datasets

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// write puts a file into a new directory dir/name; a name that ends in .gz is packed.
func write(t testing.TB, dir, name string, data []byte) {
	t.Helper()
	if strings.HasSuffix(name, ".gz") {
		data = pack(t, data)
	}
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func pack(t testing.TB, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// writeMNIST writes four files of 2 training images and 1 test image; form is a pattern
// of the names, as "%s.gz".
func writeMNIST(t testing.TB, dir, form string) {
	name := func(s string) string { return strings.Replace(form, "%s", s, 1) }
	write(t, dir, name("train-images-idx3-ubyte"), idxBytes(make([]uint8, 2*784), 2, 28, 28))
	write(t, dir, name("train-labels-idx1-ubyte"), idxBytes([]uint8{3, 4}, 2))
	write(t, dir, name("t10k-images-idx3-ubyte"), idxBytes(bytes.Repeat([]uint8{255}, 784), 1, 28, 28))
	write(t, dir, name("t10k-labels-idx1-ubyte"), idxBytes([]uint8{5}, 1))
}

func TestLoadFindsMNIST(t *testing.T) {
	for _, form := range []string{"mnist/%s.gz", "mnist/%s", "%s.gz", "%s"} {
		t.Run(form, func(t *testing.T) {
			dir := t.TempDir()
			writeMNIST(t, dir, form)
			unit := Standard("unit")
			s, err := Load("mnist", LoadSettings{Dir: dir, Normalization: &unit})
			if err != nil {
				t.Fatal(err)
			}
			if s.Name != "mnist" || s.Train.Len() != 2 || s.Test.Len() != 1 || s.Train.Label(1) != 4 || s.Test.Label(0) != 5 {
				t.Errorf("got %s with %d and %d samples, want mnist with 2 and 1", s.Name, s.Train.Len(), s.Test.Len())
			}
			x := make([]float32, 784)
			if s.Test.Read(0, x); x[783] != 1 {
				t.Errorf("pixel, got %g, want 1", x[783])
			}
		})
	}
}

func TestLoadDirectory(t *testing.T) {
	dir := t.TempDir()
	writeMNIST(t, dir, "mnist/%s.gz")
	t.Setenv(dataEnv, dir)
	if _, err := Load("mnist", LoadSettings{Train: 1}); err != nil {
		t.Errorf("%s is set: %v", dataEnv, err)
	}
	t.Setenv(dataEnv, "")
	t.Setenv("XDG_CACHE_HOME", dir)
	got, err := Dir("")
	if cache, cacheErr := os.UserCacheDir(); cacheErr != nil || err != nil || got != filepath.Join(cache, "prospect") {
		t.Errorf("directory, got %q (%v), want prospect in %q", got, err, cache)
	}
}

func TestLoadGivesTheFirstSamples(t *testing.T) {
	dir := t.TempDir()
	writeMNIST(t, dir, "mnist/%s")
	s, err := Load("mnist", LoadSettings{Dir: dir, Train: 1})
	if err != nil {
		t.Fatal(err)
	}
	if s.Train.Len() != 1 || s.Train.Label(0) != 3 || s.Test.Len() != 1 {
		t.Errorf("got %d training samples, want the first", s.Train.Len())
	}
	_, err = Load("mnist", LoadSettings{Dir: dir, Test: 2})
	wantError(t, err, "test samples, got 2, want at most 1")
	_, err = Load("mnist", LoadSettings{Dir: dir, Train: -1})
	wantError(t, err, "got -1 and 0, want at least 0")
}

func TestLoadMissing(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"mnist", "fashion-mnist", "cifar-10", "optdigits"} {
		_, err := Load(name, LoadSettings{Dir: dir})
		if !errors.Is(err, ErrMissing) {
			t.Errorf("%s: got %v, want ErrMissing", name, err)
		}
		wantError(t, err, dir, `run "prospect data get `+name+`"`, "--data-dir", dataEnv)
	}
	_, err := Load("minst", LoadSettings{Dir: dir})
	wantError(t, err, `name, got "minst"`, "glyphs, mnist, fashion-mnist, cifar-10, optdigits")
}

func TestLoadRejectsMNIST(t *testing.T) {
	for _, c := range []struct {
		name, set, file string
		data            []byte
		want            string
	}{
		{"labels for images", "mnist", "train-images-idx3-ubyte.gz", idxBytes([]uint8{1, 2}, 2), "want 3 dimensions"},
		{"small images", "mnist", "train-images-idx3-ubyte.gz", idxBytes(make([]uint8, 2*16), 2, 4, 4), "got shape [2 4 4], want [2 28 28]"},
		{"fewer labels", "mnist", "train-labels-idx1-ubyte.gz", idxBytes([]uint8{1}, 1), "want [1 28 28]"},
		{"great label", "mnist", "train-labels-idx1-ubyte.gz", idxBytes([]uint8{1, 10}, 2), "label of sample 1, got 10"},
		{"the other set", "mnist", "train-labels-idx1-ubyte.gz", idxBytes(firstLabels("fashion-mnist")[0], 10), "got those of fashion-mnist"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			writeMNIST(t, dir, "mnist/%s.gz")
			if c.name == "the other set" {
				write(t, dir, "mnist/train-images-idx3-ubyte.gz", idxBytes(make([]uint8, 10*784), 10, 28, 28))
			}
			write(t, dir, "mnist/"+c.file, c.data)
			_, err := Load("mnist", LoadSettings{Dir: dir})
			wantError(t, err, c.want)
		})
	}
}

func TestLoadCorruptGzip(t *testing.T) {
	dir := t.TempDir()
	writeMNIST(t, dir, "mnist/%s.gz")
	path := filepath.Join(dir, "mnist", "train-images-idx3-ubyte.gz")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, broken := range [][]byte{data[:len(data)/2], data[:5], append(bytes.Clone(data[:len(data)-8]), make([]byte, 8)...)} {
		if err := os.WriteFile(path, broken, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err = Load("mnist", LoadSettings{Dir: dir})
		wantError(t, err, path)
	}
}

func TestLoadCIFAR(t *testing.T) {
	var archived []entryFile
	for k, file := range cifarFiles() {
		archived = append(archived, entryFile{"cifar-10-batches-bin/" + file, cifarBytes(uint8(k), uint8(k+1))})
	}
	check := func(t *testing.T, dir string) {
		t.Helper()
		s, err := Load("cifar-10", LoadSettings{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		if s.Train.Len() != 10 || s.Train.Label(9) != 5 || s.Test.Len() != 2 || s.Test.Label(0) != 5 {
			t.Errorf("got %d training and %d test samples, want 10 and 2 in order", s.Train.Len(), s.Test.Len())
		}
	}
	for _, form := range []string{"cifar-10/cifar-10-batches-bin/%s.gz", "cifar-10/%s", "cifar-10-batches-bin/%s", "%s.gz"} {
		t.Run(form, func(t *testing.T) {
			dir := t.TempDir()
			for _, f := range archived {
				write(t, dir, strings.Replace(form, "%s", filepath.Base(f.name), 1), f.data)
			}
			check(t, dir)
		})
	}
	archived[0], archived[4] = archived[4], archived[0] // the official archive is not in order
	for _, name := range []string{"cifar-10/" + cifarArchive, cifarArchive, "cifar-10/cifar-10-binary.tar"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, name, tarBytes(t, archived...))
			check(t, dir)
		})
	}
	dir := t.TempDir()
	packed := pack(t, tarBytes(t, archived...))
	packed[len(packed)-5]++ // the checksum
	write(t, dir, "cifar-10-binary.tar", packed)
	_, err := Load("cifar-10", LoadSettings{Dir: dir})
	wantError(t, err, "end of archive", "checksum")

	dir = t.TempDir()
	write(t, dir, cifarArchive, tarBytes(t, archived[1:]...))
	_, err = Load("cifar-10", LoadSettings{Dir: dir})
	wantError(t, err, "data_batch_5.bin, got none")
	write(t, dir, "data_batch_1.bin", cifarBytes(1))
	if err := os.Remove(filepath.Join(dir, cifarArchive)); err != nil {
		t.Fatal(err)
	}
	_, err = Load("cifar-10", LoadSettings{Dir: dir})
	wantError(t, err, "data_batch_2.bin", "cifar-10-binary.tar.gz")
}

func TestLoadOptdigits(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "optdigits/optdigits.tra", []byte(digitRow("8", "3")))
	write(t, dir, "optdigits/optdigits.tes.gz", []byte(digitRow("16", "4")))
	s, err := Load("optdigits", LoadSettings{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, 64)
	if s.Train.Read(0, x); x[0] != 0.5 || s.Test.Label(0) != 4 {
		t.Errorf("got pixel %g and label %d, want 0.5 and 4", x[0], s.Test.Label(0))
	}
	write(t, dir, "optdigits/optdigits.tes", []byte("<html>"))
	_, err = Load("optdigits", LoadSettings{Dir: dir})
	wantError(t, err, "optdigits.tes", "looks like a web page")
}
