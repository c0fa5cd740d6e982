package datasets

import (
	"math"
	"slices"

	"github.com/pkg/errors"
)

// Normalization maps stored 8-bit pixels to the values a network sees.
//
//	x = (pixel·Scale − Mean[c]) / Std[c]      c: channel of the pixel
//
// The zero value scales to [0, 1] and does no more.
type Normalization struct {
	// Scale multiplies the pixel, 0 to 255. Zero means 1/255.
	Scale float64 `json:"scale,omitempty"`
	// Mean is subtracted after scaling: one entry a channel, or one for all. Empty means
	// 0.
	Mean []float64 `json:"mean,omitempty"`
	// Std divides last: one entry a channel, or one for all; every entry is positive.
	// Empty means 1.
	Std []float64 `json:"std,omitempty"`
}

// Standard returns the customary normalisation of a named dataset: the published mean and
// standard deviation of the training pixels for "mnist", "fashion-mnist" and "cifar-10",
// those measured on the default training split for "glyphs", and 1/16 for "optdigits",
// whose pixels run from 0 to 16. For "kmnist", "cifar-100", "cifar-100-coarse" and the
// splits of EMNIST it is not known without the data: [Load] measures it. Any other name,
// by custom "unit", gives the scaling of 0..255 to [0, 1].
//
// For the experiments of Song et al. (2024), which use Fashion-MNIST pixels in [0, 1],
// load with Standard("unit").
func Standard(name string) Normalization {
	n := Normalization{Scale: 1. / 255}
	switch name {
	case nameMNIST:
		n.Mean, n.Std = []float64{0.1307}, []float64{0.3081}
	case nameFashionMNIST:
		n.Mean, n.Std = []float64{0.2860}, []float64{0.3530}
	case nameCIFAR10:
		n.Mean, n.Std = []float64{0.4914, 0.4822, 0.4465}, []float64{0.2470, 0.2435, 0.2616}
	case nameGlyphs:
		n.Mean, n.Std = []float64{glyphMean}, []float64{glyphStd}
	case nameOptdigits:
		n.Scale = 1. / 16
	}
	return n
}

// scale is the factor in force, the default included.
func (n Normalization) scale() float64 {
	if n.Scale == 0 {
		return 1. / 255
	}
	return n.Scale
}

// clone shares no slice with n, so that a caller's later writes change nothing.
func (n Normalization) clone() Normalization {
	n.Mean, n.Std = slices.Clone(n.Mean), slices.Clone(n.Std)
	return n
}

// tables builds one 256-entry look-up table a channel.
func (n Normalization) tables(channels int) ([][256]float32, error) {
	if scale := n.scale(); !finite(scale) || scale < 0 {
		return nil, errors.Errorf("datasets: normalization: scale, got %g, want a positive number (0 means 1/255)", n.Scale)
	}
	for _, v := range []struct {
		name   string
		values []float64
	}{{"mean", n.Mean}, {"std", n.Std}} {
		if k := len(v.values); k > 1 && k != channels {
			return nil, errors.Errorf("datasets: normalization: %s, got %d entries, want none, 1 or %d (one a channel)", v.name, k, channels)
		}
		for c, x := range v.values {
			if !finite(x) || (v.name == "std" && x <= 0) {
				return nil, errors.Errorf("datasets: normalization: %s of channel %d, got %g, want a finite number (std: positive)", v.name, c, x)
			}
		}
	}
	tables := make([][256]float32, channels)
	for c := range tables {
		mean, std := entry(n.Mean, c, 0), entry(n.Std, c, 1)
		for p := range 256 {
			x := (float64(p)*n.scale() - mean) / std
			if math.Abs(x) > math.MaxFloat32 {
				return nil, errors.Errorf("datasets: normalization: channel %d maps pixel %d to %g, want a finite float32", c, p, x)
			}
			tables[c][p] = float32(x)
		}
	}
	return tables, nil
}

// entry is values[c], the only value, or def when there is none.
func entry(values []float64, c int, def float64) float64 {
	switch len(values) {
	case 0:
		return def
	case 1:
		return values[0]
	}
	return values[c]
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
