package cli

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// fakeSbatch puts a command sbatch first in the path that runs the tasks of the script
// one after another, but those that a file "refused" lists.
func fakeSbatch(t *testing.T, dir string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("runs scripts of bash")
	}
	script := `#!/bin/bash
for script; do :; done # the last argument
echo 7
array=$(sed -n 's/^#SBATCH --array=//p' "$script")
echo "$array" >> ` + dir + `/arrays
for part in ${array//,/ }; do
	for i in $(seq ${part%-*} ${part#*-}); do
		grep -qx "$i" ` + dir + `/refused 2>/dev/null && continue
		SLURM_ARRAY_TASK_ID=$i bash "$script" >/dev/null 2>>` + dir + `/log || exit 1
	done
done
`
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "sbatch"), []byte(script), 0o777); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// A sweep by slurm has the tables of a local one; what tasks did not do is submitted
// again, and nothing else.
func TestSweepSlurm(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir)
	fakeSbatch(t, dir)
	flags := strings.Fields("sweep --data d.npz --lr 0.01,0.03 --seed 1..3 --epochs 1 --batch 16 --out")
	local := in(t, dir, append(flags, "local")...)
	if local.code != 0 {
		t.Fatalf("%d, %s", local.code, local.stderr)
	}
	if err := os.WriteFile(filepath.Join(dir, "refused"), []byte("1\n3\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	first := in(t, dir, append(flags, "out", "--launcher", "slurm", "--wait", "--partition", "main")...)
	if want := "the tasks have ended, and 2 of 6 trials are not done; see out/cluster, then go on with the same command and --resume --out out"; first.code != 1 || !strings.Contains(first.stderr, want) {
		t.Fatalf("got %d, %s, want %s", first.code, first.stderr, want)
	}
	if got := in(t, dir, "sweep", "status", "out"); got.code != 0 || !strings.Contains(got.stdout, "4 of 6 trials are done; job 7: no task is left") {
		t.Errorf("status: got %d, %s%s", got.code, got.stdout, got.stderr)
	}
	if err := os.Remove(filepath.Join(dir, "refused")); err != nil {
		t.Fatal(err)
	}
	again := in(t, dir, append(flags, "out", "--launcher", "slurm", "--wait", "--resume", "--json")...)
	if again.code != 0 {
		t.Fatalf("%d, %s\n%s", again.code, again.stderr, readFile(t, filepath.Join(dir, "log")))
	}
	if got := readFile(t, filepath.Join(dir, "arrays")); got != "0-5\n1,3\n" {
		t.Errorf("submitted %q, want all tasks and then those without results", got)
	}
	for _, name := range []string{"table.csv", "figure.csv"} {
		if a, b := readFile(t, filepath.Join(dir, "local", name)), readFile(t, filepath.Join(dir, "out", name)); a != b {
			t.Errorf("%s: got\n%s\nwant\n%s", name, b, a)
		}
	}
	if got := in(t, dir, append(flags, "out", "--launcher", "slurm")...); got.code != 1 || !strings.Contains(got.stderr, "already holds trials; pass --resume") {
		t.Errorf("without --resume: got %d, %s", got.code, got.stderr)
	}
}

// A script and a manifest are printed and nothing is submitted; what does not go together
// is refused.
func TestLaunchers(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir)
	if err := os.WriteFile(filepath.Join(dir, "c.toml"), []byte("[slurm]\npartition = \"long\"\ntime = \"1:00:00\"\ncpus_per_task = 2\nmodules = [\"go\"]\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	flags := strings.Fields("sweep --data d.npz --lr 0.01,0.03 --seed 1..3 --epochs 1 --batch 16 --out out")
	script := in(t, dir, append(flags, "--launcher", "slurm", "--dry-run", "--cluster", "c.toml", "--partition=short", "--tasks", "4")...)
	for _, want := range []string{"--array=0-3\n", "--partition=short\n", "--time=1:00:00\n", "--cpus-per-task=2\n", "module load go\n", " sweep --data d.npz --lr 0.01,0.03 --seed 1..3 --epochs 1 --batch 16 --out " + filepath.Join(dir, "out") + " --resume --workers 2 --shard auto/4\n"} {
		if !strings.Contains(script.stdout, want) {
			t.Errorf("script: want %q in\n%s%s", want, script.stdout, script.stderr)
		}
	}
	manifest := in(t, dir, append(flags, "--launcher", "kubernetes", "--dry-run", "--image", "prospect:1", "--volume", "r:/")...)
	if manifest.code != 0 || !strings.Contains(manifest.stdout, "completionMode: Indexed\n  completions: 6\n") || !strings.Contains(manifest.stdout, `- "auto/6"`) {
		t.Errorf("manifest: got %d, %s%s", manifest.code, manifest.stdout, manifest.stderr)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "out", "cluster")); left != nil {
		t.Errorf("--dry-run left %v", left)
	}
	for _, c := range []struct{ flags, want string }{
		{"--launcher moon", `--launcher: got "moon", want one of local, slurm, mpi, kubernetes`},
		{"--launcher kubernetes", "--launcher kubernetes, got no --dry-run, want it"},
		{"--launcher slurm --shard 0/2", "--shard and --launcher slurm, got both, want one"},
		{"--shard 2/2", `--shard: sweep: shard, got "2/2", want INDEX/NUMBER`},
		{"--shard auto/2", "--shard auto: cluster: index of the task: neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set"},
		{"--wait", "--wait with --launcher local, want it with slurm"},
		{"--prune median --shard 0/2", "--shard 0/2 with --search tpe or --prune, whose trials follow from those before"},
		{"--prune median --launcher slurm", "one task has to run them all; add --tasks 1"},
		{"--launcher slurm --cluster none.toml", "cluster: open none.toml"},
	} {
		got := in(t, dir, append(flags, strings.Fields(c.flags)...)...)
		if got.code == 0 || !strings.Contains(got.stderr, c.want) {
			t.Errorf("%s: got %d, %s, want %s", c.flags, got.code, got.stderr, c.want)
		}
	}
}

// Shards of the trials of a panel, together, are the panel.
func TestReproduceShards(t *testing.T) {
	dir := t.TempDir()
	flags := strings.Fields("reproduce fig3a --seeds 2 --out")
	whole := in(t, dir, append(flags, "whole")...)
	if whole.code != 0 {
		t.Fatalf("%d, %s", whole.code, whole.stderr)
	}
	for _, shard := range []string{"0/2", "1/2"} {
		if got := in(t, dir, append(flags, "out", "--shard", shard)...); got.code != 0 || got.stdout != "" {
			t.Fatalf("%s: got %d, %s%s", shard, got.code, got.stdout, got.stderr)
		}
	}
	files, _ := filepath.Glob(filepath.Join(dir, "out", "shards", "*", "*.jsonl"))
	if len(files) != 2 {
		t.Errorf("got files %q, want one of each task", files)
	}
	merged := in(t, dir, append(flags, "out", "--resume")...)
	if merged.code != 0 {
		t.Fatalf("%d, %s", merged.code, merged.stderr)
	}
	if main, _ := filepath.Glob(filepath.Join(dir, "out", "trials", "*.jsonl")); len(main) != 1 || strings.Count(readFile(t, main[0]), "\n") != 1 {
		t.Errorf("the reader ran trials again: %q", main)
	}
	tables, _ := filepath.Glob(filepath.Join(dir, "whole", "fig3a", "[cd]*.csv"))
	for _, path := range tables {
		if a, b := readFile(t, path), readFile(t, filepath.Join(dir, "out", "fig3a", filepath.Base(path))); a != b || len(tables) != 3 {
			t.Errorf("%s: got\n%s\nwant\n%s", filepath.Base(path), b, a)
		}
	}
}
