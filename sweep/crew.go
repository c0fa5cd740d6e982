package sweep

import (
	"context"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/cputime"
)

// job is a trial that is to run.
type job[P any] struct {
	params P
	key    string
	group  string
}

// crew are the workers of one run.
type crew[P, R any] struct {
	Runner[P, R]
	trial  func(ctx context.Context, p P) (R, error)
	all    func(ctx context.Context, p []P) ([]R, error) // of RunTogether, instead of trial
	most   int                                           // trials that run together
	paces  map[string]*pace                              // of the groups
	keys   []string                                      // of all trials, in order
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
		jobs := c.take(ctx, p)
		if len(jobs) == 0 {
			return
		}
		if c.all != nil {
			c.together(ctx, jobs, p)
			continue
		}
		j := jobs[0]
		r := Record[P, R]{Params: j.params}
		start := time.Now()
		before, known := cputime.Thread()
		reports := &reporter{pruner: c.Pruner, others: c.others[j.group]}
		var err error
		r.Result, err = try(func() (R, error) { return c.trial(context.WithValue(ctx, reporterKey{}, reports), j.params) })
		r.Reports = reports.scores
		if errors.Is(err, ErrPruned) {
			r.Pruned, err = true, nil
		}
		r.Seconds = time.Since(start).Seconds()
		if after, ok := cputime.Thread(); ok && known {
			r.CPUSeconds = (after - before).Seconds()
		}
		c.finish(ctx, j, r, err, p, 1)
	}
}

// together runs trials as one. Each is said to take its share of the time.
func (c *crew[P, R]) together(ctx context.Context, jobs []job[P], p *Progress) {
	params := make([]P, len(jobs))
	for i, j := range jobs {
		params[i] = j.params
	}
	start := time.Now()
	before, known := cputime.Thread()
	results, err := try(func() ([]R, error) { return c.all(ctx, params) })
	if err == nil && len(results) != len(jobs) {
		err = errors.Errorf("sweep: trials together: got %d results of %d trials, want one for each", len(results), len(jobs))
	}
	share := 1 / float64(len(jobs))
	seconds, cpu := time.Since(start).Seconds()*share, 0.0
	if after, ok := cputime.Thread(); ok && known {
		cpu = (after - before).Seconds() * share
	}
	if err == nil {
		c.time(jobs[0].group, len(jobs), seconds, cpu)
	}
	for i, j := range jobs {
		r := Record[P, R]{Params: j.params, Seconds: seconds, CPUSeconds: cpu}
		if err == nil {
			r.Result = results[i]
		}
		c.finish(ctx, j, r, err, p, share)
	}
}

// try calls f. A panic in it is an error.
func try[R any](f func() (R, error)) (result R, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return f()
}

// take returns the next trial, or those that run together.
func (c *crew[P, R]) take(ctx context.Context, p *Progress) []job[P] {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ctx.Err() != nil || len(c.queue) == 0 {
		return nil
	}
	jobs := c.next()
	cost := 0.0
	for _, j := range jobs {
		cost += c.cost(j.params)
	}
	p.Set(0, 1)
	c.running[p] = running{p, cost}
	return jobs
}

// finish stores a result. share is the trial's part of what ran with it.
func (c *crew[P, R]) finish(ctx context.Context, j job[P], r Record[P, R], err error, p *Progress, share float64) {
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
	c.busy += time.Duration(share * float64(p.busy()))
	if c.Observer != nil {
		c.Observer.Trial(r, c.status())
	}
}
