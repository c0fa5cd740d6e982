package reproduce

import (
	"context"

	"github.com/seed-be841da4/prospect/internal/experiments"
)

// fashion is the data set of the classification panels.
const fashion = "fashion-mnist"

// testError is the name of the series of test errors, one for each epoch.
const testError = "test_error"

// classify runs a trial on Fashion-MNIST.
func (e *Env) classify(ctx context.Context, s experiments.Classification, t Trial) (Outcome, error) {
	split, err := e.Split(fashion)
	if err != nil {
		return Outcome{}, err
	}
	s.DropOne, s.Epochs = e.Options.repeats(subsetPicker), e.epochs(s.Epochs)
	var seed uint64
	seed, s.Draws = e.Options.seeded(t)
	return learned(s.Run(ctx, split, seed))
}

// learned turns a learning curve into an outcome.
func learned(c experiments.LearningCurve, err error) (Outcome, error) {
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Series: []Series{{testError, c.TestErrors}}, Diverged: c.Diverged}, nil
}

// meanError and leastError are the metrics of a curve.
func meanError(r Record) float64  { return mean(r.Values(testError)) }
func leastError(r Record) float64 { return least(r.Values(testError)) }

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
