// Package mpi is a [train.Communicator] over MPI, for training on several machines:
//
//	trainer := train.Trainer{Network: net, Rule: rule, …, Group: mpi.World()}
//
// and mpirun -n 4 program, or srun. The library of the launcher is loaded at run time, so
// that the program is built without it and without cgo: Open MPI, or MPICH and its
// derivatives (Intel MPI, MVAPICH, Cray). A program that no launcher has started is a
// world of one process and loads nothing.
//
// One goroutine, locked to its thread, makes all calls (MPI_THREAD_FUNNELED), and these
// only send and receive: the order of sums is ours, see [train.Trainer.Blocks].
//
// [train.Communicator]:
// https://pkg.go.dev/github.com/seed-be841da4/prospect/train#Communicator
// [train.Trainer.Blocks]:
// https://pkg.go.dev/github.com/seed-be841da4/prospect/train#Trainer
package mpi
