package run

import (
	"context"
	"encoding/json"
	"iter"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/kinds"
	"github.com/seed-be841da4/prospect/train"
)

// Together is many runs of one network that train as one program: with the same data,
// model and rule, but for the seed, the learning rate, the weight decay, and the size and
// the discount of the steps of the relaxation. A run has the numbers, bit for bit, that
// [Run.Train] gives it alone. There is no directory: nothing is written, and what is
// stopped is lost.
//
// It pays where a network is so small that starting the instructions of its program takes
// longer than running them; see [train.Ensemble].
type Together struct {
	// Settings are those of the runs, complete and valid, all of one [Settings.Company].
	Settings []Settings
	// DataDir is where the data are, as in [Run].
	DataDir string
	// Progress is told after every update how many of all are done. Nil means no one is.
	Progress func(done, all int)
}

// Ending is how one of many runs ended.
type Ending struct {
	// Last is the last epoch, as [Run.Train] returns it, without times and without what
	// is observed of the batches of a single network.
	Last Epoch
	// Err says why the run diverged. Nil means that it did not.
	Err error
}

// Company names what runs have in common that can train as one, see [Together]. It is
// empty if s, which must be complete, can train alone only. A network may still turn out
// to have no form for many, which is an error of [Together.Train].
func (s *Settings) Company() string {
	c := *s
	if c.Blocks > 1 || c.Clip != 0 || c.Freeze != "" || c.Rates != "" || c.Augment != "" || c.Patience != 0 || isText(c.Data) {
		return ""
	}
	engine, err := c.engine()
	if err != nil {
		return ""
	}
	if _, ok := engine.(graph.Compiled); !ok {
		return ""
	}
	t, err := c.trainer(nil)
	if err != nil || train.CheckEnsemble(t.Rule, t.Optimizer) != nil {
		return ""
	}
	c.Seed, c.LR, c.WeightDecay, c.StepSize, c.StepDiscount = 0, 0, 0, 0, 0
	text, err := json.Marshal(c)
	if err != nil {
		return ""
	}
	return string(text)
}

// MostTogether is the number of runs that gain nothing by more company, and whose numbers
// still fit the memory.
const MostTogether = 512

// mostParameters is the number of parameters of the largest network that gains.
const mostParameters = 1 << 15

// GainsTogether reports whether the network of s is small enough to gain in company.
func (s *Settings) GainsTogether() (bool, error) {
	net, err := s.Network()
	if err != nil {
		return false, err
	}
	numbers := 0
	for _, p := range net.Params() {
		numbers += p.Values().Len()
	}
	return numbers <= mostParameters, nil
}

// Train trains the runs and returns how each ended, in order. With an error there is no
// telling about any of them: train them one by one. When ctx is cancelled,
// errors.Is(err, context.Canceled) holds.
func (t *Together) Train(ctx context.Context) ([]Ending, error) {
	c, err := t.company()
	if err != nil {
		return nil, err
	}
	first := &t.Settings[0]
	for epoch := range first.Epochs {
		if err := c.epoch(ctx, epoch); err != nil {
			return nil, err
		}
		for m := range c.endings {
			if err := c.test(ctx, m); err != nil {
				return nil, err
			}
		}
	}
	return c.endings, nil
}

// company is runs that train together.
type company struct {
	*Together
	net      *Network
	ensemble *graph.Ensemble
	learners map[int]*train.Ensemble // by size of the batch
	trainers []*train.Trainer        // of every run: its rates and its progress
	tester   *tester
	streams  []*stream // of the seeds
	of       []*stream // by run
	total    int       // updates
	endings  []Ending
}

// stream is the data of the runs of a seed.
type stream struct {
	sources
	next  func() (*train.Batch, error, bool)
	stop  func()
	batch *train.Batch
}

// company prepares the runs.
func (t *Together) company() (*company, error) {
	if len(t.Settings) == 0 {
		return nil, errors.New("run: together: settings, got none, want those of at least one run")
	}
	first := &t.Settings[0]
	name := first.Company()
	for i := range t.Settings {
		if name == "" || t.Settings[i].Company() != name {
			return nil, errors.New("run: together: settings, got runs without a company in common, want equal ones but for seed, rate, decay, size and discount; train them one by one")
		}
	}
	c := &company{Together: t, learners: map[int]*train.Ensemble{}, endings: make([]Ending, len(t.Settings))}
	var err error
	if c.net, err = first.Network(); err != nil {
		return nil, err
	}
	if c.tester, err = newTester(first, c.net); err != nil {
		return nil, err
	}
	if !c.tester.settles {
		return nil, errors.New("run: together: the network's answer, got one that it has to relax for, want a feedforward pass; train one by one")
	}
	if err := c.load(); err != nil {
		return nil, err
	}
	return c, c.prepare()
}

// load divides the data, once for each seed.
func (c *company) load() error {
	first := &c.Settings[0]
	split, err := first.load(c.DataDir)
	if err != nil {
		return err
	}
	known := map[uint64]*stream{}
	for i := range c.Settings {
		s := &c.Settings[i]
		from, ok := known[s.Seed]
		if !ok {
			from = &stream{}
			if from.sources, err = s.sourcesOf(split, c.net.Layout); err != nil {
				return err
			}
			known[s.Seed] = from
			c.streams = append(c.streams, from)
		}
		c.of = append(c.of, from)
	}
	c.total = first.Epochs * c.streams[0].training.Steps()
	return nil
}

