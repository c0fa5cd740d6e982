package datasets

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// idxBytes is an IDX file of unsigned bytes.
func idxBytes(data []uint8, shape ...uint32) []byte {
	out := []byte{0, 0, 8, byte(len(shape))}
	for _, n := range shape {
		out = binary.BigEndian.AppendUint32(out, n)
	}
	return append(out, data...)
}

// cifarBytes is one record for each label, whose pixels all have the label's value.
func cifarBytes(labels ...uint8) []byte {
	var out []byte
	for _, l := range labels {
		out = append(out, l)
		out = append(out, bytes.Repeat([]byte{l}, cifarPixels)...)
	}
	return out
}

// digitRow is a row of optdigits whose pixels all have one value.
func digitRow(pixel, label string) string {
	return strings.Repeat(pixel+",", 64) + label + "\n"
}

type entryFile struct {
	name string
	data []byte
}

func tarBytes(t testing.TB, files ...entryFile) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, f := range files {
		if err := w.WriteHeader(&tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.data)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(f.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// allocated is how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestReadIDX(t *testing.T) {
	file := idxBytes([]uint8{1, 2, 3, 4, 5, 6}, 3, 1, 2)
	for _, size := range []int64{int64(len(file)), -1} {
		got, err := ReadIDX(iotest.OneByteReader(bytes.NewReader(file)), size)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&IDX{Shape: []int{3, 1, 2}, Data: []uint8{1, 2, 3, 4, 5, 6}}, got); diff != "" {
			t.Error(diff)
		}
	}
	long := make([]uint8, 5*firstChunk+17) // grows several times behind gzip
	for i := range long {
		long[i] = uint8(i * i >> 3)
	}
	got, err := ReadIDX(bytes.NewReader(idxBytes(long, uint32(len(long)))), -1)
	if err != nil || !bytes.Equal(got.Data, long) {
		t.Errorf("a long file of unknown size: got other data, want the same (%v)", err)
	}
}

func TestReadIDXRejects(t *testing.T) {
	good := idxBytes([]uint8{1, 2, 3}, 3)
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "magic number"},
		{"html", []byte("<!DOCTYPE html>"), "looks like a web page"},
		{"gzip", []byte{0x1f, 0x8b, 8, 0}, "this is a gzip file"},
		{"floats", []byte{0, 0, 0x0d, 1, 0, 0, 0, 1, 0, 0, 0, 0}, "element type, got 0x0d"},
		{"no dimension", []byte{0, 0, 8, 0}, "dimensions, got 0"},
		{"five dimensions", []byte{0, 0, 8, 5}, "dimensions, got 5"},
		{"short header", []byte{0, 0, 8, 2, 0, 0}, "2 dimensions"},
		{"zero", idxBytes(nil, 3, 0), "dimension 1, got 0"},
		{"overflow", idxBytes(nil, 1<<16, 1<<16), "dimension 1, got 65536"},
		{"short data", good[:len(good)-1], "want"},
		{"long data", append(slices.Clone(good), 9), "want"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, size := range []int64{int64(len(c.file)), -1} {
				_, err := ReadIDX(bytes.NewReader(c.file), size)
				wantError(t, err, "datasets: idx: ", c.want)
			}
		})
	}
	_, err := ReadIDX(iotest.TimeoutReader(iotest.OneByteReader(bytes.NewReader(good))), -1)
	if !errors.Is(err, iotest.ErrTimeout) {
		t.Errorf("a failing reader: got %v, want its error", err)
	}
}

// A header is cheap to forge; memory must follow the bytes that are there.
func TestForgedHeadersDoNotAllocate(t *testing.T) {
	forged := idxBytes(make([]uint8, 1000), 1<<15, 1<<8, 1<<7) // promises a gigabyte
	archive := tarBytes(t, entryFile{"data_batch_1.bin", cifarBytes(1, 2, 3)})
	copy(archive[124:136], fmt.Sprintf("%011o\x00", cifarRecord<<20)) // the size field of the first header: 3 GB
	// a checksum that fits
	copy(archive[148:156], "        ")
	sum := 0
	for _, b := range archive[:512] {
		sum += int(b)
	}
	for k := range 6 {
		archive[148+5-k] = byte('0' + sum>>(3*k)&7)
	}
	archive[154], archive[155] = 0, ' '
	for _, c := range []struct {
		name string
		read func() error
		want string
	}{
		{"idx of known size", func() error { _, err := ReadIDX(bytes.NewReader(forged), int64(len(forged))); return err }, "got 1016 bytes, want 1073741840"},
		{"idx of unknown size", func() error { _, err := ReadIDX(bytes.NewReader(forged), -1); return err }, "got 1000 bytes, want 1073741824"},
		{"cifar-10 of the wrong size", func() error {
			_, _, err := ReadCIFAR10(bytes.NewReader(cifarBytes(1)), cifarRecord<<19)
			return err
		}, "got 1 records, want 524288"},
		{"cifar-10 archive", func() error { _, err := ReadCIFAR10Tar(bytes.NewReader(archive)); return err }, "data_batch_1.bin: datasets: cifar-10: record 3"},
	} {
		var err error
		if n := allocated(func() { err = c.read() }); n > 1<<20 {
			t.Errorf("%s: allocated %d bytes, want at most a megabyte", c.name, n)
		}
		wantError(t, err, "datasets: ", c.want)
	}
}

