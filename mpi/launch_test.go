package mpi

import (
	"slices"
	"strings"
	"testing"
)

// What launchers tell is understood, and a batch script, or a step of one task, is none.
func TestReadLaunch(t *testing.T) {
	for _, c := range []struct {
		name string
		env  map[string]string
		want Launch
		ok   bool
	}{
		{name: "none"},
		{name: "Open MPI", env: map[string]string{"OMPI_COMM_WORLD_RANK": "3", "OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_LOCAL_SIZE": "2", "SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "2"}, want: Launch{3, 4, 2, "Open MPI"}, ok: true},
		{name: "MPICH alone", env: map[string]string{"PMI_RANK": "0", "PMI_SIZE": "1"}, want: Launch{0, 1, 0, "MPICH"}, ok: true},
		{name: "srun", env: map[string]string{"SLURM_PROCID": "1", "SLURM_STEP_NUM_TASKS": "2"}, want: Launch{1, 2, 0, "Slurm"}, ok: true},
		{name: "srun of one task", env: map[string]string{"SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "1"}, want: Launch{0, 1, 0, "Slurm"}},
		{name: "batch script", env: map[string]string{"SLURM_PROCID": "0", "SLURM_NTASKS": "4"}},
		{name: "nonsense", env: map[string]string{"PMI_RANK": "4", "PMI_SIZE": "4"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := readLaunch(func(name string) string { return c.env[name] })
			if got != c.want || ok != c.ok {
				t.Errorf("got %+v, %v, want %+v, %v", got, ok, c.want, c.ok)
			}
		})
	}
}

// The library of the launcher is tried first, and the one that a user names alone.
func TestLibraries(t *testing.T) {
	none := func(string) string { return "" }
	if got := libraries("Open MPI", none); got[0] != "libmpi.so.40" || !slices.Contains(got, "libmpich.so.12") {
		t.Errorf("Open MPI: got %q", got)
	}
	if got := libraries("MPICH", none); got[0] != "libmpich.so.12" || !slices.Contains(got, "libmpi.so.40") {
		t.Errorf("MPICH: got %q", got)
	}
	if got := libraries("MPICH", func(string) string { return "/opt/libmpi.so" }); strings.Join(got, " ") != "/opt/libmpi.so" {
		t.Errorf("named: got %q", got)
	}
}
