package experiments

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/train"
)

// Drift lets a network that has learned go on while the labels of half of the
// classes, 5-9, are permuted again and again.
//
// Source: Song et al. 2024, Fig. 4f-g.
type Drift struct {
	// Learning is the rule with its learning rate and relaxation.
	Learning
	Picking
	// PerClass and TestPerClass are the images of each class that are drawn anew at
	// each drift, to learn from and to test with.
	PerClass     int `json:"per_class"`
	TestPerClass int `json:"test_per_class"`
	// Batch is the number of images of an update.
	Batch int `json:"batch"`
	// Every is the epochs from one drift to the next, and Epochs all of them.
	Every  int `json:"every"`
	Epochs int `json:"epochs"`
	// PretrainEpochs are those of [Drift.Pretrain].
	PretrainEpochs int `json:"pretrain_epochs"`
	// LateReshuffle permutes the labels within the epoch of a drift, which learns the
	// old ones and is tested with the new; that is published. In the clean protocol
	// the drift comes before the epoch.
	LateReshuffle bool `json:"late_reshuffle"`
	// MixedTargets are 0/1 in the first epoch and ±1 afterwards, which is published.
	// In the clean protocol they are ±1 throughout.
	MixedTargets bool `json:"mixed_targets"`
}

// PublishedDrift returns the published settings, of 3,000 epochs.
func PublishedDrift(rule Rule, rate float64) Drift {
	return Drift{
		Learning: Learning{Rule: rule, Rate: rate, Gamma: 0.1, Discount: 0.5, Steps: 128}, Picking: Picking{DropOne: true},
		PerClass: 120, TestPerClass: 100, Batch: 32, Every: 64, Epochs: 3000, PretrainEpochs: 64,
		LateReshuffle: true, MixedTargets: true,
	}
}

// Weights are the parameters of a network, by position.
type Weights [][]float32

// Pretrain returns the weights that every run starts from, whatever its rule: those
// that backprop learns from all images.
func (s Drift) Pretrain(ctx context.Context, data *datasets.Split) (Weights, error) {
	training, err := s.pick(data.Train, -1, random(0, "pre-training subset"))
	if err != nil {
		return nil, err
	}
	c, err := newClassifier(shallow(), Learning{Rule: BP, Rate: 0.01}, 0)
	if err != nil {
		return nil, err
	}
	src := &train.Labelled{Data: training, Encoding: datasets.MinusPlusOne(), Settings: datasets.BatchSettings{Size: 60, Shuffle: true}}
	for range s.PretrainEpochs {
		if err := c.epoch(ctx, src); err != nil {
			return nil, err
		}
	}
	var out Weights
	for _, p := range c.net.Params() {
		out = append(out, slices.Clone(p.Values().Float32()))
	}
	return out, nil
}

// drift is the world of a run.
type drift struct {
	Drift
	data   *datasets.Split
	rng    *rand.Rand
	source *train.Labelled
	tester *tester
	// output of each class.
	output []int
}

// Run learns from the weights of [Drift.Pretrain] on.
func (s Drift) Run(ctx context.Context, data *datasets.Split, start Weights, seed uint64) (LearningCurve, error) {
	c, err := newClassifier(shallow(), s.Learning, seed)
	if err != nil {
		return LearningCurve{}, err
	}
	params := c.net.Params()
	if len(start) != len(params) {
		return LearningCurve{}, errors.Errorf("experiments: drift: start, got %d parameters, want %d; take those of Pretrain", len(start), len(params))
	}
	for i, p := range params {
		copy(p.Values().Float32(), start[i])
	}
	c.net.ParamsChanged()
	d := &drift{Drift: s, data: data, rng: random(seed, "drift"), output: []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}
	d.source = &train.Labelled{Seed: seed, Settings: datasets.BatchSettings{Size: s.Batch, Shuffle: true}}
	if !s.MixedTargets {
		d.source.Encoding = datasets.MinusPlusOne()
	}
	if err := d.draw(c); err != nil {
		return LearningCurve{}, err
	}
	errs := make([]float64, s.Epochs)
	c.watch(ctx, len(errs)*d.source.Steps())
	for e := range errs {
		if errs[e], err = d.epoch(ctx, c, e%s.Every == 0); err != nil {
			return LearningCurve{}, err
		}
	}
	return LearningCurve{TestErrors: errs, Diverged: c.diverged}, nil
}

// epoch learns one epoch, with a drift if now, and returns the test error.
func (d *drift) epoch(ctx context.Context, c *classifier, now bool) (float64, error) {
	var err error
	if now && !d.LateReshuffle {
		err = d.shuffle(c)
	}
	if err == nil {
		err = c.epoch(ctx, d.source)
	}
	d.source.Encoding = datasets.MinusPlusOne()
	if err == nil && now && d.LateReshuffle {
		err = d.shuffle(c)
	}
	if err != nil {
		return 0, err
	}
	return c.error(d.tester, nil)
}

// shuffle permutes the outputs of classes 5-9 and draws new images.
func (d *drift) shuffle(c *classifier) error {
	half := d.output[5:]
	d.rng.Shuffle(len(half), func(i, j int) { half[i], half[j] = half[j], half[i] })
	return d.draw(c)
}

// draw draws the images to learn from and to test with.
func (d *drift) draw(c *classifier) error {
	training, err := d.pick(d.data.Train, d.PerClass, d.rng)
	if err != nil {
		return err
	}
	test, err := d.pick(d.data.Test, d.TestPerClass, d.rng)
	if err != nil {
		return err
	}
	output := slices.Clone(d.output)
	d.source.Data = &relabelled{Dataset: training, to: output, classes: len(output)}
	test = &relabelled{Dataset: test, to: output, classes: len(output)}
	if d.tester == nil {
		d.tester, err = newTester(c.net, test, testBatch)
		return err
	}
	return d.tester.use(test)
}
