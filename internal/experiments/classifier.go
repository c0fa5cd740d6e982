package experiments

import (
	"context"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/sweep"
	"github.com/seed-be841da4/prospect/train"
)

// classifier is a network while it learns to classify.
type classifier struct {
	net      *graph.Network
	trainer  *train.Trainer
	diverged bool
}

// newClassifier returns a new network that learns with plain gradient descent.
func newClassifier(m models.MLP, l Learning, seed uint64) (*classifier, error) {
	rule, err := l.rule()
	if err != nil {
		return nil, err
	}
	net, err := m.New(settings(graph.Float32, seed))
	if err != nil {
		return nil, err
	}
	return &classifier{
		net:     net,
		trainer: &train.Trainer{Network: net, Rule: rule, Optimizer: &train.SGD{}, Rate: l.Rate},
	}, nil
}

// epoch learns one more epoch of a source. Numbers that leave the finite ones are
// no error: the network has diverged, and learns nothing more.
func (c *classifier) epoch(ctx context.Context, src train.Source) error {
	if c.diverged {
		return nil
	}
	c.trainer.Epochs = c.trainer.Progress.Epoch + 1
	err := c.trainer.Fit(ctx, src)
	if IsDivergence(err) {
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
	c.trainer.OnProgress(func(_ context.Context, t *train.Trainer, _ train.Stats) error {
		progress.Set(t.Progress.Updates, updates)
		return nil
	})
}

// IsDivergence reports whether an error of a simulation says that a number was not
// finite, which is a result and no mistake.
func IsDivergence(err error) bool {
	return errors.As(err, new(*relax.NonFiniteError)) || errors.As(err, new(*train.NonFiniteError))
}

// error returns the test error, see [tester.error]: 1 for a network that has diverged.
func (c *classifier) error(t *tester, order []int) (float64, error) {
	if c.diverged {
		return 1, nil
	}
	return t.error(order)
}

// LearningCurve is how a network learned to classify.
type LearningCurve struct {
	// TestErrors is the test error after each epoch.
	TestErrors []float64 `json:"test_errors"`
	// Diverged says that the numbers left the finite ones; the test error is 1 from
	// then on.
	Diverged bool `json:"diverged,omitempty"`
}

// curve learns a number of epochs and records the test error after each, with the order
// of the test samples by epoch.
func (c *classifier) curve(ctx context.Context, src train.Source, t *tester, epochs int, order func(epoch int) []int) (LearningCurve, error) {
	c.watch(ctx, epochs*src.Steps())
	errs := make([]float64, epochs)
	for i := range errs {
		err := c.epoch(ctx, src)
		if err == nil {
			errs[i], err = c.error(t, order(i))
		}
		if err != nil {
			return LearningCurve{}, err
		}
	}
	return LearningCurve{TestErrors: errs, Diverged: c.diverged}, nil
}
