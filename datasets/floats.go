package datasets

import (
	"slices"

	"github.com/pkg/errors"
)

// Floats is a Dataset over float32 values in memory, for a user's own data. Read copies
// them as they are.
type Floats struct {
	shape   []int
	size    int
	classes int
	x       []float32
	labels  []int
}

// NewFloats wraps x, sample after sample in row-major order of shape, and one label a
// sample.
//
//	x: len(labels) × product(shape), finite      labels: in [0, classes)
//
// The Floats takes over both slices: the caller must not modify them. NaN, Inf and labels
// out of range are errors that name the sample.
func NewFloats(shape []int, classes int, x []float32, labels []int) (*Floats, error) {
	size, err := checkShape("floats", shape)
	if err != nil {
		return nil, err
	}
	if classes < 1 {
		return nil, errors.Errorf("datasets: floats: classes, got %d, want at least 1", classes)
	}
	if len(labels) == 0 {
		return nil, errors.New("datasets: floats: labels, got none, want at least 1")
	}
	if len(x)%size != 0 || len(x)/size != len(labels) {
		return nil, errors.Errorf("datasets: floats: values, got %d, want %d labels × %d", len(x), len(labels), size)
	}
	for i, l := range labels {
		if l < 0 || l >= classes {
			return nil, errors.Errorf("datasets: floats: label of sample %d, got %d, want 0 to %d", i, l, classes-1)
		}
	}
	for i, v := range x {
		if !finite(float64(v)) {
			return nil, errors.Errorf("datasets: floats: value %d of sample %d, got %g, want a finite number", i%size, i/size, v)
		}
	}
	return &Floats{shape: slices.Clone(shape), size: size, classes: classes, x: x, labels: labels}, nil
}

// Len is the number of samples.
func (f *Floats) Len() int { return len(f.labels) }

// Shape is the shape of one sample. The caller must not modify it.
func (f *Floats) Shape() []int { return f.shape }

// Classes is the number of classes.
func (f *Floats) Classes() int { return f.classes }

// Label is the class of sample i.
func (f *Floats) Label(i int) int { return f.labels[i] }

// Read copies sample i into dst, whose length is the product of Shape.
func (f *Floats) Read(i int, dst []float32) {
	copy(dst[:f.size], f.x[i*f.size:(i+1)*f.size])
}
