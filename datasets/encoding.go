package datasets

import "github.com/pkg/errors"

// Encoding turns a class label into a target vector: On at the class, Off elsewhere.
// [ZeroOne] and [MinusPlusOne] are the usual two.
type Encoding struct {
	Off float64 `json:"off"`
	On  float64 `json:"on"`
}

// ZeroOne is the one-hot encoding: 1 at the class, 0 elsewhere.
func ZeroOne() Encoding { return Encoding{Off: 0, On: 1} }

// MinusPlusOne is +1 at the class and -1 elsewhere.
func MinusPlusOne() Encoding { return Encoding{Off: -1, On: 1} }

// Encode writes one row of classes values for each label into dst.
//
//	labels: (batch)      dst: (batch, classes), row-major, len(labels)·classes values
//
// The zero Encoding, whose Off and On are equal, is an error, and so is a label out of
// range; dst is then unchanged.
func (e Encoding) Encode(labels []int, classes int, dst []float32) error {
	if e.Off == e.On || !finite(e.Off) || !finite(e.On) {
		return errors.Errorf("datasets: encoding: off and on, got %g and %g, want two different finite numbers: use ZeroOne or MinusPlusOne", e.Off, e.On)
	}
	if classes < 1 {
		return errors.Errorf("datasets: encoding: classes, got %d, want at least 1", classes)
	}
	if len(dst) != len(labels)*classes {
		return errors.Errorf("datasets: encoding: dst, got %d values, want %d labels × %d classes", len(dst), len(labels), classes)
	}
	for i, l := range labels {
		if l < 0 || l >= classes {
			return errors.Errorf("datasets: encoding: label %d, got %d, want 0 to %d", i, l, classes-1)
		}
	}
	off, on := float32(e.Off), float32(e.On)
	for i := range dst {
		dst[i] = off
	}
	for i, l := range labels {
		dst[i*classes+l] = on
	}
	return nil
}
