package mpi

import (
	"runtime"
	"sync"

	"github.com/pkg/errors"
)

// Communicator is the processes that a launcher has started: a [train.Communicator].
//
// [train.Communicator]:
// https://pkg.go.dev/github.com/seed-be841da4/prospect/train#Communicator
type Communicator struct {
	rank, size int
	err        error
	library    string // what was loaded, for messages; empty if nothing
	calls      chan *call
	call       call
	ended      bool
}

// call is one call of the goroutine that makes them.
type call struct {
	do   func()
	done chan struct{}
}

var (
	once  sync.Once
	world *Communicator
)

// World returns all processes of the launcher, and the first time initialises MPI. If
// that fails, Err says why, and so does the training: see [Communicator.Err].
func World() *Communicator {
	once.Do(func() {
		world = &Communicator{size: 1}
		l, ok := ReadLaunch()
		if !ok || l.Size == 1 {
			return
		}
		world.calls, world.call.done = make(chan *call), make(chan struct{}, 1)
		ready := make(chan error)
		go world.serve(l, ready)
		world.err = <-ready
	})
	return world
}

// Err returns why MPI could not be initialised, or nil.
func (c *Communicator) Err() error { return c.err }

// Rank is the number of this process.
func (c *Communicator) Rank() int { return c.rank }

// Size is the number of processes.
func (c *Communicator) Size() int { return c.size }

// Library says which library was loaded, as its MPI_Get_library_version does; empty if
// none was.
func (c *Communicator) Library() string { return c.library }

// Exchange implements train.Communicator.
func (c *Communicator) Exchange(rank int, send, receive []byte) (n int, err error) {
	switch {
	case c.err != nil:
		return 0, c.err
	case rank < 0 || rank >= c.size || rank == c.rank:
		return 0, errors.Errorf("mpi: exchange: with, got rank %d, want another of the %d", rank, c.size)
	}
	c.run(func() { n, err = c.exchange(rank, send, receive) })
	return n, err
}

// Close waits for all processes and ends MPI. The program cannot use it any more.
func (c *Communicator) Close() {
	if c.library != "" && !c.ended {
		c.ended = true
		c.run(finalize)
	}
}

// Abort ends all processes of the launcher, at once.
func (c *Communicator) Abort(code int) {
	if c.library != "" && !c.ended {
		c.ended = true
		c.run(func() { abort(code) })
	}
}

// run has the goroutine of the calls make one.
func (c *Communicator) run(do func()) {
	c.call.do = do
	c.calls <- &c.call
	<-c.call.done
}

// serve initialises MPI and makes all calls, on one thread.
func (c *Communicator) serve(l Launch, ready chan<- error) {
	runtime.LockOSThread()
	var err error
	if c.library, c.rank, c.size, err = initialise(l); err == nil && c.size != l.Size {
		err = errors.Errorf("mpi: %s has started %d processes, and the library (%s) sees %d of them; start them by the mpirun of that library, with srun --mpi=pmix or --mpi=pmi2, or name the library of the launcher in %s", l.Launcher, l.Size, c.library, c.size, LibraryVariable)
	}
	ready <- err
	for call := range c.calls {
		call.do()
		call.done <- struct{}{}
	}
}
