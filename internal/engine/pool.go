package engine

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// pool holds the threads that help with large work. One unit uses it at a time;
// another that comes meanwhile works alone, so units never wait for one another.
//
// Work comes in steps, a step in blocks, and whoever is free claims the next
// block. A helper that the system does not run claims nothing, so on a loaded
// machine the caller does the work itself instead of waiting. Helpers spin for a
// moment after their work, because the next step of a relaxation follows within
// microseconds, and then sleep.
type pool struct {
	busy    sync.Mutex
	helpers []*helper

	// claim is the step under way, as its number, its blocks and the next block
	// to be claimed: see pack. A claimed block keeps the pool from going on, so
	// job and base belong to the step of whoever holds one.
	claim atomic.Uint64
	done  atomic.Int64 // blocks of this step that are finished
	last  uint64       // number of the last step
	base  uint64       // number of the first step of the current job
	job   stepper
}

// stepper is work in steps. runBlock runs one block of a step as the given
// member; blocks of a step are independent.
type stepper interface {
	runBlock(member, step, block, blocks int)
}

// helper is a thread of the pool.
type helper struct {
	asleep atomic.Bool
	wake   chan struct{}
}

// threads is the one pool of the process.
var threads pool

// spins is how often a waiting thread looks before it does something else: some
// tens of microseconds.
const spins = 20000

// A claim holds the number of the step, the number of its blocks and the next
// block.
const (
	blockBits  = 16
	mostBlocks = 1 << (blockBits - 1)
)

func packClaim(step uint64, blocks int) uint64 {
	return step<<(2*blockBits) | uint64(blocks)<<blockBits
}

func unpackClaim(c uint64) (step uint64, blocks, next int) {
	const mask = 1<<blockBits - 1
	return c >> (2 * blockBits), int(c >> blockBits & mask), int(c & mask)
}

// begin takes the pool for a job with up to n members, the caller included. It
// reports false if the pool is busy.
func (p *pool) begin(n int, job stepper) bool {
	if !p.busy.TryLock() {
		return false
	}
	for len(p.helpers) < n-1 {
		h := &helper{wake: make(chan struct{}, 1)}
		p.helpers = append(p.helpers, h)
		go p.help(h, len(p.helpers))
	}
	p.job, p.base = job, p.last+1
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

// end gives the pool back.
func (p *pool) end() {
	p.job = nil
	p.busy.Unlock()
}

// step runs the blocks of the next step and returns when all are finished. With
// no blocks it only counts the step.
func (p *pool) step(blocks int) {
	p.last++
	if blocks == 0 {
		return
	}
	p.done.Store(0)
	p.claim.Store(packClaim(p.last, blocks))
	for p.work(0) {
	}
	for i := 0; p.done.Load() != int64(blocks); i++ {
		if i > spins { // whoever holds the block does not run
			runtime.Gosched()
			time.Sleep(20 * time.Microsecond)
		}
	}
}

// work claims a block and runs it; false means there was none.
func (p *pool) work(member int) bool {
	if _, blocks, next := unpackClaim(p.claim.Load()); next >= blocks {
		return false
	}
	step, blocks, next := unpackClaim(p.claim.Add(1))
	if next > blocks {
		return false
	}
	p.job.runBlock(member, int(step-p.base), next-1, blocks)
	p.done.Add(1)
	return true
}

// help is the life of a helper.
func (p *pool) help(h *helper, member int) {
	for {
		for idle := 0; idle < spins; idle++ {
			if p.work(member) {
				idle = 0
			}
		}
		h.asleep.Store(true)
		if _, blocks, next := unpackClaim(p.claim.Load()); next >= blocks {
			<-h.wake
		}
		h.asleep.Store(false)
	}
}
