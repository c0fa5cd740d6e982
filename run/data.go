package run

import (
	"hash/fnv"
	"math/rand/v2"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/train"
)

// evaluationBatch is the number of samples evaluated at a time. It is fixed so
// that an evaluation does not depend on the settings of the training.
const evaluationBatch = 500

// sources are the data of a run.
type sources struct {
	training, test train.Source
	validation     train.Source // nil if there is none
}

// sources loads the data: what to train on and what to test with.
func (s *Settings) sources(dataDir string, l Layout) (out sources, err error) {
	if isText(s.Data) {
		out.training, out.test, err = s.texts(l)
		return out, err
	}
	split, err := s.load(dataDir)
	if err != nil {
		return out, err
	}
	return s.sourcesOf(split, l)
}

// sourcesOf divides a dataset.
func (s *Settings) sourcesOf(split *datasets.Split, l Layout) (out sources, err error) {
	data, validation, err := s.holdout(split.Train)
	if err != nil {
		return out, err
	}
	if s.TrainPerClass > 0 {
		if data, err = datasets.PerClass(data, s.TrainPerClass, splitRand(s.Seed, "train-per-class")); err != nil {
			return out, err
		}
	}
	out.training, err = s.augmented(s.source(data, l, datasets.BatchSettings{
		Size: min(s.Batch, data.Len()), Shuffle: true, Limit: s.LimitBatches,
	}), l)
	if err != nil {
		return out, err
	}
	if validation != nil {
		out.validation = s.testSource(validation, l)
	}
	out.test = s.testSource(split.Test, l)
	return out, nil
}

// load reads the dataset.
func (s *Settings) load(dataDir string) (*datasets.Split, error) {
	if isText(s.Data) {
		return nil, errors.Errorf("data %s is a text; the command asks networks of images only, ask this one with package query", s.Data)
	}
	if isFiles(s.Data) {
		return s.readFiles()
	}
	n := s.Normalization()
	return datasets.Load(s.Data, datasets.LoadSettings{Dir: dataDir, Normalization: &n})
}

// Normalization returns how pixels of a named dataset become the numbers of a sample.
func (s *Settings) Normalization() datasets.Normalization {
	if isFiles(s.Data) {
		return datasets.Normalization{}
	}
	n := datasets.Standard(s.Data)
	if s.Pixels == UnitPixels {
		n.Mean, n.Std = nil, nil
	}
	return n
}

// testSource is the test data in their own order.
func (s *Settings) testSource(data datasets.Dataset, l Layout) train.Source {
	return s.source(data, l, datasets.BatchSettings{Size: min(evaluationBatch, data.Len())})
}

// source clamps the data to the nodes of the network.
func (s *Settings) source(data datasets.Dataset, l Layout, b datasets.BatchSettings) train.Source {
	if l.Label == "" {
		return &train.Unlabelled{Data: data, Nodes: l.Sample, Settings: b, Seed: s.Seed}
	}
	if l.regresses {
		return &train.Targeted{Data: data, Input: l.Sample[0], Target: l.Label, Settings: b, Seed: s.Seed}
	}
	return &train.Labelled{Data: data, Input: l.Sample[0], Target: l.Label, Encoding: s.Encoding(), OneUnit: l.oneUnit, Settings: b, Seed: s.Seed}
}

// Encoding returns how labels become targets.
func (s *Settings) Encoding() datasets.Encoding {
	if s.Targets == MinusPlusOne {
		return datasets.MinusPlusOne()
	}
	return datasets.ZeroOne()
}

// splitRand returns the random source that belongs to a name under a seed.
func splitRand(seed uint64, name string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // a hash never fails
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}
