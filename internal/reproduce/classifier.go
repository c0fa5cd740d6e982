package reproduce

import (
	"context"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/sweep"
	"github.com/seed-be841da4/prospect/train"
)

// relaxation is how prospective configuration relaxes in a panel.
type relaxation struct {
	steps           int
	gamma, discount float64
}

// rule returns a learning rule by its name.
func (r relaxation) rule(name string) (train.Rule, error) {
	switch name {
	case PC:
		return train.Paper(r.steps, r.gamma, r.discount), nil
	case BP:
		return &train.Backprop{}, nil
	}
	return nil, errors.Errorf("reproduce: rule, got %q, want %s or %s", name, PC, BP)
}

// classifier is a network while it learns to classify.
type classifier struct {
	net      *graph.Network
	trainer  *train.Trainer
	diverged bool
}

// newClassifier returns a new network that learns by a trial's rule with plain
// gradient descent at its rate. The network runs on one thread: trials run side
// by side.
func newClassifier(m models.MLP, r relaxation, t Trial) (*classifier, error) {
	rule, err := r.rule(t.Rule)
	if err != nil {
		return nil, err
	}
	net, err := m.New(trialSettings(t))
	if err != nil {
		return nil, err
	}
	return &classifier{
		net:     net,
		trainer: &train.Trainer{Network: net, Rule: rule, Optimizer: &train.SGD{}, Rate: t.Rate},
	}, nil
}

// trialSettings are those of a trial's network.
func trialSettings(t Trial) graph.Settings {
	return graph.Settings{Seed: uint64(t.Seed), Engine: graph.Compiled{Threads: 1}}
}

// epoch learns one more epoch of a source. Numbers that leave the finite ones are
// no error: the network has diverged, and learns nothing more.
func (c *classifier) epoch(ctx context.Context, src train.Source) error {
	if c.diverged {
		return nil
	}
	c.trainer.Epochs = c.trainer.Progress.Epoch + 1
	err := c.trainer.Fit(ctx, src)
	if isDivergence(err) {
		c.diverged = true
		return nil
	}
	return err
}

// watch tells after every update how much of the trial is done, which has a number
// of updates in all.
func (c *classifier) watch(ctx context.Context, updates int) {
	progress := sweep.ProgressOf(ctx)
	progress.Set(0, updates)
	c.trainer.OnStep(1, func(_ context.Context, t *train.Trainer, _ train.Stats) error {
		progress.Set(t.Progress.Updates, updates)
		return nil
	})
}

// isDivergence reports whether an error says that a number was not finite.
func isDivergence(err error) bool {
	return errors.As(err, new(*relax.NonFiniteError)) || errors.As(err, new(*train.NonFiniteError))
}

// error returns the test error: 1 for a network that has diverged.
func (c *classifier) error(t *tester) (float64, error) {
	if c.diverged {
		return 1, nil
	}
	return t.error()
}

// testError is the name of the series of test errors, one for each epoch.
const testError = "test_error"

// curve learns a number of epochs and records the test error after each.
func (c *classifier) curve(ctx context.Context, src train.Source, t *tester, epochs int) (Outcome, error) {
	c.watch(ctx, epochs*src.Steps())
	errs := make(Numbers, epochs)
	for i := range errs {
		err := c.epoch(ctx, src)
		if err == nil {
			errs[i], err = c.error(t)
		}
		if err != nil {
			return Outcome{}, err
		}
	}
	return Outcome{Series: []Series{{testError, errs}}, Diverged: c.diverged}, nil
}

// meanError and leastError are the metrics of a curve.
func meanError(r Record) float64  { return mean(r.Values(testError)) }
func leastError(r Record) float64 { return least(r.Values(testError)) }
