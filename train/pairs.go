package train

import (
	"iter"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
)

// Pairs are arrays as a [Source]: row i of Y is what to predict from row i of X. They
// serve any target, of one number or of many.
//
//	train.Pairs{
//		X: [][]float32{{0, 0}, {0, 1}, {1, 0}, {1, 1}},
//		Y: [][]float32{{0}, {1}, {1}, {0}},
//		Settings: datasets.BatchSettings{Size: 4},
//	}
//
// Rows that differ in length, NaN and Inf are errors that name the row.
type Pairs struct {
	// X are the samples, Y their targets, as many. Required. The Pairs never write to
	// them.
	X, Y [][]float32
	// Input is the node clamped to a row of X. Empty means "x".
	Input string
	// Target is the node clamped to a row of Y. Empty means "y".
	Target string
	// InputShape and TargetShape are the shapes of a row. Nil means its length.
	InputShape  []int
	TargetShape []int
	// Labels are the classes of the samples, for evaluation. Nil means that there are
	// none.
	Labels []int
	// Settings cut the rows into batches, as in [Labelled].
	Settings datasets.BatchSettings
	// Seed of the order of a shuffled epoch, as in [Labelled].
	Seed uint64
}

// Steps is the number of batches of an epoch.
func (p *Pairs) Steps() int { return steps(p.Settings, len(p.X)) }

// Batches yields the batches of an epoch.
func (p *Pairs) Batches(epoch, skip int) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		data, err := p.data()
		if err != nil {
			yield(nil, err)
			return
		}
		src := &Targeted{Data: data, Input: p.Input, Target: p.Target, Settings: p.Settings, Seed: p.Seed}
		var labels []int
		for b, err := range src.Batches(epoch, skip) {
			if err == nil && p.Labels != nil {
				labels = labels[:0]
				for _, i := range b.Indices {
					labels = append(labels, p.Labels[i])
				}
				b.Labels = labels
			}
			if !yield(b, err) || err != nil {
				return
			}
		}
	}
}

// data checks the rows.
func (p *Pairs) data() (*rows, error) {
	switch {
	case len(p.X) == 0 || len(p.X) != len(p.Y):
		return nil, errors.Errorf("train: pairs: X and Y, got %d and %d rows, want as many of both, at least 1", len(p.X), len(p.Y))
	case p.Labels != nil && len(p.Labels) != len(p.X):
		return nil, errors.Errorf("train: pairs: Labels, got %d for %d rows, want one for each or nil", len(p.Labels), len(p.X))
	}
	r := &rows{x: p.X, y: p.Y}
	var err error
	if r.shape, err = rowShape("X", p.X, p.InputShape); err != nil {
		return nil, err
	}
	r.targetShape, err = rowShape("Y", p.Y, p.TargetShape)
	return r, err
}

// rowShape returns the shape of the rows, which all have its size.
func rowShape(name string, x [][]float32, shape []int) ([]int, error) {
	if shape == nil {
		shape = []int{len(x[0])}
	}
	size := 1
	for _, n := range shape {
		size *= max(0, n)
	}
	for i, row := range x {
		if len(row) != size || size == 0 {
			return nil, errors.Errorf("train: pairs: row %d of %s, got %d numbers, want the %d of shape %v; every row needs as many, at least 1", i, name, len(row), size, shape)
		}
		for k, v := range row {
			if v-v != 0 {
				return nil, errors.Errorf("train: pairs: row %d of %s, number %d: got %g, want a finite one", i, name, k, v)
			}
		}
	}
	return shape, nil
}

// rows is a data set of arrays.
type rows struct {
	x, y               [][]float32
	shape, targetShape []int
}

func (r *rows) Len() int                        { return len(r.x) }
func (r *rows) Shape() []int                    { return r.shape }
func (r *rows) Classes() int                    { return 0 }
func (r *rows) Label(int) int                   { return 0 }
func (r *rows) Read(i int, dst []float32)       { copy(dst, r.x[i]) }
func (r *rows) TargetShape() []int              { return r.targetShape }
func (r *rows) ReadTarget(i int, dst []float32) { copy(dst, r.y[i]) }
