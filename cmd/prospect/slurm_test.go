package main_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// fortyTrials are the flags of a sweep of 40 trials.
var fortyTrials = []string{"sweep", "--train-per-class", "40", "--epochs", "2", "--model", "mlp:784-16-10", "--lr", "0.001,0.002,0.003,0.004", "--rule", "pc,bp", "--seed", "1..5"}

// onSlurm skips a test unless there is a Slurm that may be disturbed.
func onSlurm(t *testing.T) {
	t.Helper()
	if os.Getenv(clusterVariable) == "" {
		t.Skipf("kills the controller of Slurm; .ci/cluster starts one for it and sets %s", clusterVariable)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "sinfo", "-h").CombinedOutput(); err != nil {
		t.Skipf("no Slurm: %v %s", err, out)
	}
}

// prospect runs the program and returns what it printed.
func prospect(t *testing.T, arguments ...string) (string, error) {
	t.Helper()
	c := exec.Command(build(t), arguments...)
	c.Dir = t.TempDir()
	out, err := c.CombinedOutput()
	return string(out), err
}

func sweepInto(out string, more ...string) []string {
	return append(append(append([]string(nil), fortyTrials...), "--out", out), more...)
}

// sameTables compares what two sweeps found.
func sameTables(t *testing.T, want, got string) {
	t.Helper()
	for _, name := range []string{"table.csv", "figure.csv"} {
		a, err := os.ReadFile(filepath.Join(want, name))
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(got, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, b, a)
		}
	}
}

// processes returns the processes of the program with a variable in their environment.
func processes(variable string) []int {
	var out []int
	entries, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, e := range entries {
		pid := filepath.Base(filepath.Dir(e))
		if exe, err := os.Readlink(filepath.Join("/proc", pid, "exe")); err != nil || exe != built {
			continue
		}
		if environ, err := os.ReadFile(e); err == nil && bytes.Contains(environ, []byte("\x00"+variable)) {
			id, _ := strconv.Atoi(pid)
			out = append(out, id)
		}
	}
	return out
}

// await waits until something holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Minute); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			queue, _ := exec.Command("squeue").CombinedOutput()
			nodes, _ := exec.Command("sinfo", "-R").CombinedOutput()
			t.Fatalf("%s: waited for 10 minutes\n%s%s", what, queue, nodes)
		}
	}
}

// restartController kills the controller of Slurm and starts it again.
func restartController(t *testing.T) {
	t.Helper()
	config, err := exec.Command("scontrol", "show", "config").Output()
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`SlurmctldPidFile\s*=\s*(\S+)`).FindSubmatch(config)
	text, err := os.ReadFile(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	await(t, "the end of the controller", func() bool { return syscall.Kill(pid, 0) != nil })
	if out, err := exec.Command("slurmctld").CombinedOutput(); err != nil {
		t.Fatalf("slurmctld: %v\n%s", err, out)
	}
	await(t, "the new controller", func() bool { return exec.Command("sinfo", "-h").Run() == nil })
}

