package reproduce

import (
	"context"
	"math"
	"testing"
	"time"
)

// The time left counts what is done within trials.
func TestStatus(t *testing.T) {
	p := &progress{}
	p.begin.Store(time.Now().Add(-5 * time.Second).UnixNano())
	c := &crew{trials: 4, done: 2, workers: 1, begin: time.Now(), total: 40, left: 20, running: map[*progress]running{p: {p, 10}}}
	if s := c.status(); s.Left >= 0 || s.Fraction != 0.5 {
		t.Errorf("nothing is known: got %+v", s)
	}
	p.set(1, 2)
	// 5 of 40 took 5 seconds, so that the 15 that are left take 15.
	if s := c.status(); math.Abs(s.Left.Seconds()-15) > 0.5 || s.Fraction != 0.625 || s.Trials != 4 || s.Done != 2 {
		t.Errorf("got %+v", s)
	}
	// Two workers take half, and the last trial of many as long as it takes.
	c.workers = 2
	if s := c.status(); math.Abs(s.Left.Seconds()-7.5) > 0.5 {
		t.Errorf("two workers: got %+v", s)
	}
	c.workers = 8
	if s := c.status(); math.Abs(s.Left.Seconds()-5) > 0.5 {
		t.Errorf("eight workers: got %+v", s)
	}
	p.set(0, 2) // begins only now
	if s := c.status(); p.busy() > time.Second || s.Left >= 0 {
		t.Errorf("begun again: got %+v", s)
	}
	var none *progress
	none.set(1, 2) // a trial outside a run
}

// Trials that take long say how much of them is done.
func TestTrialsTellProgress(t *testing.T) {
	for _, p := range Panels() {
		if p.Data == "" && p.Name != "fig4k" {
			continue // a second at most
		}
		done := &progress{}
		env := tinyEnv(t, Options{Seeds: 1}).of(done)
		trials := p.trials(env.Options)
		if _, err := p.Run(context.Background(), env, trials[len(trials)-1]); err != nil {
			t.Fatal(err)
		}
		if got := done.fraction(); got != 1 {
			t.Errorf("%s: a trial ends with %g of it done, want 1", p.Name, got)
		}
	}
}

// A long trial does not keep the observer waiting.
func TestTicks(t *testing.T) {
	if testing.Short() {
		t.Skip("takes more than a second")
	}
	slow := toy(func(ctx context.Context, trial Trial) error {
		if trial.Seed == 0 && trial.Rule == PC && trial.Rate == .1 && trial.Size == 1 {
			time.Sleep(tick * 3 / 2)
		}
		return nil
	})
	_, watch, err := runToy(t, t.TempDir(), Options{Workers: 1}, false, slow)
	if err != nil || watch.ticked == 0 {
		t.Errorf("got %d ticks, %v, want at least one", watch.ticked, err)
	}
}
