// Package npz writes arrays in the format of NumPy's savez: a zip archive, not
// compressed, of one "NAME.npy" for each array.
package npz

import (
	"archive/zip"
	"bytes"
	"io"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
)

// Array is a named array of a file.
type Array struct {
	name  string
	bytes []byte
	err   error
}

// New returns an array; see [datasets.WriteNPY] for what it may hold. Where that returns
// an error, [Write] does.
func New[T float32 | float64 | int64](name string, shape []int, values []T) Array {
	var b bytes.Buffer
	if err := datasets.WriteNPY(&b, values, shape...); err != nil {
		return Array{err: errors.WithMessagef(err, "npz: %s", name)}
	}
	return Array{name: name, bytes: b.Bytes()}
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
