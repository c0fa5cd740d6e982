package atomicfile

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/pkg/errors"
)

// tempDigits is the number of hexadecimal digits at the end of a temporary name.
const tempDigits = 16

// tempPrefix returns the prefix of the temporary names for path. They are in the same
// directory, because a rename cannot leave its file system.
func tempPrefix(path string) string {
	return "." + filepath.Base(path) + ".tmp-"
}

// tempName returns a fresh temporary name for path.
func tempName(path string) string {
	return filepath.Join(filepath.Dir(path), fmt.Sprintf("%s%0*x", tempPrefix(path), tempDigits, rand.Uint64()))
}

// removeLeftovers removes the temporary files or directories of killed writers of path.
func removeLeftovers(path string, dirs bool) error {
	parent, prefix := filepath.Dir(path), tempPrefix(path)
	entries, err := os.ReadDir(parent)
	if errors.Is(err, fs.ErrPermission) {
		return nil // a directory may be writable and not readable
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		digits, ok := strings.CutPrefix(e.Name(), prefix)
		if !ok || len(digits) != tempDigits || strings.Trim(digits, "0123456789abcdef") != "" || e.IsDir() != dirs {
			continue
		}
		if err := os.RemoveAll(filepath.Join(parent, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// syncTree flushes every file and directory under root to the disk.
func syncTree(root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return syncDir(path)
		case d.Type().IsRegular():
			return syncFile(path)
		}
		return nil
	})
}

// syncFile flushes a closed file to the disk.
func syncFile(path string) error {
	flag := os.O_RDONLY
	if runtime.GOOS == "windows" {
		flag = os.O_RDWR // required for flushing there
	}
	f, err := os.OpenFile(path, flag, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// syncDir flushes the entries of a directory to the disk, where the system can.
func syncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil // directories cannot be flushed; renames are journalled
	}
	d, err := os.Open(path)
	if errors.Is(err, fs.ErrPermission) {
		return nil // writable but not readable: renamed, but not flushed
	}
	if err != nil {
		return err
	}
	defer d.Close()
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		return nil // some network file systems do not flush directories
	}
	return err
}
