package reproduce

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/pkg/errors"
)

// Observer is told how a run gets on. Its methods are called one at a time.
type Observer interface {
	// Start is called before the first trial, with how many there are and how many
	// were found done.
	Start(p *Panel, trials, done int)
	// Trial is called after every trial.
	Trial(r Record, s Status)
	// Tick is called about every second.
	Tick(s Status)
}

// tick is the time between two ticks.
const tick = time.Second

// runTrials runs the trials that the store does not have and stores them.
func runTrials(ctx context.Context, p *Panel, env *Env, store *Store, trials []Trial, watch Observer) error {
	c := &crew{panel: p, env: env, store: store, watch: watch, trials: len(trials), begin: time.Now(), running: map[*progress]running{}}
	for _, t := range trials {
		c.total += p.cost(t)
		if _, ok := store.Get(t); !ok {
			c.todo = append(c.todo, t)
			c.left += p.cost(t)
		}
	}
	c.done = len(trials) - len(c.todo)
	c.workers = min(env.Options.Workers, len(c.todo))
	watch.Start(p, len(trials), c.done)
	ctx, c.stop = context.WithCancel(ctx)
	defer c.stop()
	var wait sync.WaitGroup
	for range c.workers {
		wait.Go(func() { c.work(ctx) })
	}
	ended := make(chan struct{})
	go func() {
		wait.Wait()
		close(ended)
	}()
	c.ticks(ended)
	if c.err == nil {
		c.err = errors.Wrap(ctx.Err(), "stopped")
	}
	return c.err
}

// crew are the workers on a panel's trials.
type crew struct {
	panel   *Panel
	env     *Env
	store   *Store
	watch   Observer
	trials  int
	workers int
	begin   time.Time
	stop    context.CancelFunc
	total   float64 // in the unit of the panel's cost

	mu          sync.Mutex // of what follows
	todo        []Trial
	done        int
	running     map[*progress]running
	left, spent float64 // as total
	busy        time.Duration
	err         error
}

// ticks tells the observer that time passes, until the run has ended.
func (c *crew) ticks(ended <-chan struct{}) {
	every := time.NewTicker(tick)
	defer every.Stop()
	for {
		select {
		case <-ended:
			return
		case <-every.C:
			c.mu.Lock()
			c.watch.Tick(c.status())
			c.mu.Unlock()
		}
	}
}

// work runs trials until there are none left.
func (c *crew) work(ctx context.Context) {
	runtime.LockOSThread() // so that the thread's time is the trial's
	defer runtime.UnlockOSThread()
	p := &progress{}
	env := c.env.of(p)
	for {
		t, ok := c.take(ctx, p)
		if !ok {
			return
		}
		start := time.Now()
		before, known := threadTime()
		r, err := c.panel.Run(ctx, env, t)
		r.Trial, r.Seconds = t, time.Since(start).Seconds()
		if after, ok := threadTime(); ok && known {
			r.CPUSeconds = (after - before).Seconds()
		}
		c.finish(r, err, p)
	}
}

// take returns the next trial.
func (c *crew) take(ctx context.Context, p *progress) (Trial, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil || ctx.Err() != nil || len(c.todo) == 0 {
		return Trial{}, false
	}
	t := c.todo[0]
	c.todo = c.todo[1:]
	p.set(0, 1)
	c.running[p] = running{p, c.panel.cost(t)}
	return t, true
}

// finish stores a result. The first error stops the others.
func (c *crew) finish(r Record, err error, p *progress) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.running, p)
	if err == nil {
		err = c.store.Add(r)
	}
	if err != nil {
		if c.err == nil {
			c.err = errors.WithMessagef(err, "%s: trial %s", c.panel.Name, r.Trial)
		}
		c.stop()
		return
	}
	c.done++
	c.left -= c.panel.cost(r.Trial)
	c.spent += c.panel.cost(r.Trial)
	c.busy += p.busy()
	c.watch.Trial(r, c.status())
}
