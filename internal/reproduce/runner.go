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
	// Trial is called after every trial, with how many are done and about how long
	// the rest takes.
	Trial(r Record, trials, done int, left time.Duration)
}

// runTrials runs the trials that the store does not have and stores them.
func runTrials(ctx context.Context, p *Panel, env *Env, store *Store, trials []Trial, watch Observer) error {
	c := &crew{panel: p, env: env, store: store, watch: watch, trials: len(trials), begin: time.Now()}
	for _, t := range trials {
		if _, ok := store.Get(t); !ok {
			c.todo = append(c.todo, t)
			c.left += p.cost(t)
		}
	}
	c.done = len(trials) - len(c.todo)
	watch.Start(p, len(trials), c.done)
	ctx, c.stop = context.WithCancel(ctx)
	defer c.stop()
	var wait sync.WaitGroup
	for range min(env.Options.Workers, len(c.todo)) {
		wait.Go(func() { c.work(ctx) })
	}
	wait.Wait()
	if c.err == nil {
		c.err = errors.Wrap(ctx.Err(), "stopped")
	}
	return c.err
}

// crew are the workers on a panel's trials.
type crew struct {
	panel  *Panel
	env    *Env
	store  *Store
	watch  Observer
	trials int
	begin  time.Time
	stop   context.CancelFunc

	mu          sync.Mutex // of what follows
	todo        []Trial
	done        int
	left, spent float64 // in the unit of the panel's cost
	err         error
}

// work runs trials until there are none left.
func (c *crew) work(ctx context.Context) {
	runtime.LockOSThread() // so that the thread's time is the trial's
	defer runtime.UnlockOSThread()
	for {
		t, ok := c.take(ctx)
		if !ok {
			return
		}
		start := time.Now()
		before, known := threadTime()
		r, err := c.panel.Run(ctx, c.env, t)
		r.Trial, r.Seconds = t, time.Since(start).Seconds()
		if after, ok := threadTime(); ok && known {
			r.CPUSeconds = (after - before).Seconds()
		}
		c.finish(r, err)
	}
}

// take returns the next trial.
func (c *crew) take(ctx context.Context) (Trial, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil || ctx.Err() != nil || len(c.todo) == 0 {
		return Trial{}, false
	}
	t := c.todo[0]
	c.todo = c.todo[1:]
	return t, true
}

// finish stores a result. The first error stops the others.
func (c *crew) finish(r Record, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
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
	c.watch.Trial(r, c.trials, c.done, time.Duration(float64(time.Since(c.begin))*max(0, c.left)/c.spent))
}
