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
	// Launcher is what started it, for messages: "Open MPI", "MPICH", "Slurm", "PMIx".
	Launcher string
}

// launchers are the variables of launchers, in the order in which they are asked: those of
// an MPI before those of Slurm, inside which it may run.
var launchers = []struct{ name, rank, size string }{
	{"Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
	{"MPICH", "PMI_RANK", "PMI_SIZE"},
	{"MVAPICH", "MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE"},
	{"Slurm", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS"},
}

// ReadLaunch returns what the launcher tells, from the variables of the environment; ok is
// false if none has started several processes. The steps of srun count, and not the batch
// script around them, of which there is one.
func ReadLaunch() (l Launch, ok bool) { return readLaunch(os.Getenv) }

func readLaunch(env func(string) string) (l Launch, ok bool) {
	for _, v := range launchers {
		rank, err := strconv.Atoi(env(v.rank))
		size, err2 := strconv.Atoi(env(v.size))
		if err == nil && err2 == nil && rank >= 0 && size > rank {
			return Launch{Rank: rank, Size: size, Launcher: v.name}, size > 1
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
