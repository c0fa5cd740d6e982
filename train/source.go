package train

import (
	"iter"
	"math/rand/v2"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
)

// Source yields the batches of training data, epoch by epoch.
type Source interface {
	// Batches yields the batches of an epoch, without the first skip ones. The same
	// epoch always yields the same sequence, which makes a run resumable. A batch is
	// valid until the next one.
	Batches(epoch, skip int) iter.Seq2[*Batch, error]
	// Steps is the number of batches of an epoch.
	Steps() int
}

// First returns the first batch of the first epoch, valid until the source yields
// another. A source without batches is an error.
func First(src Source) (*Batch, error) {
	for b, err := range src.Batches(0, 0) {
		return b, err
	}
	return nil, errors.New("train: source: got no batch, want at least one")
}

// Labelled is a classification data set as a [Source]: one node is clamped to
// the samples, another to the encoded labels.
type Labelled struct {
	// Data are the samples. Required.
	Data datasets.Dataset
	// Input is the node clamped to a sample. Empty means "x".
	Input string
	// Target is the node clamped to an encoded label. Empty means "y".
	Target string
	// Encoding of the labels. Zero means 0/1.
	Encoding datasets.Encoding
	// OneUnit gives the target a single unit instead of one a class: Off for class 0, On
	// for class 1. The data must have two classes.
	OneUnit bool
	// Settings divide the data into batches; Skip is set by the trainer, and Limit
	// bounds the batches of an epoch.
	Settings datasets.BatchSettings
	// Seed of the order in which a shuffled epoch visits the samples; each epoch has a
	// different order.
	Seed uint64
}

func (l *Labelled) samples() int {
	if l.Data == nil {
		return 0
	}
	return l.Data.Len()
}

// Steps is the number of batches of an epoch.
func (l *Labelled) Steps() int {
	if l.Data == nil {
		return 0
	}
	return steps(l.Settings, l.Data.Len())
}

func steps(s datasets.BatchSettings, samples int) int {
	n := s.Count(samples)
	if s.Limit > 0 {
		n = min(n, s.Limit)
	}
	return n
}

// Batches yields the batches of an epoch.
func (l *Labelled) Batches(epoch, skip int) iter.Seq2[*Batch, error] {
	input, target := orName(l.Input, "x"), orName(l.Target, "y")
	encoding := l.Encoding
	if encoding == (datasets.Encoding{}) {
		encoding = datasets.ZeroOne()
	}
	return func(yield func(*Batch, error) bool) {
		if err := checkSource(l.Data, l.Settings); err != nil {
			yield(nil, err)
			return
		}
		if input == target {
			yield(nil, errors.Errorf("train: source: input and target are both node %q", input))
			return
		}
		classes := l.Data.Classes()
		switch {
		case classes < 1:
			yield(nil, errors.New("train: source: Data, got samples without classes, want labels; use Targeted for numbers to predict, Unlabelled for none"))
			return
		case l.OneUnit && classes != 2:
			yield(nil, errors.Errorf("train: source: OneUnit, got %d classes, want 2; leave it out for one unit a class", classes))
			return
		}
		width := classes
		if l.OneUnit {
			width = 1
		}
		y := make([]float32, min(l.Settings.Size, l.Data.Len())*width)
		out := &Batch{Values: map[string][]float32{}, Shapes: map[string][]int{input: l.Data.Shape(), target: {width}}}
		for b, err := range epochOf(l.Data, l.Settings, l.Seed, epoch, skip) {
			switch {
			case err != nil:
			case l.OneUnit:
				err = encodeUnit(encoding, b.Labels, y[:b.Size])
			default:
				err = encoding.Encode(b.Labels, classes, y[:b.Size*classes])
			}
			if err != nil {
				yield(nil, err)
				return
			}
			out.Size, out.Labels, out.Indices = b.Size, b.Labels, b.Indices
			out.Values[input], out.Values[target] = b.X, y[:b.Size*width]
			if !yield(out, nil) {
				return
			}
		}
	}
}

// encodeUnit writes the target of each label, 0 or 1, as one number.
func encodeUnit(e datasets.Encoding, labels []int, dst []float32) error {
	var pair [2]float32 // of two classes, the row of class 1: Off, On
	if err := e.Encode([]int{1}, 2, pair[:]); err != nil {
		return err
	}
	for i, l := range labels {
		dst[i] = pair[l]
	}
	return nil
}

// checkSource returns an error if a source is incomplete.
func checkSource(d datasets.Dataset, s datasets.BatchSettings) error {
	switch {
	case d == nil:
		return errors.New("train: source: Data is nil, want a dataset")
	case d.Len() < 1:
		return errors.Errorf("train: source: Data, got %d samples, want at least 1", d.Len())
	case s.Size < 1:
		return errors.Errorf("train: source: Settings.Size, got %d samples a batch, want at least 1; there is no default, try 64", s.Size)
	case s.DropLast && s.Size > d.Len():
		return errors.Errorf("train: source: Settings.Size, got %d, want at most the %d samples because DropLast is set", s.Size, d.Len())
	}
	return nil
}

// epochOf yields the batches of an epoch without the first skip ones. A limit includes
// the skipped ones.
func epochOf(d datasets.Dataset, s datasets.BatchSettings, seed uint64, epoch, skip int) iter.Seq2[datasets.Batch, error] {
	s.Skip = skip
	if s.Limit > 0 {
		if s.Limit -= skip; s.Limit <= 0 {
			return func(func(datasets.Batch, error) bool) {}
		}
	}
	return datasets.Batches(d, s, rand.New(rand.NewPCG(seed, uint64(epoch))))
}

func orName(name, def string) string {
	if name == "" {
		return def
	}
	return name
}
