package atomicfile

import (
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pkg/errors"
)

// markerName is a file in every directory made by WriteDir. A directory without it
// belongs to someone else and is never replaced.
const markerName = ".written-as-a-whole"

const markerText = "This directory is replaced as a whole at every write.\n" +
	"Files put here by hand are lost then.\n"

// WriteDir replaces the directory path by one that write fills. The files that write
// creates in dir belong together: after the process is killed at any moment, [OpenDir]
// finds either all of the old ones or all of the new ones.
//
//  1. write fills a temporary directory beside path, which is flushed to the disk
//  2. path is renamed to path.swapping
//  3. the temporary directory is renamed to path
//  4. path.swapping is removed
//
// Until 2 the old directory is at path, after 3 the new one. In between the complete
// old directory is at path.swapping, where OpenDir looks for it and from where the next
// WriteDir restores it. Only renames are used, so this holds on every system.
//
// After an error the old directory is unchanged at path, unless only the last flush
// failed: then the new one is in place, but a power failure may still undo it. An error
// of write is returned with the path added. The parent directory of path must exist.
// What is already at path must be missing, empty or made by WriteDir: any other
// directory is refused, because it would be lost. A symbolic link is followed.
func WriteDir(path string, write func(dir string) error) error {
	path = follow(path)
	if err := settle(path); err != nil {
		return fail("write", path, err)
	}
	if err := checkReplaceable(path); err != nil {
		return err
	}
	if err := removeLeftovers(path, true); err != nil {
		return fail("write", path, err)
	}
	temp := tempName(path)
	if err := os.Mkdir(temp, 0o777); err != nil {
		return fail("write", path, err)
	}
	defer os.RemoveAll(temp) // already renamed on success
	if err := write(temp); isFull(err) {
		return fail("write", path, err)
	} else if err != nil {
		return errors.WithMessagef(err, "atomicfile: write %s", path)
	}
	if err := os.WriteFile(filepath.Join(temp, markerName), []byte(markerText), 0o666); err != nil {
		return fail("write", path, err)
	}
	if err := syncTree(temp); err != nil {
		return fail("write", path, err)
	}
	return fail("write", path, swap(path, temp))
}

// OpenDir returns the directory with the result of the last complete [WriteDir] to
// path: path itself, or path.swapping if the process was killed during the swap. It
// changes nothing. If neither exists, the error is fs.ErrNotExist.
// fs.ErrNotExist.
//
// A later WriteDir may remove the directory while it is being read; a reader concurrent
// with a writer then gets fs.ErrNotExist and can call OpenDir again.
func OpenDir(path string) (actual string, err error) {
	path = follow(path)
	for _, p := range []string{path, swapping(path), path} { // twice: a swap may end between the checks
		info, err := os.Stat(p)
		switch {
		case err == nil && info.IsDir():
			return p, nil
		case err == nil:
			return "", errors.Errorf("atomicfile: open %s: a file, want a directory", p)
		case !errors.Is(err, fs.ErrNotExist):
			return "", fail("open", path, err)
		}
	}
	return "", errors.Wrapf(fs.ErrNotExist, "atomicfile: open %s", path)
}

// swapping returns the path of the old directory during a swap.
func swapping(path string) string { return path + ".swapping" }

// settle completes an interrupted swap: it restores the old directory, or removes it if
// the new one is in place.
func settle(path string) error {
	old := swapping(path)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		err := os.Rename(old, path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	return os.RemoveAll(old)
}

// checkReplaceable returns an error if path holds anything not made by WriteDir.
func checkReplaceable(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fail("write", path, err)
	}
	if !info.IsDir() {
		return errors.Errorf("atomicfile: write %s: a file, want a directory; choose another --out", path)
	}
	if _, err := os.Lstat(filepath.Join(path, markerName)); err == nil {
		return nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return fail("write", path, err)
	}
	if len(entries) > 0 {
		return errors.Errorf("atomicfile: write %s: holds files of someone else (%s), which would be lost; "+
			"empty it or choose another --out", path, entries[0].Name())
	}
	return nil
}

// swap replaces path by temp, which has been flushed.
func swap(path, temp string) error {
	parent := filepath.Dir(path)
	replaces, err := setAside(path)
	if err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		if replaces {
			_ = os.Rename(swapping(path), path) // settle does it later if this fails
		}
		return err
	}
	if err := syncDir(parent); err != nil {
		return err // the new one is in place; keep the old one, since the rename may not be flushed
	}
	_ = os.RemoveAll(swapping(path)) // settle does it later if this fails
	return nil
}

// setAside renames path, if it exists, and reports whether it did.
func setAside(path string) (bool, error) {
	err := os.Rename(path, swapping(path))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		_ = os.Rename(swapping(path), path)
		return false, err
	}
	return true, nil
}
