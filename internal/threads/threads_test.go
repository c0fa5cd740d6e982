package threads

import (
	"sync/atomic"
	"testing"
)

// counting is a job whose blocks check that all blocks of the step before are
// finished.
type counting struct {
	blocks   int
	finished [1000]atomic.Int64
	wrong    atomic.Int64
	members  [8]atomic.Int64
}

func (c *counting) RunBlock(member, step, block, blocks int) {
	if block < 0 || block >= blocks || blocks != c.blocks || step > 0 && c.finished[step-1].Load() != int64(blocks) {
		c.wrong.Add(1)
	}
	c.members[member].Add(1)
	c.finished[step].Add(1)
}

func TestPoolFinishesStepByStep(t *testing.T) {
	for _, members := range []int{1, 2, 3} {
		var p Pool
		for call := range 20 {
			c := &counting{blocks: 1 + call%7}
			if !p.Begin(members, c) {
				t.Fatal("an idle pool refused")
			}
			for range len(c.finished) {
				p.Step(c.blocks)
			}
			p.End()
			if n := c.wrong.Load(); n != 0 {
				t.Errorf("%d members: %d blocks ran out of order", members, n)
			}
			for i := range c.finished {
				if got := c.finished[i].Load(); got != int64(c.blocks) {
					t.Fatalf("%d members: step %d ran %d blocks, want %d", members, i, got, c.blocks)
				}
			}
		}
	}
}

// A helper of a larger job stays out of a smaller one.
func TestPoolOfFewerMembers(t *testing.T) {
	var p Pool
	for range 200 {
		for _, members := range []int{4, 2, 1, 3} {
			c := &counting{blocks: 8}
			if !p.Begin(members, c) {
				t.Fatal("an idle pool refused")
			}
			p.Step(8)
			p.End()
			for i := members; i < len(c.members); i++ {
				if c.members[i].Load() != 0 {
					t.Fatalf("member %d worked in a job of %d", i, members)
				}
			}
		}
	}
}

// A busy pool says so and does nothing.
func TestPoolIsBusy(t *testing.T) {
	var p Pool
	p.busy.Lock()
	if p.Begin(2, &counting{}) {
		t.Error("a busy pool took a job")
	}
}

func BenchmarkPool(b *testing.B) {
	var p Pool
	c := &counting{blocks: 4}
	for b.Loop() {
		p.Begin(2, c)
		p.Step(4)
		p.End()
		c.finished[0].Store(0)
	}
}
