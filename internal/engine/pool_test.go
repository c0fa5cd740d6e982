package engine

import (
	"sync/atomic"
	"testing"
)

// counting is a job that meets several times and counts its parts.
type counting struct {
	meetings int
	counts   [8]atomic.Int64
	wrong    atomic.Int64
	members  int
}

func (c *counting) part(p *pool, index int) {
	for k := range c.meetings {
		c.counts[k%8].Add(1)
		p.meet()
		if c.counts[k%8].Load()%int64(c.members) != 0 {
			c.wrong.Add(1)
		}
		p.meet()
	}
}

func TestPoolMeets(t *testing.T) {
	for _, members := range []int{1, 2, 3} {
		var p pool
		c := &counting{meetings: 50, members: members}
		for range 20 {
			if !p.run(members, c) {
				t.Fatal("an idle pool refused")
			}
		}
		if c.wrong.Load() != 0 {
			t.Errorf("%d members: %d times one left a meeting before all had come", members, c.wrong.Load())
		}
		total := int64(0)
		for i := range c.counts {
			total += c.counts[i].Load()
		}
		if want := int64(20 * 50 * members); total != want {
			t.Errorf("%d members: got %d parts, want %d", members, total, want)
		}
	}
}

// A busy pool says so and does nothing.
func TestPoolIsBusy(t *testing.T) {
	var p pool
	p.busy.Lock()
	if p.run(2, &counting{}) {
		t.Error("a busy pool took a job")
	}
}

func BenchmarkPool(b *testing.B) {
	var p pool
	c := &counting{meetings: 1, members: 2}
	for b.Loop() {
		p.run(2, c)
	}
}
