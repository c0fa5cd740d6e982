package sweep

import (
	"context"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/pkg/errors"
)

// job is a trial that is to run.
type job[P any] struct {
	params P
	key    string
}

// crew are the workers of one run.
type crew[P, R any] struct {
	Runner[P, R]
	trial  func(ctx context.Context, p P) (R, error)
	keys   []string // of all trials, in order
	copies map[string]int
	others map[string][]Numbers // by group: the reports of the trials of rounds before
	stop   context.CancelFunc

	mu sync.Mutex // of what follows
	account
	queue    []job[P]
	found    map[string]Record[P, R]
	failures map[string]*TrialError[P]
	err      error // of the store
}

// run runs what is to do and returns when all has ended.
func (c *crew[P, R]) run(ctx context.Context) error {
	inner, stop := context.WithCancel(ctx)
	c.stop = stop
	defer stop()
	var wait sync.WaitGroup
	for range c.workers {
		wait.Go(func() { c.work(inner) })
	}
	ended := make(chan struct{})
	go func() {
		wait.Wait()
		close(ended)
	}()
	c.ticks(ended)
	switch {
	case c.err != nil:
		return c.err
	case len(c.failures) > 0:
		return c.inOrder()
	case ctx.Err() != nil && c.done < c.trials:
		return errors.Wrap(ctx.Err(), "sweep: stopped")
	case c.done < c.trials:
		return errors.New("sweep: trial: ended its goroutine, want it to return; do not call runtime.Goexit or FailNow in it")
	}
	return nil
}

// records returns what was found in the order of the trials.
func (c *crew[P, R]) records() []Record[P, R] {
	var out []Record[P, R]
	for _, k := range c.keys {
		if record, ok := c.found[k]; ok {
			out = append(out, record)
		}
	}
	return out
}

// inOrder returns the failures in the order of the trials.
func (c *crew[P, R]) inOrder() error {
	var out Failures[P]
	for _, k := range c.keys {
		if e, ok := c.failures[k]; ok {
			out = append(out, e)
			delete(c.failures, k)
		}
	}
	return out
}

// ticks tells the observer that time passes, until the run has ended.
func (c *crew[P, R]) ticks(ended <-chan struct{}) {
	every := time.NewTicker(Tick)
	defer every.Stop()
	for {
		select {
		case <-ended:
			return
		case <-every.C:
			if c.Observer != nil {
				c.mu.Lock()
				c.Observer.Tick(c.status())
				c.mu.Unlock()
			}
		}
	}
}

// work runs trials until there are none left.
func (c *crew[P, R]) work(ctx context.Context) {
	runtime.LockOSThread() // so that the thread's time is the trial's
	defer runtime.UnlockOSThread()
	ctx, p := WithProgress(ctx)
	for {
		j, ok := c.take(ctx, p)
		if !ok {
			return
		}
		r := Record[P, R]{Params: j.params}
		start := time.Now()
		before, known := threadTime()
		reports := &reporter{pruner: c.Pruner, others: c.others[c.group(j.params)]}
		var err error
		r.Result, err = c.try(context.WithValue(ctx, reporterKey{}, reports), j.params)
		r.Reports = reports.scores
		if errors.Is(err, ErrPruned) {
			r.Pruned, err = true, nil
		}
		r.Seconds = time.Since(start).Seconds()
		if after, ok := threadTime(); ok && known {
			r.CPUSeconds = (after - before).Seconds()
		}
		c.finish(ctx, j, r, err, p)
	}
}

// try runs a trial. A panic in it is an error.
func (c *crew[P, R]) try(ctx context.Context, p P) (result R, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return c.trial(ctx, p)
}

// take returns the next trial.
func (c *crew[P, R]) take(ctx context.Context, p *Progress) (job[P], bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ctx.Err() != nil || len(c.queue) == 0 {
		return job[P]{}, false
	}
	j := c.queue[0]
	c.queue = c.queue[1:]
	p.Set(0, 1)
	c.running[p] = running{p, c.cost(j.params)}
	return j, true
}

// finish stores a result.
func (c *crew[P, R]) finish(ctx context.Context, j job[P], r Record[P, R], err error, p *Progress) {
	var line []byte
	if err == nil && c.Store != nil {
		line, r, err = c.Store.encode(r)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.running, p)
	cost := c.cost(j.params)
	switch {
	case err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return // stopped by us or with us
	case err != nil:
		c.failures[j.key] = &TrialError[P]{Params: j.params, Err: err}
		c.account.failed += c.copies[j.key]
		c.left -= cost
		if !c.KeepGoing {
			c.stop()
		}
		return
	}
	if c.Store != nil {
		if err := c.Store.add(line, r); err != nil {
			if c.err == nil {
				c.err = err
			}
			c.stop()
			return
		}
	}
	c.found[j.key] = r
	c.done += c.copies[j.key]
	c.left -= cost
	c.spent += cost
	c.busy += p.busy()
	if c.Observer != nil {
		c.Observer.Trial(r, c.status())
	}
}
