package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/atomicfile"
	"github.com/seed-be841da4/prospect/internal/choice"
	"github.com/seed-be841da4/prospect/internal/cluster"
	"github.com/seed-be841da4/prospect/mpi"
	"github.com/seed-be841da4/prospect/sweep"
	"github.com/seed-be841da4/prospect/train"
)

// The names of what runs trials.
const (
	launchLocal      = "local"
	launchSlurm      = "slurm"
	launchMPI        = "mpi"
	launchKubernetes = "kubernetes"
)

// clusterFlags say where trials run.
type clusterFlags struct {
	Launcher  string `group:"Cluster:" default:"local" placeholder:"NAME" help:"What runs the trials: local is this process; slurm submits a job array; mpi is the processes of mpirun or srun; kubernetes, with --dry-run, prints an indexed job (default ${default})."`
	Shard     string `group:"Cluster:" placeholder:"I/N" help:"Run every N-th trial from trial I, counted from 0, and print no result; auto/N takes I from a job array of Slurm or an indexed job of Kubernetes."`
	Tasks     int    `group:"Cluster:" default:"0" placeholder:"N" help:"Tasks of the job array or the indexed job (default 0: one a trial, at most 1000)."`
	DryRun    bool   `group:"Cluster:" help:"Print the batch script or the manifest, and submit nothing."`
	Wait      bool   `group:"Cluster:" help:"With slurm, wait for the tasks and then print the results."`
	Cluster   string `group:"Cluster:" placeholder:"FILE" help:"TOML file with a table [slurm]: partition, time, memory, cpus_per_task, most, modules, setup, options; the flags below come before it."`
	Partition string `group:"Cluster:" placeholder:"NAME" help:"Partition of Slurm (default the cluster's)."`
	Time      string `group:"Cluster:" placeholder:"LIMIT" help:"Time limit of a task, such as 2:00:00 (default the cluster's)."`
	Memory    string `group:"Cluster:" placeholder:"SIZE" help:"Memory of a task, such as 8G (default the cluster's)."`
	CPUs      int    `group:"Cluster:" name:"cpus-per-task" default:"0" placeholder:"N" help:"Processors of a task, which runs as many trials at a time (default 0: 1)."`
	Most      int    `group:"Cluster:" default:"0" placeholder:"N" help:"Tasks that run at a time (default 0: as many as the cluster lets)."`
	Modules   string `group:"Cluster:" placeholder:"LIST" help:"Modules that a task loads, separated by commas."`
	Image     string `group:"Cluster:" placeholder:"IMAGE" help:"Image of the program for kubernetes."`
	Volume    string `group:"Cluster:" placeholder:"CLAIM:PATH" help:"Volume claim for kubernetes and where it is mounted; --out lies in it."`
}

// clusterOptions are the names of the flags above, and of those that a task gets anew,
// with whether they take a value.
var clusterOptions = map[string]bool{
	"launcher": true, "shard": true, "tasks": true, "dry-run": false, "wait": false, "cluster": true,
	"partition": true, "time": true, "memory": true, "cpus-per-task": true, "most": true, "modules": true, "image": true, "volume": true,
	"out": true, "resume": false, "workers": true, "json": false,
}

// mostTasks is the largest number of tasks that is taken where none is asked for: a usual
// limit of clusters.
const mostTasks = 1000

// check checks the flags.
func (f *clusterFlags) check() error {
	var err error
	if f.Launcher, err = choice.Parse(f.Launcher, []string{launchLocal, launchSlurm, launchMPI, launchKubernetes}); err != nil {
		return errors.WithMessage(err, "--launcher")
	}
	switch {
	case f.Shard != "" && f.Launcher != launchLocal:
		return errors.Errorf("--shard and --launcher %s, got both, want one; the launcher gives its tasks their shards", f.Launcher)
	case f.Tasks < 0 || f.CPUs < 0 || f.Most < 0:
		return errors.New("--tasks, --cpus-per-task and --most, got a number below 0, want 0 or more")
	case f.Launcher == launchKubernetes && !f.DryRun:
		return errors.New("--launcher kubernetes, got no --dry-run, want it: prospect prints the manifest, and kubectl apply -f - submits it")
	case f.DryRun && f.Launcher != launchSlurm && f.Launcher != launchKubernetes:
		return errors.Errorf("--dry-run with --launcher %s, want it with slurm or kubernetes, which have something to print", f.Launcher)
	case f.Wait && f.Launcher != launchSlurm:
		return errors.Errorf("--wait with --launcher %s, want it with slurm", f.Launcher)
	}
	return nil
}

// shard returns the shard that --shard asks for, and whether it does.
func (f *clusterFlags) shard() (s sweep.Shard, ok bool, err error) {
	if f.Shard == "" {
		return s, false, nil
	}
	text := f.Shard
	if of, auto := strings.CutPrefix(text, "auto/"); auto {
		i, err := cluster.TaskIndex()
		if err != nil {
			return s, true, usage(errors.WithMessage(err, "--shard auto"))
		}
		text = fmt.Sprintf("%d/%s", i, of)
	}
	s, err = sweep.ParseShard(text)
	return s, true, usage(errors.WithMessage(err, "--shard"))
}

