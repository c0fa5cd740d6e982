package reproduce

import (
	"context"
	"math/rand/v2"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

// The tasks of continual learning.
const (
	continualOutputs = 5
	continualSwitch  = 4  // epochs of a task before the other
	continualEpochs  = 84 // those that are averaged, of 160 scheduled
	continualBatch   = 500
)

// continualRates is the published grid of learning rates.
var continualRates = []float64{.005, .001, .00075, .0005, .00025, .0001}

// continualPanel is Fig. 4d and e.
func continualPanel() *Panel {
	return &Panel{
		Name: "fig4d-e", Aliases: []string{"fig4d", "fig4e"}, Data: fashion,
		Shows: "continual learning: two tasks in turn on the same outputs",
		Protocol: "784-32-32-32-5 sigmoid without biases, Xavier normal, on 600 Fashion-MNIST images of each class; classes 0-4 and 5-9 are two tasks " +
			"on the same 5 outputs, 4 epochs in turn; batch 500; the first 84 epochs; relaxation γ 0.1, discount 0.9, T 64.",
		Quirks: []Quirk{
			{deadOutput, "The fifth output never receives an error; left out, every output learns."},
			{collidingLabels, "Class c is output p(c) mod 5 with a random permutation p of the ten classes, so that a task has about 3.9 labels; " +
				"left out, each class of a task has an output of its own."},
			{subsetPicker, "The subset picker, asked for all test images, drops one of each class."},
		},
		Thinner: "4 of 6 learning rates",
		Seeds:   Seeds{6, 21},
		Minutes: map[Preset]float64{Quick: 1.5, Full: 9},
		Trials: func(o Options, seeds int) []Trial {
			rates := pick(o, []float64{.001, .00075, .0005, .00025}, continualRates)
			return grid([]int{0}, func(string, int) []float64 { return rates }, seeds)
		},
		Cost: func(t Trial) float64 { return map[string]float64{PC: 8, BP: 1}[t.Rule] },
		Run:  continualTrial, Report: continualReport,
	}
}

// continualTask is one of the two tasks.
type continualTask struct {
	source *train.Labelled
	tester *tester
}

func continualTrial(ctx context.Context, env *Env, t Trial) (Outcome, error) {
	model := models.MLP{
		Widths: []int{784, 32, 32, 32, continualOutputs}, Activation: layers.Sigmoid{}, NoBias: true, Init: layers.XavierNormal{},
	}
	if env.Options.repeats(deadOutput) {
		model.Output = energy.Gaussian{PerUnit: []float64{1, 1, 1, 1, 0}} // the fifth output never receives an error
	}
	c, err := newClassifier(model, relaxation{steps: 64, gamma: 0.1, discount: 0.9}, t)
	if err != nil {
		return Outcome{}, err
	}
	tasks, err := continualTasks(env, c, t, outputOfClass(random(t.Seed, "labels"), env.Options.repeats(collidingLabels)))
	if err != nil {
		return Outcome{}, err
	}
	epochs := env.epochs(continualEpochs)
	c.watch(ctx, epochs*tasks[0].source.Steps())
	curves := [2]Numbers{make(Numbers, epochs), make(Numbers, epochs)}
	for e := range epochs {
		if err := c.epoch(ctx, tasks[e/continualSwitch%2].source); err != nil {
			return Outcome{}, err
		}
		for k := range tasks {
			if curves[k][e], err = c.error(tasks[k].tester); err != nil {
				return Outcome{}, err
			}
		}
	}
	return Outcome{Series: []Series{{taskError(0), curves[0]}, {taskError(1), curves[1]}}, Diverged: c.diverged}, nil
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

func continualTasks(env *Env, c *classifier, t Trial, output []int) ([2]continualTask, error) {
	var out [2]continualTask
	split, err := env.Split(fashion)
	if err != nil {
		return out, err
	}
	training, err := env.perClass(split.Train, 600, random(t.Seed, "training subset"))
	if err != nil {
		return out, err
	}
	test, err := env.perClass(split.Test, -1, random(t.Seed, "test subset"))
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
		out[k].source = &train.Labelled{
			Data: trainTask, Seed: uint64(t.Seed), Settings: datasets.BatchSettings{Size: continualBatch, Shuffle: true},
		}
		if out[k].tester, err = newTester(c.net, testTask, continualBatch); err != nil {
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

// relabelled is a data set with other labels.
type relabelled struct {
	datasets.Dataset
	to      []int
	classes int
}

// Classes returns the number of labels.
func (r *relabelled) Classes() int { return r.classes }

// Label returns the new label of sample i.
func (r *relabelled) Label(i int) int { return r.to[r.Dataset.Label(i)] }
