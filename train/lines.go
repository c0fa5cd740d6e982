package train

import (
	"iter"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
)

// Lines are sequences of several lengths as a [Source]: one node is clamped to the
// symbols of a line, another to the symbol that follows each of them, one-hot, and a data
// node to where there are symbols.
//
//	input: (batch, length)   target: (batch, length, symbols)   mask: (batch, length)
//
// Behind the end of a line there are zeros in all three. The labels of its batches are
// the following symbols, one for each position, and −1 for padding.
type Lines struct {
	// Data are the lines.
	Data *datasets.Lines
	// Input is the node clamped to the symbols. Empty means "x".
	Input string
	// Target is the node clamped to the following symbols. Empty means "y".
	Target string
	// Mask is the node that is 1 where there are symbols. Empty means "mask".
	Mask string
	// Settings divide the lines into batches, as in [Labelled].
	Settings datasets.BatchSettings
	// Seed of the order of a shuffled epoch, as in [Labelled].
	Seed uint64
}

// Steps is the number of batches of an epoch.
func (l *Lines) Steps() int {
	if l.Data == nil {
		return 0
	}
	return steps(l.Settings, l.Data.Len())
}

// Batches yields the batches of an epoch.
func (l *Lines) Batches(epoch, skip int) iter.Seq2[*Batch, error] {
	input, target, mask := orName(l.Input, "x"), orName(l.Target, "y"), orName(l.Mask, "mask")
	return func(yield func(*Batch, error) bool) {
		if l.Data == nil || input == target || input == mask || target == mask {
			yield(nil, errors.Errorf("train: source: want Data and three nodes, got lines %v, input %q, target %q and mask %q", l.Data != nil, input, target, mask))
			return
		}
		sequences(l.Data, input, target, mask, l.Settings, l.Seed, epoch, skip, yield)
	}
}

// following is a dataset of sequences that knows what follows each symbol of a sample.
type following interface {
	datasets.Dataset
	Next(i int) []int
}

// sequences yields the batches of an epoch. An empty mask means that all samples are as
// long as the shape says.
func sequences(data following, input, target, mask string, s datasets.BatchSettings, seed uint64, epoch, skip int, yield func(*Batch, error) bool) {
	if err := checkSource(data, s); err != nil {
		yield(nil, err)
		return
	}
	length, symbols := data.Shape()[0], data.Classes()
	places := min(s.Size, data.Len()) * length
	labels, y := make([]int, 0, places), make([]float32, places*symbols)
	real := make([]float32, places)
	out := &Batch{
		Values: map[string][]float32{},
		Shapes: map[string][]int{input: data.Shape(), target: {length, symbols}},
	}
	if mask != "" {
		out.Shapes[mask] = data.Shape()
	}
	for b, err := range epochOf(data, s, seed, epoch, skip) {
		if err != nil {
			yield(nil, err)
			return
		}
		labels = labels[:0]
		for _, i := range b.Indices {
			next := data.Next(i)
			labels = append(labels, next...)
			for range length - len(next) {
				labels = append(labels, -1)
			}
		}
		rows := y[:len(labels)*symbols]
		clear(rows)
		for i, label := range labels {
			if real[i] = 0; label >= 0 {
				real[i], rows[i*symbols+label] = 1, 1
			}
		}
		out.Size, out.Labels = b.Size, labels
		out.Values[input], out.Values[target] = b.X, rows
		if mask != "" {
			out.Values[mask] = real[:len(labels)]
		}
		if !yield(out, nil) {
			return
		}
	}
}
