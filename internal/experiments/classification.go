package experiments

import (
	"context"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

// Classification lets a network learn from random images of each class; after every
// epoch it is tested.
//
// Source: Song et al. 2024, Figs. 3f-h, 4b, 4c and 4h.
type Classification struct {
	// Learning is the rule with its learning rate and relaxation.
	Learning
	Picking
	// Model is the network.
	Model models.MLP `json:"-"`
	// PerClass and TestPerClass are the images of each class to learn from and to
	// test with. Below 0 all.
	PerClass     int `json:"per_class"`
	TestPerClass int `json:"test_per_class"`
	// Batch is the number of images of an update, and Limit the most updates of an
	// epoch. No limit is 0.
	Batch int `json:"batch"`
	Limit int `json:"limit,omitempty"`
	// Epochs is how many there are.
	Epochs int `json:"epochs"`
}

// testBatch is the size of a test batch.
const testBatch = 60

// shallow is the network of Fig. 4.
func shallow() models.MLP {
	return models.MLP{Widths: []int{784, 32, 32, 10}, Activation: layers.Sigmoid{}, NoBias: true, Init: layers.XavierUniform{}}
}

// PublishedOnline returns the published settings of learning from few images at a
// time, Fig. 4b-c: 64 iterations of 200 minibatches.
func PublishedOnline(rule Rule, batch int, rate float64) Classification {
	return Classification{
		Learning: Learning{Rule: rule, Rate: rate, Gamma: 0.1, Discount: 0.5, Steps: 64}, Picking: Picking{DropOne: true},
		Model: shallow(), PerClass: -1, TestPerClass: -1, Batch: batch, Limit: 200, Epochs: 64,
	}
}

// PublishedSmallData returns the published settings of learning from few images in
// all, Fig. 4h. The test set is cut to as many images of each class, too; the clean
// protocol has TestPerClass −1.
func PublishedSmallData(rule Rule, perClass int, rate float64) Classification {
	return Classification{
		Learning: Learning{Rule: rule, Rate: rate, Gamma: 1, Discount: 0.5, Steps: 64}, Picking: Picking{DropOne: true},
		Model: shallow(), PerClass: perClass, TestPerClass: perClass, Batch: 60, Epochs: 64,
	}
}

// PublishedDepth returns the published settings of networks of 1 to 15 weight
// matrices, Fig. 3f-h.
func PublishedDepth(rule Rule, depth int, rate float64) Classification {
	widths := []int{784}
	for range depth - 1 {
		widths = append(widths, 64)
	}
	return Classification{
		Learning: Learning{Rule: rule, Rate: rate, Gamma: 0.1, Discount: 0.5, Steps: 128}, Picking: Picking{DropOne: true},
		Model:    models.MLP{Widths: append(widths, 10), Activation: layers.LeakyReLU{}, NoBias: true, Init: layers.XavierNormal{Gain: 0.9999}},
		PerClass: 60, TestPerClass: -1, Batch: 60, Epochs: 64,
	}
}

// Run learns.
func (s Classification) Run(ctx context.Context, data *datasets.Split, seed uint64) (LearningCurve, error) {
	training, err := s.pick(data.Train, s.PerClass, random(seed, "training subset"))
	if err != nil {
		return LearningCurve{}, err
	}
	test, err := s.pick(data.Test, s.TestPerClass, random(seed, "test subset"))
	if err != nil {
		return LearningCurve{}, err
	}
	c, err := newClassifier(s.Model, s.Learning, seed)
	if err != nil {
		return LearningCurve{}, err
	}
	tester, err := newTester(c.net, test, testBatch)
	if err != nil {
		return LearningCurve{}, err
	}
	src := &train.Labelled{
		Data: training, Seed: seed,
		Settings: datasets.BatchSettings{Size: s.Batch, Shuffle: true, Limit: s.Limit},
	}
	return c.curve(ctx, src, tester, s.Epochs)
}
