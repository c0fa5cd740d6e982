// Package npz writes arrays in the format of NumPy's savez.
//
// A file is a zip archive, not compressed, of one "NAME.npy" for each array, in version
// 1.0 of the format of NumPy (numpy.lib.format): the magic number, the length of the
// header, the header as a dictionary of Python, and the elements, little-endian and
// row-major.
package npz

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/pkg/errors"
)

// Number is an element: float32 is "<f4" to NumPy, float64 "<f8", int64 "<i8".
type Number interface{ float32 | float64 | int64 }

// Array is a named array of a file.
type Array struct {
	name  string
	bytes []byte
	err   error
}

// New returns an array. Its number of values is the product of its shape; otherwise
// [Write] returns an error.
func New[T Number](name string, shape []int, values []T) Array {
	size := 1
	for _, n := range shape {
		size *= n
	}
	if size != len(values) {
		return Array{err: errors.Errorf("npz: %s: got %d values, want %d for shape %v", name, len(values), size, shape)}
	}
	kind := map[any]string{float32(0): "<f4", float64(0): "<f8", int64(0): "<i8"}[any(*new(T))]
	b := bytes.NewBuffer(header(kind, shape))
	if err := binary.Write(b, binary.LittleEndian, values); err != nil {
		return Array{err: errors.Wrapf(err, "npz: %s", name)}
	}
	return Array{name: name, bytes: b.Bytes()}
}

// header is what stands before the elements, a multiple of 64 bytes.
func header(kind string, shape []int) []byte {
	var axes strings.Builder
	for _, n := range shape {
		fmt.Fprintf(&axes, "%d,", n)
	}
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", kind, axes.String())
	text += strings.Repeat(" ", 63-(10+len(text))%64) + "\n"
	out := append([]byte("\x93NUMPY\x01\x00"), byte(len(text)), byte(len(text)>>8))
	return append(out, text...)
}

// Write writes arrays, which numpy.load reads. The same arrays give the same bytes. Names
// must differ.
func Write(w io.Writer, arrays []Array) error {
	z := zip.NewWriter(w)
	seen := map[string]bool{}
	for _, a := range arrays {
		if a.err != nil {
			return a.err
		}
		if seen[a.name] {
			return errors.Errorf("npz: %s: got it twice, want it once", a.name)
		}
		seen[a.name] = true
		entry, err := z.CreateHeader(&zip.FileHeader{Name: a.name + ".npy", Method: zip.Store})
		if err != nil {
			return errors.Wrapf(err, "npz: %s", a.name)
		}
		if _, err := entry.Write(a.bytes); err != nil {
			return errors.Wrapf(err, "npz: %s", a.name)
		}
	}
	return errors.Wrap(z.Close(), "npz")
}
