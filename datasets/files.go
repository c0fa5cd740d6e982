package datasets

import (
	"bufio"
	"compress/gzip"
	stderrors "errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pkg/errors"
)

// ErrMissing is the cause of an error of [Load] when a file is not there. Test with
// errors.Is.
var ErrMissing = stderrors.New("data file is missing")

// dataEnv names the environment variable of the data directory.
const dataEnv = "PROSPECT_DATA"

// maxDeflate is the most that one compressed byte can unpack to, rounded up (RFC 1951:
// 258 bytes from two bits, 1032:1).
const maxDeflate = 1040

// Dir returns the data directory in force: dir itself, or when that is empty
// $PROSPECT_DATA, or when that is empty the folder prospect of the user's cache
// directory. The directory need not exist.
func Dir(dir string) (string, error) {
	if dir != "" {
		return dir, nil
	}
	if dir = os.Getenv(dataEnv); dir != "" {
		return dir, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", errors.Wrap(err, "datasets: data directory: pass --data-dir or set "+dataEnv)
	}
	return filepath.Join(cache, "prospect"), nil
}

// missingError says which file of a dataset is absent, where, and what to do. It is
// [ErrMissing].
type missingError struct{ name, file, dir string }

// Error implements error.
func (e missingError) Error() string {
	return "datasets: " + e.name + ": got no " + e.file + " in " + e.dir + "; run \"prospect data get " + e.name +
		"\", or pass --data-dir or set " + dataEnv
}

// Is reports whether target is ErrMissing.
func (missingError) Is(target error) bool { return target == ErrMissing }

// missing is the error for a dataset's absent file.
func missing(name, file, dir string) error { return errors.WithStack(missingError{name, file, dir}) }

// locate returns the first path of a file, plain or .gz, in one of folders. Found is
// false when there is none.
func locate(file string, folders ...string) (path string, found bool, err error) {
	for _, folder := range folders {
		for _, suffix := range []string{"", ".gz"} {
			path := filepath.Join(folder, file+suffix)
			info, err := os.Stat(path)
			switch {
			case errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid):
			case err != nil:
				return "", false, errors.Wrap(err, "datasets: data directory")
			case info.Mode().IsRegular():
				return path, true, nil
			}
		}
	}
	return "", false, nil
}

// readFile calls read with the unpacked content of a file of a named dataset; see
// openFile. An error names the file and what to do.
func readFile(path string, read func(r io.Reader, size int64) error) error {
	var failed error // of read, not of opening
	err := openFile(path, func(r io.Reader, size int64) error {
		failed = read(r, size)
		return failed
	})
	if failed != nil {
		return fmt.Errorf("%s: %w; if the file is damaged, delete it and run \"prospect data get\"", path, err)
	}
	return err
}

// openFile calls read with the unpacked content of a file. It knows gzip by its first two
// bytes, because browsers and mirrors unpack files without renaming them. The size is
// that of a plain file and -1 behind gzip; read's reader ends with an error when it would
// give more than gzip can have packed into the file.
func openFile(path string, read func(r io.Reader, size int64) error) error {
	file, err := os.Open(path)
	if err != nil {
		return errors.Wrap(err, "datasets")
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return errors.Wrap(err, "datasets: open")
	}
	if info.IsDir() {
		return errors.Errorf("datasets: open: %s, got a folder, want a file", path)
	}
	size := info.Size()
	buffered := bufio.NewReaderSize(file, 1<<16)
	var r io.Reader = buffered
	if head, _ := buffered.Peek(2); len(head) == 2 && head[0] == 0x1f && head[1] == 0x8b {
		unpacked, err := gzip.NewReader(buffered)
		if err != nil {
			return errors.Wrapf(err, "datasets: %s: gzip", path)
		}
		defer unpacked.Close()
		r, size = io.LimitReader(unpacked, size*maxDeflate), -1
	}
	return read(r, size)
}
