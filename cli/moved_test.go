package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A run whose data are not there is still a run: its curves are drawn, and what wants the
// data says so.
func TestRunWithoutItsData(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "d.csv"), []byte("a,b,y\n"+strings.Repeat("1,2,0.5\n2,1,1.5\n", 20)))
	if got := in(t, dir, strings.Fields("train --data d.csv:target=y --model mlp:auto-4-auto --rule bp --epochs 1 --out run")...); got.code != 0 {
		t.Fatal(got.stderr)
	}
	if err := os.Rename(filepath.Join(dir, "d.csv"), filepath.Join(dir, "e.csv")); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"plot run --file a.csv", "watch run", "report run"} {
		if got := in(t, dir, strings.Fields(line)...); got.code != 0 {
			t.Errorf("%s: exit code %d, %s", line, got.code, got.stderr)
		}
	}
	for _, line := range []string{"evaluate --out run", "query --out run --clamp x=1,2", "train --resume --out run", "model show --out run"} {
		got := in(t, dir, strings.Fields(line)...)
		if got.code == 0 || !strings.Contains(got.stderr, "--data d.csv:target=y: got no such file or folder here") {
			t.Errorf("%s: exit code %d, %s", line, got.code, got.stderr)
		}
	}
}

// Runs of two tasks have no common axis.
func TestPlotOfTwoTasks(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "d.csv"), []byte("a,b,y\n"+strings.Repeat("1,2,0.5\n2,1,1.5\n", 20)))
	writeFile(t, filepath.Join(dir, "c.csv"), []byte("a,b,y\n"+strings.Repeat("1,2,u\n2,1,v\n", 20)))
	for _, name := range []string{"c", "d"} {
		if got := in(t, dir, strings.Fields("train --model mlp:auto-4-auto --rule bp --epochs 1 --data "+name+".csv:target=y --out "+name)...); got.code != 0 {
			t.Fatal(got.stderr)
		}
	}
	checkFailure(t, in(t, dir, "plot", "c", "d", "--file", "a.png"), exitFailure, "plot: d: got test R², want test error (%) as of the runs before")
}
