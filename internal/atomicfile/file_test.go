package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// only fails unless dir holds exactly the named entries, in order.
func only(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("%s holds %q, want %q", filepath.Base(dir), got, names)
	}
}

func content(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("%s holds %q, %v, want %q", filepath.Base(path), got, err, want)
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	for _, want := range []string{"one", "", "three"} {
		if err := WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		content(t, path, want)
	}
	only(t, dir, "a")
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Errorf("mode is %v, %v, want -rw-------", info.Mode(), err)
	}
}

func TestAbort(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	if err := WriteFile(path, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("new")); err != nil {
		t.Fatal(err)
	}
	content(t, path, "old")
	f.Abort()
	f.Abort()
	content(t, path, "old")
	only(t, dir, "a")
	if _, err := f.Write(nil); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Write after Abort: %v, want closed", err)
	}
	if err := f.Commit(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Commit after Abort: %v, want closed", err)
	}
}

func TestAbortAfterCommit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	f, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	f.Abort()
	content(t, path, "")
}

// TestLeftovers checks that a killed writer's temporary file goes, and nothing
// that merely looks like it.
func TestLeftovers(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	for _, name := range []string{
		".a.tmp-0123456789abcdef", // ours
		".a.tmp-012345678", ".a.tmp-0123456789abcdeg", ".b.tmp-0123456789abcdef", "a.tmp-0123456789abcdef",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := WriteFile(path, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	only(t, dir, ".a.tmp-012345678", ".a.tmp-0123456789abcdeg", ".b.tmp-0123456789abcdef", "a", "a.tmp-0123456789abcdef")
}

func TestSymbolicLinkIsFollowed(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	if err := os.WriteFile(target, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Skip(err)
	}
	if err := WriteFile(link, []byte("x"), 0o666); err != nil {
		t.Fatal(err)
	}
	content(t, target, "x")
	if info, err := os.Lstat(link); err != nil || info.Mode().Type() != fs.ModeSymlink {
		t.Error("the link was replaced")
	}
}

func TestCreateRefuses(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "no", "a")
	_, err := Create(missing)
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "write "+missing+": ") ||
		!strings.Contains(err.Error(), "; create "+filepath.Join(dir, "no")+" or choose another --out") {
		t.Errorf("missing directory: got error %v", err)
	}
	if _, err := Create(dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a directory: got error %v", err)
	}
	if runtime.GOOS != "windows" {
		if _, err := Create(os.DevNull); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("a device: got error %v", err)
		}
	}
}
