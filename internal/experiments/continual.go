package experiments

import (
	"context"
	"math/rand/v2"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

// continualOutputs are those that both tasks share.
const continualOutputs = 5

// Continual lets a network learn two tasks in turn, classes 0-4 and 5-9, on the same
// five outputs.
//
// Source: Song et al. 2024, Fig. 4d-e.
type Continual struct {
	// Learning is the rule with its learning rate and relaxation.
	Learning
	Picking
	// PerClass is the images of each class to learn from; all are tested with.
	PerClass int `json:"per_class"`
	// Batch is the number of images of an update.
	Batch int `json:"batch"`
	// Switch is the epochs of a task before the other, and Epochs all of both.
	Switch int `json:"switch"`
	Epochs int `json:"epochs"`
	// DeadOutput keeps the fifth output from ever receiving an error, which is
	// published. In the clean protocol every output learns.
	DeadOutput bool `json:"dead_output"`
	// CollidingLabels lets class c be output p(c) mod 5 with a random permutation p of
	// the ten classes, which is published: a task has about 3.9 labels. In the clean
	// protocol each class of a task has an output of its own.
	CollidingLabels bool `json:"colliding_labels"`
}

// PublishedContinual returns the published settings. Of 160 epochs 84 are averaged,
// and run here.
func PublishedContinual(rule Rule, rate float64) Continual {
	return Continual{
		Learning: Learning{Rule: rule, Rate: rate, Gamma: 0.1, Discount: 0.9, Steps: 64}, Picking: Picking{DropOne: true},
		PerClass: 600, Batch: 500, Switch: 4, Epochs: 84, DeadOutput: true, CollidingLabels: true,
	}
}

// ContinualResult is the course of a [Continual].
type ContinualResult struct {
	// TestErrors are those of both tasks after each epoch.
	TestErrors [2][]float64 `json:"test_errors"`
	// Diverged says that the numbers left the finite ones.
	Diverged bool `json:"diverged,omitempty"`
}

// continualTask is one of the two tasks.
type continualTask struct {
	source *train.Labelled
	tester *tester
}

// Run learns.
func (s Continual) Run(ctx context.Context, data *datasets.Split, seed uint64) (ContinualResult, error) {
	model := models.MLP{
		Widths: []int{784, 32, 32, 32, continualOutputs}, Activation: layers.Sigmoid{}, NoBias: true, Init: layers.XavierNormal{},
	}
	if s.DeadOutput {
		model.Output = energy.Gaussian{PerUnit: []float64{1, 1, 1, 1, 0}}
	}
	c, err := newClassifier(model, s.Learning, seed)
	if err != nil {
		return ContinualResult{}, err
	}
	tasks, err := s.tasks(c, data, seed, outputOfClass(random(seed, "labels"), s.CollidingLabels))
	if err != nil {
		return ContinualResult{}, err
	}
	c.watch(ctx, s.Epochs*tasks[0].source.Steps())
	r := ContinualResult{TestErrors: [2][]float64{make([]float64, s.Epochs), make([]float64, s.Epochs)}}
	for e := range s.Epochs {
		if err := c.epoch(ctx, tasks[e/s.Switch%2].source); err != nil {
			return ContinualResult{}, err
		}
		for k := range tasks {
			if r.TestErrors[k][e], err = c.error(tasks[k].tester, nil); err != nil {
				return ContinualResult{}, err
			}
		}
	}
	r.Diverged = c.diverged
	return r, nil
}

// outputOfClass draws which output stands for each of the ten classes.
func outputOfClass(rng *rand.Rand, collide bool) []int {
	out := rng.Perm(2 * continualOutputs)
	for c := range out {
		out[c] %= continualOutputs
	}
	if !collide {
		copy(out, rng.Perm(continualOutputs))
		copy(out[continualOutputs:], rng.Perm(continualOutputs))
	}
	return out
}

func (s Continual) tasks(c *classifier, data *datasets.Split, seed uint64, output []int) ([2]continualTask, error) {
	var out [2]continualTask
	training, err := s.pick(data.Train, s.PerClass, random(seed, "training subset"))
	if err != nil {
		return out, err
	}
	test, err := s.pick(data.Test, -1, random(seed, "test subset"))
	if err != nil {
		return out, err
	}
	for k := range out {
		trainTask, err := continualData(training, k, output)
		if err != nil {
			return out, err
		}
		testTask, err := continualData(test, k, output)
		if err != nil {
			return out, err
		}
		out[k].source = &train.Labelled{Data: trainTask, Seed: seed, Settings: datasets.BatchSettings{Size: s.Batch, Shuffle: true}}
		if out[k].tester, err = newTester(c.net, testTask, s.Batch); err != nil {
			return out, err
		}
	}
	return out, nil
}

// continualData returns the samples of a task with the outputs as labels.
func continualData(d datasets.Dataset, task int, output []int) (datasets.Dataset, error) {
	classes := make([]int, continualOutputs)
	for i := range classes {
		classes[i] = task*continualOutputs + i
	}
	kept, err := datasets.Classes(d, classes, false)
	if err != nil {
		return nil, err
	}
	return &relabelled{Dataset: kept, to: output, classes: continualOutputs}, nil
}
