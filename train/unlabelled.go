package train

import (
	"iter"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
)

// Unlabelled is a data set as a [Source] for networks that learn the samples
// themselves: an autoencoder, an associative memory. Each of its nodes is clamped to
// the samples. Its batches have no labels.
type Unlabelled struct {
	// Data are the samples. Required.
	Data datasets.Dataset
	// Nodes are clamped to a sample. Empty means only "x".
	Nodes []string
	// Settings divide the data into batches, as in [Labelled].
	Settings datasets.BatchSettings
	// Seed of the order of a shuffled epoch, as in [Labelled].
	Seed uint64
}

func (u *Unlabelled) samples() int {
	if u.Data == nil {
		return 0
	}
	return u.Data.Len()
}

// Steps is the number of batches of an epoch.
func (u *Unlabelled) Steps() int {
	if u.Data == nil {
		return 0
	}
	return steps(u.Settings, u.Data.Len())
}

// Batches yields the batches of an epoch.
func (u *Unlabelled) Batches(epoch, skip int) iter.Seq2[*Batch, error] {
	nodes := u.Nodes
	if len(nodes) == 0 {
		nodes = []string{"x"}
	}
	return func(yield func(*Batch, error) bool) {
		if err := checkSource(u.Data, u.Settings); err != nil {
			yield(nil, err)
			return
		}
		out := &Batch{Values: map[string][]float32{}, Shapes: map[string][]int{}}
		for b, err := range epochOf(u.Data, u.Settings, u.Seed, epoch, skip) {
			if err != nil {
				yield(nil, err)
				return
			}
			out.Size, out.Indices = b.Size, b.Indices
			for _, name := range nodes {
				out.Values[name], out.Shapes[name] = b.X, u.Data.Shape()
			}
			if len(out.Values) != len(nodes) {
				yield(nil, errors.Errorf("train: source: Nodes, got %q, want different names", nodes))
				return
			}
			if !yield(out, nil) {
				return
			}
		}
	}
}
