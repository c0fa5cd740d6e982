package reproduce

import "github.com/seed-be841da4/prospect/sweep"

// Status is how far the trials of a panel are.
type Status = sweep.Status

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

// observer tells an Observer of the trials of a panel.
type observer struct {
	panel *Panel
	to    Observer
}

// Start implements sweep.Observer.
func (o observer) Start(trials, done int) { o.to.Start(o.panel, trials, done) }

// Trial implements sweep.Observer.
func (o observer) Trial(r sweep.Record[Trial, Outcome], s Status) { o.to.Trial(newRecord(r), s) }

// Tick implements sweep.Observer.
func (o observer) Tick(s Status) { o.to.Tick(s) }
