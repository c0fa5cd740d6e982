package cluster

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/atomicfile"
)

// Slurm is what a job array asks of Slurm. What is empty or 0 is left to the cluster.
type Slurm struct {
	// Partition is that of the job.
	Partition string `toml:"partition"`
	// Time is the limit of a task, as sbatch reads it: "2:00:00".
	Time string `toml:"time"`
	// Memory is that of a task: "8G".
	Memory string `toml:"memory"`
	// CPUs is the number of processors of a task.
	CPUs int `toml:"cpus_per_task"`
	// Most is the number of tasks that run at a time.
	Most int `toml:"most"`
	// Modules are loaded before a task.
	Modules []string `toml:"modules"`
	// Setup are lines of the script before the command, such as one that sets a variable.
	Setup []string `toml:"setup"`
	// Options are more options of sbatch: "--account=brains".
	Options []string `toml:"options"`
}

// ReadSlurm reads the table "slurm" of a TOML file.
func ReadSlurm(path string) (Slurm, error) {
	var file struct {
		Slurm *Slurm `toml:"slurm"`
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return Slurm{}, errors.Wrap(err, "cluster")
	}
	if err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(&file); err != nil {
		var strict *toml.StrictMissingError
		if errors.As(err, &strict) {
			return Slurm{}, errors.Errorf("cluster: %s: got %s, want partition, time, memory, cpus_per_task, most, modules, setup or options in [slurm]", path, strings.Join(strict.Errors[0].Key(), "."))
		}
		return Slurm{}, errors.Wrapf(err, "cluster: %s", path)
	}
	if file.Slurm == nil {
		return Slurm{}, errors.Errorf("cluster: %s: got no table [slurm], want one", path)
	}
	return *file.Slurm, nil
}

// Job is an array of tasks, all with one command.
type Job struct {
	// Name is the job's.
	Name string
	// Dir is where the script and the output of the tasks are written. It exists.
	Dir string
	// Tasks are the indices of the tasks.
	Tasks []int
	// Command is what a task runs, the program first.
	Command []string
}

// Script returns the batch script of a job.
func (s Slurm) Script(j Job) string {
	var b strings.Builder
	b.WriteString("#!/bin/bash\n")
	option := func(name, value string) {
		if value != "" {
			b.WriteString("#SBATCH --" + name + "=" + value + "\n")
		}
	}
	number := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	array := Indices(j.Tasks)
	if s.Most > 0 {
		array += "%" + strconv.Itoa(s.Most)
	}
	option("job-name", j.Name)
	option("array", array)
	option("output", strings.ReplaceAll(filepath.Join(j.Dir, "%A_%a.log"), " ", `\ `))
	option("open-mode", "append")
	b.WriteString("#SBATCH --requeue\n")
	option("ntasks", "1")
	option("partition", s.Partition)
	option("time", s.Time)
	option("mem", s.Memory)
	option("cpus-per-task", number(s.CPUs))
	for _, o := range s.Options {
		b.WriteString("#SBATCH " + o + "\n")
	}
	if len(s.Modules) > 0 {
		b.WriteString("module load " + strings.Join(s.Modules, " ") + "\n")
	}
	for _, line := range s.Setup {
		b.WriteString(line + "\n")
	}
	b.WriteString("exec")
	for _, a := range j.Command {
		b.WriteString(" " + Quote(a))
	}
	b.WriteString("\n")
	return b.String()
}

// Indices writes indices as sbatch reads them: "0-3,7".
func Indices(of []int) string {
	sorted := slices.Sorted(slices.Values(of))
	var parts []string
	for i := 0; i < len(sorted); {
		k := i
		for k+1 < len(sorted) && sorted[k+1] == sorted[k]+1 {
			k++
		}
		part := strconv.Itoa(sorted[i])
		if k > i {
			part += "-" + strconv.Itoa(sorted[k])
		}
		parts, i = append(parts, part), k+1
	}
	return strings.Join(parts, ",")
}

// Quote returns s as a shell takes it.
func Quote(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("+-./:=@_,%", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// ScriptFile is the name of the script in the directory of a job.
const ScriptFile = "job.sh"

// Submit writes the script and submits it, and returns the number of the job. With wait
// it returns when all tasks have ended; that one of them failed is no error then, because
// what it did not do can be seen.
func (s Slurm) Submit(ctx context.Context, j Job, wait bool) (id string, err error) {
	path := filepath.Join(j.Dir, ScriptFile)
	if err := atomicfile.WriteFile(path, []byte(s.Script(j)), 0o777); err != nil {
		return "", err
	}
	arguments := []string{"--parsable"}
	if wait {
		arguments = append(arguments, "--wait")
	}
	c := exec.CommandContext(ctx, "sbatch", append(arguments, path)...)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	id, _, _ = strings.Cut(strings.TrimSpace(string(out)), ";")
	if err != nil && !(wait && id != "") {
		if text := strings.TrimSpace(stderr.String()); text != "" {
			err = errors.New(text)
		}
		return "", errors.WithMessage(err, "cluster: sbatch; run this where Slurm's commands are, or take --shard")
	}
	return id, nil
}

// States returns how many tasks of a job are in which state, as squeue has it: "RUNNING".
// It is empty if all have ended, or nobody knows.
func States(ctx context.Context, id string) map[string]int {
	out, err := exec.CommandContext(ctx, "squeue", "--noheader", "--array", "--format=%T", "--jobs="+id).Output()
	states := map[string]int{}
	if err != nil {
		return states
	}
	for _, line := range strings.Fields(string(out)) {
		states[line]++
	}
	return states
}
