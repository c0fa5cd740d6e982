package safetensors

import (
	"bufio"
	"os"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/atomicfile"
)

// File is the content of a safetensors file.
type File struct {
	// Tensors may be in any order when written. [ReadSelected] returns them in the order
	// of the file, which for a file of [Write] is by type and then by name.
	Tensors []Tensor
	// Metadata is free text. Nil and empty are equivalent.
	Metadata map[string]string
}

// ReadFile reads the file at path.
func ReadFile(path string) (File, error) {
	return ReadFileSelected(path, func(Info) bool { return true })
}

// ReadFileSelected is [ReadSelected] of the file at path.
func ReadFileSelected(path string, keep func(Info) bool) (File, error) {
	r, err := os.Open(path)
	if err != nil {
		return File{}, errors.Wrap(err, "safetensors")
	}
	defer r.Close()
	info, err := r.Stat()
	if err != nil {
		return File{}, errors.Wrap(err, "safetensors")
	}
	if !info.Mode().IsRegular() {
		return File{}, errors.Errorf("safetensors: %s: not a regular file", path)
	}
	f, err := ReadSelected(r, info.Size(), keep)
	return f, errors.WithMessage(err, path)
}

// WriteFile writes f to path. A reader finds the complete old or new file, even if the
// process is killed.
func WriteFile(path string, f File) error {
	w, err := atomicfile.Create(path)
	if err != nil {
		return err
	}
	defer w.Abort()
	b := bufio.NewWriterSize(w, chunk)
	if err := Write(b, f); err != nil {
		return errors.WithMessage(err, path)
	}
	if err := b.Flush(); err != nil {
		return err
	}
	return w.Commit()
}
