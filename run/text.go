package run

import (
	"os"
	"strings"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/train"
)

// sums is the text that is made in memory.
const sums = "sums"

// linesSuffix behind the name of a text makes every line a sequence of its own.
const linesSuffix = ":lines"

// cutText splits the name of a text from what is behind it.
func cutText(data string) (name string, lines bool) { return strings.CutSuffix(data, linesSuffix) }

// isText reports whether a dataset is a text, for models of language: the sums, or
// a file, by windows or by lines.
func isText(data string) bool {
	name, _ := cutText(data)
	return name == sums || strings.HasSuffix(name, ".txt")
}

// IsText reports whether the data are a text, for models of language.
func (s *Settings) IsText() bool { return isText(s.Data) }

// readText returns a text as it is.
func readText(data string) (string, error) {
	name, _ := cutText(data)
	if name == sums {
		return datasets.Sums(10_000, 1), nil
	}
	text, err := os.ReadFile(name)
	return string(text), withSetting(err, "{data}")
}

// sequences are the parts of a text.
type sequences struct {
	// training and test are [*datasets.Text] or [*datasets.Lines].
	training, test datasets.Dataset
	symbols        []rune
}

// readSequences reads a text in windows of length characters, or in lines that are padded
// to length; 0 means the longest line.
func readSequences(data string, length int) (out sequences, err error) {
	text, err := readText(data)
	if err != nil {
		return out, err
	}
	if _, lines := cutText(data); lines {
		training, test, err := datasets.SplitLines(text, length)
		if err != nil {
			return out, withSetting(err, "{data} %s", data)
		}
		return sequences{training, test, test.Symbols()}, nil
	}
	training, test, err := datasets.SplitText(text, length)
	if err != nil {
		return out, withSetting(err, "{data} %s", data)
	}
	return sequences{training, test, test.Symbols()}, nil
}

// textInfo describes a text: windows of the usual length, or lines of the longest.
func textInfo(data string) (datasets.Info, error) {
	length, description := usualLength, "a text, character by character"
	if _, lines := cutText(data); lines {
		length, description = 0, "lines, character by character"
	}
	t, err := readSequences(data, length)
	if err != nil {
		return datasets.Info{}, err
	}
	return datasets.Info{
		Name: data, Description: description, Shape: t.training.Shape(), Classes: t.training.Classes(),
		Train: t.training.Len(), Test: t.test.Len(),
	}, nil
}

// texts are the sources of a text, in windows as long as the input, or in lines.
func (s *Settings) texts(l Layout) (training, test train.Source, err error) {
	if s.TrainPerClass > 0 {
		return nil, nil, settingf("{train_per_class}: a text has no classes to take samples of; leave it out, or use {limit_batches}")
	}
	t, err := readSequences(s.Data, l.places)
	if err != nil {
		return nil, nil, err
	}
	source := func(d datasets.Dataset, b datasets.BatchSettings) train.Source {
		if lines, ok := d.(*datasets.Lines); ok {
			return &train.Lines{Data: lines, Input: l.Sample[0], Target: l.Label, Mask: l.mask, Settings: b, Seed: s.Seed}
		}
		return &train.Sequences{Data: d.(*datasets.Text), Input: l.Sample[0], Target: l.Label, Settings: b, Seed: s.Seed}
	}
	return source(t.training, datasets.BatchSettings{Size: min(s.Batch, t.training.Len()), Shuffle: true, Limit: s.LimitBatches}),
		source(t.test, datasets.BatchSettings{Size: min(textBatch, t.test.Len())}), nil
}

// textBatch is the number of windows tested at a time; see evaluationBatch.
const textBatch = 100
