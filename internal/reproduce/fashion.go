package reproduce

import (
	"context"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

// fashion is the data set of the classification panels.
const fashion = "fashion-mnist"

// fashionRun is one run on Fashion-MNIST: a network that learns from a random
// subset and is tested after every epoch.
type fashionRun struct {
	model models.MLP
	relax relaxation
	// perClass and testPerClass are the images of each class to learn from and to
	// test with; below 0 all.
	perClass, testPerClass int
	// batch is the number of images of an update, limit the most updates of an
	// epoch; 0 is no limit.
	batch, limit int
	epochs       int
}

// testBatch is the size of a test batch.
const testBatch = 60

// run runs a trial.
func (f fashionRun) run(ctx context.Context, env *Env, t Trial) (Outcome, error) {
	split, err := env.Split(fashion)
	if err != nil {
		return Outcome{}, err
	}
	training, err := env.perClass(split.Train, f.perClass, random(t.Seed, "training subset"))
	if err != nil {
		return Outcome{}, err
	}
	test, err := env.perClass(split.Test, f.testPerClass, random(t.Seed, "test subset"))
	if err != nil {
		return Outcome{}, err
	}
	c, err := newClassifier(f.model, f.relax, t)
	if err != nil {
		return Outcome{}, err
	}
	tester, err := newTester(c.net, test, testBatch)
	if err != nil {
		return Outcome{}, err
	}
	src := &train.Labelled{
		Data: training, Seed: uint64(t.Seed),
		Settings: datasets.BatchSettings{Size: f.batch, Shuffle: true, Limit: f.limit},
	}
	return c.curve(ctx, src, tester, env.epochs(f.epochs))
}

// rules are the two that most panels compare.
var rules = []string{PC, BP}

// grid returns the trials of every rule, size, rate and seed.
func grid(sizes []int, rates func(rule string, size int) []float64, seeds int) []Trial {
	var out []Trial
	for _, rule := range rules {
		for _, size := range sizes {
			for _, rate := range rates(rule, size) {
				for seed := range seeds {
					out = append(out, Trial{Rule: rule, Size: size, Rate: rate, Seed: seed})
				}
			}
		}
	}
	return out
}
