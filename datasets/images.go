package datasets

import (
	"math"
	"slices"

	"github.com/pkg/errors"
)

// Images is a Dataset that stores 8-bit pixels and normalises them when read, through one
// 256-entry table a channel, so that 60,000 CIFAR images take 184 MB and not 737.
type Images struct {
	name    string
	shape   []int
	size    int // product of shape
	plane   int // size / channels
	classes int
	pixels  []uint8
	labels  []uint8
	norm    Normalization
	tables  [][256]float32
}

// NewImages wraps pixels, sample after sample in row-major order of shape, and one label
// a sample.
//
//	pixels: len(labels) × product(shape)      labels: in [0, classes)      classes: 1 to 256
//
// A shape of three dimensions is (channel, row, column); any other is one channel. The
// Images takes over both slices: the caller must not modify them. The name appears in
// error messages and in [Images.Name].
func NewImages(name string, shape []int, classes int, pixels, labels []uint8, norm Normalization) (*Images, error) {
	size, err := checkShape("images "+name, shape)
	if err != nil {
		return nil, err
	}
	if classes < 1 || classes > 256 {
		return nil, errors.Errorf("datasets: images %s: classes, got %d, want 1 to 256", name, classes)
	}
	if len(labels) == 0 {
		return nil, errors.Errorf("datasets: images %s: labels, got none, want at least 1", name)
	}
	if len(pixels)%size != 0 || len(pixels)/size != len(labels) {
		return nil, errors.Errorf("datasets: images %s: pixels, got %d, want %d labels × %d", name, len(pixels), len(labels), size)
	}
	for i, l := range labels {
		if int(l) >= classes {
			return nil, errors.Errorf("datasets: images %s: label of sample %d, got %d, want 0 to %d", name, i, l, classes-1)
		}
	}
	channels := 1
	if len(shape) == 3 {
		channels = shape[0]
	}
	im := &Images{
		name: name, shape: slices.Clone(shape), size: size, plane: size / channels, classes: classes,
		pixels: pixels, labels: labels,
	}
	return im.WithNormalization(norm)
}

// WithNormalization returns a Dataset over the same pixels, not copied, read with n.
func (im *Images) WithNormalization(n Normalization) (*Images, error) {
	if im.plane == 0 {
		return nil, errors.New("datasets: images: got the zero value, want one that NewImages made")
	}
	tables, err := n.tables(im.size / im.plane)
	if err != nil {
		return nil, errors.WithMessagef(err, "datasets: images %s", im.name)
	}
	out := *im
	out.norm, out.tables = n.clone(), tables
	return &out, nil
}

// Name is the name given to [NewImages].
func (im *Images) Name() string { return im.name }

// Len is the number of samples.
func (im *Images) Len() int { return len(im.labels) }

// Shape is the shape of one sample. The caller must not modify it.
func (im *Images) Shape() []int { return im.shape }

// Classes is the number of classes.
func (im *Images) Classes() int { return im.classes }

// Label is the class of sample i.
func (im *Images) Label(i int) int { return int(im.labels[i]) }

// Normalization is what Read applies.
func (im *Images) Normalization() Normalization { return im.norm.clone() }

// Pixels is sample i as stored. The caller must not modify it.
func (im *Images) Pixels(i int) []uint8 {
	return im.pixels[i*im.size : (i+1)*im.size : (i+1)*im.size]
}

// Read writes sample i, normalised, into dst, whose length is the product of Shape.
func (im *Images) Read(i int, dst []float32) {
	pixels := im.Pixels(i)
	dst = dst[:im.size]
	for c := range im.tables {
		table := &im.tables[c]
		plane := dst[c*im.plane : (c+1)*im.plane]
		for j, p := range pixels[c*im.plane : (c+1)*im.plane] {
			plane[j] = table[p]
		}
	}
}

// Moments returns the mean and the population standard deviation of each channel's scaled
// pixels (pixel·Scale, before Mean and Std are applied), which is what a [Normalization]
// wants of training data.
func (im *Images) Moments() (mean, std []float64) {
	channels := len(im.tables)
	mean, std = make([]float64, channels), make([]float64, channels)
	for c := range channels {
		var counts [256]int
		for i := range im.labels {
			for _, p := range im.Pixels(i)[c*im.plane : (c+1)*im.plane] {
				counts[p]++
			}
		}
		n, sum, square := 0., 0., 0.
		for p, k := range counts {
			x := float64(p) * im.norm.scale()
			n, sum, square = n+float64(k), sum+float64(k)*x, square+float64(k)*x*x
		}
		mean[c] = sum / n
		std[c] = math.Sqrt(max(0, square/n-mean[c]*mean[c]))
	}
	return mean, std
}
