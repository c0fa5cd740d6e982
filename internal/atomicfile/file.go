package atomicfile

import (
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pkg/errors"
)

// File is a file being written. It appears at its path only after [File.Commit]. A File
// is for a single goroutine.
type File struct {
	f    *os.File // nil once committed or aborted
	path string
}

// WriteFile writes data to path. The file gets the permissions perm minus the umask,
// also when it replaces an old one.
func WriteFile(path string, data []byte, perm fs.FileMode) error {
	f, err := create(path, perm)
	if err != nil {
		return err
	}
	defer f.Abort()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Commit()
}

// Create starts a file that is to appear at path, with permissions 0666 minus the
// umask. The directory of path must exist. A symbolic link is followed; an existing
// file must be regular.
//
//	f, err := atomicfile.Create(path)
//	if err != nil {
//		return err
//	}
//	defer f.Abort()
//	... write to f ...
//	return f.Commit()
func Create(path string) (*File, error) {
	return create(path, 0o666)
}

func create(path string, perm fs.FileMode) (*File, error) {
	path = follow(path)
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return nil, errors.Errorf("atomicfile: %s: not a regular file; choose another --out", path)
	}
	if err := removeLeftovers(path, false); err != nil {
		return nil, fail("write", path, err)
	}
	f, err := os.OpenFile(tempName(path), os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return nil, fail("write", path, err)
	}
	return &File{f: f, path: path}, nil
}

// Write implements io.Writer.
func (f *File) Write(p []byte) (int, error) {
	if f.f == nil {
		return 0, fail("write", f.path, fs.ErrClosed)
	}
	n, err := f.f.Write(p)
	return n, fail("write", f.path, err)
}

// Commit flushes the file to the disk and renames it to its path. After an error the
// old file is unchanged and the new one is removed, unless only the last flush, of the
// directory, failed: then the new one is in place, but a power failure may still undo
// it.
func (f *File) Commit() error {
	if f.f == nil {
		return fail("write", f.path, fs.ErrClosed)
	}
	defer f.Abort()
	if err := f.f.Sync(); err != nil {
		return fail("write", f.path, err)
	}
	temp := f.f.Name()
	if err := f.f.Close(); err != nil {
		return fail("write", f.path, err)
	}
	if err := os.Rename(temp, f.path); err != nil {
		return fail("write", f.path, err)
	}
	f.f = nil
	return fail("write", f.path, syncDir(filepath.Dir(f.path)))
}

// Abort discards the file and leaves the old one unchanged. After Commit it does
// nothing, so it can be deferred.
func (f *File) Abort() {
	if f.f == nil {
		return
	}
	_ = f.f.Close() // already closed if Commit failed late
	_ = os.Remove(f.f.Name())
	f.f = nil
}

// follow returns the target of the symbolic link path, or path itself, cleaned.
func follow(path string) string {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target
	}
	return filepath.Clean(path)
}
