package mpi

import (
	"os"
	"strconv"
)

// LibraryVariable names the environment variable with the path of the MPI library, where
// the usual places and names do not do.
const LibraryVariable = "PROSPECT_MPI_LIBRARY"

// Launch is what the launcher of a process tells it.
type Launch struct {
	// Rank is the number of the process, of Size.
	Rank, Size int
	// Local is the number of processes on the same machine; 0 if it is not known.
	Local int
	// Launcher is what started it, for messages: "Open MPI", "MPICH", "MVAPICH", "Slurm".
	Launcher string
}

// launchers are the variables of launchers, in the order in which they are asked: those
// of an MPI before those of Slurm, inside which it may run.
var launchers = []struct{ name, rank, size, local string }{
	{"Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_SIZE"},
	{"MPICH", "PMI_RANK", "PMI_SIZE", "MPI_LOCALNRANKS"},
	{"MVAPICH", "MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_LOCAL_SIZE"},
	{slurm, "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_STEP_TASKS_PER_NODE"},
}

// slurm is the launcher that may start processes without MPI.
const slurm = "Slurm"

// ReadLaunch returns what the launcher tells, from the variables of the environment; ok
// is false if there is none. The steps of srun count where they have several tasks, and
// not the batch script around them.
func ReadLaunch() (l Launch, ok bool) { return readLaunch(os.Getenv) }

func readLaunch(env func(string) string) (l Launch, ok bool) {
	for _, v := range launchers {
		rank, err := strconv.Atoi(env(v.rank))
		size, err2 := strconv.Atoi(env(v.size))
		if err == nil && err2 == nil && rank >= 0 && size > rank {
			local, _ := strconv.Atoi(env(v.local))
			return Launch{Rank: rank, Size: size, Local: local, Launcher: v.name}, size > 1 || v.name != slurm
		}
	}
	return Launch{}, false
}

// libraries are the names of the libraries to try, those of the launcher first.
func libraries(launcher string, env func(string) string) []string {
	if path := env(LibraryVariable); path != "" {
		return []string{path}
	}
	openMPI := []string{"libmpi.so.40", "libmpi.so.80", "libmpi.40.dylib"}
	mpich := []string{"libmpich.so.12", "libmpi.so.12", "libmpi_gnu.so.12", "libmpi.12.dylib"}
	if launcher == "Open MPI" {
		return append(append(openMPI, "libmpi.so", "libmpi.dylib"), mpich...)
	}
	return append(append(mpich, openMPI...), "libmpi.so", "libmpi.dylib")
}
