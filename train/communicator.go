package train

import (
	"github.com/pkg/errors"
)

// Communicator is the processes that train one network together, each of which runs the
// same program: see [Trainer.Group]. Everything else, sums, broadcasts and waiting for
// one another, is made of Exchange, in an order that is fixed, so that results do not
// depend on who implements it. Package mpi has one for MPI.
//
// One goroutine at a time uses it.
type Communicator interface {
	// Rank is the number of this process, from 0 to Size − 1.
	Rank() int
	// Size is the number of processes.
	Size() int
	// Exchange sends send to the process of another rank and receives what that sends
	// into receive, and returns the number of bytes received, at most len(receive).
	// Either may be empty, but then so is its counterpart of the other process. More
	// bytes than there is room for are an error, and so is a process that is gone.
	Exchange(rank int, send, receive []byte) (n int, err error)
}

// maxMessage is the largest number of bytes of a message.
const maxMessage = 1 << 20

// NewLocalGroup returns the members of a group of goroutines of this process, by rank. It
// serves tests, and shows how a Communicator works.
func NewLocalGroup(size int) []Communicator {
	pipes := make([][]chan []byte, size) // from, to
	for i := range pipes {
		pipes[i] = make([]chan []byte, size)
		for j := range pipes[i] {
			pipes[i][j] = make(chan []byte, 1)
		}
	}
	group := make([]Communicator, size)
	for i := range group {
		group[i] = &localMember{rank: i, pipes: pipes}
	}
	return group
}

type localMember struct {
	rank  int
	pipes [][]chan []byte
}

func (m *localMember) Rank() int { return m.rank }
func (m *localMember) Size() int { return len(m.pipes) }

func (m *localMember) Exchange(rank int, send, receive []byte) (int, error) {
	if rank < 0 || rank >= m.Size() || rank == m.rank {
		return 0, errors.Errorf("train: group: exchange of rank %d: with, got rank %d, want another of the %d", m.rank, rank, m.Size())
	}
	if len(send) > 0 {
		m.pipes[m.rank][rank] <- append([]byte(nil), send...)
	}
	if len(receive) == 0 {
		return 0, nil
	}
	got := <-m.pipes[rank][m.rank]
	if len(got) > len(receive) {
		return 0, errors.Errorf("train: group: exchange of rank %d: got %d bytes of rank %d, want at most %d", m.rank, len(got), rank, len(receive))
	}
	return copy(receive, got), nil
}
