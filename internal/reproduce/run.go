package reproduce

import (
	"context"
	"time"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/sweep"
)

// Result is a finished panel.
type Result struct {
	Panel   *Panel
	Report  *Report
	Options Options
	// Records are those of the trials, in order.
	Records []Record
	// Seconds and CPUSeconds are the times the trials took, added up, and Wall the
	// time of this run. CPUSeconds is 0 if it is not known.
	Seconds, CPUSeconds float64
	Wall                time.Duration
}

// moment is the longest trial, in seconds, whose time by the clock stands for a
// processor time that is not known.
const moment = 0.01

// times adds up the times of the records.
func (r *Result) times() {
	known := true
	for _, t := range r.Records {
		r.Seconds += t.Seconds
		switch {
		case t.CPUSeconds > 0:
			r.CPUSeconds += t.CPUSeconds
		case t.Seconds <= moment:
			r.CPUSeconds += t.Seconds
		default:
			known = false
		}
	}
	if !known {
		r.CPUSeconds = 0
	}
}

// Session runs panels into one output directory.
type Session struct {
	// Dir is the output directory.
	Dir string
	// Resume goes on with the trials that are stored there.
	Resume bool
	// Env is what the trials share.
	Env *Env
	// Task is the name of this process where several run the trials of Dir, each its
	// shards: see [sweep.StoreSettings]. Empty means that this one runs all.
	Task string

	stores map[string]*Store
}

// Run runs the trials of a panel that are not stored yet, and returns the report
// on all. Panels of one session may share a store.
func (s *Session) Run(ctx context.Context, p *Panel, watch Observer) (*Result, error) {
	begin := time.Now()
	o := s.Env.Options
	records, err := s.trials(ctx, p, watch, p.trials(o))
	if err != nil {
		return nil, err
	}
	out := &Result{Panel: p, Options: o}
	for _, r := range records {
		out.Records = append(out.Records, newRecord(r))
	}
	sortRecords(out.Records)
	out.times()
	if out.Report, err = p.report(out.Records, o); err != nil {
		return nil, errors.WithMessagef(err, "%s: report", p.Name)
	}
	out.Wall = time.Since(begin)
	return out, nil
}

// RunShard runs the trials of a shard of a panel that are not stored yet.
func (s *Session) RunShard(ctx context.Context, p *Panel, watch Observer, shard sweep.Shard) error {
	_, err := s.trials(ctx, p, watch, sweep.Take(shard, p.trials(s.Env.Options)))
	return err
}

// Missing returns the number of trials of a panel, and the indices of those that are not
// stored.
func (s *Session) Missing(p *Panel) (trials int, missing []int, err error) {
	store, err := s.store(p)
	if err != nil {
		return 0, nil, err
	}
	all := p.trials(s.Env.Options)
	for i, t := range all {
		if _, ok := store.Get(t); !ok {
			missing = append(missing, i)
		}
	}
	return len(all), missing, nil
}

// trials runs the trials that are not stored yet, and returns the records of all.
func (s *Session) trials(ctx context.Context, p *Panel, watch Observer, trials []Trial) ([]sweep.Record[Trial, Outcome], error) {
	store, err := s.store(p)
	if err != nil {
		return nil, err
	}
	o := s.Env.Options
	runner := sweep.Runner[Trial, Outcome]{Store: store, Workers: o.Workers, Cost: p.cost, Observer: observer{p, watch}}
	var records []sweep.Record[Trial, Outcome]
	if p.Together != nil {
		runner.Group = Trial.group
		records, err = runner.RunTogether(ctx, trials, mostTogether, func(ctx context.Context, t []Trial) ([]Outcome, error) { return p.together(ctx, s.Env, t) })
	} else {
		records, err = runner.Run(ctx, trials, func(ctx context.Context, t Trial) (Outcome, error) { return p.Run(ctx, s.Env, t) })
	}
	if err != nil {
		var failed *sweep.TrialError[Trial]
		if errors.As(err, &failed) {
			return nil, errors.WithMessagef(failed.Err, "%s: trial %s", p.Name, failed.Params)
		}
		return nil, errors.WithMessage(err, p.Name)
	}
	return records, nil
}

// mostTogether bounds the trials that run as one: enough to fill an ensemble.
const mostTogether = 512

// store opens the store of a panel, once in a session.
func (s *Session) store(p *Panel) (*Store, error) {
	name := p.store()
	if store, ok := s.stores[name]; ok {
		return store, nil
	}
	store, err := openStore(s.Dir, p.header(s.Env.Options), s.Resume, s.Task)
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
