package datasets

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

func FuzzReadIDX(f *testing.F) {
	f.Add(idxBytes([]uint8{1, 2, 3, 4, 5, 6}, 3, 1, 2))
	f.Add(idxBytes([]uint8{9}, 1))
	f.Add(idxBytes(nil, 1<<31, 1<<31))
	f.Add(idxBytes(make([]uint8, 10), 1<<15, 1<<8, 1<<7))
	f.Add([]byte("<!DOCTYPE html>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		known, err := ReadIDX(bytes.NewReader(data), int64(len(data)))
		unknown, err2 := ReadIDX(bytes.NewReader(data), -1)
		if (err == nil) != (err2 == nil) {
			t.Fatalf("size known: %v; unknown: %v; want both to agree", err, err2)
		}
		if err != nil {
			return
		}
		if !reflect.DeepEqual(known, unknown) {
			t.Fatal("size known and unknown gave different arrays")
		}
		size, err := checkShape("fuzz", known.Shape)
		if err != nil || size != len(known.Data) {
			t.Fatalf("data, got %d bytes, want the product of %v (%v)", len(known.Data), known.Shape, err)
		}
		shape := make([]uint32, len(known.Shape))
		for k, n := range known.Shape {
			shape[k] = uint32(n)
		}
		if !bytes.Equal(idxBytes(known.Data, shape...), data) {
			t.Fatal("writing the array again gave another file")
		}
	})
}

func FuzzReadCIFAR10(f *testing.F) {
	f.Add(cifarBytes(1, 2, 3))
	f.Add(cifarBytes(9)[:3000])
	f.Add(append(cifarBytes(4), cifarBytes(10)...))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		pixels, labels, err := ReadCIFAR10(bytes.NewReader(data), int64(len(data)))
		if _, _, err2 := ReadCIFAR10(bytes.NewReader(data), -1); (err == nil) != (err2 == nil) {
			t.Fatalf("size known: %v; unknown: %v; want both to agree", err, err2)
		}
		if err != nil {
			return
		}
		if len(labels)*cifarRecord != len(data) || len(pixels) != len(labels)*cifarPixels {
			t.Fatalf("got %d pixels and %d labels of %d bytes", len(pixels), len(labels), len(data))
		}
		if _, err := NewImages("fuzz", []int{3, 32, 32}, 10, pixels, labels, Standard("cifar-10")); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzReadCIFAR10Tar(f *testing.F) {
	f.Add(tarBytes(f, entryFile{"d/data_batch_1.bin", cifarBytes(1, 2)}, entryFile{"d/test_batch.bin", cifarBytes(3)}))
	f.Add(tarBytes(f, entryFile{"x.txt", []byte("hello")}))
	f.Add(tarBytes(f, entryFile{"test_batch.bin", cifarBytes(1)})[:1024])
	f.Fuzz(func(t *testing.T, data []byte) {
		batches, err := ReadCIFAR10Tar(bytes.NewReader(data))
		if err != nil {
			return
		}
		for _, b := range batches {
			if !isCIFARBatch(b.Name) || len(b.Labels) == 0 || len(b.Pixels) != cifarPixels*len(b.Labels) {
				t.Fatalf("%q: got %d labels and %d pixels", b.Name, len(b.Labels), len(b.Pixels))
			}
		}
	})
}

func FuzzReadOptdigits(f *testing.F) {
	f.Add([]byte(digitRow("16", "9") + digitRow("0", "0")))
	f.Add([]byte(digitRow(" 7 ", "1") + "\r\n\r\n"))
	f.Add([]byte("1,2,3"))
	f.Add([]byte(digitRow("99", "1")))
	f.Fuzz(func(t *testing.T, data []byte) {
		pixels, labels, err := ReadOptdigits(bytes.NewReader(data))
		if err != nil {
			return
		}
		if len(labels) == 0 || len(pixels) != 64*len(labels) {
			t.Fatalf("got %d pixels and %d labels", len(pixels), len(labels))
		}
		for i, p := range pixels {
			if p > 16 || labels[i/64] > 9 {
				t.Fatalf("row %d, got pixel %d and label %d", i/64, p, labels[i/64])
			}
		}
	})
}

// FuzzReadFile reads bytes as a file that may be packed.
func FuzzReadFile(f *testing.F) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write(idxBytes([]uint8{1, 2, 3}, 3))
	w.Close()
	f.Add(packed.Bytes())
	f.Add(packed.Bytes()[:packed.Len()-4])
	f.Add(idxBytes([]uint8{1, 2, 3}, 3))
	f.Add([]byte{0x1f, 0x8b})
	path := filepath.Join(f.TempDir(), "file")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		_ = readFile(path, func(r io.Reader, size int64) error {
			idx, err := ReadIDX(r, size)
			if err == nil && len(idx.Data) > maxDeflate*len(data) {
				t.Fatalf("got %d bytes out of %d", len(idx.Data), len(data))
			}
			return err
		})
	})
}
