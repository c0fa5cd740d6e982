//go:build linux || darwin

package atomicfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// helperEnv tells the test binary, run again by a test, what to do instead of
// testing.
const helperEnv = "ATOMICFILE_TEST_HELPER"

func TestMain(m *testing.M) {
	if mode := os.Getenv(helperEnv); mode != "" {
		if err := helper(mode, os.Args[1], os.Args[2:]); err != nil {
			fmt.Println("error:", err)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// helper is the process that is killed, or whose files may not grow.
func helper(mode, path string, args []string) error {
	switch mode {
	case "dir", "file":
		first, err := strconv.Atoi(args[0])
		if err != nil {
			return err
		}
		for generation := first; ; generation++ {
			if err := writeGeneration(mode, path, generation); err != nil {
				return err
			}
			fmt.Println(generation)
		}
	case "limit":
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 4096, Max: 4096}); err != nil {
			return err
		}
	case "nobody":
		if err := syscall.Setuid(65534); err != nil {
			return err
		}
	}
	if args[0] == "dir" {
		return WriteDir(path, files(strings.Repeat("new", 10000), "a"))
	}
	return WriteFile(path, bytes.Repeat([]byte("new"), 10000), 0o666)
}

var generationFiles = []string{"weights", "optimizer", "sub/counters"}

func writeGeneration(mode, path string, generation int) error {
	text := strings.Repeat(fmt.Sprintln(generation), 5000)
	if mode == "file" {
		return WriteFile(path, []byte(text), 0o666)
	}
	return WriteDir(path, files(text, generationFiles...))
}

// readGeneration returns the generation at path, or 0 for none, and fails if
// the content is torn or mixed.
func readGeneration(t *testing.T, mode, path string) int {
	t.Helper()
	paths := []string{path}
	if mode == "dir" {
		actual, err := OpenDir(path)
		if errors.Is(err, fs.ErrNotExist) {
			return 0
		}
		if err != nil {
			t.Fatal(err)
		}
		paths = nil
		for _, name := range generationFiles {
			paths = append(paths, filepath.Join(actual, name))
		}
	}
	generation := -1
	for _, p := range paths {
		text, err := os.ReadFile(p)
		if mode == "file" && errors.Is(err, fs.ErrNotExist) {
			return 0
		}
		if err != nil {
			t.Fatal(err)
		}
		line, _, _ := strings.Cut(string(text), "\n")
		n, err := strconv.Atoi(line)
		if err != nil || string(text) != strings.Repeat(fmt.Sprintln(n), 5000) {
			t.Fatalf("%s is torn", p)
		}
		if generation >= 0 && n != generation {
			t.Fatalf("%s is of generation %d beside one of %d", p, n, generation)
		}
		generation = n
	}
	return generation
}

func helperCommand(mode, path string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], append([]string{path}, args...)...)
	cmd.Env = append(os.Environ(), helperEnv+"="+mode)
	return cmd
}

// TestKill kills a writer at random moments: what is read afterwards is whole and
// at least as new as the last write that was reported done.
func TestKill(t *testing.T) {
	rounds := 40
	if testing.Short() {
		rounds = 5
	}
	for _, mode := range []string{"dir", "file"} {
		t.Run(mode, func(t *testing.T) {
			parent := t.TempDir()
			path := filepath.Join(parent, "checkpoint")
			rng := rand.New(rand.NewPCG(1, 2))
			last, writes := 0, 0
			for range rounds {
				var out bytes.Buffer
				cmd := helperCommand(mode, path, strconv.Itoa(last+1))
				cmd.Stdout = &out
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Duration(2000+rng.IntN(30000)) * time.Microsecond)
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
				_ = cmd.Wait() // always "killed"
				done := last
				for lines := bufio.NewScanner(&out); lines.Scan(); writes++ {
					n, err := strconv.Atoi(lines.Text())
					if err != nil {
						t.Fatalf("the writer said %q", lines.Text())
					}
					done = n
				}
				got := readGeneration(t, mode, path)
				if got != done && got != done+1 {
					t.Fatalf("generation %d, want %d or %d", got, done, done+1)
				}
				last = got
			}
			if err := writeGeneration(mode, path, last+1); err != nil {
				t.Fatal(err)
			}
			only(t, parent, "checkpoint")
			t.Logf("%d writes, %d kills", writes, rounds)
		})
	}
}

// TestNoSpace gives a writer a size limit that the new content exceeds.
func TestNoSpace(t *testing.T) {
	for _, what := range []string{"dir", "file"} {
		parent := t.TempDir()
		path := filepath.Join(parent, "out")
		old := path
		if what == "dir" {
			old = filepath.Join(path, "a")
			if err := WriteDir(path, files("old", "a")); err != nil {
				t.Fatal(err)
			}
		} else if err := WriteFile(path, []byte("old"), 0o666); err != nil {
			t.Fatal(err)
		}
		said, err := helperCommand("limit", path, what).Output()
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(said), path) || !strings.Contains(string(said), "; free some space or choose another --out") {
			t.Errorf("%s: got %q, want an error with path and remedy", what, said)
		}
		content(t, old, "old")
		only(t, parent, "out")
	}
}

// TestUnwritable runs the writer as a user who may not write there.
func TestUnwritable(t *testing.T) {
	parent := t.TempDir()
	path := filepath.Join(parent, "out")
	if err := WriteFile(path, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(parent, 0o555); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(parent, 0o777)
	if err := os.Chmod(filepath.Dir(parent), 0o755); err != nil { // t.TempDir's own parent
		t.Fatal(err)
	}
	mode := "self"
	if os.Geteuid() == 0 {
		mode = "nobody" // root may write everywhere
	}
	for _, what := range []string{"dir", "file"} {
		target := path
		if what == "dir" {
			target += "-dir"
		}
		said, err := helperCommand(mode, target, what).Output()
		if err != nil {
			t.Fatal(err)
		}
		want := "write " + target + ": permission denied; allow writing in " + parent + " or choose another --out"
		if !strings.Contains(string(said), want) {
			t.Errorf("%s: got %q, want %q", what, said, want)
		}
	}
	content(t, path, "old")
	only(t, parent, "out")
}