// prepare gives every run its weights.
func (c *company) prepare() error {
	var err error
	if c.ensemble, err = graph.NewEnsemble(c.net.Network, len(c.Settings)); err != nil {
		return err
	}
	for m := range c.Settings {
		s := &c.Settings[m]
		t, err := s.trainer(c.net.Network)
		if err != nil {
			return err
		}
		c.trainers = append(c.trainers, t)
		if err := c.net.Reinitialize(s.Seed); err != nil {
			return err
		}
		if err := s.initFrom(c.net, ""); err != nil {
			return err
		}
		if err := c.ensemble.Load(m); err != nil {
			return err
		}
	}
	return nil
}

// learner returns what learns with batches of a size.
func (c *company) learner(size int) (*train.Ensemble, error) {
	if l, ok := c.learners[size]; ok {
		return l, nil
	}
	var l *train.Ensemble
	var err error
	for _, other := range c.learners {
		l, err = other.Sized(size)
		break
	}
	if l == nil && err == nil {
		if l, err = train.NewEnsemble(c.ensemble, c.trainers[0].Rule, c.trainers[0].Optimizer, size, c.net.Clamped()...); err == nil {
			err = c.configure(l)
		}
	}
	if err == nil {
		c.learners[size] = l
	}
	return l, err
}

// configure tells the learner what differs between the runs.
func (c *company) configure(l *train.Ensemble) error {
	for m, t := range c.trainers {
		if decay, ok := kinds.Get(t.Optimizer, "weight_decay"); ok {
			if err := l.SetWeightDecay(m, decay.(float64)); err != nil {
				return err
			}
		}
		if p, ok := t.Rule.(*train.Prospective); ok {
			if err := l.SetRelax(m, p.Relax); err != nil {
				return err
			}
		}
	}
	return nil
}

// epoch takes the updates of an epoch.
func (c *company) epoch(ctx context.Context, epoch int) error {
	for _, s := range c.streams {
		s.next, s.stop = iter.Pull2(s.training.Batches(epoch, 0))
		defer s.stop()
	}
	for _, t := range c.trainers {
		t.Progress.Epoch, t.Progress.Samples, t.Progress.Energy = epoch, 0, 0
	}
	for {
		size, err := c.pull()
		if err != nil || size == 0 {
			return err
		}
		if err := c.update(ctx, size); err != nil {
			return err
		}
	}
}

// pull takes the next batch of every seed and returns its size, 0 at the end.
func (c *company) pull() (size int, err error) {
	for i, s := range c.streams {
		b, err, ok := s.next()
		switch {
		case !ok:
			b = &train.Batch{}
		case err != nil:
			return 0, err
		default:
			if err := b.Check(c.net.Network); err != nil {
				return 0, err
			}
		}
		if i > 0 && b.Size != size {
			return 0, errors.Errorf("run: together: a batch of %d samples beside one of %d, want the same with every seed; train one by one", b.Size, size)
		}
		s.batch, size = b, b.Size
	}
	return size, nil
}

// update takes an update of all runs.
func (c *company) update(ctx context.Context, size int) error {
	l, err := c.learner(size)
	if err != nil {
		return err
	}
	done := c.trainers[0].Progress.Updates
	for m, t := range c.trainers {
		rate := t.Rate
		if t.Schedule != nil {
			rate *= t.Schedule.Factor(done, c.total)
		}
		if !(rate > 0) { // which is an error of the run alone
			return errors.Errorf("run: together: learning rate of update %d, got %v, want a positive number", done+1, rate)
		}
		if err := l.SetRates(m, rate); err != nil {
			return err
		}
		for node, values := range c.of[m].batch.Values {
			if err := l.Clamp(m, node, values); err != nil {
				return err
			}
		}
	}
	if err := l.Learn(ctx); err != nil {
		return err
	}
	for m, t := range c.trainers {
		e := &c.endings[m]
		if e.Err != nil {
			continue
		}
		energy := l.Energy(m)
		if e.Err = l.Err(m); e.Err == nil && !isFinite(energy) {
			e.Err = errors.Wrapf(ErrDiverged, "run: energy after update %d, got %v", done+1, energy)
		}
		t.Progress.Samples += size
		t.Progress.Energy += energy
	}
	for _, t := range c.trainers {
		t.Progress.Updates++
	}
	if c.Progress != nil {
		c.Progress(done+1, c.total)
	}
	return nil
}

// test tests a run after an epoch.
func (c *company) test(ctx context.Context, m int) error {
	e := &c.endings[m]
	if e.Err != nil {
		return nil
	}
	if err := c.ensemble.Store(m); err != nil {
		return err
	}
	test := func(src train.Source) func(context.Context) (Outcome, error) {
		return func(ctx context.Context) (Outcome, error) { return c.tester.test(ctx, src) }
	}
	l := loop{Job: &Job{Test: test(c.of[m].test)}}
	if v := c.of[m].validation; v != nil {
		l.Validate = test(v)
	}
	_, err := l.evaluate(ctx, c.trainers[m])
	if errors.Is(err, ErrDiverged) {
		e.Err, err = err, nil
	}
	e.Last = l.last
	return err
}
