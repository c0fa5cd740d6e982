package cluster

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestScript(t *testing.T) {
	s := Slurm{
		Partition: "gpu", Time: "2:00:00", Memory: "8G", CPUs: 4, Most: 10,
		Modules: []string{"go/1.26", "data"}, Setup: []string{"export PROSPECT_DATA=/data"}, Options: []string{"--account=brains"},
	}
	got := s.Script(Job{Name: "prospect-sweep", Dir: "/home/me/a sweep/cluster", Tasks: []int{7, 0, 1, 3, 2}, Command: []string{"/bin/prospect", "sweep", "--lr", "0.1,0.2", "--model", "it's", "--shard", "auto/8"}})
	const want = `#!/bin/bash
#SBATCH --job-name=prospect-sweep
#SBATCH --array=0-3,7%10
#SBATCH --output=/home/me/a\ sweep/cluster/%A_%a.log
#SBATCH --open-mode=append
#SBATCH --requeue
#SBATCH --ntasks=1
#SBATCH --partition=gpu
#SBATCH --time=2:00:00
#SBATCH --mem=8G
#SBATCH --cpus-per-task=4
#SBATCH --account=brains
module load go/1.26 data
export PROSPECT_DATA=/data
exec /bin/prospect sweep --lr 0.1,0.2 --model 'it'\''s' --shard auto/8
`
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestReadSlurm(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cluster.toml")
	for _, c := range []struct{ text, want string }{
		{"[slurm]\npartition = \"main\"\ncpus_per_task = 2\nmodules = [\"go\"]\n", ""},
		{"[slurm]\nmem = \"8G\"\n", "got slurm.mem, want partition, time, memory, cpus_per_task, most, modules, setup or options in [slurm]"},
		{"partition = \"main\"\n", "got partition, want"},
		{"", "got no table [slurm], want one"},
		{"[slurm", "cluster: "},
	} {
		if err := os.WriteFile(path, []byte(c.text), 0o666); err != nil {
			t.Fatal(err)
		}
		s, err := ReadSlurm(path)
		if c.want == "" {
			if d := cmp.Diff(Slurm{Partition: "main", CPUs: 2, Modules: []string{"go"}}, s); d != "" || err != nil {
				t.Errorf("%v\n%s", err, d)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %q", c.text, err, c.want)
		}
	}
}

func TestManifest(t *testing.T) {
	j := Job{Name: "prospect-sweep", Dir: "/data/sweep", Tasks: []int{0, 1, 2}, Command: []string{"prospect", "sweep", "--rule", `repeated:2,rule="bp"`, "--model", "$(HOME)"}}
	got, err := Kubernetes{Image: "prospect:1", Volume: "results:/data", Memory: "2Gi", CPUs: 2}.Manifest(j)
	if err != nil {
		t.Fatal(err)
	}
	const want = `apiVersion: batch/v1
kind: Job
metadata:
  name: "prospect-sweep"
spec:
  completionMode: Indexed
  completions: 3
  parallelism: 3
  backoffLimitPerIndex: 3
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: prospect
          image: "prospect:1"
          command:
            - "prospect"
            - "sweep"
            - "--rule"
            - "repeated:2,rule=\"bp\""
            - "--model"
            - "$$(HOME)"
          resources:
            requests:
              cpu: "2"
              memory: "2Gi"
          volumeMounts:
            - name: results
              mountPath: "/data"
      volumes:
        - name: results
          persistentVolumeClaim:
            claimName: "results"
`
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for _, k := range []Kubernetes{{}, {Image: "i"}, {Image: "i", Volume: "claim"}, {Image: "i", Volume: "claim:/other"}} {
		if text, err := k.Manifest(j); err == nil {
			t.Errorf("%+v: got %s, want an error", k, text)
		}
	}
}

func TestTaskIndex(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want int
	}{
		{nil, -1},
		{map[string]string{"SLURM_ARRAY_TASK_ID": "3", "JOB_COMPLETION_INDEX": "5"}, 3},
		{map[string]string{"JOB_COMPLETION_INDEX": "0"}, 0},
		{map[string]string{"JOB_COMPLETION_INDEX": "x"}, -1},
	} {
		got, err := taskIndex(func(name string) string { return c.env[name] })
		if (err == nil) != (c.want >= 0) || err == nil && got != c.want {
			t.Errorf("%v: got %d, %v, want %d", c.env, got, err, c.want)
		}
	}
}

// fakeSlurm makes commands of Slurm that say what a test wants, first in the path.
func fakeSlurm(t *testing.T, name, script string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

func TestSubmit(t *testing.T) {
	j := Job{Name: "n", Dir: t.TempDir(), Tasks: []int{0}, Command: []string{"true"}}
	fakeSlurm(t, "sbatch", `echo "12;cluster"`)
	if id, err := (Slurm{}).Submit(context.Background(), j, false); id != "12" || err != nil {
		t.Errorf("got %q, %v, want 12", id, err)
	}
	if _, err := os.Stat(filepath.Join(j.Dir, ScriptFile)); err != nil {
		t.Error(err)
	}
	fakeSlurm(t, "sbatch", `echo "13"; exit 1`) // as --wait ends if a task failed
	if id, err := (Slurm{}).Submit(context.Background(), j, true); id != "13" || err != nil {
		t.Errorf("got %q, %v, want 13", id, err)
	}
	fakeSlurm(t, "sbatch", `echo "sbatch: error: invalid partition specified: no" >&2; exit 1`)
	_, err := (Slurm{}).Submit(context.Background(), j, false)
	const want = "cluster: sbatch; run this where Slurm's commands are, or take --shard: sbatch: error: invalid partition specified: no"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	fakeSlurm(t, "squeue", "echo RUNNING; echo PENDING; echo RUNNING")
	if d := cmp.Diff(map[string]int{"RUNNING": 2, "PENDING": 1}, States(context.Background(), "12")); d != "" {
		t.Error(d)
	}
}
