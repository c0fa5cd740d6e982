package datasets

import (
	"math"
	"slices"

	"github.com/pkg/errors"
)

// Dataset is a finite indexable collection of labelled samples.
//
// Its methods must be safe for concurrent use as long as nothing writes the data; every
// Dataset of this package is.
type Dataset interface {
	// Len is the number of samples.
	Len() int
	// Shape is the shape of one sample, for example [28 28] or [3 32 32]; the product is
	// the sample size. The caller must not modify it.
	Shape() []int
	// Classes is the number of classes; labels lie in [0, Classes). It is 0 if the
	// samples have no classes, as in regression.
	Classes() int
	// Label is the class of sample i, or 0 if the samples have none. It panics when i is
	// out of range, as indexing a slice does.
	Label(i int) int
	// Read writes sample i, normalised, into dst, whose length must be the sample size.
	// It panics when i is out of range.
	Read(i int, dst []float32)
}

// SampleSize is the number of values in one sample of d: the product of its shape.
func SampleSize(d Dataset) int {
	size := 1
	for _, n := range d.Shape() {
		size *= n
	}
	return size
}

// ClassCounts counts the samples of each class of d. The result has d.Classes() entries.
// A label outside [0, Classes), which only a foreign Dataset can have, is an error, and
// so are samples without classes.
func ClassCounts(d Dataset) ([]int, error) {
	if d.Classes() == 0 && d.Len() > 0 {
		return nil, errors.New("datasets: class counts: dataset, got samples without classes, want labels")
	}
	counts := make([]int, d.Classes())
	for i := range d.Len() {
		label := d.Label(i)
		if label < 0 || label >= len(counts) {
			return nil, errors.Errorf("datasets: class counts: label of sample %d, got %d, want 0 to %d", i, label, len(counts)-1)
		}
		counts[label]++
	}
	return counts, nil
}

// checkShape returns the product of shape, or an error that names what. A product beyond
// 2³¹-1 is refused, so that sizes of a whole dataset never overflow.
func checkShape(what string, shape []int) (int, error) {
	size, err := product(shape)
	return size, errors.WithMessagef(err, "datasets: %s", what)
}

// product is checkShape without a name.
func product(shape []int) (int, error) {
	if len(shape) == 0 {
		return 0, errors.New("shape, got none, want at least one dimension")
	}
	size := 1
	for _, n := range shape {
		if n <= 0 {
			return 0, errors.Errorf("shape, got %v, want positive dimensions", shape)
		}
		if n > math.MaxInt32/size {
			return 0, errors.Errorf("shape, got %v, want a product of at most %d", shape, math.MaxInt32)
		}
		size *= n
	}
	return size, nil
}

// checkDataset refuses a Dataset that cannot be read: nil, without samples, or with a bad
// shape. One without classes passes.
func checkDataset(what string, d Dataset) (size int, err error) {
	if d == nil {
		return 0, errors.Errorf("datasets: %s: dataset, got nil, want one", what)
	}
	if d.Len() <= 0 {
		return 0, errors.Errorf("datasets: %s: dataset, got %d samples, want at least 1", what, d.Len())
	}
	if d.Classes() < 0 {
		return 0, errors.Errorf("datasets: %s: dataset, got %d classes, want at least 0", what, d.Classes())
	}
	return checkShape(what, slices.Clone(d.Shape()))
}

// checkClasses is checkDataset for what goes by labels.
func checkClasses(what string, d Dataset) error {
	if _, err := checkDataset(what, d); err != nil {
		return err
	}
	if d.Classes() == 0 {
		return errors.Errorf("datasets: %s: dataset, got samples without classes, want at least 1 class; Subset and First need none", what)
	}
	return nil
}
