package mpi_test

import (
	"fmt"

	"github.com/seed-be841da4/prospect/mpi"
)

// A program that mpirun has not started is a world of one process. For training, pass it
// as the Group of a train.Trainer.
func ExampleWorld() {
	w := mpi.World()
	if w.Err() != nil {
		fmt.Println(w.Err())
		return
	}
	defer w.Close()
	fmt.Printf("rank %d of %d\n", w.Rank(), w.Size())
	// Output: rank 0 of 1
}
