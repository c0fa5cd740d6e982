package datasets

import (
	"iter"
	"math/rand/v2"

	"github.com/pkg/errors"
)

// Batch is some samples of a Dataset. X, Labels and Indices belong to the iterator, which
// writes the next batch over them: copy what is to be kept.
type Batch struct {
	// Index counts batches from the start of the epoch, skipped ones included.
	Index int
	// Size is the number of samples, below BatchSettings.Size only in the last batch.
	Size int
	// X is (Size, sample size), row-major.
	X []float32
	// Labels has Size entries; nil if the samples have no classes.
	Labels []int
	// Indices gives each sample's place in the Dataset.
	Indices []int
}

// BatchSettings says how [Batches] cuts a Dataset.
type BatchSettings struct {
	// Size is the number of samples in a batch. Zero is an error: there is no safe
	// default.
	Size int `json:"size"`
	// Shuffle visits the samples in random order, a function of the rng alone.
	Shuffle bool `json:"shuffle,omitempty"`
	// DropLast leaves out a last batch smaller than Size.
	DropLast bool `json:"drop_last,omitempty"`
	// Skip leaves out this many batches at the start, to resume within an epoch: with an
	// equal rng the rest is the same as without.
	Skip int `json:"skip,omitempty"`
	// Limit is the most batches to give, after those skipped. Zero means all.
	Limit int `json:"limit,omitempty"`
}

// Count is the number of batches in a whole epoch of n samples, before Skip and Limit.
func (s BatchSettings) Count(n int) int {
	if s.Size <= 0 || n <= 0 {
		return 0
	}
	if s.DropLast {
		return n / s.Size
	}
	return (n-1)/s.Size + 1
}

// Batches returns an iterator over the batches of one epoch of d.
//
// Each range over it is a new epoch: with Shuffle, the order is drawn from rng when the
// range starts and rng is not used afterwards; without, rng may be nil. After that no
// batch allocates. A bad setting, or a label out of range, is yielded as the error of a
// last, empty batch.
func Batches(d Dataset, s BatchSettings, rng *rand.Rand) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		size, err := s.check(d, rng)
		if err != nil {
			yield(Batch{}, err)
			return
		}
		var order []int
		if s.Shuffle {
			order = rng.Perm(d.Len())
		}
		room := min(s.Size, d.Len())
		buffer := Batch{X: make([]float32, room*size), Indices: make([]int, room)}
		if d.Classes() > 0 {
			buffer.Labels = make([]int, room)
		}
		end := s.Count(d.Len())
		if s.Limit > 0 && s.Limit < end-s.Skip {
			end = s.Skip + s.Limit
		}
		for index := s.Skip; index < end; index++ {
			start := index * s.Size
			batch := buffer.cut(index, min(s.Size, d.Len()-start), size)
			if err := batch.fill(d, order, start, size); err != nil {
				yield(Batch{}, err)
				return
			}
			if !yield(batch, nil) {
				return
			}
		}
	}
}

// check returns the sample size.
func (s BatchSettings) check(d Dataset, rng *rand.Rand) (int, error) {
	size, err := checkDataset("batches", d)
	if err != nil {
		return 0, err
	}
	count := s.Count(d.Len())
	switch {
	case s.Size <= 0:
		err = errors.Errorf("datasets: batches: size, got %d, want at least 1", s.Size)
	case s.Shuffle && rng == nil:
		err = errors.New("datasets: batches: rng, got nil, want a *rand.Rand because Shuffle is set")
	case count == 0:
		err = errors.Errorf("datasets: batches: size, got %d, want at most the %d samples because DropLast is set", s.Size, d.Len())
	case s.Skip < 0 || s.Skip > count:
		err = errors.Errorf("datasets: batches: skip, got %d, want 0 to the %d batches of the epoch", s.Skip, count)
	case s.Limit < 0:
		err = errors.Errorf("datasets: batches: limit, got %d, want at least 0 (0 means all)", s.Limit)
	}
	return size, err
}

// cut returns the batch of n samples that shares b's memory.
func (b Batch) cut(index, n, size int) Batch {
	out := Batch{Index: index, Size: n, X: b.X[:n*size], Indices: b.Indices[:n]}
	if b.Labels != nil {
		out.Labels = b.Labels[:n]
	}
	return out
}

// fill reads the samples from start on of order, or of the Dataset's own order when that
// is nil.
func (b Batch) fill(d Dataset, order []int, start, size int) error {
	classes := d.Classes()
	for k := range b.Size {
		i := start + k
		if order != nil {
			i = order[i]
		}
		if classes > 0 {
			label := d.Label(i)
			if label < 0 || label >= classes {
				return errors.Errorf("datasets: batches: label of sample %d, got %d, want 0 to %d", i, label, classes-1)
			}
			b.Labels[k] = label
		}
		b.Indices[k] = i
		d.Read(i, b.X[k*size:(k+1)*size:(k+1)*size])
	}
	return nil
}
