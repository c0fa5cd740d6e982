package datasets

import (
	"slices"
	"strconv"
)

// Targeted is a [Dataset] whose samples come with numbers to predict: regression.
type Targeted interface {
	Dataset
	// TargetShape is the shape of a sample's targets; nil if it has none. The caller must
	// not modify it.
	TargetShape() []int
	// ReadTarget writes the targets of sample i into dst, whose length must be the
	// product of TargetShape. It panics when i is out of range.
	ReadTarget(i int, dst []float32)
}

// Targets returns d as a [Targeted]; ok is false if its samples have no targets.
func Targets(d Dataset) (t Targeted, ok bool) {
	t, ok = d.(Targeted)
	return t, ok && len(t.TargetShape()) > 0
}

// ClassNames returns the names of the classes of d, or their numbers where it knows none.
func ClassNames(d Dataset) []string {
	var names []string
	if n, ok := d.(interface{ ClassNames() []string }); ok {
		names = slices.Clone(n.ClassNames())
	}
	for k := len(names); k < d.Classes(); k++ {
		names = append(names, strconv.Itoa(k))
	}
	return names
}

// Samples is a [Dataset] in memory as the readers of files make it: with classes, with
// target vectors, or with neither. 8-bit pixels stay 8-bit and are normalised when read.
// An [Assembly] makes one.
type Samples struct {
	x           Dataset // an *Images or a *Floats of one class, which holds the samples
	labels      []int
	names       []string
	targets     []float32
	targetShape []int
	targetSize  int
}

// Len is the number of samples.
func (s *Samples) Len() int {
	if s.x == nil { // the zero value
		return 0
	}
	return s.x.Len()
}

// Shape is the shape of one sample. The caller must not modify it.
func (s *Samples) Shape() []int {
	if s.x == nil {
		return nil
	}
	return s.x.Shape()
}

// Read writes sample i, normalised, into dst.
func (s *Samples) Read(i int, dst []float32) { s.x.Read(i, dst) }

// Classes is the number of classes; 0 if the samples have none.
func (s *Samples) Classes() int { return len(s.names) }

// Label is the class of sample i; 0 if the samples have none.
func (s *Samples) Label(i int) int {
	if s.labels == nil {
		return 0
	}
	return s.labels[i]
}

// ClassNames names the classes as the file does. The caller must not modify it.
func (s *Samples) ClassNames() []string { return s.names }

// TargetShape is the shape of a sample's targets; nil if it has none.
func (s *Samples) TargetShape() []int { return s.targetShape }

// ReadTarget writes the targets of sample i into dst.
func (s *Samples) ReadTarget(i int, dst []float32) {
	copy(dst[:s.targetSize], s.targets[i*s.targetSize:(i+1)*s.targetSize])
}

// Normalization is what Read applies to 8-bit pixels; ok is false if the samples are
// other numbers, which are read as they are.
func (s *Samples) Normalization() (n Normalization, ok bool) {
	if images, ok := s.x.(*Images); ok {
		return images.Normalization(), true
	}
	return Normalization{}, false
}
