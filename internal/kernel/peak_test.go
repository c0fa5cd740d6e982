package kernel

import (
	"sync"
	"testing"
)

// The threads of a peak run at once, and what they all do is counted.
func TestPeakTogether(t *testing.T) {
	const threads = 3
	var mu sync.Mutex
	calls, here := 0, make(chan struct{})
	rate := peak(threads, 7, func(rounds int) float64 {
		if rounds != 7 {
			t.Errorf("rounds, got %d, want 7", rounds)
		}
		mu.Lock()
		calls++
		now := here
		if calls%threads == 0 { // all are here
			close(here)
			here = make(chan struct{})
		}
		mu.Unlock()
		<-now
		return 1e9
	})
	if calls%threads != 0 || calls < threads || !(rate > 0) {
		t.Errorf("got %d runs and a rate of %v, want a multiple of %d and more than 0", calls, rate, threads)
	}
	if one := PeakFMA[float32](1); !(one > 0) {
		t.Errorf("peak, got %v, want more than 0", one)
	}
}
