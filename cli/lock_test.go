package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/run"
)

// A run directory belongs to one process at a time.
func TestTrainLocks(t *testing.T) {
	data, dir := digits(t), filepath.Join(t.TempDir(), "out")
	prospect(t, small(data, dir)...)
	unlock, err := run.Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	args := small(data, dir, "--epochs", "4", "--resume")
	if out := finish(t, command(t, args...)); out.code != exitFailure || !strings.Contains(out.stderr, "another prospect process") {
		t.Errorf("locked: exit code %d, %q", out.code, out.stderr)
	}
	unlock()
	prospect(t, args...)
}

// A run that fails before it has written anything leaves no directory.
func TestTrainLeavesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	if out := finish(t, command(t, "train", "--data", "mnist", "--out", dir)); out.code != exitFailure {
		t.Fatalf("exit code %d, want that data are missing", out.code)
	}
	if _, err := os.Lstat(dir); err == nil {
		t.Errorf("%s is there", dir)
	}
}
