package sweep_test

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-be841da4/prospect/sweep"
)

// killVariable names the store that a process of this test works on.
const killVariable = "SWEEP_KILL_STORE"

var kills = flag.Int("kills", 10, "how often TestKill stops a process")

// A process that is killed at any moment loses at most what was in flight: the next
// finds whole lines alone, and after enough of them all records are those of a run
// that was not killed.
func TestKill(t *testing.T) {
	all := trials(t)
	if path := os.Getenv(killVariable); path != "" {
		s := open(t, path, true)
		defer s.Close()
		_, err := sweep.Runner[params, result]{Store: s, Workers: 2}.Run(t.Context(), all, func(ctx context.Context, p params) (result, error) {
			time.Sleep(5 * time.Millisecond) // so that there is something to kill
			return toy(ctx, p)
		})
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	if testing.Short() {
		t.Skip("starts processes")
	}
	dir := t.TempDir()
	for n := range *kills {
		path := filepath.Join(dir, strconv.Itoa(n), "a.jsonl")
		// The wait grows, so that a process that starts slowly gets somewhere too.
		for after := time.Duration(1+n) * 8 * time.Millisecond; killed(t, path, after); after += after / 3 {
			if text, err := os.ReadFile(path); err == nil {
				s := open(t, path, true) // the killed process holds no lock
				if want := max(0, strings.Count(string(text), "\n")-1); s.Len() != want {
					t.Fatalf("kill %d: got %d trials, want %d", n, s.Len(), want)
				}
				s.Close()
			}
		}
		s := open(t, path, true)
		if s.Len() != len(all) {
			t.Fatalf("kill %d: got %d trials, want %d", n, s.Len(), len(all))
		}
		for _, p := range all {
			got, _ := s.Get(p)
			want, _ := toy(t.Context(), p)
			if diff := cmp.Diff(want, got.Result, nans); diff != "" {
				t.Fatalf("kill %d: %v: %s", n, p, diff)
			}
		}
		s.Close()
	}
}

// killed runs a process on the store and kills it after a while; false if it ended
// before.
func killed(t *testing.T, path string, after time.Duration) bool {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run", "^TestKill$")
	c.Env = append(os.Environ(), killVariable+"="+path)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { _ = c.Process.Kill() })
	err := c.Wait()
	if !timer.Stop() && err != nil {
		return true
	}
	if err != nil {
		t.Fatal(err)
	}
	return false
}
