package reproduce

import (
	"context"
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
	var todo []Trial
	total, spent := 0.0, 0.0
	for _, t := range trials {
		if _, ok := store.Get(t); !ok {
			todo = append(todo, t)
			total += p.cost(t)
		}
	}
	done := len(trials) - len(todo)
	watch.Start(p, len(trials), done)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		mu    sync.Mutex
		first error
		wait  sync.WaitGroup
		next  int
		begin = time.Now()
	)
	take := func() (Trial, bool) {
		mu.Lock()
		defer mu.Unlock()
		if first != nil || ctx.Err() != nil || next == len(todo) {
			return Trial{}, false
		}
		next++
		return todo[next-1], true
	}
	finish := func(t Trial, r Record, err error) {
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			err = store.Add(r)
		}
		if err != nil {
			if first == nil {
				first = errors.WithMessagef(err, "%s: trial %s", p.Name, t)
			}
			cancel()
			return
		}
		done++
		spent += p.cost(t)
		left := time.Duration(float64(time.Since(begin)) * (total - spent) / spent)
		watch.Trial(r, len(trials), done, left)
	}
	for range min(env.Options.Workers, len(todo)) {
		wait.Go(func() {
			for {
				t, ok := take()
				if !ok {
					return
				}
				start := time.Now()
				r, err := p.Run(ctx, env, t)
				r.Trial, r.Seconds = t, time.Since(start).Seconds()
				finish(t, r, err)
			}
		})
	}
	wait.Wait()
	if first == nil {
		first = errors.Wrap(ctx.Err(), "stopped")
	}
	return first
}
