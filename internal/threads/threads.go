// Package threads holds a pool of helper threads for large work.
package threads

import (
	"math/bits"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Pool is a pool of helper threads. One job uses it at a time; a job that arrives
// meanwhile runs on its own goroutine alone, so jobs never wait for one another.
//
// Work is divided into steps, a step into blocks. At every step each member first
// claims its own blocks, whose data is in its cache, and then blocks that others have
// not claimed. A helper that the system does not schedule claims nothing, so on a
// loaded machine the caller does the work itself instead of waiting. Helpers spin for a
// moment after their work, because the next step of a relaxation follows within
// microseconds, and then sleep.
type Pool struct {
	busy    sync.Mutex
	helpers []*helper

	// claims is the current step: its index, its number of blocks, and which of them
	// are claimed. A claimed block prevents the pool from advancing, so job and base
	// belong to the step of any member that holds one.
	claims  atomic.Uint64
	done    atomic.Int64 // finished blocks of this step
	members atomic.Int64
	last    uint64 // index of the last step
	base    uint64 // index of the first step of the current job
	job     Job
}

// Job is work in steps. RunBlock runs one block of a step as the given member; the
// blocks of a step are independent.
type Job interface {
	RunBlock(member, step, block, blocks int)
}

// helper is a thread of the pool.
type helper struct {
	asleep atomic.Bool
	wake   chan struct{}
}

// Shared is the pool of the process.
var Shared Pool

// The number of polls of a waiting thread, at about a nanosecond each, before it yields
// or sleeps: the caller's, for a block that another thread holds, and a helper's, for a
// block to claim, which has to outlast a step on one thread.
const (
	callerSpins = 50_000
	helperSpins = 500_000
)

// MaxBlocks is the maximum number of blocks: one bit each in a word of claims, which
// also holds their number and the index of the step.
const MaxBlocks = 32

const stepShift = MaxBlocks + 6

func packClaims(step uint64, blocks int) uint64 {
	return step<<stepShift | uint64(blocks)<<MaxBlocks
}

// unpackClaims returns the index of the step, modulo 1<<(64−stepShift), the number of
// blocks and the free ones.
func unpackClaims(c uint64) (step uint64, blocks int, free uint32) {
	blocks = int(c >> MaxBlocks & (1<<6 - 1))
	return c >> stepShift, blocks, ^uint32(c) & uint32(1<<blocks-1)
}

// Begin acquires the pool for a job with up to n members, including the caller. It
// returns false if the pool is busy.
func (p *Pool) Begin(n int, job Job) bool {
	if !p.busy.TryLock() {
		return false
	}
	for len(p.helpers) < n-1 {
		h := &helper{wake: make(chan struct{}, 1)}
		p.helpers = append(p.helpers, h)
		go p.help(h, len(p.helpers))
	}
	p.job, p.base = job, p.last+1
	p.members.Store(int64(n))
	for _, h := range p.helpers[:n-1] {
		if h.asleep.Load() {
			select {
			case h.wake <- struct{}{}:
			default:
			}
		}
	}
	return true
}

// End releases the pool.
func (p *Pool) End() {
	p.job = nil
	p.busy.Unlock()
}

// Step runs the blocks of the next step and returns when all are finished. Without
// blocks it only counts the step.
func (p *Pool) Step(blocks int) {
	p.last++
	if blocks == 0 {
		return
	}
	p.done.Store(0)
	p.claims.Store(packClaims(p.last, blocks))
	for p.work(0) {
	}
	for i := 0; p.done.Load() != int64(blocks); i++ {
		if i > callerSpins { // the holder of the block is not running
			runtime.Gosched()
			time.Sleep(20 * time.Microsecond)
		}
	}
}

// work claims a block and runs it; it returns false if there was none.
func (p *Pool) work(member int) bool {
	for {
		c := p.claims.Load()
		step, blocks, free := unpackClaims(c)
		members := int(p.members.Load())
		if free == 0 || member >= members { // a helper left from a larger job
			return false
		}
		block := 31 - bits.LeadingZeros32(free) // another member's, from the end
		for b := member; b < blocks; b += members {
			if free>>b&1 == 1 {
				block = b
				break
			}
		}
		if !p.claims.CompareAndSwap(c, c|1<<block) {
			continue
		}
		const modulus = 1 << (64 - stepShift)
		p.job.RunBlock(member, int((step-p.base)%modulus), block, blocks)
		p.done.Add(1)
		return true
	}
}

// help is the main loop of a helper.
func (p *Pool) help(h *helper, member int) {
	for {
		for idle := 0; idle < helperSpins; idle++ {
			if p.work(member) {
				idle = 0
			}
		}
		h.asleep.Store(true)
		if _, _, free := unpackClaims(p.claims.Load()); free == 0 {
			<-h.wake
		}
		h.asleep.Store(false)
	}
}
