package train

import (
	"iter"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
)

// Sequences is a text as a [Source]: one node is clamped to the symbols of a window, as
// integers, another to the symbol that follows each of them, one-hot.
//
//	input: (batch, length)   target: (batch, length, symbols)
//
// The labels of its batches are the following symbols, one per position of each window.
type Sequences struct {
	// Data is the text.
	Data *datasets.Text
	// Input is the node clamped to the symbols. Empty means "x".
	Input string
	// Target is the node clamped to the following symbols. Empty means "y".
	Target string
	// Settings divide the windows into batches, as in [Labelled].
	Settings datasets.BatchSettings
	// Seed of the order of a shuffled epoch, as in [Labelled].
	Seed uint64
}

// Steps is the number of batches of an epoch.
func (s *Sequences) Steps() int {
	if s.Data == nil {
		return 0
	}
	return steps(s.Settings, s.Data.Len())
}

// Batches yields the batches of an epoch.
func (s *Sequences) Batches(epoch, skip int) iter.Seq2[*Batch, error] {
	input, target := orName(s.Input, "x"), orName(s.Target, "y")
	return func(yield func(*Batch, error) bool) {
		if s.Data == nil || input == target {
			yield(nil, errors.Errorf("train: source: want Data and two nodes, got text %v, input %q and target %q", s.Data != nil, input, target))
			return
		}
		if err := checkSource(s.Data, s.Settings); err != nil {
			yield(nil, err)
			return
		}
		symbols := s.Data.Classes()
		places := min(s.Settings.Size, s.Data.Len()) * s.Data.Shape()[0]
		labels, y := make([]int, 0, places), make([]float32, places*symbols)
		out := &Batch{
			Values: map[string][]float32{},
			Shapes: map[string][]int{input: s.Data.Shape(), target: {s.Data.Shape()[0], symbols}},
		}
		for b, err := range epochOf(s.Data, s.Settings, s.Seed, epoch, skip) {
			if err != nil {
				yield(nil, err)
				return
			}
			labels = labels[:0]
			for _, i := range b.Indices {
				labels = append(labels, s.Data.Next(i)...)
			}
			rows := y[:len(labels)*symbols]
			if err := datasets.ZeroOne().Encode(labels, symbols, rows); err != nil {
				yield(nil, err)
				return
			}
			out.Size, out.Labels = b.Size, labels
			out.Values[input], out.Values[target] = b.X, rows
			if !yield(out, nil) {
				return
			}
		}
	}
}
