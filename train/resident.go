package train

import (
	"iter"

	"github.com/seed-be841da4/prospect/datasets"
)

// resident is a source whose samples a device can hold: a batch is rows of one table for
// each clamped node.
type resident interface {
	Source
	samples() int
	// ordered yields all samples in the order of the data set.
	ordered() Source
	// places yields the places in the data set of the samples of each batch of an epoch,
	// valid until the next.
	places(epoch int) iter.Seq2[[]int, error]
}

// inOrder are the settings of ordered.
func inOrder(samples int) datasets.BatchSettings {
	return datasets.BatchSettings{Size: max(1, min(samples, 256))}
}

func (l *Labelled) ordered() Source {
	all := *l
	all.Settings = inOrder(l.samples())
	return &all
}

func (l *Labelled) places(epoch int) iter.Seq2[[]int, error] {
	return placesOf(l.samples(), l.Settings, l.Seed, epoch)
}

func (t *Targeted) ordered() Source {
	all := *t
	all.Settings = inOrder(t.samples())
	return &all
}

func (t *Targeted) places(epoch int) iter.Seq2[[]int, error] {
	return placesOf(t.samples(), t.Settings, t.Seed, epoch)
}

func (u *Unlabelled) ordered() Source {
	all := *u
	all.Settings = inOrder(u.samples())
	return &all
}

func (u *Unlabelled) places(epoch int) iter.Seq2[[]int, error] {
	return placesOf(u.samples(), u.Settings, u.Seed, epoch)
}

func (p *Pairs) samples() int { return len(p.X) }

func (p *Pairs) ordered() Source {
	all := *p
	all.Settings = inOrder(p.samples())
	return &all
}

func (p *Pairs) places(epoch int) iter.Seq2[[]int, error] {
	return placesOf(p.samples(), p.Settings, p.Seed, epoch)
}

// placesOf yields the places of an epoch of so many samples.
func placesOf(samples int, s datasets.BatchSettings, seed uint64, epoch int) iter.Seq2[[]int, error] {
	return func(yield func([]int, error) bool) {
		for b, err := range epochOf(numbered(samples), s, seed, epoch, 0) {
			if !yield(b.Indices, err) {
				return
			}
		}
	}
}

// numbered is a data set of so many samples of which only the places matter.
type numbered int

func (n numbered) Len() int          { return int(n) }
func (numbered) Shape() []int        { return []int{1} }
func (numbered) Classes() int        { return 0 }
func (numbered) Label(int) int       { return 0 }
func (numbered) Read(int, []float32) {}
