package experiments

import (
	"context"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

// Convolution lets a convolutional network learn to classify small colour images.
// Predictive coding updates the weights at every step of its relaxation.
//
// Source: Song et al. 2024, Fig. 4i.
type Convolution struct {
	// Learning is the rule, [PC] or [BP], with its learning rate and relaxation.
	Learning
	Picking
	// PerClass and TestPerClass are the images of each class to learn from and to
	// test with. Below 0 all.
	PerClass     int `json:"per_class"`
	TestPerClass int `json:"test_per_class"`
	// Batch is the number of images of an update; incomplete batches are dropped.
	Batch int `json:"batch"`
	// Epochs is how many there are.
	Epochs int `json:"epochs"`
	// Repeated lets backprop make as many steps on each batch as predictive coding
	// does, which is published. The clean protocol makes one.
	Repeated bool `json:"repeated"`
}

// PublishedConvolution returns the published settings, of 80 epochs.
func PublishedConvolution(rule Rule, rate float64) Convolution {
	return Convolution{
		Learning: Learning{Rule: rule, Rate: rate, Gamma: 0.5, Discount: 0.5, Steps: 16}, Picking: Picking{DropOne: true},
		PerClass: 5000, TestPerClass: -1, Batch: 200, Epochs: 80, Repeated: true,
	}
}

// Run learns.
func (s Convolution) Run(ctx context.Context, data *datasets.Split, seed uint64) (LearningCurve, error) {
	training, err := s.pick(data.Train, s.PerClass, random(seed, "training subset"))
	if err != nil {
		return LearningCurve{}, err
	}
	test, err := s.pick(data.Test, s.TestPerClass, random(seed, "test subset"))
	if err != nil {
		return LearningCurve{}, err
	}
	if test, err = datasets.First(test, max(test.Len()/s.Batch*s.Batch, min(s.Batch, test.Len()))); err != nil {
		return LearningCurve{}, err
	}
	c, err := s.new(seed)
	if err != nil {
		return LearningCurve{}, err
	}
	tester, err := newTester(c.net, test, s.Batch)
	if err != nil {
		return LearningCurve{}, err
	}
	src := &train.Labelled{
		Data: training, Seed: seed,
		Settings: datasets.BatchSettings{Size: min(s.Batch, training.Len()), Shuffle: true, DropLast: true},
	}
	return c.curve(ctx, src, tester, s.Epochs, inOrder)
}

// new returns the network with its rule.
func (s Convolution) new(seed uint64) (*classifier, error) {
	net, err := models.ConvNet{Input: graph.Shape{3, 32, 32}, Classes: 10}.New(settings(graph.Float32, seed))
	if err != nil {
		return nil, err
	}
	var rule train.Rule = train.Incremental(s.Steps, s.Gamma, s.Discount)
	if s.Rule == BP {
		rule = &train.Backprop{}
		if s.Repeated {
			rule = &train.Repeated{Rule: rule, Times: s.Steps}
		}
	}
	adam := &train.Adam{WeightDecay: 0.01, DecayAll: true}
	return &classifier{net: net, trainer: &train.Trainer{Network: net, Rule: rule, Optimizer: adam, Rate: s.Rate}}, nil
}
