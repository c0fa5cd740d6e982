package bench

import (
	"context"
	"iter"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/kinds"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// learner learns the weights of a case, with all the data.
type learner struct {
	net       *graph.Network
	rule      train.Rule
	optimizer train.Optimizer
	rate      float64
	src       train.Source
	done      int // updates
	epoch     int
	skip      int // batches of the epoch that have been learned
	passes    int // evaluations of the relaxations
}

// settle is relaxation to an equilibrium by the best of the solvers.
func settle(steps int, tolerance float64) relax.Settings {
	return relax.Settings{
		Steps: steps, Solver: &relax.Anderson{}, Control: relax.Armijo{Initial: 1},
		Stop: relax.RelativeGap{Tolerance: tolerance, MinSteps: 1}, SkipFinal: true,
	}
}

func newLearner(net *graph.Network, c Case, s Settings) (*learner, error) {
	optimizer, err := kinds.Standard().Optimizers.Find(c.Optimizer)
	if err != nil {
		return nil, err
	}
	l := &learner{net: net, optimizer: optimizer.New(), rate: c.Rate, rule: &train.Prospective{Relax: settle(24, 1e-3), Coordinates: train.Errors}}
	l.src, err = source(s.Data, c)
	return l, err
}

// learn makes updates until there have been so many.
func (l *learner) learn(ctx context.Context, updates int) error {
	for l.done < updates {
		for b, err := range l.src.Batches(l.epoch, l.skip) {
			if err == nil {
				err = l.update(ctx, b)
			}
			if err != nil {
				return err
			}
			l.done, l.skip = l.done+1, l.skip+1
			if l.done == updates {
				return nil
			}
		}
		l.epoch, l.skip = l.epoch+1, 0
	}
	return nil
}

func (l *learner) update(ctx context.Context, b *train.Batch) error {
	stats, err := l.rule.Gradients(ctx, l.net, b)
	if err != nil {
		return err
	}
	l.passes += stats.Relaxation.Evaluations
	if err := l.optimizer.Step(l.net.Params(), l.rate); err != nil {
		return err
	}
	l.net.ParamsChanged()
	return nil
}

// source gives all the data in random order, or the batches of [load] where the network
// is not for the data.
func source(d datasets.Dataset, c Case) (train.Source, error) {
	if datasets.SampleSize(d) == c.Inputs && d.Classes() == c.Outputs && c.Symbols == 0 {
		return &train.Labelled{Data: d, Settings: datasets.BatchSettings{Size: c.Batch, Shuffle: true, DropLast: true}}, nil
	}
	batches, err := load(d, c)
	return repeated(batches), err
}

// repeated is a source of the same batches in every epoch.
type repeated []*train.Batch

// Steps is the number of batches.
func (r repeated) Steps() int { return len(r) }

// Batches yields them.
func (r repeated) Batches(_, skip int) iter.Seq2[*train.Batch, error] {
	return func(yield func(*train.Batch, error) bool) {
		for _, b := range r[skip:] {
			if !yield(b, nil) {
				return
			}
		}
	}
}
