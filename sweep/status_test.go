package sweep

import (
	"math"
	"testing"
	"time"
)

// The time left counts what is done within trials.
func TestStatus(t *testing.T) {
	p := &Progress{}
	p.begin.Store(time.Now().Add(-5 * time.Second).UnixNano())
	a := account{trials: 4, done: 2, workers: 1, begin: time.Now(), total: 40, left: 20, running: map[*Progress]running{p: {p, 10}}}
	if s := a.status(); s.Left >= 0 || s.Fraction != 0.5 {
		t.Errorf("nothing is known: got %+v", s)
	}
	p.Set(1, 2)
	// 5 of 40 took 5 seconds, so that the 15 that are left take 15.
	if s := a.status(); math.Abs(s.Left.Seconds()-15) > 0.5 || s.Fraction != 0.625 || s.Trials != 4 || s.Done != 2 {
		t.Errorf("got %+v", s)
	}
	// Two workers take half, and the last trial of many as long as it takes.
	a.workers = 2
	if s := a.status(); math.Abs(s.Left.Seconds()-7.5) > 0.5 {
		t.Errorf("two workers: got %+v", s)
	}
	a.workers = 8
	if s := a.status(); math.Abs(s.Left.Seconds()-5) > 0.5 {
		t.Errorf("eight workers: got %+v", s)
	}
	p.Set(0, 2) // begins only now
	if s := a.status(); p.busy() > time.Second || s.Left >= 0 {
		t.Errorf("begun again: got %+v", s)
	}
}
