package run

import (
	"os"
	"strings"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/train"
)

// sums is the text that is made in memory.
const sums = "sums"

// isText reports whether a dataset is a text, for models of language: the sums, or
// a file.
func isText(data string) bool { return data == sums || strings.HasSuffix(data, ".txt") }

// readText returns a text as it is.
func readText(data string) (string, error) {
	if data == sums {
		return datasets.Sums(10_000, 1), nil
	}
	text, err := os.ReadFile(data)
	return string(text), withSetting(err, "{data}")
}

// textInfo describes a text for windows of length characters.
func textInfo(data string, length int) (datasets.Info, error) {
	text, err := readText(data)
	if err != nil {
		return datasets.Info{}, err
	}
	training, test, err := datasets.SplitText(text, length)
	if err != nil {
		return datasets.Info{}, withSetting(err, "{data} %s", data)
	}
	return datasets.Info{
		Name: data, Description: "a text, character by character", Shape: []int{length}, Classes: training.Classes(),
		Train: training.Len(), Test: test.Len(),
	}, nil
}

// texts are the sources of a text, in windows as long as the input.
func (s *Settings) texts(l Layout) (training, test train.Source, err error) {
	if s.TrainPerClass > 0 {
		return nil, nil, settingf("{train_per_class}: a text has no classes to take samples of; leave it out, or use {limit_batches}")
	}
	text, err := readText(s.Data)
	if err != nil {
		return nil, nil, err
	}
	first, last, err := datasets.SplitText(text, l.places)
	if err != nil {
		return nil, nil, err
	}
	source := func(t *datasets.Text, b datasets.BatchSettings) train.Source {
		return &train.Sequences{Data: t, Input: l.Sample[0], Target: l.Label, Settings: b, Seed: s.Seed}
	}
	return source(first, datasets.BatchSettings{Size: min(s.Batch, first.Len()), Shuffle: true, Limit: s.LimitBatches}),
		source(last, datasets.BatchSettings{Size: min(textBatch, last.Len())}), nil
}

// textBatch is the number of windows tested at a time; see evaluationBatch.
const textBatch = 100
