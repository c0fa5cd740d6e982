package cli

import (
	"fmt"
	"time"

	"github.com/seed-be841da4/prospect/internal/reproduce"
)

// trialObserver tells how the trials of a panel get on: a line that is written
// over on a terminal, elsewhere a line now and then.
type trialObserver struct {
	console *console
	name    string
	last    time.Time
	open    bool
}

// Start implements reproduce.Observer.
func (o *trialObserver) Start(p *reproduce.Panel, trials, done int) {
	o.name, o.last = p.Name, time.Now()
	text := fmt.Sprintf("%s: %d trials", p.Name, trials)
	if done > 0 {
		text += fmt.Sprintf(", %d of them stored", done)
	}
	fmt.Fprintln(o.console.stderr, text)
}

// Trial implements reproduce.Observer.
func (o *trialObserver) Trial(_ reproduce.Record, s reproduce.Status) {
	every := lineEvery
	if o.console.terminal {
		every = 200 * time.Millisecond
	}
	if time.Since(o.last) >= every || s.Done == s.Trials {
		o.print(s)
	}
}

// Tick implements reproduce.Observer.
func (o *trialObserver) Tick(s reproduce.Status) {
	if o.console.terminal || time.Since(o.last) >= lineEvery {
		o.print(s)
	}
}

func (o *trialObserver) print(s reproduce.Status) {
	o.last = time.Now()
	text := fmt.Sprintf("%s: trial %d of %d, %.0f %%, ", o.name, s.Done, s.Trials, 100*s.Fraction)
	if s.Left < 0 {
		text += s.Elapsed.Round(time.Second).String() + " so far"
	} else {
		text += s.Left.Round(time.Second).String() + " left"
	}
	if !o.console.terminal {
		fmt.Fprintln(o.console.stderr, text)
		return
	}
	o.open = true
	fmt.Fprintf(o.console.stderr, "\r%s\x1b[K", text)
}

// end ends a line that was written over.
func (o *trialObserver) end() {
	if o.open {
		fmt.Fprintln(o.console.stderr)
		o.open = false
	}
}
