package run

import (
	"hash/fnv"
	"math/rand/v2"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/train"
)

// evaluationBatch is the number of samples evaluated at a time. It is fixed so
// that an evaluation does not depend on the settings of the training.
const evaluationBatch = 500

// sources loads the data: what to train on and what to test with.
func (s Settings) sources(dataDir string) (training, test *train.Labelled, err error) {
	split, err := datasets.Load(s.Data, datasets.LoadSettings{Dir: dataDir})
	if err != nil {
		return nil, nil, err
	}
	data := split.Train
	if s.TrainPerClass > 0 {
		if data, err = datasets.PerClass(data, s.TrainPerClass, splitRand(s.Seed, "train-per-class")); err != nil {
			return nil, nil, err
		}
	}
	training = s.labelled(data, datasets.BatchSettings{
		Size: min(s.Batch, data.Len()), Shuffle: true, Limit: s.LimitBatches,
	})
	test = s.labelled(split.Test, datasets.BatchSettings{Size: min(evaluationBatch, split.Test.Len())})
	return training, test, nil
}

// labelled clamps the data to the nodes of the models.
func (s Settings) labelled(data datasets.Dataset, b datasets.BatchSettings) *train.Labelled {
	encoding := datasets.ZeroOne()
	if s.Targets == MinusPlusOne {
		encoding = datasets.MinusPlusOne()
	}
	return &train.Labelled{Data: data, Input: inputNode, Target: targetNode, Encoding: encoding, Settings: b, Seed: s.Seed}
}

// The nodes of a model that hold the data.
const (
	inputNode  = "x"
	targetNode = "y"
)

// splitRand returns the random source that belongs to a name under a seed.
func splitRand(seed uint64, name string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // a hash never fails
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}
