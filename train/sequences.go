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
		sequences(s.Data, input, target, "", s.Settings, s.Seed, epoch, skip, yield)
	}
}