// An array of 40 trials, one task of which is killed and whose controller is killed and
// started again, with a second user of the directory, ends with the table of one process;
// only what was missing is submitted again.
func TestSlurmSweep(t *testing.T) {
	onSlurm(t)
	dir := t.TempDir()
	local, out := filepath.Join(dir, "local"), filepath.Join(dir, "out")
	if text, err := prospect(t, sweepInto(local)...); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	text, err := prospect(t, sweepInto(out, "--launcher", "slurm", "--memory", "50M", "--tasks", "20")...)
	if err != nil || !strings.Contains(text, ": 20 tasks for 40 trials\n") {
		t.Fatalf("%v\n%s", err, text)
	}
	job := regexp.MustCompile(`job (\d+):`).FindStringSubmatch(text)[1]
	var victims []int
	await(t, "a task", func() bool { victims = processes("SLURM_ARRAY_TASK_ID="); return len(victims) > 0 })
	if err := syscall.Kill(victims[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	var other sync.WaitGroup
	other.Go(func() { // someone else takes part, in the same directory
		if text, err := prospect(t, sweepInto(out, "--resume", "--shard", "3/20", "--workers", "1")...); err != nil {
			t.Errorf("the other: %v\n%s", err, text)
		}
	})
	restartController(t)
	other.Wait()
	await(t, "the end of the job", func() bool {
		// A controller that was killed may have forgotten what it has just started: it
		// takes the node out of service and holds the job. An administrator would do
		// this.
		_ = exec.Command("scontrol", "update", "NodeName=ALL", "State=RESUME").Run()
		_ = exec.Command("scontrol", "release", job).Run()
		time.Sleep(time.Second)
		out, err := exec.Command("squeue", "-h", "-j", job).Output()
		return err != nil || len(bytes.TrimSpace(out)) == 0
	})
	for _, task := range []string{"0005", "0006"} { // as if these had failed
		files, err := filepath.Glob(filepath.Join(out, "shards", "task-"+task+"-*"))
		if err != nil || len(files) == 0 {
			t.Fatalf("task %s has no file: %v", task, err)
		}
		for _, path := range files {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
	}
	status, err := prospect(t, "sweep", "status", out)
	if err != nil || strings.Contains(status, "40 of 40") || !strings.Contains(status, " of 40 trials are done; job "+job) {
		t.Fatalf("%v: want less than 40 trials done:\n%s", err, status)
	}
	text, err = prospect(t, sweepInto(out, "--resume", "--launcher", "slurm", "--tasks", "20", "--wait")...)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	script, err := os.ReadFile(filepath.Join(out, "cluster", "job.sh"))
	if err != nil || bytes.Contains(script, []byte("--array=0-19")) || !bytes.Contains(script, []byte("5-6\n")) {
		t.Errorf("want the tasks without results alone: %v\n%s", err, script)
	}
	sameTables(t, local, out)
	if status, err := prospect(t, "sweep", "status", out); err != nil || !strings.Contains(status, "40 of 40 trials are done") {
		t.Errorf("%v\n%s", err, status)
	}
}

// Tasks that are killed again and again lose the trials that they run, and no more.
func TestShardsAreKilled(t *testing.T) {
	if os.Getenv(clusterVariable) == "" {
		t.Skipf("takes a minute; set %s=1 to run it", clusterVariable)
	}
	dir := t.TempDir()
	local, out := filepath.Join(dir, "local"), filepath.Join(dir, "out")
	if text, err := prospect(t, sweepInto(local)...); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	program := build(t)
	done := func() int {
		text, err := prospect(t, "sweep", "status", out)
		if err != nil {
			return 0
		}
		n, _ := strconv.Atoi(regexp.MustCompile(`(\d+) of 40 trials`).FindStringSubmatch(text)[1])
		return n
	}
	for try := range 6 {
		before := done()
		c := exec.Command(program, sweepInto(out, "--shard", fmt.Sprintf("%d/2", try%2), "--workers", "1")...)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(300 * time.Millisecond)
		_ = c.Process.Kill()
		_ = c.Wait()
		if after := done(); after < before {
			t.Errorf("%d trials were done, and then %d", before, after)
		}
	}
	if text, err := prospect(t, sweepInto(out, "--resume")...); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	sameTables(t, local, out)
}

// A task on a full disk says so and ends; when there is room again the rest is done.
func TestShardOnFullDisk(t *testing.T) {
	if os.Getenv(clusterVariable) == "" {
		t.Skipf("mounts a small file system; set %s=1 to run it", clusterVariable)
	}
	dir := t.TempDir()
	local, out := filepath.Join(dir, "local"), filepath.Join(dir, "out")
	if text, err := prospect(t, sweepInto(local)...); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if err := os.MkdirAll(out, 0o777); err != nil {
		t.Fatal(err)
	}
	if text, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", out).CombinedOutput(); err != nil {
		t.Skipf("mount: %v %s", err, text)
	}
	t.Cleanup(func() { _ = exec.Command("umount", out).Run() })
	text, err := prospect(t, sweepInto(out, "--shard", "0/1")...)
	if err == nil || !strings.Contains(text, "no space left on device") {
		t.Fatalf("got %v, want a full disk\n%s", err, text)
	}
	if text, err := exec.Command("mount", "-o", "remount,size=8m", out).CombinedOutput(); err != nil {
		t.Fatalf("remount: %v %s", err, text)
	}
	if text, err := prospect(t, sweepInto(out, "--resume")...); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	sameTables(t, local, out)
}

// The ranks of mpirun share the trials of a sweep; any number of them.
func TestSweepOnRanks(t *testing.T) {
	for _, mpi := range implementations {
		t.Run(mpi.name, func(t *testing.T) {
			if _, err := exec.LookPath(mpi.command); err != nil {
				t.Skipf("%s is not installed", mpi.command)
			}
			dir := t.TempDir()
			flags := []string{"sweep", "--train-per-class", "10", "--epochs", "1", "--model", "mlp:784-8-10", "--lr", "0.001,0.003", "--seed", "1..3", "--out"}
			if text, err := prospect(t, append(flags, filepath.Join(dir, "local"))...); err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			out := filepath.Join(dir, "ranks")
			text, err := launch(mpi.command, mpi.flags, 3, build(t), append(flags, out, "--launcher", "mpi")...).CombinedOutput()
			if err != nil || strings.Count(string(text), "Table, trials, figure and page are in") != 1 {
				t.Fatalf("%v\n%s", err, text)
			}
			sameTables(t, filepath.Join(dir, "local"), out)
		})
	}
}
