package train

import (
	"iter"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
)

// Augmented is a [Source] that changes the samples of another at random, by the epoch:
// with it a network sees each sample a little differently every time.
//
// How a sample is changed is a function of the seed, the epoch and the sample's place in
// its data set alone, so that a resumed run sees what an undisturbed one would, whatever
// the size of its batches and their order. Evaluate with the source itself.
type Augmented struct {
	// Source yields the batches; it has to say which samples they hold, as [Labelled],
	// [Targeted], [Unlabelled] and [Pairs] do. Required.
	Source Source
	// Nodes are changed, all in the same way. Empty means "x" alone. An autoencoder's
	// target is in it only if it is to follow the change.
	Nodes []string
	// Changes are applied in their order.
	Changes []datasets.Augmentation
	// Seed of the changes. Every value, zero included, is a seed.
	Seed uint64
}

// Steps is the number of batches of an epoch.
func (a *Augmented) Steps() int {
	if a.Source == nil {
		return 0
	}
	return a.Source.Steps()
}

func (a *Augmented) samples() int { return samplesOf(a.Source) }

// Batches yields the batches of an epoch.
func (a *Augmented) Batches(epoch, skip int) iter.Seq2[*Batch, error] {
	nodes := a.Nodes
	if len(nodes) == 0 {
		nodes = []string{"x"}
	}
	return func(yield func(*Batch, error) bool) {
		if a.Source == nil || len(a.Changes) == 0 {
			yield(nil, errors.Errorf("train: augmented: Source and Changes, got a source %v and %d changes, want both, for example datasets.Flip{}", a.Source != nil, len(a.Changes)))
			return
		}
		changed := make([]augmentedNode, len(nodes))
		for b, err := range a.Source.Batches(epoch, skip) {
			out := &Batch{}
			if err == nil {
				out, err = a.batch(b, epoch, nodes, changed)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(out, nil) {
				return
			}
		}
	}
}

// augmentedNode changes the samples of a node.
type augmentedNode struct {
	augmenter *datasets.Augmenter
	values    []float32
	size      int
}

// batch returns a batch with the nodes changed. It writes nothing that belongs to b.
func (a *Augmented) batch(b *Batch, epoch int, nodes []string, changed []augmentedNode) (*Batch, error) {
	if len(b.Indices) != b.Size {
		return nil, errors.Errorf("train: augmented: Indices of a batch, got %d for %d samples, want one for each; use a source that fills them, such as Labelled", len(b.Indices), b.Size)
	}
	out := *b
	out.Values = make(map[string][]float32, len(b.Values))
	for name, values := range b.Values {
		out.Values[name] = values
	}
	for k, name := range nodes {
		x, shape := b.Values[name], b.Shapes[name]
		if x == nil || shape == nil {
			return nil, errors.Errorf("train: augmented: Nodes, got %q, want a node that the source clamps, with a known shape", name)
		}
		n := &changed[k]
		if n.augmenter == nil {
			augmenter, err := datasets.NewAugmenter(a.Seed, shape, a.Changes...)
			if err != nil {
				return nil, err
			}
			*n = augmentedNode{augmenter: augmenter, size: len(x) / b.Size}
		}
		if len(n.values) < len(x) {
			n.values = make([]float32, len(x))
		}
		for j, i := range b.Indices {
			from, to := j*n.size, (j+1)*n.size
			n.augmenter.Apply(n.values[from:to], x[from:to], epoch, i)
		}
		out.Values[name] = n.values[:len(x)]
	}
	return &out, nil
}