func TestReadCIFAR10(t *testing.T) {
	file := cifarBytes(7, 0, 9)
	for _, size := range []int64{int64(len(file)), -1} {
		pixels, labels, err := ReadCIFAR10(iotest.HalfReader(bytes.NewReader(file)), size)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(labels, []byte{7, 0, 9}) || len(pixels) != 3*cifarPixels || pixels[0] != 7 || pixels[len(pixels)-1] != 9 {
			t.Errorf("got %d pixels and labels %v, want %d and [7 0 9]", len(pixels), labels, 3*cifarPixels)
		}
	}
	for _, c := range []struct {
		name string
		file []byte
		size int64
		want string
	}{
		{"empty", nil, -1, "got 0 records"},
		{"size 0", nil, 0, "got 0 bytes, want a positive multiple of 3073"},
		{"ragged size", file[:4000], 4000, "got 4000 bytes"},
		{"ragged", file[:4000], -1, "record 1, got 927 bytes, want 3073"},
		{"shorter than said", file[:cifarRecord], 2 * cifarRecord, "got 1 records, want 2"},
		{"label", append(slices.Clone(file), cifarBytes(10)...), -1, "label of record 3, got 10"},
		{"html", []byte("<html>"), -1, "looks like a web page"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := ReadCIFAR10(bytes.NewReader(c.file), c.size)
			wantError(t, err, "datasets: cifar-10: ", c.want)
		})
	}
}

func TestReadCIFAR10Tar(t *testing.T) {
	archive := tarBytes(t,
		entryFile{"cifar-10-batches-bin/batches.meta.txt", []byte("airplane\n")},
		entryFile{"cifar-10-batches-bin/data_batch_2.bin", cifarBytes(1, 2)},
		entryFile{"cifar-10-batches-bin/test_batch.bin", cifarBytes(3)},
		entryFile{"cifar-10-batches-bin/data_batch_x.bin", []byte("no")})
	got, err := ReadCIFAR10Tar(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Name != "data_batch_2.bin" || got[1].Name != "test_batch.bin" || !bytes.Equal(got[0].Labels, []byte{1, 2}) {
		t.Errorf("got %d batches, want data_batch_2.bin with labels 1 2 and test_batch.bin", len(got))
	}
	twice := tarBytes(t, entryFile{"a/test_batch.bin", cifarBytes(1)}, entryFile{"b/test_batch.bin", cifarBytes(1)})
	_, err = ReadCIFAR10Tar(bytes.NewReader(twice))
	wantError(t, err, "test_batch.bin, got it twice")
	_, err = ReadCIFAR10Tar(bytes.NewReader(tarBytes(t)))
	wantError(t, err, "got no batch")
	_, err = ReadCIFAR10Tar(bytes.NewReader(archive[:2000]))
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a truncated archive: got %v, want %v", err, io.ErrUnexpectedEOF)
	}
	_, err = ReadCIFAR10Tar(bytes.NewReader(tarBytes(t, entryFile{"test_batch.bin", []byte("short")})))
	wantError(t, err, "test_batch.bin", "got 5 bytes")
}

func TestReadOptdigits(t *testing.T) {
	pixels, labels, err := ReadOptdigits(strings.NewReader(digitRow("16", "9") + "\r\n" + strings.ReplaceAll(digitRow("0", "3"), ",", " , ")))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(labels, []byte{9, 3}) || len(pixels) != 128 || pixels[63] != 16 || pixels[64] != 0 {
		t.Errorf("got %d pixels and labels %v, want 128 and [9 3]", len(pixels), labels)
	}
	for _, c := range []struct{ name, file, want string }{
		{"empty", "\n\n", "got 0 rows"},
		{"few", "1,2,3\n", "line 1: values, got 3, want 65"},
		{"html", "<html>\n", "looks like a web page"},
		{"pixel", digitRow("1", "1") + digitRow("17", "1"), `line 2: column 1, got "17", want a whole number from 0 to 16`},
		{"label", digitRow("1", "10"), `column 65, got "10", want a whole number from 0 to 9`},
		{"sign", digitRow("-1", "1"), `got "-1"`},
		{"fraction", digitRow("1.5", "1"), `got "1.5"`},
		{"gap", digitRow("", "1"), `column 1, got ""`},
		{"endless line", strings.Repeat("1", 5000), "token too long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := ReadOptdigits(strings.NewReader(c.file))
			wantError(t, err, "datasets: optdigits: ", c.want)
		})
	}
}
