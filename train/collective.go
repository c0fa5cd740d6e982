package train

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/relax"
)

// ErrGroup is found by errors.Is in an error that all processes of a group have learned
// of, so that one of them may tell it for all.
var ErrGroup = errors.New("the processes of the group ended together")

// ErrPeer is found by errors.Is in the error of a process whose own part of the training
// went well while that of another process of its group failed. The message is the
// other's.
var ErrPeer = errors.New("another process of the group failed")

// peerError is the failure of another process.
type peerError struct{ message string }

// Error implements error.
func (e peerError) Error() string { return e.message }

// Is implements errors.Is.
func (peerError) Is(target error) bool { return target == ErrPeer || target == ErrGroup }

// groupError is an error that the other processes know of.
type groupError struct{ error }

// Unwrap returns the error.
func (e groupError) Unwrap() error { return e.error }

// Is implements errors.Is.
func (groupError) Is(target error) bool { return target == ErrGroup }

// collective is what the processes of a group do together. All numbers that they add up
// are added along one binary tree: with P ranks, those of ranks 2k and 2k + 1 first, then
// those pairs, and so on, lower rank + higher rank. A nil group is one process.
type collective struct {
	group         Communicator
	send, receive []byte
	failed        bool   // this process or another has failed: nobody listens any more
	cause         string // of the failure, with the rank of the process
}

// The kinds of message, which have to match.
const (
	kindCombine = iota + 1
	kindEnd
)

// The fields of the header of a message: its kind, whether the sender fails, and the
// numbers of sums and of largest.
const headerBytes = 12

// maxCause is the largest length of the text of a failure.
const maxCause = 4096

// maxCombined is the largest number of numbers in a message of combine.
const maxCombined = 4096

func newCollective(g Communicator) *collective {
	c := &collective{group: g}
	if c.size() > 1 {
		c.send, c.receive = make([]byte, maxMessage), make([]byte, maxMessage)
	}
	return c
}

func (c *collective) size() int {
	if c.group == nil {
		return 1
	}
	return c.group.Size()
}

func (c *collective) rank() int {
	if c.group == nil {
		return 0
	}
	return c.group.Rank()
}

// combine adds up sums and finds the largest over the processes. Every process gets the
// same bits.
func (c *collective) combine(sums, largest []float64) error {
	if c.size() == 1 {
		return nil
	}
	for len(sums) > maxCombined {
		if err := c.meet(kindCombine, false, sums[:maxCombined], nil); err != nil {
			return err
		}
		sums = sums[maxCombined:]
	}
	for len(largest) > maxCombined {
		if err := c.meet(kindCombine, false, nil, largest[:maxCombined]); err != nil {
			return err
		}
		largest = largest[maxCombined:]
	}
	return c.meet(kindCombine, false, sums, largest)
}

// end waits for all processes at the end of the training.
func (c *collective) end() error {
	if c.size() == 1 {
		return nil
	}
	return c.meet(kindEnd, false, nil, nil)
}

// fail tells the other processes that this one has failed, unless they know, and returns
// the error as one that they do.
func (c *collective) fail(err error) error {
	if c.size() == 1 || errors.Is(err, ErrGroup) {
		return err
	}
	if c.failed { // between processes that cannot reach one another any more
		return err
	}
	c.cause = fmt.Sprintf("rank %d: %v", c.rank(), err)
	_ = c.meet(kindCombine, true, nil, nil) // what the others do is theirs to say
	return groupError{err}
}

