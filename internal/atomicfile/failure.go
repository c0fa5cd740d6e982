package atomicfile

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/pkg/errors"
)

// failure is an error of the file system with the caller's path instead of the
// temporary one, and a remedy.
type failure struct {
	op, path string
	err      error
}

// fail wraps an error of the file system, or returns nil for nil. An error that already
// has a remedy gets no second one.
func fail(op, path string, err error) error {
	if err == nil {
		return nil
	}
	if f := (*failure)(nil); errors.As(err, &f) {
		return errors.WithMessagef(err, "atomicfile: %s %s", op, path)
	}
	switch e := err.(type) { // only the outermost: below is the caller's context
	case *fs.PathError:
		err = e.Err
	case *os.LinkError:
		err = e.Err
	}
	return errors.WithStack(&failure{op: op, path: path, err: err})
}

// Error implements error.
func (f *failure) Error() string {
	s := "atomicfile: " + f.op + " " + f.path + ": " + f.err.Error()
	dir := filepath.Dir(f.path)
	switch {
	case isFull(f.err):
		return s + "; free some space or choose another --out"
	case errors.Is(f.err, fs.ErrPermission), errors.Is(f.err, syscall.EROFS):
		return s + "; allow writing in " + dir + " or choose another --out"
	case errors.Is(f.err, fs.ErrNotExist):
		return s + "; create " + dir + " or choose another --out"
	}
	return s
}

// Unwrap returns the error of the file system.
func (f *failure) Unwrap() error { return f.err }
