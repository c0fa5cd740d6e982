package train

import (
	"iter"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
)

// Targeted is a data set with numbers to predict as a [Source], for regression: one node
// is clamped to the samples, another to their targets. Its batches carry no labels.
type Targeted struct {
	// Data are samples with targets, see [datasets.Targets]. Required.
	Data datasets.Dataset
	// Input is the node clamped to a sample. Empty means "x".
	Input string
	// Target is the node clamped to its targets. Empty means "y".
	Target string
	// Settings cut the data into batches, as in [Labelled].
	Settings datasets.BatchSettings
	// Seed of the order of a shuffled epoch, as in [Labelled].
	Seed uint64
}

func (t *Targeted) samples() int {
	if t.Data == nil {
		return 0
	}
	return t.Data.Len()
}

// Steps is the number of batches of an epoch.
func (t *Targeted) Steps() int {
	if t.Data == nil {
		return 0
	}
	return steps(t.Settings, t.Data.Len())
}

// Batches yields the batches of an epoch.
func (t *Targeted) Batches(epoch, skip int) iter.Seq2[*Batch, error] {
	input, target := orName(t.Input, "x"), orName(t.Target, "y")
	return func(yield func(*Batch, error) bool) {
		if err := checkSource(t.Data, t.Settings); err != nil {
			yield(nil, err)
			return
		}
		data, ok := datasets.Targets(t.Data)
		if !ok {
			yield(nil, errors.New("train: source: Data, got samples without targets, want numbers to predict; use Labelled for classes, Unlabelled for none"))
			return
		}
		if input == target {
			yield(nil, errors.Errorf("train: source: input and target are both node %q", input))
			return
		}
		shape, width := data.TargetShape(), 1
		for _, n := range shape {
			width *= n
		}
		y := make([]float32, min(t.Settings.Size, data.Len())*width)
		out := &Batch{Values: map[string][]float32{}, Shapes: map[string][]int{input: data.Shape(), target: shape}}
		for b, err := range epochOf(data, t.Settings, t.Seed, epoch, skip) {
			if err != nil {
				yield(nil, err)
				return
			}
			for k, i := range b.Indices {
				data.ReadTarget(i, y[k*width:(k+1)*width:(k+1)*width])
			}
			out.Size, out.Indices = b.Size, b.Indices
			out.Values[input], out.Values[target] = b.X, y[:b.Size*width]
			if !yield(out, nil) {
				return
			}
		}
	}
}