// meet exchanges numbers with all processes by recursive doubling: after step k a process
// has the results of the 2ᵏ⁺¹ ranks that share its higher bits. A failure of one of them
// spreads alike, so that all processes leave the same meeting with an error.
func (c *collective) meet(kind byte, failing bool, sums, largest []float64) error {
	if c.failed {
		return peerError{c.cause}
	}
	var outOfStep error
	for bit := 1; bit < c.size(); bit <<= 1 {
		peer := c.rank() ^ bit
		m := appendHeader(c.send[:0], kind, failing, len(sums), len(largest))
		if failing {
			m = append(m, c.cause[:min(len(c.cause), maxCause)]...)
		} else {
			m = appendNumbers(appendNumbers(m, sums), largest)
		}
		n, err := c.group.Exchange(peer, m, c.receive)
		if err != nil {
			c.failed = true
			return errors.WithMessagef(err, "train: group: rank %d with rank %d", c.rank(), peer)
		}
		got := c.receive[:n]
		switch {
		case failing:
		case n < headerBytes || got[1] != 0:
			failing, c.cause = true, string(got[min(n, headerBytes):])
		case string(got[:headerBytes]) != string(m[:headerBytes]):
			failing = true
			outOfStep = errors.Errorf("train: group: rank %d and rank %d are out of step; run the same program with the same settings, data and version on all", c.rank(), peer)
			c.cause = outOfStep.Error()
		default:
			add(sums, largest, got[headerBytes:])
		}
	}
	if failing {
		c.failed = true
		if outOfStep != nil {
			return groupError{outOfStep}
		}
		return peerError{c.cause}
	}
	return nil
}

func appendHeader(m []byte, kind byte, failing bool, sums, largest int) []byte {
	status := byte(0)
	if failing {
		status = 1
	}
	m = append(m, kind, status, 0, 0)
	m = binary.LittleEndian.AppendUint32(m, uint32(sums))
	return binary.LittleEndian.AppendUint32(m, uint32(largest))
}

func appendNumbers(m []byte, x []float64) []byte {
	for _, v := range x {
		m = binary.LittleEndian.AppendUint64(m, math.Float64bits(v))
	}
	return m
}

// add adds the numbers of another process. Which of the two is the lower rank makes no
// difference to a sum of two numbers.
func add(sums, largest []float64, got []byte) {
	next := func() float64 {
		v := math.Float64frombits(binary.LittleEndian.Uint64(got))
		got = got[8:]
		return v
	}
	for i := range sums {
		sums[i] += next()
	}
	for i := range largest {
		largest[i] = relax.Larger(largest[i], next())
	}
}

// spread is the smallest number of numbers that is worth dividing among the processes.
const spread = 1024

// bigEndian says that the numbers of this machine have the other order of bytes than
// those of messages.
var bigEndian = binary.NativeEndian.Uint16([]byte{1, 0}) != 1

// broadcast gives all processes what rank 0 has: those below 2ᵏ send it to those from 2ᵏ
// to 2ᵏ⁺¹ − 1.
func (c *collective) broadcast(data []byte) ([]byte, error) {
	if c.size() == 1 {
		return data, nil
	}
	var length [8]byte
	for bit := 1; bit < c.size(); bit <<= 1 {
		switch r := c.rank(); {
		case r|bit >= c.size() && r < bit: // without a counterpart
		case r < bit:
			binary.LittleEndian.PutUint64(length[:], uint64(len(data)))
			if _, err := c.group.Exchange(r|bit, length[:], nil); err != nil {
				return nil, err
			}
			for from := 0; from < len(data); from += maxMessage {
				if _, err := c.group.Exchange(r|bit, data[from:min(from+maxMessage, len(data))], nil); err != nil {
					return nil, err
				}
			}
		case r < 2*bit:
			if _, err := c.group.Exchange(r&^bit, nil, length[:]); err != nil {
				return nil, err
			}
			data = make([]byte, binary.LittleEndian.Uint64(length[:]))
			for from := 0; from < len(data); from += maxMessage {
				if _, err := c.group.Exchange(r&^bit, nil, data[from:min(from+maxMessage, len(data))]); err != nil {
					return nil, err
				}
			}
		}
	}
	return data, nil
}

// Broadcast returns data of rank 0 on all processes of a group, which all call it. Nil is
// a group of one.
func Broadcast(g Communicator, data []byte) ([]byte, error) {
	return newCollective(g).broadcast(data)
}

// Barrier waits until all processes of a group have called it. Nil is a group of one.
func Barrier(g Communicator) error {
	c := newCollective(g)
	for rank := 1; rank < c.size() && c.rank() == 0; rank++ {
		if _, err := g.Exchange(rank, nil, c.receive); err != nil {
			return errors.WithMessagef(err, "train: group: rank %d", rank)
		}
	}
	if c.rank() != 0 {
		if _, err := g.Exchange(0, []byte{0}, nil); err != nil {
			return errors.WithMessage(err, "train: group: rank 0")
		}
	}
	_, err := c.broadcast(nil)
	return err
}
