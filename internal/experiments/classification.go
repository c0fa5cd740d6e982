package experiments

import (
	"context"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/internal/torchrand"
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
	draw := s.drawOwn
	if s.Draws != Own {
		draw = s.drawTorch
	}
	d, err := draw(data, seed)
	if err != nil {
		return LearningCurve{}, err
	}
	tester, err := newTester(d.classifier.net, d.test, testBatch)
	if err != nil {
		return LearningCurve{}, err
	}
	return d.classifier.curve(ctx, d.source, tester, s.Epochs, d.order)
}

// drawn is what is random of a [Classification].
type drawn struct {
	test       datasets.Dataset
	classifier *classifier
	source     train.Source
	order      func(epoch int) []int // of the test samples
}

// inOrder leaves the samples as they are.
func inOrder(int) []int { return nil }

func (s Classification) batches() datasets.BatchSettings {
	return datasets.BatchSettings{Size: s.Batch, Shuffle: s.Draws == Own, Limit: s.Limit}
}

func (s Classification) drawOwn(data *datasets.Split, seed uint64) (d drawn, err error) {
	training, err := s.pick(data.Train, s.PerClass, random(seed, "training subset"))
	if err != nil {
		return d, err
	}
	if d.test, err = s.pick(data.Test, s.TestPerClass, random(seed, "test subset")); err != nil {
		return d, err
	}
	d.source = &train.Labelled{Data: training, Seed: seed, Settings: s.batches()}
	d.order = inOrder
	d.classifier, err = newClassifier(s.Model, s.Learning, seed)
	return d, err
}

func (s Classification) drawTorch(data *datasets.Split, seed uint64) (d drawn, err error) {
	if !s.DropOne {
		return d, errors.New("experiments: classification: DropOne, got false, want true: the published programs draw with it")
	}
	g := torchrand.New(seed)
	training, err := torchSubset(g, data.Train, s.PerClass)
	if err != nil {
		return d, err
	}
	if d.test, err = torchSubset(g, data.Test, s.TestPerClass); err != nil {
		return d, err
	}
	if d.classifier, err = newClassifier(s.Model, s.Learning, 0); err != nil {
		return d, err
	}
	init, err := torchInitializer(s.Model.Init)
	if err != nil {
		return d, err
	}
	loaders := &torchLoaders{generator: g, data: training, batches: s.batches(), tests: d.test.Len()}
	d.source, d.order = loaders, loaders.testOrder
	return d, s.Draws.weights(g, d.classifier.net, init)
}
