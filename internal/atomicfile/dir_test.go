package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// files returns a write function for WriteDir.
func files(text string, names ...string) func(string) error {
	return func(dir string) error {
		for _, name := range names {
			path := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				return err
			}
			if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestWriteDir(t *testing.T) {
	parent := t.TempDir()
	path := filepath.Join(parent, "checkpoint")
	if _, err := OpenDir(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before the first write: got error %v, want not exist", err)
	}
	if err := WriteDir(path, files("1", "a", "b", "sub/c")); err != nil {
		t.Fatal(err)
	}
	if err := WriteDir(path+string(filepath.Separator), files("2", "a", "d")); err != nil {
		t.Fatal(err)
	}
	actual, err := OpenDir(path)
	if err != nil || actual != path {
		t.Fatalf("OpenDir = %q, %v, want %q", actual, err, path)
	}
	only(t, parent, "checkpoint")
	only(t, path, markerName, "a", "d")
	content(t, filepath.Join(path, "a"), "2")
}

func TestWriteDirError(t *testing.T) {
	parent := t.TempDir()
	path := filepath.Join(parent, "checkpoint")
	if err := WriteDir(path, files("1", "a")); err != nil {
		t.Fatal(err)
	}
	boom := errors.New("boom")
	for _, cause := range []error{boom, syscall.ENOSPC, fs.ErrNotExist} {
		err := WriteDir(path, func(dir string) error {
			if err := files("2", "a")(dir); err != nil {
				return err
			}
			return cause
		})
		if !errors.Is(err, cause) || !strings.Contains(err.Error(), path) {
			t.Errorf("got error %v, want %v with the path", err, cause)
		}
		if full := strings.Contains(err.Error(), "free some space"); full != (cause == syscall.ENOSPC) {
			t.Errorf("remedy of %v", err)
		}
	}
	func() {
		defer func() { _ = recover() }()
		_ = WriteDir(path, func(string) error { panic("boom") })
	}()
	only(t, parent, "checkpoint")
	content(t, filepath.Join(path, "a"), "1")
}

// TestKilledInTheMiddleOfASwap checks each state that a kill can leave on the
// disk: what a reader finds, and that the next write ends it.
func TestKilledInTheMiddleOfASwap(t *testing.T) {
	for _, c := range []struct {
		name string
		kill func(t *testing.T, path, temp string)
		want string
	}{
		{"new one written, nothing renamed", func(*testing.T, string, string) {}, "old"},
		{"old one set aside", func(t *testing.T, path, _ string) {
			if replaces, err := setAside(path); err != nil || !replaces {
				t.Fatal(replaces, err)
			}
		}, "old"},
		{"new one in place", func(t *testing.T, path, temp string) {
			if _, err := setAside(path); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(temp, path); err != nil {
				t.Fatal(err)
			}
		}, "new"},
		{"old one half removed", func(t *testing.T, path, temp string) {
			if _, err := setAside(path); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(temp, path); err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(filepath.Join(swapping(path), markerName)); err != nil {
				t.Fatal(err)
			}
		}, "new"},
	} {
		t.Run(c.name, func(t *testing.T) {
			parent := t.TempDir()
			path := filepath.Join(parent, "checkpoint")
			if err := WriteDir(path, files("old", "a", "b")); err != nil {
				t.Fatal(err)
			}
			temp := tempName(path)
			if err := errors.Join(os.Mkdir(temp, 0o777), files("new", "a", "b", markerName)(temp)); err != nil {
				t.Fatal(err)
			}
			c.kill(t, path, temp)

			actual, err := OpenDir(path)
			if err != nil {
				t.Fatal(err)
			}
			content(t, filepath.Join(actual, "a"), c.want)
			content(t, filepath.Join(actual, "b"), c.want)

			failing := func(string) error { return fs.ErrInvalid }
			if err := WriteDir(path, failing); !errors.Is(err, fs.ErrInvalid) {
				t.Fatal(err)
			}
			only(t, parent, "checkpoint")
			content(t, filepath.Join(path, "a"), c.want)

			if err := WriteDir(path, files("next", "a")); err != nil {
				t.Fatal(err)
			}
			only(t, parent, "checkpoint")
			content(t, filepath.Join(path, "a"), "next")
		})
	}
}

// TestForeignDirectory checks that a directory WriteDir did not make is not lost.
func TestForeignDirectory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoint")
	if err := os.Mkdir(path, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := files("mine", "thesis.tex")(path); err != nil {
		t.Fatal(err)
	}
	err := WriteDir(path, files("1", "a"))
	if err == nil || !strings.Contains(err.Error(), "thesis.tex") {
		t.Errorf("got error %v, want one that names the file", err)
	}
	content(t, filepath.Join(path, "thesis.tex"), "mine")
	if err := os.Remove(filepath.Join(path, "thesis.tex")); err != nil {
		t.Fatal(err)
	}
	if err := WriteDir(path, files("1", "a")); err != nil {
		t.Errorf("an empty directory: %v", err)
	}
}

func TestFileInPlaceOfADirectory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoint")
	if err := os.WriteFile(path, []byte("x"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := WriteDir(path, files("1", "a")); err == nil || !strings.Contains(err.Error(), "want a directory") {
		t.Errorf("WriteDir: got error %v", err)
	}
	if _, err := OpenDir(path); err == nil || !strings.Contains(err.Error(), "want a directory") {
		t.Errorf("OpenDir: got error %v", err)
	}
	content(t, path, "x")
}