// slurm returns what the file and the flags ask of Slurm.
func (f *clusterFlags) slurm() (cluster.Slurm, error) {
	var s cluster.Slurm
	if f.Cluster != "" {
		var err error
		if s, err = cluster.ReadSlurm(f.Cluster); err != nil {
			return s, err
		}
	}
	for _, x := range []struct {
		flag string
		into *string
	}{{f.Partition, &s.Partition}, {f.Time, &s.Time}, {f.Memory, &s.Memory}} {
		if x.flag != "" {
			*x.into = x.flag
		}
	}
	if f.CPUs > 0 {
		s.CPUs = f.CPUs
	}
	if f.Most > 0 {
		s.Most = f.Most
	}
	if f.Modules != "" {
		s.Modules = strings.Split(f.Modules, ",")
	}
	return s, nil
}

// array is trials that a launcher runs as tasks.
type array struct {
	name    string
	out     string // the directory of the trials
	trials  int
	missing []int // the indices of the trials that are not done
	alone   bool  // one task has to run all of them
}

// tasks returns how many shards there are, and which have something to do.
func (f *clusterFlags) tasks(a array) (of int, which []int) {
	of = f.Tasks
	if of == 0 {
		of = min(a.trials, mostTasks)
	}
	for _, i := range a.missing {
		if !slices.Contains(which, i%of) {
			which = append(which, i%of)
		}
	}
	slices.Sort(which)
	return of, which
}

// clusterDir is the folder of scripts and output within that of the trials.
const clusterDir = "cluster"

// shardsDir is the folder of the files of tasks.
const shardsDir = "shards"

// submission is what is known of the last job that was submitted: cluster/job.json.
type submission struct {
	Job    string `json:"job"`
	Trials int    `json:"trials"`
	Tasks  int    `json:"tasks"`
}

const submissionFile = "job.json"

// launch has slurm or kubernetes run the trials that are missing.
func (f *clusterFlags) launch(ctx context.Context, c *console, a array) error {
	if a.alone && f.Tasks != 1 {
		return usage(errors.Errorf("--launcher %s with --search tpe or --prune, whose trials follow from those before: one task has to run them all; add --tasks 1, or take random or halton without --prune", f.Launcher))
	}
	of, which := f.tasks(a)
	dir, err := filepath.Abs(a.out)
	if err != nil {
		return errors.Wrap(err, "--out")
	}
	program, err := os.Executable()
	if err != nil {
		return errors.Wrap(err, "launcher")
	}
	job := cluster.Job{Name: "prospect-" + a.name, Dir: filepath.Join(dir, clusterDir), Tasks: which}
	if f.Launcher == launchKubernetes {
		job.Dir = dir
		for job.Tasks = nil; len(job.Tasks) < of; { // completions are 0 to N − 1
			job.Tasks = append(job.Tasks, len(job.Tasks))
		}
		job.Command = f.command(c, "prospect", dir, of, f.CPUs)
		text, err := cluster.Kubernetes{Image: f.Image, Volume: f.Volume, Memory: f.Memory, CPUs: f.CPUs, Most: f.Most}.Manifest(job)
		if err != nil {
			return usage(err)
		}
		_, err = fmt.Fprint(c.stdout, text)
		return err
	}
	s, err := f.slurm()
	if err != nil {
		return usage(err)
	}
	job.Command = f.command(c, program, dir, of, s.CPUs)
	if f.DryRun {
		_, err := fmt.Fprint(c.stdout, s.Script(job))
		return err
	}
	if err := os.MkdirAll(job.Dir, 0o777); err != nil {
		return errors.Wrap(err, "--out")
	}
	id, err := s.Submit(ctx, job, f.Wait)
	if err != nil {
		return err
	}
	text, err := json.Marshal(submission{Job: id, Trials: a.trials, Tasks: of})
	if err != nil {
		return errors.Wrap(err, "launcher")
	}
	if err := atomicfile.WriteFile(filepath.Join(job.Dir, submissionFile), append(text, '\n'), 0o666); err != nil {
		return err
	}
	if !f.Wait {
		fmt.Fprintf(c.stderr, "job %s: %d tasks for %d trials\nprogress: %s %s status %s\nresults:  the same command with --resume --out %s and without --launcher\n",
			id, len(which), len(a.missing), c.program, a.name, quote(a.out), quote(a.out))
	}
	return nil
}

// command returns the command of a task: that of this process with the shard of the task.
func (f *clusterFlags) command(c *console, program, dir string, of, cpus int) []string {
	command := append([]string{program}, withoutFlags(c.arguments, clusterOptions)...)
	return append(command, "--out", dir, "--resume", "--workers", fmt.Sprint(max(1, cpus)), "--shard", fmt.Sprintf("auto/%d", of))
}

// withoutFlags leaves out flags, with their values if they take one.
func withoutFlags(arguments []string, names map[string]bool) []string {
	var out []string
	for i := 0; i < len(arguments); i++ {
		name, ok := strings.CutPrefix(arguments[i], "--")
		name, _, joined := strings.Cut(name, "=")
		value, known := names[name]
		if !ok || !known {
			out = append(out, arguments[i])
			continue
		}
		if value && !joined {
			i++
		}
	}
	return out
}

// world returns the shard of this process among those of mpirun or srun, and makes them a
// group.
func (c *console) world() (sweep.Shard, error) {
	w := mpi.World()
	if err := w.Err(); err != nil {
		return sweep.Shard{}, errAll{err}
	}
	if w.Size() > 1 {
		c.group, c.rank = w, w.Rank()
	}
	return sweep.Shard{Index: w.Rank(), Of: w.Size()}, nil
}

// meet waits for the other processes of the group.
func (c *console) meet() error {
	if c.group == nil {
		return nil
	}
	return train.Barrier(c.group)
}
