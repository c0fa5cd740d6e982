package reproduce

import (
	"context"
	"time"

	"github.com/pkg/errors"
)

// Result is a finished panel.
type Result struct {
	Panel   *Panel
	Report  *Report
	Options Options
	// Trials is the number of trials, Seconds and CPUSeconds the times they took,
	// added up, and Wall the time of this run. CPUSeconds is 0 if it is not known of
	// every trial.
	Trials              int
	Seconds, CPUSeconds float64
	Wall                time.Duration
}

// Session runs panels into one output directory.
type Session struct {
	// Dir is the output directory.
	Dir string
	// Resume goes on with the trials that are stored there.
	Resume bool
	// Env is what the trials share.
	Env *Env

	stores map[string]*Store
}

// Run runs the trials of a panel that are not stored yet, and returns the report
// on all. Panels of one session may share a store.
func (s *Session) Run(ctx context.Context, p *Panel, watch Observer) (*Result, error) {
	begin := time.Now()
	store, err := s.store(p.store())
	if err != nil {
		return nil, err
	}
	o := s.Env.Options
	trials := p.Trials(o)
	if err := runTrials(ctx, p, s.Env, store, trials, watch); err != nil {
		return nil, err
	}
	out := &Result{Panel: p, Options: o, Trials: len(trials)}
	records, timed := make([]Record, 0, len(trials)), true
	for _, t := range trials {
		r, ok := store.Get(t)
		if !ok {
			return nil, errors.Errorf("%s: trial %s: has no result", p.Name, t)
		}
		records = append(records, r)
		out.Seconds += r.Seconds
		out.CPUSeconds += r.CPUSeconds
		timed = timed && r.CPUSeconds > 0
	}
	if !timed {
		out.CPUSeconds = 0
	}
	sortRecords(records)
	if out.Report, err = p.Report(records, o); err != nil {
		return nil, errors.WithMessagef(err, "%s: report", p.Name)
	}
	out.Wall = time.Since(begin)
	return out, nil
}

// store opens a store once in a session.
func (s *Session) store(name string) (*Store, error) {
	if store, ok := s.stores[name]; ok {
		return store, nil
	}
	store, err := OpenStore(s.Dir, name, s.Env.Options, s.Resume)
	if err != nil {
		return nil, err
	}
	if s.stores == nil {
		s.stores = map[string]*Store{}
	}
	s.stores[name] = store
	return store, nil
}

// Close closes the stores.
func (s *Session) Close() error {
	var first error
	for _, store := range s.stores {
		if err := store.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}
