package safetensors

import (
	"math"
	"unicode/utf8"

	"github.com/pkg/errors"
)

// Tensor is a named array. Exactly one of the slices is non-nil and holds the elements,
// row-major; a tensor without elements has a non-nil empty slice.
type Tensor struct {
	// Name is unique in its file, not empty, and valid UTF-8.
	Name string
	// Shape is empty for a scalar. An axis may be 0.
	Shape []int

	// Stored is the type of the elements in the file, if it differs from the type of
	// the slice: F16 and BF16 are widened to F32, I32, I16 and I8 to I64, U32 and U16
	// to U64, all exactly. [Write] ignores it and writes the type of the slice.
	Stored DType

	F32  []float32
	F64  []float64
	I64  []int64
	U64  []uint64
	U8   []uint8
	Bool []bool
}

// DType returns the type of the slice of elements, or "" if none or several are set.
func (t Tensor) DType() DType {
	d, n := DType(""), 0
	for _, c := range []struct {
		dtype DType
		set   bool
	}{
		{F32, t.F32 != nil},
		{F64, t.F64 != nil},
		{I64, t.I64 != nil},
		{U64, t.U64 != nil},
		{U8, t.U8 != nil},
		{BOOL, t.Bool != nil},
	} {
		if c.set {
			d = c.dtype
			n++
		}
	}
	if n != 1 {
		return ""
	}
	return d
}

// Len returns the number of elements.
func (t Tensor) Len() int {
	return len(t.F32) + len(t.F64) + len(t.I64) + len(t.U64) + len(t.U8) + len(t.Bool)
}

// check returns an error if the tensor cannot be written.
func (t Tensor) check() error {
	switch {
	case t.Name == "" || t.Name == metadataKey || !utf8.ValidString(t.Name):
		return errors.Errorf("safetensors: tensor: name, got %q, want text other than %q", t.Name, metadataKey)
	case t.DType() == "":
		return errors.Errorf("safetensors: tensor %q: want exactly one of F32, F64, I64, U64, U8, Bool set", t.Name)
	}
	n, err := elements(t.Shape)
	if err != nil {
		return errors.WithMessagef(err, "safetensors: tensor %q", t.Name)
	}
	if n != int64(t.Len()) {
		return errors.Errorf("safetensors: tensor %q: shape %v has %d elements, got %d", t.Name, t.Shape, n, t.Len())
	}
	return nil
}

// elements returns the number of elements of a shape.
func elements(shape []int) (int64, error) {
	n, empty := int64(1), false
	for _, axis := range shape {
		switch {
		case axis < 0:
			return 0, errors.Errorf("shape: axis, got %d, want >= 0", axis)
		case axis == 0:
			empty = true
		case n > math.MaxInt64/int64(axis):
			return 0, errors.New("shape: more elements than can be counted")
		default:
			n *= int64(axis)
		}
	}
	if empty {
		return 0, nil
	}
	return n, nil
}
