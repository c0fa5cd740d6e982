package rl

import (
	"math/rand/v2"
	"slices"
)

// replay holds the last transitions, up to its capacity.
type replay struct {
	size         int // of an observation
	capacity     int
	count, next  int
	before, then []float32 // (capacity, size)
	actions      []int32
	rewards      []float32
	done         []bool
	sample       []int
}

func newReplay(capacity, size int) *replay {
	return &replay{
		size: size, capacity: capacity,
		before: make([]float32, capacity*size), then: make([]float32, capacity*size),
		actions: make([]int32, capacity), rewards: make([]float32, capacity), done: make([]bool, capacity),
	}
}

// add stores a transition, overwriting the oldest one if the memory is full.
func (r *replay) add(before []float32, action int, reward float64, then []float32, done bool) {
	i := r.next
	copy(r.before[i*r.size:], before)
	copy(r.then[i*r.size:], then)
	r.actions[i], r.rewards[i], r.done[i] = int32(action), float32(reward), done
	r.next = (i + 1) % r.capacity
	r.count = min(r.count+1, r.capacity)
}

// draw returns n distinct transitions, or all if there are fewer. The slice is valid
// until the next call.
func (r *replay) draw(rng *rand.Rand, n int) []int {
	r.sample = r.sample[:0]
	for len(r.sample) < min(n, r.count) {
		if i := rng.IntN(r.count); !slices.Contains(r.sample, i) {
			r.sample = append(r.sample, i)
		}
	}
	return r.sample
}
