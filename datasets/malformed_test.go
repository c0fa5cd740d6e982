package datasets_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/datasets"
)

// npy is an .npy file with a header and data of one's own.
func npy(header string, data ...byte) []byte {
	out := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), byte(len(header)>>8))
	return append(append(out, header...), data...)
}

// npyOf is a sound one.
func npyOf(descr, shape string, data ...byte) []byte {
	return npy(fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': %s, }\n", descr, shape), data...)
}

// npzOf is an archive of arrays, name after name.
func npzOf(t testing.TB, arrays ...any) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for k := 0; k < len(arrays); k += 2 {
		f, err := w.Create(arrays[k].(string) + ".npy")
		if err == nil {
			_, err = f.Write(arrays[k+1].([]byte))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// idxOf is an IDX file.
func idxOf(kind byte, shape []uint32, data ...byte) []byte {
	out := []byte{0, 0, kind, byte(len(shape))}
	for _, n := range shape {
		out = binary.BigEndian.AppendUint32(out, n)
	}
	return append(out, data...)
}

func pngOf(t testing.TB, width, height int) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, width, height))
	m.SetGray(0, 0, color.Gray{Y: 200})
	var out bytes.Buffer
	if err := png.Encode(&out, m); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// allocates is how many bytes f allocates.
func allocates(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Every file that is not what it should be is told in one line: which file, where in it,
// what to do; and no promise of a header is paid for in memory.
func TestMalformed(t *testing.T) {
	forged := func(data []byte, at int, value []byte) []byte {
		data = bytes.Clone(data)
		copy(data[at:], value)
		return data
	}
	packed := npzOf(t, "x", npyOf("<f4", "(2,)", make([]byte, 8)...))
	directory := bytes.LastIndex(packed, []byte("PK\x01\x02"))
	huge := binary.LittleEndian.AppendUint32(nil, 1<<31)
	long := append([]byte("\x93NUMPY\x02\x00"), 0xff, 0xff, 0xff, 0x7f)
	images, digits := idxOf(8, []uint32{2, 2, 2}, 1, 2, 3, 4, 5, 6, 7, 8), idxOf(8, []uint32{2}, 0, 1)
	picture := pngOf(t, 4, 4)
	wide := forged(picture, 16, []byte{0, 1, 0, 0, 0, 1, 0, 0}) // 65536 × 65536
	binary.BigEndian.PutUint32(wide[29:], crc32.ChecksumIEEE(wide[12:29]))
	blank := forged(picture, 16, []byte{0, 0, 0x1f, 0x40, 0, 0, 0x1f, 0x40}) // 8000 × 8000
	binary.BigEndian.PutUint32(blank[29:], crc32.ChecksumIEEE(blank[12:29]))
	tableOf := func(c datasets.CSV) func(string) error {
		return func(dir string) error { _, err := c.Read(filepath.Join(dir, "a.csv"), ""); return err }
	}
	npyRead := func(dir string) error {
		_, err := datasets.NPY{}.Read(filepath.Join(dir, "x.npy"), "")
		return err
	}
	npzRead := func(dir string) error { _, err := datasets.NPZ{}.Read(filepath.Join(dir, "a.npz")); return err }
	idxRead := func(dir string) error { _, err := datasets.IDXFiles{}.Read(dir); return err }
	folder := func(dir string) error { _, err := datasets.ImageFolder{}.Read(dir); return err }
	table := tableOf(datasets.CSV{})
	for _, c := range []struct {
		name  string
		files map[string][]byte
		read  func(dir string) error
		want  []string
	}{
		{"npy: empty", map[string][]byte{"x.npy": nil}, npyRead, []string{"x.npy", "magic number", "no .npy file"}},
		{"npy: web page", map[string][]byte{"x.npy": []byte("<!DOCTYPE html>")}, npyRead, []string{"looks like a web page"}},
		{"npy: cut in the header", map[string][]byte{"x.npy": npyOf("<f4", "(2,)")[:30]}, npyRead, []string{"header of", "cut off"}},
		{"npy: cut in the data", map[string][]byte{"x.npy": npyOf("<f4", "(2,)", 1, 2, 3)}, npyRead, []string{"x.npy", "float32 array of shape [2], got 3 bytes of data, want 8", "save it again"}},
		{"npy: more than the shape", map[string][]byte{"x.npy": npyOf("|u1", "(2,)", 1, 2, 3)}, npyRead, []string{"got 3 bytes of data, want 2"}},
		{"npy: header of gigabytes", map[string][]byte{"x.npy": long}, npyRead, []string{"length of the header, got 2147483647"}},
		{"npy: shape of gigabytes", map[string][]byte{"x.npy": npyOf("<f8", "(1000000, 2000)", 1)}, npyRead, []string{"want 16000000000"}},
		{"npy: overflowing shape", map[string][]byte{"x.npy": npyOf("<f8", "(4294967296, 4294967296)")}, npyRead, []string{"want a product of at most"}},
		{"npy: negative size", map[string][]byte{"x.npy": npyOf("<f4", "(-2,)")}, npyRead, []string{"x.npy", "got [-2], want positive dimensions"}},
		{"npy: no element", map[string][]byte{"x.npy": npyOf("<f4", "(0, 3)")}, npyRead, []string{"got [0 3]"}},
		{"npy: single number", map[string][]byte{"x.npy": npyOf("<f4", "()", 0, 0, 0, 0)}, npyRead, []string{"got a single number, want an array"}},
		{"npy: objects", map[string][]byte{"x.npy": npyOf("|O", "(1,)", 0)}, npyRead, []string{"got Python objects", "pad them"}},
		{"npy: text", map[string][]byte{"x.npy": npyOf("<U3", "(1,)", 0)}, npyRead, []string{`got "<U3"`, "numpy.unique"}},
		{"npy: version", map[string][]byte{"x.npy": forged(npyOf("<f4", "(1,)"), 6, []byte{9})}, npyRead, []string{"version, got 9.0"}},
		{"npy: torn dictionary", map[string][]byte{"x.npy": npy("{'descr': '<f4', 'shape': (1,), }\n")}, npyRead, []string{"want descr, fortran_order and shape"}},
		{"npy: not finite", map[string][]byte{"x.npy": npyOf("<f4", "(2, 1)", 0, 0, 0, 0, 0, 0, 0xc0, 0x7f)}, npyRead, []string{"x.npy", "sample 1, number 0 of it: got NaN", "leave the sample out"}},
		{"npy: beyond float32", map[string][]byte{"x.npy": npyOf("<f8", "(1,)", 0, 0, 0, 0, 0, 0, 0xf0, 0x7e)}, npyRead, []string{"sample 0", "float32"}},
		{"npz: no archive", map[string][]byte{"a.npz": []byte("no archive at all")}, npzRead, []string{"a.npz", "no .npz file"}},
		{"npz: cut off", map[string][]byte{"a.npz": packed[:len(packed)-30]}, npzRead, []string{"a.npz", "cut off", "numpy.savez"}},
		{"npz: no array", map[string][]byte{"a.npz": npzOf(t)}, npzRead, []string{"got no array in the archive"}},
		{"npz: bomb", map[string][]byte{"a.npz": forged(packed, directory+24, huge)}, npzRead, []string{"array x", "got 2147483648 unpacked, want at most 1040 times"}},
		{"npz: shape beyond the entry", map[string][]byte{"a.npz": npzOf(t, "x", npyOf("<f4", "(500000000,)", 1))}, npzRead, []string{"array x", "want 20000000"}},
		{"npz: damaged entry", map[string][]byte{"a.npz": forged(packed, bytes.Index(packed, []byte("x.npy"))+20, []byte{0xff, 0xff, 0xff})}, npzRead, []string{"a.npz", "array x"}},
		{"npz: ragged", map[string][]byte{"a.npz": npzOf(t, "x", npyOf("|u1", "(2, 1)", 1, 2), "y", npyOf("|u1", "(3,)", 1, 2, 3))}, npzRead, []string{"got 3 targets for 2 samples"}},
		{"npz: label of no class", map[string][]byte{"a.npz": npzOf(t, "x_train", npyOf("|u1", "(2, 1)", 1, 2), "y_train", npyOf("|i1", "(2,)", 1, 2), "x_test", npyOf("|u1", "(2, 1)", 1, 2), "y_test", npyOf("|i1", "(2,)", 2, 7))}, npzRead, []string{"a.npz", `label of sample 1, got "7", want one of the 2 classes of the training part: 1, 2`}},
		{"npz: other shape in the test part", map[string][]byte{"a.npz": npzOf(t, "x_train", npyOf("|u1", "(2, 1)", 1, 2), "x_test", npyOf("|u1", "(1, 2)", 1, 2))}, npzRead, []string{"test sample, got [2], want the [1]"}},
		{"npz: other type in the test part", map[string][]byte{"a.npz": npzOf(t, "x_train", npyOf("|u1", "(2, 1)", 1, 2), "x_test", npyOf("|i1", "(1, 1)", 1))}, npzRead, []string{"got int8, want uint8"}},

		{"csv: empty", map[string][]byte{"a.csv": nil}, table, []string{"a.csv", "empty file"}},
		{"csv: header alone", map[string][]byte{"a.csv": []byte("a,label\n")}, table, []string{"no row of data"}},
		{"csv: web page", map[string][]byte{"a.csv": []byte("<html><body>")}, table, []string{"row 1", "looks like a web page"}},
		{"csv: UTF-16", map[string][]byte{"a.csv": []byte("\xff\xfea\x00,\x00")}, table, []string{"UTF-16", "CSV UTF-8"}},
		{"csv: empty cell", map[string][]byte{"a.csv": []byte("a,label\n1,0\n\n,1\n")}, table, []string{"a.csv", "row 4, column 1 (a): got an empty cell", "leave the row out"}},
		{"csv: NaN", map[string][]byte{"a.csv": []byte("a,label\n1,0\nNaN,1\n")}, table, []string{"row 3, column 1 (a): got NaN"}},
		{"csv: infinity", map[string][]byte{"a.csv": []byte("a,label\n-inf,0\n")}, table, []string{"row 2, column 1 (a): got -inf"}},
		{"csv: text among numbers", map[string][]byte{"a.csv": []byte("a,b,label\n1,2,0\n1,n/a,0\n")}, table, []string{`row 3, column 2 (b): got "n/a", want a number`, "Ignore"}},
		{"csv: number too large", map[string][]byte{"a.csv": []byte("a,label\n1e39,0\n")}, table, []string{"row 2, column 1 (a): got 1e39"}},
		{"csv: short row", map[string][]byte{"a.csv": []byte("a,b,label\r\n1,2,0\r\n\"1\r\n\",2\r\n1,2,0\r\n")}, table, []string{"row 3, got 2 fields, want 3", "fill the row up"}},
		{"csv: long row", map[string][]byte{"a.csv": []byte("a,label\n1,0\n1,0,0\n")}, table, []string{"row 3, got 3 fields, want 2"}},
		{"csv: open quote", map[string][]byte{"a.csv": []byte("a,label\n1,0\n\"1,0\n")}, table, []string{"row 3", "double the quotes"}},
		{"csv: no target", map[string][]byte{"a.csv": []byte("a,b\n1,0\n")}, table, []string{"a.csv", "no column label, target, class or y among a, b", "name it in Targets"}},
		{"csv: no names", map[string][]byte{"a.csv": []byte("1,0\n2,1\n")}, table, []string{"without names", "TargetColumns: []int{-1}"}},
		{"csv: unknown target", map[string][]byte{"a.csv": []byte("a,b\n1,0\n")}, tableOf(datasets.CSV{Targets: []string{"c"}}), []string{`got the column "c", want one of a, b`}},
		{"csv: target column too far", map[string][]byte{"a.csv": []byte("a,b\n1,0\n")}, tableOf(datasets.CSV{TargetColumns: []int{2}}), []string{"got 2, want -2 to 1"}},
		{"csv: index of pandas", map[string][]byte{"a.csv": []byte(",a,label\n0,1,0\n")}, table, []string{"column 1, got no name", "index=False"}},
		{"csv: text for regression", map[string][]byte{"a.csv": []byte("a,y\n1,2.5\n2,high\n")}, tableOf(datasets.CSV{Task: datasets.Regression}), []string{`row 3, column 2 (y): got "high", want a number for regression`}},
		{"csv: shape", map[string][]byte{"a.csv": []byte("a,b,label\n1,0,0\n")}, tableOf(datasets.CSV{Shape: []int{3}}), []string{"a.csv", "shape, got [3] of 3 numbers, want one of the 2"}},
		{"csv: separator", map[string][]byte{"a.csv": []byte("label|a\n1|2\n")}, table, []string{"no column label"}},

		{"idx: wrong magic", map[string][]byte{"train-images-idx3-ubyte": []byte("PK\x03\x04junk"), "train-labels-idx1-ubyte": digits}, idxRead, []string{"train-images-idx3-ubyte", "no IDX file"}},
		{"idx: element type", map[string][]byte{"train-images-idx3-ubyte": forged(images, 2, []byte{7}), "train-labels-idx1-ubyte": digits}, idxRead, []string{"element type, got 0x07"}},
		{"idx: cut off", map[string][]byte{"train-images-idx3-ubyte": images[:len(images)-1], "train-labels-idx1-ubyte": digits}, idxRead, []string{"train-images-idx3-ubyte", "got 7 bytes of data, want 8"}},
		{"idx: gigabytes", map[string][]byte{"train-images-idx3-ubyte": forged(images, 4, []byte{0x0f, 0, 0, 0}), "train-labels-idx1-ubyte": digits}, idxRead, []string{"got 8 bytes of data, want 1006632960"}},
		{"idx: zero", map[string][]byte{"train-images-idx3-ubyte": idxOf(8, []uint32{0, 2}), "train-labels-idx1-ubyte": digits}, idxRead, []string{"got [0 2]"}},
		{"idx: no labels", map[string][]byte{"train-images.idx3-ubyte": images}, idxRead, []string{"no file of training labels", "train-labels-idx1-ubyte", "name it in Labels"}},
		{"idx: no images", map[string][]byte{"train-labels.idx1-ubyte": digits}, idxRead, []string{"no file of training images"}},
		{"idx: test labels alone", map[string][]byte{"train-images-idx3-ubyte": images, "train-labels-idx1-ubyte": digits, "t10k-labels-idx1-ubyte": digits}, idxRead, []string{"no file of test images"}},
		{"idx: two of a kind", map[string][]byte{"a/train-images-idx3-ubyte": images, "b/train-images-idx3-ubyte": images, "train-labels-idx1-ubyte": digits}, idxRead, []string{"want one file; name it in Images"}},
		{"idx: fewer labels", map[string][]byte{"train-images-idx3-ubyte": images, "train-labels-idx1-ubyte": idxOf(8, []uint32{1}, 1)}, idxRead, []string{"train-images-idx3-ubyte", "got 1 targets for 2 samples"}},

		{"pictures: sizes", map[string][]byte{"a/1.png": picture, "a/2.png": pngOf(t, 4, 5)}, folder, []string{filepath.Join("a", "2.png"), "got 5 × 4 pixels, want the 4 × 4 of", "1.png", "say Rows and Columns"}},
		{"pictures: cut off", map[string][]byte{"a/1.png": picture, "b/2.png": picture[:len(picture)-20]}, folder, []string{filepath.Join("b", "2.png"), "cannot be read", "remove it"}},
		{"pictures: no picture", map[string][]byte{"a/1.png": []byte("hello")}, folder, []string{filepath.Join("a", "1.png"), "want PNG or JPEG"}},
		{"pictures: gigabytes", map[string][]byte{"a/1.png": wide}, folder, []string{filepath.Join("a", "1.png"), "65536"}},
		{"pictures: more than packed", map[string][]byte{"a/1.png": blank}, folder, []string{"8000 × 8000 pixels in", "no more than fit"}},
		{"pictures: other kind", map[string][]byte{"a/1.webp": []byte("RIFF")}, folder, []string{".webp, want PNG or JPEG; convert it"}},
		{"pictures: empty class", map[string][]byte{"a/1.png": picture, "b/readme.txt": nil}, folder, []string{"b: got no picture in it"}},
		{"pictures: no class", map[string][]byte{"1.png": picture}, folder, []string{"no folder of pictures", "NoTargets"}},
		{"pictures: test alone", map[string][]byte{"test/a/1.png": picture}, folder, []string{"none called train"}},
		{"pictures: class of the test part alone", map[string][]byte{"train/a/1.png": picture, "test/b/1.png": picture}, folder, []string{filepath.Join("test", "b", "1.png"), `got "b", want one of the 1 classes of the training part: a`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, data := range c.files {
				path := filepath.Join(dir, filepath.FromSlash(name))
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var err error
			if n := allocates(func() { err = c.read(dir) }); n > 1<<20 {
				t.Errorf("allocated %d bytes, want at most a megabyte", n)
			}
			wants(t, err, append(c.want, "datasets: ")...)
			if strings.Count(err.Error(), "datasets: ") > 1 {
				t.Errorf("error, got %q, want one prefix", err)
			}
		})
	}
}
