package engine

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// pool holds the threads that help with large work. One unit uses it at a time;
// another that comes meanwhile works alone, so units never wait for one another.
// Helpers spin for a moment after their work, because the next step of a
// relaxation follows within microseconds, and then sleep.
type pool struct {
	busy    sync.Mutex
	helpers []*helper

	job     parallel
	members int          // workers of the current job, the caller included
	left    atomic.Int32 // helpers still at work

	barrier struct {
		arrived atomic.Int32
		phase   atomic.Uint32
	}
}

// parallel is work that every member of a group does a part of.
type parallel interface {
	part(p *pool, index int)
}

// helper is a thread of the pool.
type helper struct {
	call   atomic.Uint32 // counts calls
	asleep atomic.Bool
	wake   chan struct{}
}

// threads is the one pool of the process.
var threads pool

// spins is how often a waiting thread looks before it lets others run: some tens
// of microseconds.
const spins = 20000

// run lets n members do the job, the caller as member 0. It reports false, and
// does nothing, if the pool is busy.
func (p *pool) run(n int, job parallel) bool {
	if !p.busy.TryLock() {
		return false
	}
	defer p.busy.Unlock()
	for len(p.helpers) < n-1 {
		h := &helper{wake: make(chan struct{}, 1)}
		index := len(p.helpers) + 1
		p.helpers = append(p.helpers, h)
		go p.help(h, index)
	}
	p.job, p.members = job, n
	p.left.Store(int32(n - 1))
	for _, h := range p.helpers[:n-1] {
		h.call.Add(1)
		if h.asleep.Load() {
			select {
			case h.wake <- struct{}{}:
			default:
			}
		}
	}
	job.part(p, 0)
	wait(func() bool { return p.left.Load() == 0 })
	p.job = nil
	return true
}

// help is the life of a helper.
func (p *pool) help(h *helper, index int) {
	seen := uint32(0)
	for {
		for i := 0; h.call.Load() == seen; i++ {
			if i < spins {
				continue
			}
			h.asleep.Store(true)
			if h.call.Load() == seen {
				<-h.wake
			}
			h.asleep.Store(false)
			i = 0
		}
		seen++
		p.job.part(p, index)
		p.left.Add(-1)
	}
}

// meet returns when every member of the group has called it.
func (p *pool) meet() {
	phase := p.barrier.phase.Load()
	if int(p.barrier.arrived.Add(1)) == p.members {
		p.barrier.arrived.Store(0)
		p.barrier.phase.Add(1)
		return
	}
	wait(func() bool { return p.barrier.phase.Load() != phase })
}

// wait spins until done, now and then letting others run.
func wait(done func() bool) {
	for i := 0; !done(); i++ {
		if i%spins == spins-1 {
			runtime.Gosched()
		}
	}
}
